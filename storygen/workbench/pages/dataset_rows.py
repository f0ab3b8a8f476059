"""The rows of a split, a page at a time, and a search over all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ..datasets.preview import cell
from ..datasets.search import Found, search
from ..datasets.split import BrokenSample, Sample, Split
from ..elements import (
    Button,
    Cell,
    Column,
    Element,
    Option,
    Row,
    Select,
    Table,
    TableColumn,
    Text,
    TextInput,
)
from ..jobs import CancelledError, Job

ROWS = 20
MOST_COLUMNS = 6
MOST_FOUND = 200
_MOST_LETTERS = 60
_ALL = Option("", "all columns")

Pick = Callable[[int], Any]


class Rows:
    """`element` is to be laid on a page; `on_pick(index)` is called with the sample that was picked."""

    def __init__(self, on_pick: Pick) -> None:
        self._on_pick = on_pick
        self._split: Split | None = None
        self._start = 0
        self._table = Table([], on_pick=self._picked, empty="This split has no samples.")
        self._where = Text("", "quiet")
        self.element: Element = Column(
            Row(
                Button("Earlier rows", lambda: self._turn(-1), tone="quiet"),
                Button("Later rows", lambda: self._turn(1), tone="quiet"),
                self._where,
            ),
            self._table,
        )

    def show(self, split: Split, index: int) -> None:
        """The rows around a sample, which is marked."""
        start = max(0, index) // ROWS * ROWS
        if split is not self._split or start != self._start:
            self._split, self._start = split, start
            self._fill(split)
        num = len(self._table.rows)
        self._table.picked = index - start if 0 <= index - start < num else None

    def _turn(self, pages: int) -> None:
        split = self._split
        if split is None:
            return
        start = self._start + pages * ROWS
        if 0 <= start < len(split):
            self._start = start
            self._fill(split)
            self._table.picked = None

    def _fill(self, split: Split) -> None:
        columns = split.columns[:MOST_COLUMNS]
        stop = min(len(split), self._start + ROWS)
        self._table.picked = None
        self._table.columns = (TableColumn("#", "right"), *map(TableColumn, columns))
        self._table.rows = [
            _row(number, sample, columns)
            for number, sample in enumerate(split.read(self._start, stop), self._start + 1)
        ]
        more = len(split.columns) - len(columns)
        told = f"{self._start + 1:,} to {stop:,} of {len(split):,}" if len(split) else ""
        self._where.text = told + (f"; {more} more columns in the sample" if more > 0 else "")

    def _picked(self, row: int, column: int | None) -> None:
        self._on_pick(self._start + row)


def _row(number: int, sample: Sample, columns: tuple[str, ...]) -> list[Any]:
    if isinstance(sample, BrokenSample):
        told = [Cell(cell(str(sample), _MOST_LETTERS), tone="problem", hint=str(sample))]
        return [number, *told, *[""] * (len(columns) - 1)]
    return [number, *(cell(sample[one], _MOST_LETTERS) if one in sample else "" for one in columns)]


class Search:
    """`element` is to be laid on a page; `on_pick(index)` is called with the sample that was picked.

    `beside`: runs work in a thread of its own, as `Component.beside`.
    """

    def __init__(self, beside: Callable[[Callable[[Job], Any]], Job], on_pick: Pick) -> None:
        self._beside, self._on_pick = beside, on_pick
        self._split: Split | None = None
        self._found: list[int] = []
        self._running: Job | None = None
        self._beginning = threading.Lock()
        self._words = TextInput("Search", on_submit=lambda _: self._begin(), placeholder="words")
        self._column = Select("In", [_ALL])
        self._stop = Button("Stop", self._cancel, at_once=True)
        self._stop.hidden = True
        self._note = Text("", "quiet")
        self._table = Table(
            [TableColumn("#", "right"), "Column", "Found"], on_pick=self._picked, empty=""
        )
        self._table.hidden = True
        self.element: Element = Column(
            Row(self._words, self._column, Button("Search", self._begin), self._stop, self._note),
            self._table,
        )

    def show(self, split: Split) -> None:
        """Search this split from now on."""
        if split is self._split:
            return
        self._cancel()
        self._split = split
        self._column.options = (_ALL, *map(Option, split.columns))
        self._column.value = ""
        self._clear()

    def close(self) -> None:
        """Give up what runs."""
        self._cancel()

    def _begin(self) -> None:
        self._cancel()
        self._clear()
        split, words = self._split, self._words.value
        if split is None or not words:
            return
        columns = [self._column.value] if self._column.value else None
        self._table.hidden, self._stop.hidden = False, False
        with self._beginning:
            self._running = self._beside(lambda job: self._search(split, words, columns, job))

    def _search(self, split: Split, words: str, columns: list[str] | None, job: Job) -> None:
        def show(one: Found) -> None:
            job.check()
            self._found.append(one.index)
            self._table.add([one.index + 1, one.column, _excerpt(one)])

        try:
            done = search(split, words, columns=columns, most=MOST_FOUND, job=job, on_found=show)
            cut = f", only the first {MOST_FOUND} are shown" if done.cut else ""
            self._note.text = f"{len(done.found):,} found in {done.num_searched:,}{cut}"
        except CancelledError:
            self._note.text = f"Stopped; {len(self._found):,} found so far"
            raise
        finally:
            self._stop.hidden = True

    def _cancel(self) -> None:
        with self._beginning:  # what is just being begun has its job then
            running = self._running
        if running is not None:
            running.cancel()

    def _clear(self) -> None:
        self._found = []
        self._table.rows, self._table.hidden = [], True
        self._table.picked = None
        self._note.text = ""

    def _picked(self, row: int, column: int | None) -> None:
        self._table.picked = row
        self._on_pick(self._found[row])


def _excerpt(one: Found) -> str:
    """What was found between marks, on one line."""
    parts = one.excerpt[: one.start], one.excerpt[one.start : one.stop], one.excerpt[one.stop :]
    before, found, after = (" ".join(part.split(" ")).replace("\n", " ⏎ ") for part in parts)
    return f"{before}»{found}«{after}"
