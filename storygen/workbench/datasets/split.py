"""A dataset: named splits, each a sequence of samples that can be read anywhere without reading the rest.

A sample is a dict from columns to plain values. A row that can't be read is a `BrokenSample`: empty, with
the place and the reason, so that numbers of rows stay what they are in the file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ...errors import NotFoundError

Sample = dict[str, Any]

_LOOKED_AT = 50
"""So many samples say which columns there are, where nothing else says it."""

_BATCH = 256
_DEEPEST = 4


class BrokenSample(Sample):
    """A row that can't be read. `where`: its file and line; `reason`: a sentence with what to do."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__()
        self.where = where
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class Split(ABC):
    """Samples `0 <= index < len(split)`. Any thread may read it."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def __len__(self) -> int:
        """How many samples there are, broken ones too."""

    @abstractmethod
    def read(self, start: int, stop: int) -> Iterator[Sample]:
        """Samples `start <= index < stop`, which are there, one after the other.

        Raises: StorygenError when what is read has changed or gone since it was opened.
        """

    @cached_property
    def features(self) -> Mapping[str, str]:
        """The columns, each with what it holds in a word or two ("text", "number", "list of text")."""
        seen: dict[str, set[str]] = {}
        for sample in self.read(0, min(len(self), _LOOKED_AT)):
            for column, value in sample.items():
                seen.setdefault(column, set()).add(kind_of(value))
        return {column: _together(kinds) for column, kinds in seen.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(self.features)

    def __getitem__(self, index: int) -> Sample:
        """One sample; negative numbers count from the end. Raises: IndexError."""
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        return next(iter(self.read(at, at + 1)))

    def __iter__(self) -> Iterator[Sample]:
        for start in range(0, len(self), _BATCH):
            yield from self.read(start, min(start + _BATCH, len(self)))


class ListSplit(Split):
    """Samples that Python holds, or any sequence of dicts: what `datasets` loaded, for instance."""

    def __init__(
        self, name: str, samples: Sequence[Any], features: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(name)
        self._samples = samples
        if features is not None:
            self.features = features

    def __len__(self) -> int:
        return len(self._samples)

    def read(self, start: int, stop: int) -> Iterator[Sample]:
        for index in range(start, stop):
            yield sample_of(self._samples[index], f"sample {index + 1}")


class JoinedSplit(Split):
    """Several parts one after the other, such as the numbered files of one split."""

    def __init__(self, name: str, parts: Sequence[Split]) -> None:
        super().__init__(name)
        self._parts = tuple(parts)
        self._starts = [0]
        for part in parts:
            self._starts.append(self._starts[-1] + len(part))

    def __len__(self) -> int:
        return self._starts[-1]

    @cached_property
    def features(self) -> Mapping[str, str]:
        """The columns of all parts; those of the first come first."""
        found: dict[str, str] = {}
        for part in self._parts:
            found |= {name: kind for name, kind in part.features.items() if name not in found}
        return found

    def read(self, start: int, stop: int) -> Iterator[Sample]:
        at = start
        while at < stop:
            number = bisect_right(self._starts, at) - 1
            first = self._starts[number]
            end = min(stop, self._starts[number + 1])
            yield from self._parts[number].read(at - first, end - first)
            at = end


class Dataset:
    """Splits by their names, in the order they are shown in. `origin`: where it comes from."""

    def __init__(self, name: str, splits: Iterable[Split], origin: str = "") -> None:
        self.name = name
        self.origin = origin
        self.splits: dict[str, Split] = {split.name: split for split in splits}

    def split(self, name: str) -> Split:
        """The split of that name. Raises: NotFoundError, naming those that there are."""
        if name not in self.splits:
            there = ", ".join(self.splits) or "none"
            raise NotFoundError(f"{self.name} has no split {name!r}. There are: {there}.")
        return self.splits[name]


def sample_of(value: Any, where: str) -> Sample:
    """`value` as a sample; a broken one if it is no mapping with names."""
    if isinstance(value, BrokenSample):
        return value
    if not isinstance(value, Mapping):
        kind = kind_of(value)
        return BrokenSample(where, f"a sample has columns with names, and this is {kind} alone.")
    return {str(name): one for name, one in value.items()}


def kind_of(value: Any, deeper: int = _DEEPEST) -> str:
    """What a value is, in a word or two, for people; of lists in lists no more than a few."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    for kinds, word in _WORDS:
        if isinstance(value, kinds):
            return word
    if isinstance(value, list | tuple):
        inner = {kind_of(one, deeper - 1) for one in value[:_LOOKED_AT]} if deeper else set()
        return f"list of {_together(inner)}" if inner else "list"
    return type(value).__name__


def _together(kinds: set[str]) -> str:
    """One word for columns that hold several kinds of value."""
    known = sorted(kinds - {"nothing"})
    if "list" in known and any(kind.startswith("list of") for kind in known):
        known.remove("list")
    return " or ".join(known) if known else "nothing"


_WORDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "text"),
    ((int, float), "number"),
    ((bytes, bytearray, memoryview), "bytes"),
    (Mapping, "object"),
)
