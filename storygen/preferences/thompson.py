"""A policy that models taste and tries what might be best: a contextual bandit with Thompson sampling.

Which candidate of a set is chosen is a Bayesian conditional logit (see `logit`) on `features`, a choice
counting by the fraction accepted: what makes one reader or one place of a story give more to every
candidate falls out. For each candidate other weights are drawn from the posterior, and of some parameters
drawn evenly within the ranges those that look best under them are taken: the less is known, the more
differs what looks best. A small share is drawn evenly all the same. (A linear regression of the accepted
fraction learned less from as many simulated stories: away from what is liked that fraction is flat.)
Sources: Thompson 1933; Chapelle & Li, An Empirical Evaluation of Thompson Sampling, 2011; Agrawal & Goyal,
Thompson Sampling for Contextual Bandits with Linear Payoffs, 2013.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random
from typing import Any

from . import checked, drawing
from .drawing import Draw
from .features import Context, bends, context, features, folded, num_features
from .linear import dot
from .logit import ChoiceModel
from .observations import Observation, Situation
from .policies import header, log_mixture, read_header
from .ranges import Ranges

EVEN_SHARE = 0.1
"""So much is drawn evenly, so that no density is under a tenth of the even one."""

NUM_TRIED = 48
"""The best of so many looks best: more come closer to the top, fewer vary more."""

BOLDNESS = 0.5
"""So much of the posterior's spread is used; half explores enough, as several cards are shown at once.

