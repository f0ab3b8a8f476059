"""What is told a linear model of taste about one candidate's parameters and the situation.

For each drawn parameter with z = 2 * position - 1, -1 to 1: z, z², and z times how far the story has come,
z times its repetition, z times its entropy: taste bends (z²) and moves with the situation (the products).
Terms of the situation alone are left out, since they are the same for all candidates of a set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from . import drawing
from .observations import Situation
from .ranges import Ranges

NUM_EACH = 5
"""So many numbers belong to each drawn parameter."""

_STEPS = 10.0  # after so many the story has come about two thirds of its way
_USUAL_ENTROPY = 2.5  # nats, of a small model over stories


Context = tuple[float, float, float]
"""What of a situation goes into products: see `context`."""


def num_features(ranges: Ranges) -> int:
    """How many numbers `features` gives."""
    return NUM_EACH * len(ranges.drawn)


def context(situation: Situation) -> Context:
    """(how far, 0 to 1; repetition, 0 to 1; entropy around the usual one, -1 to 1 and 0 where not known)."""
    far = 1 - math.exp(-max(situation.step - 1, 0) / _STEPS)
    entropy = situation.entropy
    around = 0.0 if entropy is None else math.tanh(entropy / _USUAL_ENTROPY - 1)
    return far, min(max(situation.repetition, 0.0), 1.0), around


def features(ranges: Ranges, about: Context, params: Mapping[str, Any]) -> list[float] | None:
    """The numbers, each within -1 to 1; None if a drawn parameter is missing. `about`: from `context`."""
    places = drawing.positions(ranges, params)
    if places is None:
        return None
    far, repetition, entropy = about
    row: list[float] = []
    for place in places.values():
        z = 2 * place - 1
        row += (z, z * z, z * far, z * repetition, z * entropy)
    return row
