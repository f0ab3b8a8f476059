"""Which entries of a lorebook a text calls: a function of the text alone, worked out as it grows.

A key of words is called by the same words in any case, whatever spaces or line breaks stand between them.
Text is taken apart into words and single marks; scripts that put no spaces between words, letter by letter.
A word at the very end counts once something follows that ends it.

A pattern is looked for in stretches of `2 * STRETCH` characters, a new one every `STRETCH`, up to the last
word that ended at a multiple of `PATTERN_EVERY` characters. One that is broken, or slow, is left out and
told.

The text is searched from at least `lore_range` characters before its end. That place moves in steps, so that
entries don't go one by one with every token.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from time import monotonic
from typing import Any

import regex

from ...link.memory import LoreEntry, Memory

STRETCH = 256
PATTERN_EVERY = 32
RANGE_STEPS = 8
PATTERN_S = 0.02
"""A pattern that takes longer for one stretch is left out."""
ALL_PATTERNS_S = 0.25
"""When all of them together have taken so long at once, each must be done in `HURRIED_S`."""
HURRIED_S = 0.0005
GIVEN_UP_S = 1.0
"""When they have taken so long, those that have not had their turn are left out."""
MOST_PATTERNS = 1000
MOST_REPEATS = 1000
"""The counts in a pattern's braces, multiplied; beyond, making it ready alone may take all memory."""
COMPILED_S = 2.0

_LONE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_UNIT = regex.compile(rf"{_LONE}|[\w--{_LONE}]+|[^\w\s]", regex.V1)
_WORD = regex.compile(rf"[\w--{_LONE}]", regex.V1)
_COUNT = regex.compile(r"\{(?:\d*,)?(\d+)")
_PATTERN = regex.compile(r"/(.+)/(i?)", regex.DOTALL)
_BROKEN = (regex.error, OverflowError, RecursionError, ValueError, LookupError, MemoryError)


@dataclass(frozen=True, slots=True)
class _Key:
    """`number` is its place in the book; `units` are folded."""

    number: int
    units: tuple[str, ...]


class LoreBook:
    """The keys of entries that are on, made ready to be looked for. `wrong`: (entry, message)."""

    def __init__(self, memory: Memory) -> None:
        self.range = memory.lore_range
        self.entries = memory.entries
        self.wrong: list[tuple[str, str]] = []
        self.keys: list[
            tuple[int, str]
        ] = []  # of each key, the number of its entry, and as it was given
        self.by_last_unit: dict[str, list[_Key]] = {}
        self.patterns: dict[int, Any] = {}
        self.longest = 0
        begun = monotonic()
        for number, entry in enumerate(memory.entries):
            for key in entry.keys if not entry.constant else ():
                self._add(number, entry, key, late=monotonic() - begun > COMPILED_S)

    @property
    def is_empty(self) -> bool:
        """Whether no text calls anything."""
        return not self.range or not (self.by_last_unit or self.patterns)

    def leave_out(self, key: int, message: str) -> None:
        """Look for a pattern no more."""
        self.patterns.pop(key, None)
        number, given = self.keys[key]
        self.wrong.append((self.entries[number].id, f"The pattern {given} {message}"))

    def _add(self, number: int, entry: LoreEntry, key: str, *, late: bool) -> None:
        pattern = _PATTERN.fullmatch(key.strip())
        units = tuple(unit.casefold() for unit in _UNIT.findall(key))
        if not pattern and not units:
            return
        self.keys.append((number, key))
        if pattern:
            self._add_pattern(
                len(self.keys) - 1, pattern[1], ignores_case=bool(pattern[2]), late=late
            )
        else:
            found = _Key(len(self.keys) - 1, units)
            self.by_last_unit.setdefault(units[-1], []).append(found)
            self.longest = max(self.longest, len(units))

    def _add_pattern(self, key: int, pattern: str, *, ignores_case: bool, late: bool) -> None:
        counts = [int(count) for count in _COUNT.findall(pattern)]
        if late or len(self.patterns) >= MOST_PATTERNS:
            self.leave_out(key, "is left out: there are too many.")
        elif prod(max(1, count) for count in counts) > MOST_REPEATS:
            self.leave_out(key, "repeats too much.")
        else:
            try:
                flags = regex.IGNORECASE if ignores_case else 0
                self.patterns[key] = regex.compile(pattern, flags)
            except _BROKEN as error:
                self.leave_out(key, f"is broken: {error}.")


@lru_cache(4)
def lore_book(entries: tuple[LoreEntry, ...], lore_range: int) -> LoreBook:
    """The book of these entries; one that was made lately is used again, with what it found wrong."""
    return LoreBook(Memory(entries=entries, lore_range=lore_range))


