"""Policies by the names that a writer chooses them by, learned from observations."""

from __future__ import annotations

from collections.abc import Sequence

from .kernels import PerStepPolicy
from .observations import Observation
from .policies import FixedPolicy, Policy, RandomPolicy
from .ranges import Ranges
from .statistics import Statistics, gather
from .thompson import ThompsonPolicy

POLICIES = ("random", "fixed", "steps", "bandit")

AROUND_AVERAGES = 0.05  # how far cards of the averages lie from them, in positions of the ranges
FEWEST_FOR_AVERAGES = 24
"""Choices. Averages of fewer lie anywhere, and nothing but what lies around them is dealt from then on."""


def learned(
    name: str,
    ranges: Ranges,
    observations: Sequence[Observation],
    statistics: Statistics | None = None,
) -> Policy:
    """The policy of that name in `POLICIES`; without enough to learn from, one that draws by chance.

    `statistics`: of the same observations, where they are known already.
    """
    if name == "random":
        return RandomPolicy(ranges)
    if name == "fixed":
        statistics = statistics or gather(observations)
        num = statistics.everything.num_sets - statistics.everything.num_without_choice
        fixed = FixedPolicy.learned(ranges, statistics, AROUND_AVERAGES)
        return fixed if num >= FEWEST_FOR_AVERAGES and fixed.steps else RandomPolicy(ranges)
    ordered = sorted(observations, key=lambda one: one.time)
    if name == "steps":
        return PerStepPolicy.learned(ranges, ordered)
    return ThompsonPolicy.new(ranges).updated(ordered)
