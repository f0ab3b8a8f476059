"""The metrics of several texts: one of them as bars, all that were chosen as a table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ..elements import Bar, Bars, Cell, Element, Option, Row, Select, Table, TableColumn
from ..metrics import Direction, Measured, Metric
from .generation_column import ModelColumn
from .generation_text import ENDINGS, WrittenText

_SILENT = Measured("", silent="Not measured yet.")
_NUM_PLAIN = 3
"""Columns of the table before those of the metrics."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A text in the table."""

    column: ModelColumn
    text: WrittenText

    @property
    def title(self) -> str:
        return "Target" if self.text.seed is None else self.text.title

    def of(self, metric: Metric) -> Measured:
        return self.text.measured.get(metric.name, _SILENT)


class Numbers:
    """`elements` show the metrics of all texts of `columns`, as they stand when `refresh` is called."""

    def __init__(self, columns: Sequence[ModelColumn], metrics: Sequence[Metric]) -> None:
        self._columns, self._metrics = columns, tuple(metrics)
        self._by = Select("Compare by", [], on_change=lambda _: self._show_bars())
        self._bars = Bars(series=[column.name for column in columns])
        self._table = Table([], on_sort=self._sort, empty="Nothing is measured yet.")
        self._set_metrics()

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on the page."""
        return Row(self._by), self._bars, self._table

    def refresh(self, metrics: Sequence[Metric] | None = None) -> None:
        """Show what was measured up to now, of other metrics if some are given."""
        if metrics is not None and tuple(metrics) != self._metrics:
            self._metrics = tuple(metrics)
            self._set_metrics()
        self._show_bars()
        self._show_table()

    def _set_metrics(self) -> None:
        self._by.options = tuple(Option(one.name, one.title) for one in self._metrics)
        names = [one.name for one in self._metrics]
        if self._by.value not in names:
            self._by.value = names[0] if names else ""
        self._by.hidden = self._bars.hidden = not names
        self._table.sorted_by = None
        self._table.columns = (
            TableColumn("Model", sorts=True),
            TableColumn("Text", sorts=True),
            TableColumn("Ended"),
            *(
                TableColumn(one.title, "right", sorts=True, hint=_hint(one))
                for one in self._metrics
            ),
        )

    # ------------------------------------------------------------ bars

    def _show_bars(self) -> None:
        metric = next((one for one in self._metrics if one.name == self._by.value), None)
        if metric is None:
            return
        self._by.hint, self._bars.high = _hint(metric), metric.high
        num = max((len(column.texts) for column in self._columns), default=0)
        bars = [self._mean_bar(metric)] if num > 1 else []
        for at in range(num):
            measured = [c.texts[at].measured.get(metric.name, _SILENT) for c in self._columns]
            bars.append(_bar(str(at + 1), str(at + 1), measured))
        targets = [column.target for column in self._columns]
        if any(targets):
            measured = [t.measured.get(metric.name, _SILENT) if t else _SILENT for t in targets]
            if any(one.number is not None for one in measured):
                bars.append(_bar("target", "Target", measured))
        self._bars.bars = tuple(bars)
        self._bars.hidden = all(value is None for bar in bars for value in bar.values)

    def _mean_bar(self, metric: Metric) -> Bar:
        means: list[Measured] = []
        for column in self._columns:
            found = [text.measured.get(metric.name, _SILENT).number for text in column.texts]
            numbers = [number for number in found if number is not None]
            mean = statistics.fmean(numbers) if numbers else None
            means.append(
                _SILENT if mean is None else Measured(metric.name, mean, metric.show(mean))
            )
        return _bar("mean", "Mean", means)

    # ------------------------------------------------------------ table

    def _lines(self) -> list[_Line]:
        lines = []
        for column in self._columns:
            lines += [_Line(column, text) for text in column.texts]
            if column.target is not None:
                lines.append(_Line(column, column.target))
        return lines

    def _show_table(self) -> None:
        lines = self._lines()
        if self._table.sorted_by is not None:
            lines = self._sorted(lines, *self._table.sorted_by)
        best = {metric.name: self._best(metric, lines) for metric in self._metrics}
        self._table.rows = [
            [
                line.column.name,
                line.title,
                "" if line.text.seed is None else ENDINGS.get(line.text.ended, line.text.ended),
                *(_cell(line.of(metric), best[metric.name] is line) for metric in self._metrics),
            ]
            for line in lines
        ]

    def _best(self, metric: Metric, lines: Sequence[_Line]) -> _Line | None:
        """The text that was written best, where one number is better than another and one text has it."""
        written = [line for line in lines if line.text.seed is not None]
        numbers = [line.of(metric).number for line in written]
        known = [number for number in numbers if number is not None]
        if len(known) < 2 or metric.direction is Direction.NEITHER:
            return None
        best = max(known) if metric.direction is Direction.HIGHER else min(known)
        return written[numbers.index(best)] if known.count(best) == 1 else None

    def _sort(self, column: int, down: bool) -> None:
        self._show_table()

    def _sorted(self, lines: list[_Line], column: int, down: bool) -> list[_Line]:
        """Those without a number come last, whichever way."""
        if column < _NUM_PLAIN:
            if column == 0:
                return sorted(lines, key=lambda line: line.column.name, reverse=down)
            return sorted(lines, key=lambda line: _order(line.title), reverse=down)
        metric = self._metrics[column - _NUM_PLAIN]
        with_number = [line for line in lines if line.of(metric).number is not None]
        rest = [line for line in lines if line.of(metric).number is None]
        with_number.sort(key=lambda line: line.of(metric).number or 0.0, reverse=down)
        return with_number + rest


def _order(title: str) -> tuple[int, int]:
    return (0, int(title)) if title.isdigit() else (1, 0)


def _hint(metric: Metric) -> str:
    better = {Direction.HIGHER: "Higher is better.", Direction.LOWER: "Lower is better."}
    return " ".join(filter(None, (metric.sentence, better.get(metric.direction, ""))))


def _bar(key: str, label: str, measured: Sequence[Measured]) -> Bar:
    reasons = dict.fromkeys(one.problem or one.silent for one in measured)
    hint = " · ".join(filter(None, reasons))
    return Bar(
        key,
        label,
        tuple(one.number for one in measured),
        tuple(one.shown for one in measured),
        hint=hint,
    )


def _cell(measured: Measured, best: bool) -> Cell:
    if measured.problem:
        return Cell("failed", tone="problem", hint=measured.problem)
    if measured.number is None:
        return Cell(measured.shown, tone="quiet", hint=measured.silent)
    return Cell(measured.shown, tone="good" if best else "plain")
