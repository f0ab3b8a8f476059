"""One row of a run: the text, what should have come, and what came, token by token."""

from __future__ import annotations

from collections.abc import Sequence

from ..datasets.preview import preview
from ..elements import Column, Element, Facts, Heading, Panel, Text, TokenText
from ..metrics import Metric
from ..models.base import ScoredToken
from ..runs.plan import SCORE
from ..runs.rows import Row, Written
from .shades import LEGEND, all_shown

MOST_TEXT = 10_000
_ENDINGS = {"end": "ended by itself", "stop": "stop text", "length": "full length", "": ""}


class RowView:
    """`element` is to be laid on a page."""

    def __init__(self, title: str = "") -> None:
        self._prefix = title
        self._body = Panel()
        self._body.hidden = True
        self.element: Element = self._body

    def show(self, row: Row, task: str, metrics: Sequence[Metric]) -> None:
        """Show a row."""
        title = Heading(f"{self._prefix} Sample {row.index + 1:,}".strip(), 3)
        if row.problem:
            self._body.children = [title, Text(row.problem, "problem")]
        else:
            self._body.children = [title, *self._parts(row, task), Facts(*_facts(row, metrics))]
        self._body.hidden = False

    def hide(self) -> None:
        """Show none."""
        self._body.hidden = True

    def _parts(self, row: Row, task: str) -> list[Element]:
        parts: list[Element] = [Text(preview(row.text, MOST_TEXT).text, "mono")]
        if row.targets and task != SCORE:
            parts += [Heading("Target", 3), Text(preview(row.targets[0], MOST_TEXT).text, "mono")]
        for number, one in enumerate(row.written, 1):
            parts += _written(one, number, len(row.written), task)
        return [Column(*parts)]


def _written(one: Written, number: int, num: int, task: str) -> list[Element]:
    title = "Scored" if task == SCORE else f"Written {number}" if num > 1 else "Written"
    about = [_ENDINGS.get(one.ended, one.ended), f"seed {one.seed}" if one.seed is not None else ""]
    note = ", ".join(filter(None, about))
    tokens = [ScoredToken(None, token.text, token.logprob, token.rank) for token in one.tokens]
    shown: Element = (
        TokenText(all_shown(tokens), legend=LEGEND) if tokens else Text(one.text, "mono")
    )
    return [Heading(title, 3), *([Text(note, "quiet")] if note else []), shown]


def _facts(row: Row, metrics: Sequence[Metric]) -> list[tuple[str, str]]:
    told = []
    for metric in metrics:
        found = row.measured.get(metric.name)
        if found is None:
            continue
        number = found.number
        told.append(
            (metric.title, found.silent or found.problem if number is None else metric.show(number))
        )
    return told
