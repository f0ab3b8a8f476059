"""Samples found by what they say, and samples drawn by a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..jobs import Job
from .split import Split

MOST_FOUND = 1000
_BATCH = 256
_DEEPEST = 50
_AROUND = 60
"""Letters shown on each side of what was found."""


@dataclass(frozen=True, slots=True)
class Found:
    """A sample that has the words, and the first place in it: `excerpt[start:stop]` are they."""

    index: int
    column: str
    excerpt: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search came to. `cut`: there were more than were asked for, and the rest was not looked at."""

    found: tuple[Found, ...]
    num_searched: int
    cut: bool


def search(
    split: Split,
    words: str,
    *,
    columns: Sequence[str] | None = None,
    most: int = MOST_FOUND,
    job: Job | None = None,
    on_found: Callable[[Found], None] = lambda found: None,
) -> Searched:
    """The samples in which `words` stand as they are, small or large letters alike, in their order.

    `columns`: those looked at; None: all, with what is nested in them. `on_found` hears of each at once.
    Raises: CancelledError when `job` was given up; what `on_found` heard stands.
    """
    found: list[Found] = []
    if not words:
        return Searched((), 0, cut=False)
    pattern = re.compile(re.escape(words), re.IGNORECASE)
    total = len(split)
    for start in range(0, total, _BATCH):
        if job is not None:
            job.progress(start, total, f"{len(found):,} found")
        samples = split.read(start, min(start + _BATCH, total))
        for index, sample in enumerate(samples, start):
            one = _in_sample(sample, pattern, index, columns)
            if one is None:
                continue
            found.append(one)
            on_found(one)
            if len(found) >= most:
                return Searched(tuple(found), index + 1, cut=index + 1 < total)
    if job is not None:
        job.progress(total, total, f"{len(found):,} found")
    return Searched(tuple(found), total, cut=False)


def _in_sample(
    sample: Mapping[str, Any], pattern: re.Pattern[str], index: int, columns: Sequence[str] | None
) -> Found | None:
    for column in sample if columns is None else columns:
        for text in texts_in(sample.get(column)):
            if match := pattern.search(text):
                return _found(index, column, text, match)
    return None


def _found(index: int, column: str, text: str, match: re.Match[str]) -> Found:
    begin, end = max(0, match.start() - _AROUND), min(len(text), match.end() + _AROUND)
    before = "…" if begin else ""
    excerpt = before + text[begin:end] + ("…" if end < len(text) else "")
    start = match.start() - begin + len(before)
    return Found(index, column, excerpt, start, start + match.end() - match.start())


def texts_in(value: Any, deeper: int = _DEEPEST) -> Iterator[str]:
    """The texts that a value is or holds, and its numbers as they are written."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        inner = value.values() if isinstance(value, Mapping) else value
        for one in inner if deeper else ():
            yield from texts_in(one, deeper - 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def drawn(num: int, most: int, seed: int) -> list[int]:
    """`most` different indices below `num` in their order, the same for the same seed; or all of them."""
    if most >= num:
        return list(range(num))
    return sorted(random.Random(seed).sample(range(num), most))
