"""Averages, quantiles and intervals of weighted numbers; knows nothing of stories.

Everything is in the unit of the values given. Intervals are 95 % unless a level is given.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and what it may lie between; `low` and `high` are None where the data are too few."""

    value: float
    low: float | None
    high: float | None


def mean(values: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """The average of `values`, of which there is one at least, and whose `weights` don't sum to 0."""
    if weights is None:
        return math.fsum(values) / len(values)
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)


def effective_number(weights: Iterable[float]) -> float:
    """(sum w)² / sum w²: of equally weighted values so many would tell as much; 0 without any.

    Source: Kish, Survey Sampling, 1965.
    """
    weights = list(weights)
    squares = math.fsum(one * one for one in weights)
    return math.fsum(weights) ** 2 / squares if squares > 0 else 0.0


def quantiles(
    values: Sequence[float], weights: Sequence[float], shares: Sequence[float]
) -> tuple[float, ...]:
    """For each share, in rising order, the least value at or below which that share of the weight lies."""
    ordered = sorted(zip(values, weights, strict=True))
    whole = math.fsum(weights)
    found, below, at = [], 0.0, -1
    for share in shares:
        while at + 1 < len(ordered) and (at < 0 or below < share * whole - 1e-12 * whole):
            at += 1
            below += ordered[at][1]
        found.append(ordered[at][0])
    return tuple(found)


def t_quantile(share: float, freedom: int) -> float:
    """Of Student's t with `freedom` degrees, to about 1 %. `share`: over 0.5, at most 0.999.

    Source: Abramowitz & Stegun 26.7.5; exact for one and two degrees.
    """
    if freedom == 1:
        return math.tan(math.pi * (share - 0.5))
    if freedom == 2:
        return (2 * share - 1) * math.sqrt(2 / (4 * share * (1 - share)))
    z: float = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / float(freedom) ** power for power, term in enumerate(terms, 1))


def around(value: float, error: float, freedom: int, level: float = LEVEL) -> Interval:
    """`value` with a Student interval of its standard error; without bounds for no degree of freedom."""
    if freedom < 1:
        return Interval(value, None, None)
    reach = t_quantile(0.5 + level / 2, freedom) * error
    return Interval(value, value - reach, value + reach)


def clustered_mean(
    values: Sequence[float],
    weights: Sequence[float],
    clusters: Sequence[Hashable],
    level: float = LEVEL,
) -> Interval:
    """The weighted mean, with an interval that lets values of one cluster depend on each other.

    The variance is G / (G - 1) * sum over clusters of (sum of w * (v - mean))² / (sum w)², G clusters, and
    the interval Student's with G - 1 degrees.
    Source: Cameron & Miller, A Practitioner's Guide to Cluster-Robust Inference, 2015.
    """
    value, whole = mean(values, weights), math.fsum(weights)
    sums: dict[Hashable, float] = {}
    for one, weight, cluster in zip(values, weights, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + weight * (one - value)
    num = len(sums)
    if num < 2:
        return Interval(value, None, None)
    variance = num / (num - 1) * math.fsum(one * one for one in sums.values()) / whole**2
    return around(value, math.sqrt(variance), num - 1, level)


def pooled_by_step(
    means: Mapping[int, float], sizes: Mapping[int, float], spread: float
) -> dict[int, float]:
    """The mean of each step, drawn toward its neighbours' and the overall one where the step's data are few.

    With m_k the mean of n_k values of variance s² (`spread`) at step k, and a prior N(c_k, t²):

        shrunk_k = (n_k * m_k + r * c_k) / (n_k + r),    r = s² / t²

    t², by which steps truly differ, is the method of moments' (DerSimonian & Laird 1986), and c_k the
    average of the other steps' means weighted by n_j * 2^-|j - k|, and the overall mean weighted 1.
    Sources: Efron & Morris, Data Analysis Using Stein's Estimator, 1975; Gelman et al., Bayesian Data
    Analysis, chapter 5.
    """
    steps = [step for step in means if sizes[step] > 0]
    if not steps:
        return {}
    overall = mean([means[step] for step in steps], [sizes[step] for step in steps])
    true = _variance_between(means, sizes, steps, overall, spread)
    if true <= 0 or spread <= 0:
        return {step: overall if spread > 0 else means[step] for step in steps}
    ratio = spread / true
    shrunk = {}
    for step in steps:
        weights = {
            other: sizes[other] * 0.5 ** abs(other - step) for other in steps if other != step
        }
        near = sum(weight * means[other] for other, weight in weights.items())
        centre = (near + overall) / (sum(weights.values()) + 1)
        shrunk[step] = (sizes[step] * means[step] + ratio * centre) / (sizes[step] + ratio)
    return shrunk


def _variance_between(
    means: Mapping[int, float],
    sizes: Mapping[int, float],
    steps: Sequence[int],
    overall: float,
    spread: float,
) -> float:
    total = math.fsum(sizes[step] for step in steps)
    excess = math.fsum(sizes[step] * (means[step] - overall) ** 2 for step in steps)
    scale = total - math.fsum(sizes[step] ** 2 for step in steps) / total
    return (excess - (len(steps) - 1) * spread) / scale if scale > 0 else 0.0
