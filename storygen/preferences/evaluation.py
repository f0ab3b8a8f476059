"""What a policy would have been worth on sets that another drew: off-policy evaluation.

The value of a policy is the fraction accepted, on average, of a candidate that it draws, in situations
like those logged and among cards like those that stood beside it then. Each logged candidate weighs
w = its density under the policy / its density under what drew it.

- ips: mean of w * taken. Unbiased; wide where weights differ. Horvitz & Thompson 1952.
- snips: sum of w * taken / sum of w. Slightly biased, much narrower. Swaminathan & Joachims, The
  Self-Normalized Estimator for Counterfactual Learning, 2015.
- dr: mean of what a reward model says of the policy, and w * (taken - what the model says of the logged
  candidate). Right if the weights or the model are. Dudík, Langford & Li, Doubly Robust Policy Evaluation
  and Learning, 2011; the model is fitted to the other half of the stories (Chernozhukov et al. 2018).

Intervals: 95 %, percentiles of a bootstrap that draws whole stories (Cameron, Gelbach & Miller 2008). With
too little to go on no number is given: weights that are all but a few near 0 make any of them a guess.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from . import estimates
from .estimates import Interval
from .features import context, features
from .linear import dot, ridge
from .observations import Observation, ShownCandidate, Situation
from .policies import Policy

LEAST_EFFECTIVE = 60.0
"""With an effective sample size under this nothing is said: intervals hold the truth too seldom there."""

LEAST_STORIES = 8
"""With fewer clusters a bootstrap of clusters is far too sure of itself."""

NUM_RESAMPLES = 400
NUM_DRAWN = 4
"""So many candidates are drawn in each situation for what the model says of the policy."""

_PENALTY = 2.0
_ALMOST = 0.05  # an estimated density may be off by as much
_SEED = 1405


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is known of a policy's value. `too_few`: why nothing is, as a sentence; else "".

    `effective`: (sum w)² / sum w² candidates, of `num_candidates` that could be used. `num_unusable`: those
    without a density under what drew them. `doubt`: why the numbers may mislead, a sentence, where the
    weights are not 1 on average, as they must be; else "". `logged`: of what was logged, to compare.
    """

    too_few: str
    effective: float
    num_candidates: int
    num_unusable: int
    num_stories: int
    doubt: str = ""
    logged: Interval | None = None
    ips: Interval | None = None
    snips: Interval | None = None
    dr: Interval | None = None


@dataclass(frozen=True, slots=True)
class _Logged:
    story: str
    situation: Situation
    params: Mapping[str, Any]
    taken: float
    weight: float
    modelled: float = 0.0  # of this candidate by the reward model
    promised: float = 0.0  # of the policy in this situation by the reward model


def evaluate(
    policy: Policy, observations: Iterable[Observation], by: str | None = "human"
) -> Evaluation:
    """What `policy` would have been worth; the same each time.

    `observations` must be others than those that it learned from: it knows what was taken there.
    Weights are cut nowhere. A candidate that the policy never draws weighs 0; one that the logging policy
    could not have drawn isn't in the log, so that a policy that goes beyond its ranges is judged only within.
    """
    sets = [one for one in observations if by in (None, one.by)]
    candidates = [(one, candidate) for one in sets for candidate in one.candidates]
    found = [_weighed(policy, one, candidate) for one, candidate in candidates]
    usable = [one for one in found if one is not None]
    effective = estimates.effective_number(one.weight for one in usable)
    stories = len({one.story for one in usable})
    counts = (effective, len(usable), len(found) - len(usable), stories)
    too_few = _too_few(found, usable, effective, stories)
    if too_few:
        return Evaluation(too_few, *counts)
    logged = _with_model(policy, usable)
    found_out = _estimates(logged)
    return Evaluation(
        *("", *counts),
        doubt=_doubt(found_out.mean_weight),
        logged=found_out.logged,
        ips=found_out.ips,
        snips=found_out.snips,
        dr=found_out.dr,
    )


def _weighed(policy: Policy, one: Observation, candidate: ShownCandidate) -> _Logged | None:
    before = candidate.log_density
    after = policy.log_density(one.situation, candidate.params)
    if before is None or after is None or not math.isfinite(before):
        return None
    weight = math.exp(min(after - before, 500.0))
    return _Logged(one.story, one.situation, candidate.params, candidate.taken, weight)


