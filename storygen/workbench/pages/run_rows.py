"""A run's numbers and rows: metrics with intervals, a histogram, and a table that begins with the worst."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..datasets.lengths import histogram
from ..datasets.preview import cell
from ..elements import (
    Button,
    Cell,
    Column,
    Element,
    Option,
    Plot,
    Row,
    Select,
    Series,
    Table,
    TableColumn,
    Text,
)
from ..elements.table import Content
from ..metrics import Direction, Estimate, Metric
from ..runs.table import Entry, RunTable

_ESTIMATES = (
    TableColumn("Metric"),
    TableColumn("All samples", "right"),
    TableColumn("95 % interval", "right", hint="By drawing the samples anew."),
    TableColumn("Samples", "right"),
)
_WITHOUT = TableColumn("Without a number", "right")

ROWS = 20
_LETTERS = 50
ARROWS = {Direction.HIGHER: " ↑", Direction.LOWER: " ↓", Direction.NEITHER: ""}
_NUM_PLAIN = 3
"""Columns of the rows before those of metrics."""


class RunRows:
    """`elements` are to be laid on a page; `on_pick(entry)` is called with the row that was picked."""

    def __init__(self, on_pick: Callable[[Entry], Any]) -> None:
        self._on_pick = on_pick
        self._table: RunTable | None = None
        self._metrics: Sequence[Metric] = ()
        self._order: list[Entry] = []
        self._start = 0
        self._down: bool | None = None  # None: the worst first
        self._numbers = Table(_ESTIMATES, on_pick=self._pick_metric)
        self._by = Select("Look at", [], on_change=lambda _: self._other_metric())
        self._plot = Plot(form="columns", y_label="samples")
        self._where = Text("", "quiet")
        self._rows = Table([], on_pick=self._pick_row, on_sort=self._sort)
        self._rows.empty = "No samples are done yet."

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on a page."""
        turning = Row(
            Button("Earlier rows", lambda: self._turn(-1), tone="quiet"),
            Button("Later rows", lambda: self._turn(1), tone="quiet"),
            self._where,
        )
        return self._numbers, Row(self._by), self._plot, Column(turning, self._rows)

    def show(self, table: RunTable, metrics: Sequence[Metric]) -> None:
        """Another run."""
        self._table, self._metrics = table, metrics
        self._by.options = tuple(Option(one.name, one.title, one.sentence) for one in metrics)
        names = [one.name for one in metrics]
        if self._by.value not in names:
            self._by.value = names[0] if names else ""
        self._rows.columns = (
            TableColumn("#", "right"),
            TableColumn("Text"),
            TableColumn("Written"),
            *(
                TableColumn(
                    one.title + ARROWS[one.direction], "right", sorts=True, hint=one.sentence
                )
                for one in metrics
            ),
        )
        self._other_metric()

    def refresh(self) -> None:
        """Rows came: numbers and order are made anew, and what is turned to stays."""
        table, metric = self._table, self._metric()
        if table is None:
            return
        estimates = table.estimates(self._metrics)
        some_without = any(one.num < len(table.entries) for one in estimates)
        self._numbers.columns = (*_ESTIMATES, *([_WITHOUT] if some_without else []))
        self._numbers.rows = [
            _estimated(one, estimate, len(table.entries))[: len(self._numbers.columns)]
            for one, estimate in zip(self._metrics, estimates, strict=True)
        ]
        if metric is not None:
            self._plot.series = _columns(metric, table.numbers(metric.name))
            self._plot.x_label = metric.title
        self._reorder()

    def _metric(self) -> Metric | None:
        return next((one for one in self._metrics if one.name == self._by.value), None)

    def _other_metric(self) -> None:
        self._start, self._down = 0, None
        self._rows.sorted_by = None
        self.refresh()

    def _pick_metric(self, row: int, column: int | None) -> None:
        self._by.value = self._metrics[row].name
        self._other_metric()

    # ------------------------------------------------------------ rows

    def _sort(self, column: int, down: bool) -> None:
        if column < _NUM_PLAIN:
            return
        self._by.value = self._metrics[column - _NUM_PLAIN].name
        self._start, self._down = 0, down
        self.refresh()

    def _reorder(self) -> None:
        table, metric = self._table, self._metric()
        if table is None:
            return
        if metric is None:
            self._order = list(table.entries)
        elif self._down is None:
            self._order = table.worst_first(metric)
        else:
            self._order = table.ordered(metric.name, down=self._down)
        self._fill()

    def _turn(self, pages: int) -> None:
        start = self._start + pages * ROWS
        if 0 <= start < len(self._order):
            self._start = start
            self._fill()

    def _fill(self) -> None:
        shown = self._order[self._start : self._start + ROWS]
        self._rows.rows = [self._line(one) for one in shown]
        self._rows.picked = None
        last = self._start + len(shown)
        order = "the worst first" if self._down is None else "sorted"
        self._where.text = (
            f"{self._start + 1:,} to {last:,} of {len(self._order):,}, {order}" if shown else ""
        )

    def _line(self, entry: Entry) -> list[Content]:
        assert self._table is not None
        row = self._table.row(entry)
        text = row.asked or row.text
        if row.problem:
            told = Cell(cell(row.problem, 2 * _LETTERS), tone="problem", hint=row.problem)
            return [entry.index + 1, cell(text, _LETTERS), told, *[""] * len(self._metrics)]
        written = row.written[0].text if row.written else ""
        numbers = [_number(metric, entry) for metric in self._metrics]
        return [entry.index + 1, cell(text, _LETTERS), cell(written, _LETTERS), *numbers]

    def _pick_row(self, row: int, column: int | None) -> None:
        self._rows.picked = row
        self._on_pick(self._order[self._start + row])


def _number(metric: Metric, entry: Entry) -> Content:
    found = entry.measured.get(metric.name)
    if found is None or found.number is None:
        why = "" if found is None else found.silent or found.problem
        return Cell("–", tone="quiet", hint=why)
    return metric.show(found.number)


def _estimated(metric: Metric, found: Estimate, num_rows: int) -> list[Content]:
    title = Cell(metric.title + ARROWS[metric.direction], hint=metric.sentence)
    between = ""
    if found.low is not None and found.high is not None:
        between = f"{metric.show(found.low)} to {metric.show(found.high)}"
    return [title, found.shown, between, f"{found.num:,}", f"{num_rows - found.num:,}"]


def _columns(metric: Metric, numbers: Sequence[float]) -> tuple[Series, ...]:
    bins = histogram(numbers)
    if not bins:
        return ()
    hints = [
        f"{metric.show(low)} to {metric.show(high)}: {num:,} samples" for low, high, num in bins
    ]
    middles = [(low + high) / 2 for low, high, _ in bins]
    return (Series(metric.title, middles, [float(num) for _, _, num in bins], hints=hints),)
