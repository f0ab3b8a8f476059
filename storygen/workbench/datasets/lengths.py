"""How long the texts of a split are: in characters, and in tokens of a model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...errors import StorygenError
from ..jobs import Job
from .search import drawn
from .split import BrokenSample, Sample, Split

_SEED = 0


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of each sample that was measured: its index and numbers. `num_broken`: samples that can't be read."""

    indices: tuple[int, ...]
    characters: tuple[int, ...]
    tokens: tuple[int, ...]
    num_broken: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A list of numbers in short. `high95`: nineteen of twenty are no larger."""

    num: int
    mean: float
    median: float
    high95: float
    most: float


def measure(
    split: Split,
    most: int,
    text_of: Callable[[Sample], str],
    num_tokens: Callable[[str], int] | None = None,
    job: Job | None = None,
) -> Lengths:
    """The lengths of `most` samples, drawn from all of the split. `num_tokens`: of a text; None: don't count.

    Raises: CancelledError when `job` was given up.
    """
    places = drawn(len(split), most, _SEED)
    indices: list[int] = []
    characters: list[int] = []
    tokens: list[int] = []
    for done, index in enumerate(places):
        if job is not None:
            job.progress(done, len(places), "measuring")
        sample = split[index]
        try:
            text = "" if isinstance(sample, BrokenSample) else text_of(sample)
        except StorygenError:
            continue
        if isinstance(sample, BrokenSample):
            continue
        indices.append(index)
        characters.append(len(text))
        if num_tokens is not None:
            tokens.append(num_tokens(text))
    num_broken = len(places) - len(indices)
    return Lengths(tuple(indices), tuple(characters), tuple(tokens), num_broken)


def summary(values: Sequence[float]) -> Summary | None:
    """`values` in short; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    num = len(ordered)
    middle = (ordered[(num - 1) // 2] + ordered[num // 2]) / 2
    high = ordered[min(num - 1, math.ceil(0.95 * num) - 1)]
    return Summary(num, sum(ordered) / num, middle, high, ordered[-1])


def histogram(values: Sequence[float], most_bins: int = 30) -> list[tuple[float, float, int]]:
    """(from, to, how many) of equal steps that hold all values; `to` belongs to the next, but for the last.

    Steps are 1, 2 or 5 times a power of ten, so that they can be read.
    """
    if not values:
        return []
    low, high = min(values), max(values)
    step = _step((high - low) / most_bins)
    start = math.floor(low / step) * step
    num = max(1, math.floor((high - start) / step) + 1)
    counts = [0] * num
    for value in values:
        counts[min(num - 1, int((value - start) / step))] += 1
    return [(start + at * step, start + (at + 1) * step, count) for at, count in enumerate(counts)]


def _step(at_least: float) -> float:
    """The smallest readable step that is no smaller."""
    if at_least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(at_least))
    return next(size * power for size in (1, 2, 5, 10) if size * power >= at_least * (1 - 1e-9))
