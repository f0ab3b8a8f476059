"""Stories played by a reader of known taste and a policy that learns between them, to compare policies.

Everything follows from the seed. What is compared is the fraction that the reader accepts at a step, of
whichever candidate they take from, 0 when they take nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Protocol

from . import estimates
from .estimates import Interval
from .kernels import EVEN_SHARE, PerStepPolicy
from .observations import Observation, ShownCandidate, Situation
from .policies import FixedPolicy, Policy, RandomPolicy
from .ranges import Ranges
from .readers import Reader
from .statistics import gather
from .thompson import ThompsonPolicy

_WORDS_PER_STEP = 60


class Learner(Protocol):
    """Gives the policy of the next story."""

    def policy(self, before: Sequence[Observation]) -> Policy:
        """What to draw with after `before`, oldest first; each time all of what came so far, and more."""


@dataclass(frozen=True, slots=True)
class Unteachable:
    """The same policy for ever."""

    same: Policy

    def policy(self, before: Sequence[Observation]) -> Policy:
        return self.same


class AverageLearner:
    """Evenly for `num_first` stories, then for ever the averages of what was chosen in them."""

    def __init__(self, ranges: Ranges, num_first: int = 8, jitter: float = 0.0) -> None:
        self._ranges, self._num_first, self._jitter = ranges, num_first, jitter
        self._learned: Policy | None = None

    def policy(self, before: Sequence[Observation]) -> Policy:
        if self._learned is None:
            if len({one.story for one in before}) < self._num_first:
                return RandomPolicy(self._ranges)
            self._learned = FixedPolicy.learned(self._ranges, gather(before), self._jitter)
        return self._learned


@dataclass(frozen=True, slots=True)
class PerStepLearner:
    """Near what was chosen so far; draws tell no densities."""

    ranges: Ranges
    even_share: float = EVEN_SHARE

    def policy(self, before: Sequence[Observation]) -> Policy:
        return PerStepPolicy.learned(self.ranges, before, self.even_share).without_densities()


class ThompsonLearner:
    """By Thompson sampling; draws tell no densities. `settings`: of the policy."""

    def __init__(self, ranges: Ranges, **settings: Any) -> None:
        self._policy = ThompsonPolicy.new(ranges, **settings).without_densities()
        self._num_seen = 0

    def policy(self, before: Sequence[Observation]) -> Policy:
        self._policy = self._policy.updated(before[self._num_seen :])
        self._num_seen = len(before)
        return self._policy


@dataclass(frozen=True, slots=True)
class Played:
    """`curve`: the mean fraction accepted at a step, for each story. `observations`: oldest first."""

    curve: tuple[float, ...]
    observations: tuple[Observation, ...]

    def last(self, num: int) -> float:
        """The mean of the last `num` stories."""
        return estimates.mean(self.curve[-num:])


def play(
    learner: Learner,
    reader: Reader,
    seed: int,
    *,
    num_stories: int = 30,
    num_steps: int = 8,
    num_candidates: int = 4,
) -> Played:
    """All stories in turn. Situations (repetition, entropy) depend on `seed` alone, not on the learner."""
    world, random = Random(f"{seed} world"), Random(f"{seed} reader")
    seen: list[Observation] = []
    curve = []
    for story in range(num_stories):
        policy = learner.policy(seen)
        sets = [
            play_step(policy, reader, situation(step, world), num_candidates, random)
            for step in range(1, num_steps + 1)
        ]
        seen += [
            replace(one, set=f"{story}/{step}", story=str(story), time=float(len(seen) + step))
            for step, one in enumerate(sets)
        ]
        curve.append(estimates.mean([max(c.taken for c in one.candidates) for one in sets]))
    return Played(tuple(curve), tuple(seen))


def situation(step: int, random: Random) -> Situation:
    """One that could be met at `step`: repetition mostly low, entropy around 2.5 nats."""
    return Situation(
        step,
        num_words=_WORDS_PER_STEP * (step - 1),
        repetition=random.betavariate(1, 4),
        entropy=max(random.gauss(2.5, 0.6), 0.1),
    )


def play_step(
    policy: Policy, reader: Reader, at: Situation, num_candidates: int, random: Random
) -> Observation:
    """One set, drawn and judged."""
    draws = policy.draw(at, num_candidates, random)
    taken = reader.taken(at, [one.params for one in draws], random)
    return Observation(
        set="",
        story="",
        time=0.0,
        situation=at,
        before="",
        candidates=tuple(
            ShownCandidate(
                candidate=str(number),
                number=number,
                model="",
                params=one.params,
                seed=0,
                text="",
                taken=fraction,
                log_density=one.log_density,
            )
            for number, (one, fraction) in enumerate(zip(draws, taken, strict=True))
        ),
        policy=policy.name,
    )


def value_of(
    policy: Policy,
    beside: Policy,
    reader: Reader,
    situations: Sequence[Situation],
    seed: int,
    *,
    num_candidates: int = 4,
) -> Interval:
    """What off-policy estimates are about: the mean fraction accepted of a candidate by `policy`.

    The other cards of its set are drawn by `beside`, the policy that was logged.
    """
    random = Random(f"{seed} value")
    policy, beside = policy.without_densities(), beside.without_densities()
    found = []
    for at in situations:
        draws = policy.draw(at, 1, random) + beside.draw(at, num_candidates - 1, random)
        found.append(reader.taken(at, [one.params for one in draws], random)[0])
    return estimates.clustered_mean(found, [1.0] * len(found), range(len(found)))


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Interval:
    """Of the mean of `first` less that of `second`, pair by pair, with Student's interval."""
    differences = [one - other for one, other in zip(first, second, strict=True)]
    middle, num = estimates.mean(differences), len(differences)
    if num < 2:
        return Interval(middle, None, None)
    squares = math.fsum((one - middle) ** 2 for one in differences)
    return estimates.around(middle, math.sqrt(squares / (num - 1) / num), num - 1)


def compared(scores: Mapping[str, Sequence[float]], against: str) -> dict[str, Interval]:
    """By how much each is better than `against`, over the same seeds in the same order."""
    return {
        name: paired_difference(found, scores[against])
        for name, found in scores.items()
        if name != against
    }
