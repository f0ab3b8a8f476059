"""A Bayesian conditional logit: what makes one member of a set be chosen, in plain Python, set after set.

A member with the features x is chosen with a chance in proportion to exp(w · x). What is believed of w is a
normal distribution, N(0, 1 / PRIOR) to begin with; each set moves its mean to the highest posterior density
and makes it as narrow as the posterior is curved there (a Laplace approximation after each set). A choice
of which only a fraction was accepted tells that fraction. A set costs about d³ / 2 for d features.
Sources: McFadden, Conditional Logit Analysis, 1974; Spiegelhalter & Lauritzen, Sequential Updating of
Conditional Probabilities, 1990; Chapelle & Li, An Empirical Evaluation of Thompson Sampling, 2011.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from random import Random
from typing import Any

from . import checked
from .linear import Matrix, backward, cholesky, dot, forward, read_matrix

PRIOR = 0.4
"""Precision of each weight beforehand: on features within -1 to 1, w · x of some units is nothing odd."""

_STEPS = 8
_LONGEST = 4.0  # no step moves a weight further, so that Newton's steps don't overshoot


class ChoiceModel:
    """What sets have said so far; `with_set` gives a new one, and nothing changes an old one."""

    def __init__(self, mean: Sequence[float], precision: Matrix, num_told: float = 0.0) -> None:
        """`mean`: (d); `precision`: (d, d), symmetric. `num_told`: see there."""
        self.mean = list(mean)
        self._precision = [list(row) for row in precision]
        self.num_told = num_told  # members passed over, by the fraction accepted instead

    @classmethod
    def empty(cls, num: int) -> ChoiceModel:
        """Of `num` weights, about which nothing is known."""
        return cls(
            [0.0] * num, [[PRIOR * (at == other) for other in range(num)] for at in range(num)]
        )

    @property
    def num_weights(self) -> int:
        return len(self.mean)

    def with_set(self, rows: Sequence[Sequence[float]], weights: Sequence[float]) -> ChoiceModel:
        """This and what one set says: features (n, d), and what was accepted of each member, 0 to 1."""
        whole = sum(weights)
        if whole <= 0 or len(rows) < 2:
            return self
        mean, precision = self.mean, self._precision
        for _ in range(_STEPS):
            chances, middle = _expected(rows, mean)
            precision = self._curved(rows, chances, middle, whole)
            pull = self._gradient(rows, weights, middle, whole, mean)
            root = cholesky(precision)
            step = backward(root, forward(root, pull))
            furthest = max((abs(one) for one in step), default=0.0)
            scale = min(1.0, _LONGEST / furthest) if furthest else 1.0
            mean = [one + scale * away for one, away in zip(mean, step, strict=True)]
            if furthest < 1e-3:
                break
        return ChoiceModel(mean, precision, self.num_told + whole * (len(rows) - 1))

    def sample(self, random: Random, boldness: float = 1.0) -> list[float]:
        """Weights drawn from what is believed of them, (d), `boldness` times as far from the mean."""
        far = backward(self._root, [random.gauss(0.0, boldness) for _ in self.mean])
        return [one + away for one, away in zip(self.mean, far, strict=True)]

    @cached_property
    def _root(self) -> Matrix:
        return cholesky(self._precision)

    def _curved(
        self,
        rows: Sequence[Sequence[float]],
        chances: Sequence[float],
        middle: Sequence[float],
        whole: float,
    ) -> list[list[float]]:
        """The precision and `whole` times the covariance of the features under `chances`."""
        curved = [list(row) for row in self._precision]
        for row, chance in zip(rows, chances, strict=True):
            away = [one - mid for one, mid in zip(row, middle, strict=True)]
            for line, one in zip(curved, away, strict=True):
                factor = whole * chance * one
                if factor:
                    for other, second in enumerate(away):
                        line[other] += factor * second
        return curved

    def _gradient(
        self,
        rows: Sequence[Sequence[float]],
        weights: Sequence[float],
        middle: Sequence[float],
        whole: float,
        at: Sequence[float],
    ) -> list[float]:
        """Of the log posterior at the weights `at`."""
        moved = [one - before for one, before in zip(at, self.mean, strict=True)]
        pull = [-dot(line, moved) for line in self._precision]
        for place, column in enumerate(zip(*rows, strict=True)):
            pull[place] += dot(column, weights) - whole * middle[place]
        return pull

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {"mean": self.mean, "precision": self._precision, "num_told": self.num_told}

    @classmethod
    def from_json(cls, data: Any, num: int, what: str) -> ChoiceModel:
        """The model of `num` weights that `data` describes.

        Raises: BadRequestError where it is not one: another size, or a precision that is none.
        """
        data = checked.mapping(data, what, ("mean", "precision", "num_told"))
        return cls(
            checked.numbers(data.get("mean"), f"{what}.mean", num, -1e6, 1e6),
            read_matrix(data.get("precision"), num, f"{what}.precision"),
            checked.number(data.get("num_told"), f"{what}.num_told", 0),
        )


def _expected(
    rows: Sequence[Sequence[float]], weights: Sequence[float]
) -> tuple[list[float], list[float]]:
    """(chance of each row, (n); expected features, (d)) under `weights`."""
    felt = [dot(weights, row) for row in rows]
    highest = max(felt)
    odds = [math.exp(one - highest) for one in felt]
    whole = sum(odds)
    chances = [one / whole for one in odds]
    return chances, [dot(chances, column) for column in zip(*rows, strict=True)]