class LoreWatch:
    """What one text calls. `version` changes whenever `called` does."""

    def __init__(self, book: LoreBook) -> None:
        self._book = book
        self.version = 0
        self.called: dict[int, str] = {}
        """Numbers of entries, and the first of its keys that called each."""
        self._step = max(1, book.range // RANGE_STEPS)
        self._begin("", 0)

    def read_anew(self, text: str) -> None:
        """The text is another one."""
        first = max(0, self._range_start(len(text)) - 4 * STRETCH)
        latest = first + STRETCH
        while 0 < first < min(latest, len(text)) and _WORD.match(text, first - 1):
            first += 1  # not in the middle of a word
        self._begin(text[first:], first)
        self._read(text[first:])

    def read(self, new: str) -> None:
        """The text has grown by `new`."""
        self._tail += new
        self._read(new)

    def copied(self) -> LoreWatch:
        """The same, to be read on by itself."""
        other = object.__new__(LoreWatch)
        other.__dict__.update(self.__dict__)
        other.called, other._seen = dict(self.called), dict(self._seen)
        other._units, other._matches = deque(self._units, self._units.maxlen), dict(self._matches)
        return other

    # ------------------------------------------------------------ inside

    def _begin(self, tail: str, first: int) -> None:
        self._tail, self._tail_start = tail, first  # the last characters, and where they begin
        self._done = first  # units that end here have been looked at
        self._units: deque[tuple[str, int]] = deque(maxlen=max(1, self._book.longest))
        self._seen: dict[int, int] = {}  # of a key, where it was found last
        self._matches: dict[
            tuple[int, int], int
        ] = {}  # of a pattern and a stretch, where it was found
        self._patterns_at = first  # they were looked for up to here
        self._patterns_stop = first  # where the last word before that had ended
        self._ranged = -1

    def _read(self, new: str) -> None:
        end = self._tail_start + len(self._tail)
        found = self._read_units()
        found |= self._read_patterns(end)
        start = self._range_start(end)
        if found or start != self._ranged:
            self._ranged = start
            self._count(start)
        if len(self._tail) > 8 * STRETCH:
            kept = min(end - 4 * STRETCH, self._done, self._patterns_stop - 2 * STRETCH)
            self._tail = self._tail[max(0, kept - self._tail_start) :]
            self._tail_start = end - len(self._tail)

    def _range_start(self, end: int) -> int:
        return max(0, end - self._book.range) // self._step * self._step

    def _read_units(self) -> bool:
        """Look at the words and marks that have ended."""
        found = False
        for match in _UNIT.finditer(self._tail, self._done - self._tail_start):
            if match.end() == len(self._tail) and _WORD.match(self._tail, match.end() - 1):
                break
            self._done = self._tail_start + match.end()
            self._units.append((match[0].casefold(), self._tail_start + match.start()))
            for key in self._book.by_last_unit.get(match[0].casefold(), ()):
                found |= self._ends_here(key)
        return found

    def _ends_here(self, key: _Key) -> bool:
        size = len(key.units)
        if size > len(self._units):
            return False
        last = list(self._units)[-size:] if size > 1 else [self._units[-1]]
        if any(unit != have for unit, (have, _) in zip(key.units, last, strict=True)):
            return False
        self._seen[key.number] = last[0][1]
        return True

    def _read_patterns(self, end: int) -> bool:
        """Look for patterns in the stretches that have changed."""
        upto = end - end % PATTERN_EVERY
        if not self._book.patterns or upto <= self._patterns_at:
            return False
        begun = monotonic()
        first = max(0, self._patterns_stop // STRETCH - 1)
        stop = upto - self._tail_start
        while stop > 0 and _WORD.match(self._tail, stop - 1):
            stop -= 1
        self._patterns_at, self._patterns_stop = upto, self._tail_start + stop
        for stretch in range(first, upto // STRETCH + 1):
            start = stretch * STRETCH - self._tail_start
            if start < 0 or start >= stop:
                continue
            for key, pattern in list(self._book.patterns.items()):
                span = (start, min(stop, start + 2 * STRETCH))
                self._look(key, pattern, stretch, span, monotonic() - begun)
        return True

    def _look(
        self, key: int, pattern: Any, stretch: int, span: tuple[int, int], taken_s: float
    ) -> None:
        match = None
        if taken_s > GIVEN_UP_S:
            self._book.leave_out(key, "is left out: all of them together take too long.")
        else:
            try:
                limit = HURRIED_S if taken_s > ALL_PATTERNS_S else PATTERN_S
                match = pattern.search(self._tail, *span, timeout=limit)
            except (TimeoutError, MemoryError, RecursionError):
                self._book.leave_out(key, "takes too long to look for.")
        if match is None:
            self._matches.pop((key, stretch), None)
        else:
            self._matches[key, stretch] = self._tail_start + match.start()

    def _count(self, start: int) -> None:
        """Which entries are called from `start` on."""
        self._seen = {key: at for key, at in self._seen.items() if at >= start}
        self._matches = {
            which: at
            for which, at in self._matches.items()
            if at >= start or self._unfinished(which)
        }
        patterns = (
            key
            for (key, _), at in self._matches.items()
            if at >= start and key in self._book.patterns
        )
        keys = sorted({*self._seen, *patterns})
        called: dict[int, str] = {}
        for key in keys:
            number, given = self._book.keys[key]
            called.setdefault(number, given)
        if called != self.called:
            self.called = called
            self.version += 1

    def _unfinished(self, which: tuple[int, int]) -> bool:
        return (which[1] + 2) * STRETCH > self._patterns_at


def by_order(entries: Iterable[tuple[int, LoreEntry]]) -> Sequence[tuple[int, LoreEntry]]:
    """Numbered entries, the highest order first; of two of one order the first one."""
    return sorted(entries, key=lambda item: (-item[1].order, item[0]))
