"""How long the texts of a split are, measured beside the page and drawn as columns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..datasets.lengths import Lengths, histogram, measure, summary
from ..datasets.reading import SampleReader
from ..datasets.split import Split
from ..elements import (
    Button,
    Collapsible,
    Column,
    Element,
    Number,
    Plot,
    Row,
    Series,
    Table,
    TableColumn,
    Text,
)
from ..elements.table import Content
from ..jobs import Job
from ..models.base import Ability, Model

MOST = 1_000_000
AT_FIRST = 2000


class LengthsView:
    """`element` is to be laid on a page. `what()` says what is measured: a split, how it is read, and the
    model whose tokens are counted, if any.
    """

    def __init__(
        self,
        beside: Callable[[Callable[[Job], Any]], Job],
        what: Callable[[], tuple[Split, SampleReader, Model | None]],
    ) -> None:
        self._beside, self._what = beside, what
        self._running: Job | None = None
        self._beginning = threading.Lock()
        self._num = Number("Samples at most", AT_FIRST, low=1, high=MOST)
        self._num.hint = "They are drawn from all of the split, the same each time."
        self._note = Text("", "quiet")
        columns = [TableColumn(title, "right") for title in ("mean", "median", "95 %", "longest")]
        self._table = Table(["", *columns])
        self._characters = Plot(form="columns", x_label="characters", y_label="samples")
        self._tokens = Plot(form="columns", x_label="tokens", y_label="samples")
        self._results = Column(self._table, self._characters, self._tokens)
        self._results.hidden = True
        self.element: Element = Collapsible(
            "Lengths",
            Row(
                self._num,
                Button("Measure", self._begin),
                Button("Stop", self.close, at_once=True, tone="quiet"),
                self._note,
            ),
            self._results,
        )

    def forget(self) -> None:
        """Another split is looked at: what was measured is of no use."""
        self.close()
        self._results.hidden = True
        self._note.text = ""

    def close(self) -> None:
        """Give up what runs."""
        with self._beginning:  # what is just being begun has its job then
            running = self._running
        if running is not None:
            running.cancel()

    def _begin(self) -> None:
        self.close()
        split, reader, model = self._what()
        most = self._num.whole
        self._note.text = "Measuring …"
        with self._beginning:
            self._running = self._beside(lambda job: self._measure(split, reader, model, most, job))

    def _measure(
        self, split: Split, reader: SampleReader, model: Model | None, most: int, job: Job
    ) -> None:
        counts = model if model is not None and model.can(Ability.TOKENS) else None
        try:
            lengths = measure(
                split,
                most,
                lambda sample: reader.text(sample, model),
                None if counts is None else lambda text: len(counts.tokens(text)),
                job,
            )
        finally:
            self._note.text = ""
        self._show(lengths)

    def _show(self, lengths: Lengths) -> None:
        broken = f"; {lengths.num_broken:,} can't be read" if lengths.num_broken else ""
        self._note.text = f"Of {len(lengths.indices):,} samples{broken}"
        named = (("characters", lengths.characters), ("tokens", lengths.tokens))
        self._table.rows = [_told(name, values) for name, values in named if values]
        self._characters.series = _columns("characters", lengths.characters)
        self._tokens.series = _columns("tokens", lengths.tokens)
        self._tokens.hidden = not lengths.tokens
        self._results.hidden = False


def _told(name: str, values: Sequence[float]) -> list[Content]:
    short = summary(values)
    assert short is not None
    numbers = (short.mean, short.median, short.high95, short.most)
    return [name, *(f"{number:,.0f}" for number in numbers)]


def _columns(name: str, values: Sequence[float]) -> tuple[Series, ...]:
    bins = histogram(values)
    if not bins:
        return ()
    hints = [f"{low:,.0f} to {high:,.0f}: {num:,} samples" for low, high, num in bins]
    middles = [(low + high) / 2 for low, high, _ in bins]
    return (Series(name, middles, [float(num) for _, _, num in bins], hints=hints),)
