"""What is told a linear model of taste about one candidate's parameters and the situation.

For each drawn parameter with z = 2 * position - 1, -1 to 1: z, z², and z times how far the story has come,
z times its repetition, z times its entropy: taste bends (z²) and moves with the situation (the products).
Terms of the situation alone are left out, since they are the same for all candidates of a set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
    repetition, entropy = situation.repetition, situation.entropy
    around = 0.0
    if entropy is not None and math.isfinite(entropy):
        around = math.tanh(entropy / _USUAL_ENTROPY - 1)
    repeats = min(max(repetition, 0.0), 1.0) if math.isfinite(repetition) else 0.0
    return far, repeats, around


def bends(ranges: Ranges, params: Mapping[str, Any]) -> list[float] | None:
    """z and z² of each drawn parameter, all z first; None if one is missing."""
    places = drawing.positions(ranges, params)
    if places is None:
        return None
    zs = [2 * place - 1 for place in places.values()]
    return [*zs, *(z * z for z in zs)]


def features(ranges: Ranges, about: Context, params: Mapping[str, Any]) -> list[float] | None:
    """`bends` and the products of z with the situation, each within -1 to 1; None if one is missing."""
    row = bends(ranges, params)
    if row is None:
        return None
    zs = row[: len(row) // 2]
    return [*row, *(z * one for one in about for z in zs)]


def folded(weights: Sequence[float], about: Context) -> list[float]:
    """Weights of `bends` that in this situation come to the same as `weights` of `features`."""
    num = len(weights) // NUM_EACH
    far, repetition, entropy = about
    straight = [
        weights[at]
        + far * weights[at + 2 * num]
        + repetition * weights[at + 3 * num]
        + entropy * weights[at + 4 * num]
        for at in range(num)
    ]
    return [*straight, *weights[num : 2 * num]]
