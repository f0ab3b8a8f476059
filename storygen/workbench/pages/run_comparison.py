"""Two runs side by side on the samples that both have: how sure a difference is, and where it is greatest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import StorygenError
from ..elements import (
    Cell,
    Collapsible,
    Column,
    Columns,
    Element,
    Option,
    Row,
    Select,
    Table,
    TableColumn,
    Text,
)
from ..elements.table import Content
from ..metrics import Compared, Direction, Metric
from ..runs.keeping import KeptRun
from ..runs.table import Pair, RunTable, compared, differing
from .run_facts import label
from .run_row import RowView

MOST_PAIRS = 50


class RunComparison:
    """`element` is to be laid on a page. `open_run(id)` gives a run."""

    def __init__(self, open_run: Callable[[str], KeptRun]) -> None:
        self._open = open_run
        self._tables: tuple[RunTable, RunTable] | None = None
        self._first: RunTable | None = None
        self._metrics: Sequence[Metric] = ()
        self._pairs: list[Pair] = []
        self._other = Select("With", [], on_change=lambda _: self._compare())
        self._note = Text("", "quiet")
        right = [
            TableColumn(name, "right") for name in ("This", "Other", "Difference", "95 % interval")
        ]
        self._numbers = Table(
            [
                "Metric",
                *right,
                TableColumn("p", "right", hint="How often chance alone gives as much."),
                TableColumn("Higher, lower, same", "right", hint="Samples of the other run."),
                TableColumn("Samples", "right"),
            ],
            on_pick=self._pick_metric,
        )
        self._by = Select("Where they differ most in", [], on_change=lambda _: self._differ())
        columns = [TableColumn(name, "right") for name in ("#", "This", "Other", "Difference")]
        self._most = Table(columns, on_pick=self._pick_pair, empty="No sample has both numbers.")
        self._views = RowView("This:"), RowView("Other:")
        self._results = Column(
            self._numbers,
            Row(self._by),
            self._most,
            Columns(*(view.element for view in self._views), weights=(1, 1)),
        )
        self.element: Element = Collapsible("Compare", Row(self._other, self._note), self._results)

    def show(self, table: RunTable, others: Sequence[KeptRun], metrics: Sequence[Metric]) -> None:
        """Compare this run with one of `others`, when somebody chooses it."""
        self._first, self._metrics = table, metrics
        self._other.value = ""
        self.offer(others)
        self._compare()

    def offer(self, others: Sequence[KeptRun]) -> None:
        """Other runs came or went; the one that was chosen stays."""
        options = [Option(one.plan.run, label(one.plan)) for one in others]
        self._other.options = (Option("", "no other run"), *options)
        if self._other.value not in {option.value for option in self._other.options}:
            self._other.value = ""
            self._compare()

    def _compare(self) -> None:
        self._tables = None
        self._results.hidden = True
        self._note.text = ""
        for view in self._views:
            view.hide()
        if not self._other.value or self._first is None:
            return
        try:
            other = RunTable(self._open(self._other.value))
        except StorygenError as error:
            self._note.text = error.message
            return
        self._tables = (self._first, other)
        found = [(one, compared(*self._tables, one)) for one in self._metrics]
        known = [(metric, one) for metric, one in found if one is not None]
        self._metrics_here = [metric for metric, _ in known]
        if not known:
            self._note.text = "The two have no samples in common for which both have numbers."
            return
        self._results.hidden = False
        self._numbers.rows = [_line(metric, one) for metric, one in known]
        self._by.options = tuple(Option(metric.name, metric.title) for metric, _ in known)
        if self._by.value not in {metric.name for metric, _ in known}:
            self._by.value = known[0][0].name
        self._differ()

    def _pick_metric(self, row: int, column: int | None) -> None:
        self._by.value = self._metrics_here[row].name
        self._differ()

    def _differ(self) -> None:
        if self._tables is None:
            return
        name = self._by.value
        metric = next(one for one in self._metrics_here if one.name == name)
        self._pairs = differing(*self._tables, name)[:MOST_PAIRS]
        self._most.picked = None
        self._most.rows = [_pair(metric, one) for one in self._pairs]

    def _pick_pair(self, row: int, column: int | None) -> None:
        assert self._tables is not None
        self._most.picked = row
        pair = self._pairs[row]
        for view, table, entry in zip(
            self._views, self._tables, (pair.first, pair.second), strict=True
        ):
            view.show(table.row(entry), table.kept.plan.task, self._metrics_here)


def _line(metric: Metric, one: Compared) -> list[Content]:
    between = ""
    if one.low is not None and one.high is not None:
        between = f"{_signed(metric, one.low)} to {_signed(metric, one.high)}"
    return [
        Cell(metric.title, hint=metric.sentence),
        metric.show(one.first),
        metric.show(one.second),
        Cell(_signed(metric, one.difference), tone=_tone(metric, one)),
        between,
        "" if one.p is None else f"{one.p:.3f}",
        f"{one.wins:,}, {one.losses:,}, {one.ties:,}",
        f"{one.num:,}",
    ]


def _pair(metric: Metric, pair: Pair) -> list[Content]:
    numbers = [pair.first.number(metric.name), pair.second.number(metric.name)]
    told = ["" if number is None else metric.show(number) for number in numbers]
    return [pair.first.index + 1, *told, _signed(metric, pair.difference)]


def _signed(metric: Metric, difference: float) -> str:
    """A difference as the metric writes its numbers, with more digits where these would show none of it."""
    shown = metric.show(abs(difference))
    if difference and shown == metric.show(0.0):
        shown = f"{abs(difference):.2g}"
    return f"−{shown.lstrip('+')}" if difference < 0 else f"+{shown.lstrip('+')}"


def _tone(metric: Metric, one: Compared) -> str:
    """Good or bad where the interval leaves out 0 and the metric says which is which."""
    if one.low is None or one.high is None or one.low <= 0 <= one.high:
        return "plain"
    if metric.direction is Direction.NEITHER:
        return "plain"
    return "good" if (one.difference > 0) == (metric.direction is Direction.HIGHER) else "problem"
