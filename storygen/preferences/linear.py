"""The little linear algebra that models of taste need, in plain Python, for some dozens of dimensions.

A matrix is a list of rows. Roots are Cholesky's: lower triangular L with L Lᵀ = the matrix.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import Any

from ..errors import BadRequestError
from . import checked

Matrix = Sequence[Sequence[float]]


def dot(first: Sequence[float], second: Sequence[float]) -> float:
    """The inner product of two rows of the same length."""
    total: float = sum(map(mul, first, second))
    return total


def cholesky(matrix: Matrix) -> list[list[float]]:
    """The root of a symmetric positive definite `matrix`, d³ / 6 multiplications.

    Raises: ValueError when it isn't positive definite.
    """
    root: list[list[float]] = []
    for at, row in enumerate(matrix):
        line: list[float] = []
        for other in range(at):
            over = root[other]
            line.append((row[other] - dot(line, over)) / over[other])
        line.append(math.sqrt(row[at] - dot(line, line)))
        if line[at] == 0:
            raise ValueError("the matrix is singular")
        root.append(line)
    return root


def forward(root: Matrix, values: Sequence[float]) -> list[float]:
    """x with L x = values."""
    found: list[float] = []
    for line, value in zip(root, values, strict=True):
        found.append((value - dot(line, found)) / line[len(found)])
    return found


def backward(root: Matrix, values: Sequence[float]) -> list[float]:
    """x with Lᵀ x = values."""
    num = len(root)
    found = list(values)
    for at in reversed(range(num)):
        line = root[at]
        found[at] /= line[at]
        value = found[at]
        for other in range(at):
            found[other] -= line[other] * value
    return found


def ridge(rows: Matrix, values: Sequence[float], penalty: float) -> list[float]:
    """Weights w that make |values - rows w|² + penalty |w|² least; `rows`: (n, d) with n of at least 1."""
    columns = list(zip(*rows, strict=True))
    normal = [
        [dot(one, other) + penalty * (at == place) for place, other in enumerate(columns)]
        for at, one in enumerate(columns)
    ]
    root = cholesky(normal)
    return backward(root, forward(root, [dot(one, values) for one in columns]))


def read_matrix(data: Any, num: int, what: str) -> list[list[float]]:
    """`data` as a symmetric positive definite matrix of `num` rows. Raises: BadRequestError."""
    lines = checked.items(data, what, num)
    rows = [list(checked.numbers(one, f"{what}[{at}]", num)) for at, one in enumerate(lines)]
    even = all(
        abs(row[other] - rows[other][at]) <= 1e-6 * (1 + abs(row[other]))
        for at, row in enumerate(rows)
        for other in range(min(at, len(rows)))
    )
    try:
        if len(rows) != num or not even:
            raise ValueError("no symmetric matrix")
        cholesky(rows)
    except ValueError:
        raise BadRequestError(
            f"{what} must be a symmetric positive definite matrix of {num} rows."
        ) from None
    return rows
