"""A metric over many cases: its number, how sure it is, and how two systems compare on the same samples.

A corpus's BLEU, chrF and perplexity come of sums over all cases, other numbers are means. Intervals are
bootstrap percentiles: samples are drawn anew with replacement, the same draws for the same seed. They say
how much the choice of samples matters, not how much the seeds of the generations do.

Source: Efron, Bootstrap methods, 1979; Koehn, Statistical significance tests for machine translation
evaluation, 2004.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .metric import Measured, Metric, Sums

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

NUM_RESAMPLES = 1000
SEED = 12345
LEVEL = 0.95
FEWEST = 2
"""An interval needs as many samples."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A corpus's number with its interval; None where there is none (`low`, `high`: of too few samples).

    `num_silent`, `num_problems`: cases left out because the metric had nothing to say, or failed.
    """

    name: str
    number: float | None
    shown: str
    low: float | None
    high: float | None
    num: int
    num_silent: int = 0
    num_problems: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """Two systems on the same samples: `difference` is the second's number less the first's.

    `low` to `high`: where the difference may lie; `p`: how often so great a one would come of chance alone.
    `wins`, `losses`, `ties`: samples on which the second's own number is higher, lower, the same.
    """

    name: str
    first: float
    second: float
    difference: float
    low: float | None
    high: float | None
    p: float | None
    num: int
    wins: int
    losses: int
    ties: int


def estimate(
    metric: Metric,
    measured: Sequence[Measured],
    *,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = SEED,
) -> Estimate:
    """What `metric` says of a corpus, of what it measured on each case."""
    rows = [one.sums for one in measured if one.number is not None]
    silent = sum(bool(one.silent) for one in measured)
    problems = sum(bool(one.problem) for one in measured)
    number = metric.pooled(_added(rows)) if rows else math.nan
    if not math.isfinite(number):
        return Estimate(metric.name, None, "–", None, None, len(rows), silent, problems)
    low = high = None
    if len(rows) >= FEWEST:
        drawn = _resampled([rows], num_resamples, seed)
        low, high = _interval([metric.pooled(sums) for (sums,) in drawn])
    return Estimate(
        metric.name, number, metric.show(number), low, high, len(rows), silent, problems
    )


def compare(
    metric: Metric,
    first: Mapping[str, Measured],
    second: Mapping[str, Measured],
    *,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = SEED,
) -> Compared | None:
    """How two systems compare on the samples, by key, that both have a number for; None without any."""
    both = [
        (one, second[key])
        for key, one in first.items()
        if key in second and one.number is not None and second[key].number is not None
    ]
    if not both:
        return None
    rows = [[one.sums for one, _ in both], [other.sums for _, other in both]]
    one, other = (metric.pooled(_added(side)) for side in rows)
    difference = other - one
    low = high = p = None
    if len(both) >= FEWEST:
        drawn = [
            metric.pooled(right) - metric.pooled(left)
            for left, right in _resampled(rows, num_resamples, seed)
        ]
        low, high = _interval(drawn)
        p = _p_value(drawn, difference)
    signs = [_sign(one.number, other.number) for one, other in both]
    wins, losses = signs.count(1), signs.count(-1)
    ties = len(both) - wins - losses
    return Compared(
        metric.name, one, other, difference, low, high, p, len(both), wins, losses, ties
    )


def _sign(one: float | None, other: float | None) -> int:
    assert one is not None and other is not None
    return (other > one) - (other < one)


def _p_value(drawn: Sequence[float], difference: float) -> float | None:
    """The share of differences, moved to where nothing differs, that are as great as the one found."""
    finite = [one for one in drawn if math.isfinite(one)]
    if not finite:
        return None
    middle = math.fsum(finite) / len(finite)
    beyond = sum(abs(one - middle) >= abs(difference) for one in finite)
    return (beyond + 1) / (len(finite) + 1)


def _added(rows: Iterable[Sums]) -> Sums:
    return tuple(map(math.fsum, zip(*rows, strict=True)))


def _resampled(
    systems: Sequence[Sequence[Sums]], num_resamples: int, seed: int
) -> list[list[Sums]]:
    """Of each draw of samples the sums of every system, all of the same samples."""
    import numpy as np

    arrays: list[Array] = [np.asarray(rows, dtype=np.float64) for rows in systems]
    num = len(systems[0])
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(num_resamples):
        weights = np.bincount(generator.integers(0, num, num), minlength=num)
        drawn.append([tuple(map(float, weights @ array)) for array in arrays])
    return drawn


def _interval(values: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    """What the middle 95 % of the finite ones lie between."""
    import numpy as np

    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None, None
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
