"""One press of Generate: a sample, some models side by side, and what came of it, kept until cleared."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..bench import Source
from ..elements import Collapsible, Column, Columns, Element, Heading, Panel, Text
from ..elements.element import plain
from ..jobs import Job
from ..metrics import Metric
from ..models.base import Model
from .generation_column import ModelColumn
from .generation_numbers import Numbers
from .sample_choice import Chosen
from .shades import LEGEND

LOOK_S = 0.5
"""So often a model that says nothing is looked at."""


class Round:
    """`element` is to be laid on the page; the newest round is open, others are laid when opened.

    `on_over()` is called once, when no model writes any more.
    """

    def __init__(
        self,
        number: int,
        chosen: Chosen,
        models: Sequence[str],
        params: dict[str, Any],
        seeds: Sequence[int],
        metrics: Callable[[], Sequence[Metric]],
        *,
        coloured: bool,
        on_over: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.number, self.chosen, self._params = number, chosen, params
        self._metrics, self._on_over = metrics, on_over
        self._lock, self._news = threading.RLock(), threading.Event()
        self.columns = [
            ModelColumn(name, chosen, seeds, coloured, metrics, self._changed, clock)
            for name in models
        ]
        self._numbers = Numbers(self.columns, metrics())
        self._legend = Text(LEGEND, "quiet")
        self._legend.hidden = not coloured
        self._parts = self._laid()
        self._told_over = False
        texts = f"{len(seeds)} text{'s' if len(seeds) > 1 else ''}"
        seed = f"seed {seeds[0]}" + (f" to {seeds[-1]}" if len(seeds) > 1 else "")
        title = f"{number}. {chosen.where} · {', '.join(models)} · {texts}, {seed}"
        self.element = Collapsible(title, *self._parts, open=True, on_open=self._lay)

    @property
    def over(self) -> bool:
        """Whether no model writes any more."""
        return all(column.over for column in self.columns)

    def start(self, models: Source[Model], beside: Callable[[Callable[[Job], Any]], Job]) -> None:
        """Let every model begin, each in a thread that `beside` makes."""
        for column in self.columns:
            beside(lambda job, column=column: column.run(models, self._params, job))  # type: ignore[misc]

    def watch(self, patience_s: float, job: Job) -> None:
        """Returns when it is over; gives up a model of which nothing comes for `patience_s`."""
        while not self.over:
            self._news.wait(LOOK_S)
            self._news.clear()
            if job.cancelled:
                self.stop()
            for column in self.columns:
                column.watch(patience_s)

    def stop(self) -> None:
        """No model writes any further."""
        for column in self.columns:
            column.stop()

    def colour(self, coloured: bool) -> None:
        """With shades or without."""
        self._legend.hidden = not coloured
        for column in self.columns:
            column.colour(coloured)

    def measure(self) -> None:
        """Show the metrics that are chosen now."""
        for column in self.columns:
            column.measure(self._metrics())

    def fold(self) -> None:
        """Close it, and take it off the page, until it is opened again."""
        self.element.open = False
        self.element.children = ()

    def records(self) -> Iterator[dict[str, Any]]:
        """All that was written, a record for each text, as JSON has it."""
        chosen = self.chosen
        origin = {"dataset": chosen.dataset, "split": chosen.split, "number": chosen.number}
        for column in self.columns:
            for text in column.texts:
                record = {
                    "round": self.number,
                    "model": column.name,
                    "sample": None if chosen.sample is None else origin,
                    "prompt": chosen.prompt,
                    "read": None if column.prompt is None else column.prompt.text,
                    "targets": list(chosen.targets),
                    "params": self._params,
                    **text.to_json(),
                }
                yield plain(record)

    # ------------------------------------------------------------ how it looks

    def _laid(self) -> tuple[Element, ...]:
        self._before = Collapsible("The text before", *self._read_texts())
        targets = self.chosen.targets
        panels: list[Element] = [column.panel for column in self.columns]
        if targets:
            shown = [Text(target, "story") for target in targets]
            panels.insert(0, Panel(*shown, title="Target" if len(targets) == 1 else "Targets"))
        return self._before, Columns(*panels), self._legend, Column(*self._numbers.elements)

    def _read_texts(self) -> list[Element]:
        """The very text that was read, of each model where they differ."""
        given = [(one.name, one.prompt) for one in self.columns if one.prompt is not None]
        texts = {name: prompt.text for name, prompt in given}
        self._num_read = len(texts)
        if len(set(texts.values())) < 2:
            text = next(iter(texts.values()), self.chosen.prompt)
            return [Text(text or "(empty)", "mono")]
        parts = [(Heading(name, 3), Text(text, "mono")) for name, text in texts.items()]
        return [element for part in parts for element in part]

    def _lay(self) -> None:
        if not self.element.children:
            self.element.children = self._parts

    def _changed(self) -> None:
        """In a model's thread."""
        with self._lock:
            self._numbers.refresh(self._metrics())
            if sum(one.prompt is not None for one in self.columns) != self._num_read:
                self._before.children = self._read_texts()
            tell = self.over and not self._told_over
            self._told_over = self._told_over or tell
        self._news.set()
        if tell:
            self._on_over()
