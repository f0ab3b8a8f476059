"""Where along one parameter a reader's liking is highest, from choices within sets.

A conditional logit: of a set's members, one at x is chosen with a chance in proportion to
exp(linear * x + square * x²). If liking falls off with the square of the distance and something is added
to it by chance, this is what choices look like, and the top is at -linear / (2 * square). What all members
of a set share falls out, so neither the range drawn from nor a set's level moves the top. A regression of
the fraction accepted on x and x² does not do: away from the top that fraction is flat, and the parabola's
top slides to the emptier side.
Source: McFadden, Conditional Logit Analysis of Qualitative Choice Behavior, 1974.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from .estimates import LEVEL, Interval, around, t_quantile

Set = tuple[Hashable, Sequence[tuple[float, float]]]
"""(cluster, (x, weight) of each member): weight is what was accepted of it, 0 for those passed over."""

_STEPS = 25
_LEAST_SPREAD = 1e-12  # a variance below is what rounding leaves of none
_STEEPEST = 200.0  # a coefficient beyond that means that nothing holds it


@dataclass(frozen=True, slots=True)
class _Counted:
    """A set, and what of it is the same at every step: sums of the weights, and of them times x and x²."""

    cluster: Hashable
    members: tuple[tuple[float, float], ...]  # (x, x²) of each
    weight: float
    along: float
    bent: float

    @classmethod
    def of(cls, cluster: Hashable, pairs: Sequence[tuple[float, float]]) -> _Counted:
        return cls(
            cluster,
            tuple((x, x * x) for x, _ in pairs),
            sum(weight for _, weight in pairs),
            sum(weight * x for x, weight in pairs),
            sum(weight * x * x for x, weight in pairs),
        )


@dataclass(frozen=True, slots=True)
class _Curvature:
    """The information of (linear, square): a symmetric 2 × 2 matrix."""

    xx: float
    xz: float
    zz: float

    @property
    def determinant(self) -> float:
        return self.xx * self.zz - self.xz * self.xz

    def solve(self, first: float, second: float) -> tuple[float, float]:
        """The inverse times (first, second)."""
        return (
            (self.zz * first - self.xz * second) / self.determinant,
            (self.xx * second - self.xz * first) / self.determinant,
        )


def top_of_liking(sets: Sequence[Set]) -> Interval | None:
    """The x, best from 0 to 1, at which liking is highest, and a 95 % interval.

    The interval is the delta method's on the cluster-robust variance. None when liking doesn't clearly
    bend down (one-sided 95 %), so that there is no top, or when the choices leave it open how steep it is.
    Source: Cameron & Miller 2015 for the variance.
    """
    counted = [_Counted.of(*one) for one in sets if one[1]]
    fitted = _fit(counted)
    if fitted is None or fitted[1] >= 0:
        return None
    linear, square = fitted
    scores, curvature = _scores(counted, linear, square)
    by_cluster: dict[Hashable, tuple[float, float]] = {}
    for one, (first, second) in zip(counted, scores, strict=True):
        before = by_cluster.get(one.cluster, (0.0, 0.0))
        by_cluster[one.cluster] = before[0] + first, before[1] + second
    moved = [curvature.solve(*one) for one in by_cluster.values()]
    num = len(moved)
    bend_error = _error([second for _, second in moved])
    if num < 2 or -square < t_quantile(LEVEL, num - 1) * bend_error:
        return None
    slopes = -1 / (2 * square), linear / (2 * square * square)
    error = _error([slopes[0] * first + slopes[1] * second for first, second in moved])
    return around(-linear / (2 * square), error, num - 1)


def _fit(sets: Sequence[_Counted]) -> tuple[float, float] | None:
    """(linear, square) of the greatest likelihood, by Newton's steps."""
    linear = square = 0.0
    least = _LEAST_SPREAD * sum(one.weight for one in sets)
    for _ in range(_STEPS):
        scores, curvature = _scores(sets, linear, square)
        flat = min(curvature.xx, curvature.zz) <= least
        if flat or curvature.determinant <= 1e-9 * curvature.xx * curvature.zz:
            return None
        gradient = sum(first for first, _ in scores), sum(second for _, second in scores)
        first, second = curvature.solve(*gradient)
        linear, square = linear + first, square + second
        if max(abs(linear), abs(square)) > _STEEPEST:
            return None
        if max(abs(first), abs(second)) < 1e-8:
            return linear, square
    return None


def _scores(
    sets: Sequence[_Counted], linear: float, square: float
) -> tuple[list[tuple[float, float]], _Curvature]:
    """Each set's gradient of the log-likelihood, and the information of all."""
    scores = []
    xx = xz = zz = 0.0
    for one in sets:
        felt = [linear * x + square * z for x, z in one.members]
        highest = max(felt)
        whole = first = second = third = fourth = 0.0  # of the odds, times the powers of x
        for pleasure, (x, z) in zip(felt, one.members, strict=True):
            odds = math.exp(pleasure - highest)
            whole += odds
            first += odds * x
            second += odds * z
            third += odds * x * z
            fourth += odds * z * z
        x_mean, z_mean = first / whole, second / whole
        weight = one.weight
        scores.append((one.along - weight * x_mean, one.bent - weight * z_mean))
        xx += weight * (z_mean - x_mean * x_mean)
        xz += weight * (third / whole - x_mean * z_mean)
        zz += weight * (fourth / whole - z_mean * z_mean)
    return scores, _Curvature(xx, xz, zz)


def _error(influences: Iterable[float]) -> float:
    found = list(influences)
    num = len(found)
    if num < 2:
        return math.inf
    return math.sqrt(num / (num - 1) * math.fsum(one * one for one in found))
