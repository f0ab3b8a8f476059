"""A run's rows as numbers: what to sort, draw and compare, without holding their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..metrics import Compared, Direction, Estimate, Measured, Metric, compare, estimate
from .keeping import KeptRun
from .rows import Row


@dataclass(frozen=True, slots=True)
class Entry:
    """Of one row: where it lies in its file, and what was measured."""

    offset: int
    index: int
    key: str
    measured: Mapping[str, Measured]
    problem: str

    @property
    def name(self) -> str:
        """What a sample is known by in two runs: its place, and what it holds."""
        return f"{self.index} {self.key}"

    def number(self, metric: str) -> float | None:
        """What a metric gave; None where it gave no number."""
        found = self.measured.get(metric)
        return None if found is None else found.number


class RunTable:
    """The rows of a run that are kept so far; `more()` reads what came since."""

    def __init__(self, kept: KeptRun) -> None:
        self.kept = kept
        self.entries: list[Entry] = []
        self._end = 0
        self.more()

    def more(self) -> None:
        """Take in rows that were kept since."""
        for offset, end, row in self.kept.rows_from(self._end):
            self.entries.append(Entry(offset, row.index, row.key, row.measured, row.problem))
            self._end = end

    def row(self, entry: Entry) -> Row:
        """The whole row, read from the file."""
        for _, _, row in self.kept.rows_from(entry.offset):
            return row
        raise AssertionError("a row that was there is gone")

    def estimates(self, metrics: Sequence[Metric]) -> list[Estimate]:
        """Each metric over all rows, with its interval."""
        return [estimate(one, self._of(one)) for one in metrics]

    def numbers(self, metric: str) -> list[float]:
        """What a metric gave, where it gave a number."""
        return [number for one in self.entries if (number := one.number(metric)) is not None]

    def worst_first(self, metric: Metric) -> list[Entry]:
        """Rows by a metric, the worst first (the highest, where none is better); without a number last."""
        return self.ordered(metric.name, down=metric.direction is not Direction.HIGHER)

    def ordered(self, metric: str, *, down: bool) -> list[Entry]:
        """Rows by a metric's number, from the highest `down` or up; those without one last."""
        known = [
            (number, one) for one in self.entries if (number := one.number(metric)) is not None
        ]
        known.sort(key=lambda pair: -pair[0] if down else pair[0])
        return [one for _, one in known] + [
            one for one in self.entries if one.number(metric) is None
        ]

    def _of(self, metric: Metric) -> list[Measured]:
        return [one.measured[metric.name] for one in self.entries if metric.name in one.measured]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sample that two runs have, and by how much the second's number is higher."""

    first: Entry
    second: Entry
    difference: float


def compared(first: RunTable, second: RunTable, metric: Metric) -> Compared | None:
    """Two runs on the samples that both have a number for; None without any. See `metrics.compare`."""
    sides = [
        {one.name: one.measured[metric.name] for one in side.entries if metric.name in one.measured}
        for side in (first, second)
    ]
    return compare(metric, *sides)


def differing(first: RunTable, second: RunTable, metric: str) -> list[Pair]:
    """The samples that both have a number for, those that differ most first."""
    others = {one.name: one for one in second.entries}
    pairs = []
    for one in first.entries:
        other = others.get(one.name)
        if other is None:
            continue
        left, right = one.number(metric), other.number(metric)
        if left is not None and right is not None:
            pairs.append(Pair(one, other, right - left))
    return sorted(pairs, key=lambda pair: -abs(pair.difference))
