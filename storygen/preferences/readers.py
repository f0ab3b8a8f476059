"""Readers of known taste, who exist to show what a policy learns and how well its numbers tell of it.

A taste is an ideal position for some parameters (0 to 1 in their ranges' scale, see `ranges`), which may
move with the story. Nothing here is met in the program while real readers read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .drawing import positions
from .observations import Situation
from .ranges import Ranges

DRIFT_STEPS = 10
"""After so many steps a taste that drifts has drifted all the way."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom candidates please the more, the nearer their parameters are to an ideal.

    utility = -sharpness * mean over the ideal's parameters of (position - ideal)²: at most 0.
    """

    ranges: Ranges
    ideal: Mapping[str, float]  # at the first step, without repetition
    drift: Mapping[str, float] = field(default_factory=dict)  # added after DRIFT_STEPS steps
    with_repetition: Mapping[str, float] = field(default_factory=dict)  # added at repetition 1
    sharpness: float = 12.0
    noise: float = 0.4  # scale of the Gumbel noise on each utility; 0: the best is always chosen
    patience: float = 2.0  # below minus this, noise included, nothing is taken
    grain: float = 0.1  # standard deviation of the accepted fraction around exp(utility)

    def ideal_at(self, situation: Situation) -> dict[str, float]:
        """The ideal positions in `situation`, held between 0 and 1."""
        gone = min((situation.step - 1) / DRIFT_STEPS, 1.0)
        return {
            name: min(
                max(
                    start
                    + gone * self.drift.get(name, 0.0)
                    + situation.repetition * self.with_repetition.get(name, 0.0),
                    0.0,
                ),
                1.0,
            )
            for name, start in self.ideal.items()
        }

    def utility(self, situation: Situation, params: Mapping[str, Any]) -> float:
        """How much a candidate written with `params` pleases; 0 is perfect."""
        places = positions(self.ranges, params)
        assert places is not None, "a reader judges only what was drawn within their ranges"
        ideal = self.ideal_at(situation)
        far = sum((places[name] - at) ** 2 for name, at in ideal.items()) / len(ideal)
        return -self.sharpness * far

    def taken(
        self, situation: Situation, candidates: Sequence[Mapping[str, Any]], random: Random
    ) -> list[float]:
        """The fraction accepted of each candidate: of one at most above 0, of none when nothing pleases.

        Chosen is the highest utility with Gumbel noise, which is a softmax of utility / noise.
        """
        utilities = [self.utility(situation, params) for params in candidates]
        felt = [one + self.noise * _gumbel(random) for one in utilities]
        best = max(range(len(felt)), key=felt.__getitem__)
        fractions = [0.0] * len(felt)
        if felt[best] >= -self.patience:
            graded = math.exp(utilities[best]) + random.gauss(0.0, self.grain)
            fractions[best] = min(max(graded, 0.02), 1.0)
        return fractions


def _gumbel(random: Random) -> float:
    """With mean 0.577, from the standard Gumbel distribution."""
    return -math.log(-math.log(min(max(random.random(), 1e-12), 1 - 1e-12)))