Source: Chapelle & Li 2011, where 0.5 did a little better than 1 in advertising.
"""

NUM_SAMPLES = 16
NUM_REFERENCES = 512
"""For the density: so many draws of weights, and so many parameters against which one is ranked."""

_DENSITY_SEED = 20011


@dataclass(frozen=True, slots=True)
class ThompsonPolicy:
    """See the module. `with_densities`: whether draws tell theirs, which takes most of the time."""

    ranges: Ranges
    model: ChoiceModel
    even_share: float = EVEN_SHARE
    num_tried: int = NUM_TRIED
    boldness: float = BOLDNESS
    with_densities: bool = True
    name: str = field(default="thompson", init=False)

    @classmethod
    def new(cls, ranges: Ranges, **settings: Any) -> ThompsonPolicy:
        """That has seen nothing."""
        return cls(ranges, ChoiceModel.empty(num_features(ranges)), **settings)

    def updated(
        self, observations: Iterable[Observation], by: str | None = "human"
    ) -> ThompsonPolicy:
        """This policy once it has also seen `observations` of `by`, or of whomever; each is to come once.

        Sets from which nothing was taken teach nothing.
        """
        model = self.model
        for one in observations:
            if by in (None, one.by):
                model = _with_set(self.ranges, model, one)
        return replace(self, model=model)

    @property
    def even_now(self) -> float:
        """The share drawn evenly: at first all, since what looks best to who knows nothing is an extreme.

        d / (d + n) once n candidates were passed over, with d weights, until `even_share` is more.
        """
        num = self.model.num_weights
        known = self.model.num_told
        return max(self.even_share, num / (num + known) if num else 1.0)

    def draw(self, situation: Situation, num: int, random: Random) -> list[Draw]:
        about = context(situation)
        drawn = [self._one(about, random) for _ in range(num)]
        if not self.with_densities:
            return [Draw(params, None) for params in drawn]
        return [Draw(params, self._density(about, params)) for params in drawn]

    def log_density(self, situation: Situation, params: Mapping[str, Any]) -> float | None:
        """An estimate, the same each time.

        With p the even density, M the number tried and F_w the share of even draws that look worse under
        weights w, the best of M has the density p * M * E[F_w(params)^(M - 1)]; the expectation is taken over
        NUM_SAMPLES draws of w, and F over NUM_REFERENCES even draws. Mixed with the even share, it is never
        below log(even_share) + log p, nor above log M + log p.
        """
        return self._density(context(situation), params)

    def without_densities(self) -> ThompsonPolicy:
        return replace(self, with_densities=False)

    def _one(self, about: Context, random: Random) -> dict[str, Any]:
        if random.random() < self.even_now:
            return drawing.shaped_params(self.ranges, {}, random)
        weights = folded(self.model.sample(random, self.boldness), about)
        tried = (drawing.shaped_params(self.ranges, {}, random) for _ in range(self.num_tried))
        return max(tried, key=lambda params: dot(weights, _row(self.ranges, params)))

    def _density(self, about: Context, params: Mapping[str, Any]) -> float:
        even = drawing.log_density(self.ranges, params)
        if even == -math.inf:
            return even
        row = _row(self.ranges, params)
        chances = [
            _best_of(self.num_tried, bisect_left(looks, dot(weights, row)), len(looks))
            for weights, looks in _references(self.ranges, self.model, self.boldness, about)
        ]
        best = self.num_tried * sum(chances) / len(chances)
        return even + log_mixture([(self.even_now, 0.0), ((1 - self.even_now) * best, 0.0)])

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            **header(self.name, self.ranges),
            "even_share": self.even_share,
            "num_tried": self.num_tried,
            "boldness": self.boldness,
            "model": self.model.to_json(),
        }

    @classmethod
    def from_json(cls, data: Any) -> ThompsonPolicy:
        """The policy that `data` describes. Raises: BadRequestError."""
        data, ranges = read_header(
            data, "thompson", ("even_share", "num_tried", "boldness", "model")
        )
        return cls(
            ranges,
            ChoiceModel.from_json(data.get("model"), num_features(ranges), "model"),
            checked.number(data.get("even_share", EVEN_SHARE), "even_share", 0, 1),
            checked.whole(data.get("num_tried", NUM_TRIED), "num_tried", 1, 1000),
            checked.number(data.get("boldness", BOLDNESS), "boldness", 0, 10),
        )


def _with_set(ranges: Ranges, model: ChoiceModel, one: Observation) -> ChoiceModel:
    """`model` with the candidates of one set."""
    about = context(one.situation)
    pairs = [
        (row, candidate.taken)
        for candidate in one.candidates
        if (row := features(ranges, about, candidate.params)) is not None
    ]
    return model.with_set([row for row, _ in pairs], [taken for _, taken in pairs])


def _row(ranges: Ranges, params: Mapping[str, Any]) -> list[float]:
    row = bends(ranges, params)
    assert row is not None, "what was drawn within the ranges has all their parameters"
    return row


def _best_of(num_tried: int, num_below: int, num: int) -> float:
    """The chance to beat num_tried - 1 even draws, of what beats `num_below` of `num` of them.

    The share F of draws that it beats is Beta(num_below + 1, num - num_below + 1), and this the mean of
    F^(num_tried - 1); averaged over even draws it is exactly 1 / num_tried, so that the density sums to 1.
    """
    return math.exp(
        math.lgamma(num_below + num_tried)
        - math.lgamma(num_below + 1)
        + math.lgamma(num + 2)
        - math.lgamma(num + num_tried + 1)
    )


class _Spread(Random):
    """Gives the sides of point `at` of a sequence that fills a cube more evenly than chance.

    With chance, the share of draws that lie in the best 48th of the ranges would be off by a fifth.
    Source: Kronecker sequence with generalised golden ratios (Roberts 2018).
    """

    def __init__(self, at: int, num: int) -> None:
        super().__init__(0)
        ratio = 2.0
        for _ in range(60):
            ratio = (1 + ratio) ** (1 / (num + 1))
        self._sides = [(0.5 + (at + 1) * ratio**-side) % 1 for side in range(1, num + 1)]

    def random(self) -> float:
        return self._sides.pop(0)


@lru_cache(maxsize=8)
def _even_rows(ranges: Ranges) -> list[list[float]]:
    """What even draws look like: NUM_REFERENCES rows of `bends`."""
    num = len(ranges.drawn)
    spread = (_Spread(at, num) for at in range(NUM_REFERENCES))
    return [_row(ranges, drawing.shaped_params(ranges, {}, one)) for one in spread]


@lru_cache(maxsize=8)
def _samples(model: ChoiceModel, boldness: float) -> list[list[float]]:
    random = Random(_DENSITY_SEED)
    return [model.sample(random, boldness) for _ in range(NUM_SAMPLES)]


@lru_cache(maxsize=32)  # all candidates of a set ask for the same
def _references(
    ranges: Ranges, model: ChoiceModel, boldness: float, about: Context
) -> list[tuple[list[float], list[float]]]:
    """For each draw of weights: them, folded, and how even draws look under them, rising."""
    even = _even_rows(ranges)
    samples = [folded(weights, about) for weights in _samples(model, boldness)]
    return [(weights, sorted(dot(weights, row) for row in even)) for weights in samples]
