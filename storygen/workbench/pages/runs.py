"""The page of runs: a model evaluated on a split, looked at sample by sample, and compared with others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..component import Component
from ..elements import (
    Button,
    Collapsible,
    Column,
    Columns,
    Element,
    Facts,
    Heading,
    Progress,
    Row,
    Table,
    Text,
)
from ..elements.files import MOST_SAVED_BYTES
from ..metrics import BUILT_IN, Metric, chosen
from ..metrics.built_in import Given
from ..runs.exporting import as_csv, as_jsonl
from ..runs.keeping import DONE, RUNNING, KeptRun, RunShelf, RunState
from ..runs.running import RUNNING as GOING_ON
from ..runs.starting import go_on, shelf_of
from ..runs.table import Entry, RunTable
from .run_comparison import RunComparison
from .run_facts import LIST_COLUMNS, facts, line, now
from .run_form import RunForm
from .run_row import RowView
from .run_rows import RunRows

AT_FIRST = ("f1", "rougeL", "chrf", "repetition", "words", "perplexity", "bits_per_byte")
LOOK_S = 0.5
"""So often a page looks at runs that go on."""
_RESTS = 20
"""Numbers are made anew after so many times what making them took."""


class Runs(Component):
    """Evaluates models on datasets. `Runs(metrics=[...])` measures these at first: own ones, or names."""

    title = "Runs"
    sentence = "Evaluate a model on a dataset, begin with the worst samples, and compare runs."

    def __init__(self, metrics: Iterable[Given] | None = None) -> None:
        """Raises: BadRequestError for what is no metric."""
        given = chosen(AT_FIRST if metrics is None else metrics)
        own = {one.name for one in given}
        self._at_first = tuple(one.name for one in given)
        self._known = (*given, *(one for one in BUILT_IN if one.name not in own))

    def build(self) -> Element:
        """See `Component.build`."""
        self._shelf: RunShelf = shelf_of(self.bench)
        self._looking = threading.RLock()  # the watching thread and callbacks change the same parts
        self._shut = threading.Event()
        self._refresh_at = 0.0
        self._seen = GOING_ON.num_changes
        self._runs: list[KeptRun] = []
        self._table: RunTable | None = None
        self._form = RunForm(self.bench, lambda: self.job, self._known, self._at_first)
        self._start = Button("Start", self._begin, tone="primary")
        self._list = Table(LIST_COLUMNS, on_pick=self._pick, empty="There are no runs yet.")
        self._rows = RunRows(self._pick_row)
        self._row = RowView()
        self._comparison = RunComparison(self._shelf.open)
        self._detail = Column(*self._detail_elements())
        self._detail.hidden = True
        has_runs = self._shelf.has_some()
        self._new = Collapsible("New run", self._form.element, Row(self._start), open=not has_runs)
        self._again = Button("Look again", self._show_list, tone="quiet")
        self._kept = Column(self._list, Row(self._again))
        self._kept.hidden = not has_runs
        return Column(self._new, self._kept, self._detail)

    def begin(self) -> None:
        """See `Component.begin`."""
        self._show_list()
        self._new.open = not self._runs
        threading.Thread(target=self._watch, name="workbench-runs", daemon=True).start()
        self._form.begin()

    def closed(self) -> None:
        """See `Component.closed`. Runs go on."""
        self._shut.set()
        with GOING_ON.news:
            GOING_ON.news.notify_all()

    def _detail_elements(self) -> list[Element]:
        self._title = Heading("Run")
        self._facts = Facts()
        self._progress = Progress()
        self._now = Text("", "quiet")
        self._pause = Button("Pause", self._pause_run, at_once=True)
        self._go_on = Button("Go on", self._resume, tone="primary")
        self._remove = Button("Move to the bin", self._move_to_bin, tone="quiet")
        exports = (
            Button("Download JSON Lines", lambda: self._export("jsonl", as_jsonl)),
            Button("Download CSV", lambda: self._export("csv", as_csv)),
        )
        return [
            self._title,
            self._progress,
            Row(self._pause, self._go_on, *exports, self._remove),
            self._now,
            Collapsible("What it was made with", self._facts),
            Columns(Column(*self._rows.elements), Column(self._row.element), weights=(3, 2)),
            self._comparison.element,
        ]

    # ------------------------------------------------------------ the list

    def _begin(self) -> None:
        kept = self._shelf.create(self._form.plan())
        go_on(self.bench, kept, self._metrics_of(kept))
        with self._looking:
            self._new.open = False
            self._show_list()
            self._open(kept.plan.run)

    def _show_list(self) -> None:
        with self._looking:
            known = {one.plan.run: one for one in self._runs}
            self._runs = [known.get(one.plan.run, one) for one in self._shelf.runs()]
            self._fill_list()
            if self._table is not None:
                self._comparison.offer(self._others(self._table.kept))

    def _fill_list(self) -> None:
        self._list.rows = [line(one.plan, self._state(one)) for one in self._runs]
        self._kept.hidden = not self._runs
        shown = [one.plan.run for one in self._runs]
        open_run = self._table.kept.plan.run if self._table else None
        self._list.picked = shown.index(open_run) if open_run in shown else None

    def _state(self, kept: KeptRun) -> RunState:
        """Where a run stands; of one that goes on here without reading its rows."""
        running = GOING_ON.of(kept.folder)
        if running is not None:
            return RunState(RUNNING, running.num_kept, len(kept.plan.indices()))
        return kept.state()

    def _pick(self, row: int, column: int | None) -> None:
        with self._looking:
            self._open(self._runs[row].plan.run)

    # ------------------------------------------------------------ one run

    def _open(self, run: str) -> None:
        kept = next((one for one in self._runs if one.plan.run == run), None)
        if kept is None:
            self._table = None
            self._detail.hidden = True
            return
        self._table = RunTable(kept)
        self._title.text = f"{kept.plan.model} on {kept.plan.dataset}"
        metrics = self._metrics_of(kept)
        self._rows.show(self._table, metrics)
        self._row.hide()
        self._show_state()
        self._comparison.show(self._table, self._others(kept), metrics)
        self._detail.hidden = False
        self._fill_list()

    def _others(self, kept: KeptRun) -> list[KeptRun]:
        return [one for one in self._runs if one.plan.run != kept.plan.run]

    def _metrics_of(self, kept: KeptRun) -> Sequence[Metric]:
        """Those of the plan; one that this program does not know (any more) has a name alone."""
        known = {one.name: one for one in self._known}
        return [
            known.get(name) or Metric.of(lambda case: None, name=name) for name in kept.plan.metrics
        ]

    def _show_state(self) -> None:
        if self._table is None:
            return
        kept = self._table.kept
        running, state = GOING_ON.of(kept.folder), self._state(kept)
        self._facts.facts = facts(kept, state)
        self._now.text = now(kept, state, running)
        self._now.tone = "problem" if state.problem else "quiet"
        done = state.num_done if running is None else max(running.done, running.num_kept)
        self._progress.show(done, state.num, self._now.text if running else "")
        self._progress.hidden = state.state == DONE
        here = running is not None
        self._pause.hidden = not here
        self._go_on.hidden = here or state.state in (DONE, RUNNING)
        self._remove.hidden = state.state == RUNNING

    def _pick_row(self, entry: Entry) -> None:
        assert self._table is not None
        plan = self._table.kept.plan
        self._row.show(self._table.row(entry), plan.task, self._metrics_of(self._table.kept))

    def _pause_run(self) -> None:
        running = None if self._table is None else GOING_ON.of(self._table.kept.folder)
        if running is not None:
            self._now.text = "Pausing; the samples that are asked for now are given up …"
            running.pause()

    def _resume(self) -> None:
        assert self._table is not None
        kept = self._table.kept
        go_on(self.bench, kept, self._metrics_of(kept))
        with self._looking:
            self._show_state()
            self._fill_list()

    def _move_to_bin(self) -> None:
        assert self._table is not None
        run = self._table.kept.plan.run
        self._shelf.remove(run)
        with self._looking:
            self._show_list()
            self._open(run)

    def _export(self, ending: str, lines: Callable[[KeptRun], Iterator[str]]) -> None:
        assert self._table is not None
        kept = self._table.kept
        name = f"{kept.plan.run}.{ending}"
        data = b"".join(part.encode("utf-8", "replace") for part in lines(kept))
        if len(data) <= MOST_SAVED_BYTES:
            self.save(name, data, "text/csv" if ending == "csv" else "application/jsonl")
            return
        path = kept.folder / name
        path.write_bytes(data)
        self.say(f"The file is too large to be sent to the browser; it lies here: {path}")

    # ------------------------------------------------------------ watching

    def _watch(self) -> None:
        """Show what goes on, until the page is shut."""
        while not self._shut.is_set():
            with GOING_ON.news:
                GOING_ON.news.wait_for(self._has_news)
                self._seen = GOING_ON.num_changes
            if not self._shut.is_set():
                with self._looking:
                    self._look()
            self._shut.wait(LOOK_S)

    def _has_news(self) -> bool:
        return bool(GOING_ON) or GOING_ON.num_changes != self._seen or self._shut.is_set()

    def _look(self) -> None:
        """Refresh what may have changed."""
        self._fill_list()
        table = self._table
        if table is not None:
            over = GOING_ON.of(table.kept.folder) is None
            self._show_state()
            self._refresh(table, is_over=over)

    def _refresh(self, table: RunTable, *, is_over: bool) -> None:
        """The numbers of what has come; not so often that they take more time than the run."""
        began = time.monotonic()
        if is_over or began >= self._refresh_at:
            before = len(table.entries)
            table.more()
            if len(table.entries) != before:
                self._rows.refresh()
            self._refresh_at = time.monotonic() + _RESTS * (time.monotonic() - began)
