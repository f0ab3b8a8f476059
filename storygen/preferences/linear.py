"""Bayesian linear regression with a normal-inverse-gamma prior, in plain Python for some dozens of weights.

y = x · w + noise, noise ~ N(0, s²), w ~ N(0, s² / PRIOR), s² ~ inverse gamma. Rows are dense lists; an
update costs d², the first use after it d³ / 6.
Source: Gelman et al., Bayesian Data Analysis, 3rd edition, chapter 14; Murphy, Machine Learning, 7.6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from random import Random
from typing import Any

from ..errors import BadRequestError
from . import checked

PRIOR = 2.0
"""Every weight is as if so many rows of length 1 had said 0."""

PRIOR_ROWS, PRIOR_VARIANCE = 8.0, 0.06
"""The noise is as if so many rows had this variance: that of accepted fractions around their set's mean."""


class Regression:
    """What rows have said so far; `with_rows` gives a new one, and nothing changes an old one."""

    def __init__(
        self,
        precision: Sequence[Sequence[float]],
        moment: Sequence[float],
        square: float = 0.0,
        num_rows: float = 0.0,
    ) -> None:
        """`precision`: sum of x xᵀ, without the prior, (d, d); `moment`: sum of x y, (d); `square`: of y²."""
        self._precision = [list(row) for row in precision]
        self._moment = list(moment)
        self._square = square
        self.num_rows = num_rows

    @classmethod
    def empty(cls, num: int) -> Regression:
        """Of `num` weights, about which nothing is known."""
        return cls([[0.0] * num for _ in range(num)], [0.0] * num)

    @property
    def num_weights(self) -> int:
        return len(self._moment)

    def with_rows(
        self, rows: Sequence[Sequence[float]], values: Sequence[float], num_rows: float
    ) -> Regression:
        """This and what `rows` of d numbers with their `values` say, as much as `num_rows` free ones.

        Rows less their set's mean are one fewer than they look.
        """
        new = Regression(self._precision, self._moment, self._square, self.num_rows + num_rows)
        for row, value in zip(rows, values, strict=True):
            for at, one in enumerate(row):
                if one:
                    line = new._precision[at]
                    for other, second in enumerate(row):
                        line[other] += one * second
                    new._moment[at] += one * value
            new._square += value * value
        return new

    @cached_property
    def _root(self) -> list[list[float]]:
        """Lower triangular L with L Lᵀ = precision + prior."""
        num = self.num_weights
        full = [
            [one + PRIOR * (at == other) for other, one in enumerate(row)]
            for at, row in enumerate(self._precision)
        ]
        root = [[0.0] * num for _ in range(num)]
        for at in range(num):
            line = root[at]
            for other in range(at + 1):
                over = root[other]
                rest = full[at][other] - sum(line[k] * over[k] for k in range(other))
                line[other] = math.sqrt(max(rest, 1e-12)) if other == at else rest / over[other]
        return root

    @cached_property
    def mean(self) -> list[float]:
        """Of each weight, (d)."""
        half: list[float] = []
        for at, line in enumerate(self._root):
            rest = self._moment[at] - sum(line[k] * half[k] for k in range(at))
            half.append(rest / line[at])
        return self._back(half)

    @cached_property
    def noise(self) -> float:
        """The standard deviation of y around x · w: the root of the posterior's estimate of s²."""
        explained = sum(w * m for w, m in zip(self.mean, self._moment, strict=True))
        rest = max(self._square - explained, 0.0)
        return math.sqrt((PRIOR_ROWS * PRIOR_VARIANCE + rest) / (PRIOR_ROWS + self.num_rows))

    def sample(self, random: Random) -> list[float]:
        """Weights drawn from the posterior at its estimate of the noise, (d)."""
        noise = self.noise
        far = self._back([random.gauss(0.0, 1.0) for _ in range(self.num_weights)])
        return [one + noise * away for one, away in zip(self.mean, far, strict=True)]

    def _back(self, half: Sequence[float]) -> list[float]:
        """x with Lᵀ x = half."""
        root, num = self._root, self.num_weights
        found = [0.0] * num
        for at in reversed(range(num)):
            rest = half[at] - sum(root[k][at] * found[k] for k in range(at + 1, num))
            found[at] = rest / root[at][at]
        return found

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "precision": self._precision,
            "moment": self._moment,
            "square": self._square,
            "num_rows": self.num_rows,
        }

    @classmethod
    def from_json(cls, data: Any, num: int, what: str) -> Regression:
        """The regression of `num` weights that `data` describes.

        Raises: BadRequestError where it is not one: another size, not symmetric, or no sum of x xᵀ.
        """
        data = checked.mapping(data, what, ("precision", "moment", "square", "num_rows"))
        lines = checked.items(data.get("precision"), f"{what}.precision", num)
        rows = [
            checked.numbers(one, f"{what}.precision[{at}]", num) for at, one in enumerate(lines)
        ]
        if len(rows) != num or not _could_be_squares(rows):
            raise BadRequestError(f"{what}.precision is no sum of squares of {num} numbers.")
        return cls(
            rows,
            checked.numbers(data.get("moment"), f"{what}.moment", num),
            checked.number(data.get("square"), f"{what}.square", 0),
            checked.number(data.get("num_rows"), f"{what}.num_rows", 0),
        )


def dot(first: Sequence[float], second: Sequence[float]) -> float:
    """The inner product of two rows of the same length."""
    return sum(map(float.__mul__, first, second))


def _could_be_squares(rows: Sequence[Sequence[float]]) -> bool:
    """Whether the matrix is symmetric and no entry is larger than its row and column allow."""
    for at, row in enumerate(rows):
        for other, one in enumerate(row):
            most = rows[at][at] * rows[other][other]
            if rows[at][at] < 0 or one * one > most * (1 + 1e-6) + 1e-12:
                return False
            if abs(one - rows[other][at]) > 1e-6 * (1 + abs(one)):
                return False
    return True