def _too_few(
    found: Sequence[_Logged | None], usable: Sequence[_Logged], effective: float, stories: int
) -> str:
    if found and not usable:
        return "Nothing can be said: the policy, or whatever drew the logged candidates, has no density."
    if stories < LEAST_STORIES:
        return f"Too few stories: {stories}, of at least {LEAST_STORIES}. Read on and try again."
    if effective < LEAST_EFFECTIVE:
        return (
            f"Too few candidates like this policy's: {effective:.0f} in effect, of at least "
            f"{LEAST_EFFECTIVE:.0f}. Draw more evenly for a while, or judge a policy that differs less."
        )
    return ""


def _with_model(policy: Policy, usable: Sequence[_Logged]) -> list[_Logged]:
    """`usable` with what a model says that was fitted to the stories of the other half."""
    order = {story: at for at, story in enumerate(dict.fromkeys(one.story for one in usable))}
    models = [
        _Model.fitted(policy, [one for one in usable if order[one.story] % 2 != half])
        for half in (0, 1)
    ]
    random, quick = Random(_SEED), policy.without_densities()
    promised: dict[tuple[int, Situation], float] = {}
    done = []
    for one in usable:
        half = order[one.story] % 2
        key = (half, one.situation)
        if key not in promised:
            drawn = quick.draw(one.situation, NUM_DRAWN, random)
            said = [models[half].value(one.situation, draw.params) for draw in drawn]
            promised[key] = estimates.mean(said)
        done.append(
            _Logged(
                *(one.story, one.situation, one.params, one.taken, one.weight),
                models[half].value(one.situation, one.params),
                promised[key],
            )
        )
    return done


@dataclass(frozen=True, slots=True)
class _Model:
    """The mean fraction accepted, and a ridge regression of what differs from it on `features`."""

    policy: Policy
    middle: float
    weights: Sequence[float]

    @classmethod
    def fitted(cls, policy: Policy, logged: Sequence[_Logged]) -> _Model:
        middle = estimates.mean([one.taken for one in logged])
        pairs = [
            ([1.0, *row], one.taken - middle)
            for one in logged
            if (row := features(policy.ranges, context(one.situation), one.params)) is not None
        ]
        rows, values = [row for row, _ in pairs], [value for _, value in pairs]
        return cls(policy, middle, ridge(rows, values, _PENALTY) if rows else ())

    def value(self, situation: Situation, params: Mapping[str, Any]) -> float:
        row = features(self.policy.ranges, context(situation), params)
        told = self.middle + (dot(self.weights, [1.0, *row]) if row and self.weights else 0.0)
        return min(max(told, 0.0), 1.0)


_Sums = tuple[float, float, float, float, float]  # of a story: candidates, taken, w * taken, w, dr


@dataclass(frozen=True, slots=True)
class _Estimates:
    logged: Interval
    ips: Interval
    snips: Interval
    dr: Interval
    mean_weight: Interval


def _estimates(logged: Sequence[_Logged]) -> _Estimates:
    """All, with the intervals of one bootstrap; that of the mean weight is a 99 % one."""
    sums: dict[str, list[_Sums]] = {}
    for one in logged:
        robust = one.promised + one.weight * (one.taken - one.modelled)
        parts = (1.0, one.taken, one.weight * one.taken, one.weight, robust)
        sums.setdefault(one.story, []).append(parts)
    stories, random = [_total(found) for found in sums.values()], Random(_SEED)
    again = [_total(random.choices(stories, k=len(stories))) for _ in range(NUM_RESAMPLES)]

    def told(ratio: Callable[[_Sums], float], level: float = estimates.LEVEL) -> Interval:
        return _percentiles(ratio(_total(stories)), [ratio(one) for one in again], level)

    return _Estimates(
        logged=told(lambda total: total[1] / total[0]),
        ips=told(lambda total: total[2] / total[0]),
        snips=told(lambda total: total[2] / total[3] if total[3] else 0.0),
        dr=told(lambda total: total[4] / total[0]),
        mean_weight=told(lambda total: total[3] / total[0], 0.99),
    )


def _total(stories: Sequence[_Sums]) -> _Sums:
    first, second, third, fourth, fifth = (sum(column) for column in zip(*stories, strict=True))
    return first, second, third, fourth, fifth


def _percentiles(value: float, again: Sequence[float], level: float) -> Interval:
    tail = (1 - level) / 2
    low, high = estimates.quantiles(again, [1.0] * len(again), (tail, 1 - tail))
    return Interval(value, low, high)


def _doubt(mean_weight: Interval) -> str:
    low, high = mean_weight.low, mean_weight.high
    if low is None or high is None or low - _ALMOST <= 1 <= high + _ALMOST:
        return ""
    why = (
        "the policy draws where nothing was logged, or a density is too low"
        if mean_weight.value < 1
        else "the policy has learned from these very sets, or a density is too high"
    )
    return f"The weights are {mean_weight.value:.2f} on average and not 1: {why}."
