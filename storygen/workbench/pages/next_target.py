"""The target along the way: how surprising each of its tokens was, and where the model was most wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..elements import Element, Panel, Plot, Series, Table, TableColumn, Text, TokenText
from ..models.base import ScoredToken
from .shades import LEGEND, facts, percent, shown

NUM_WORST = 10
MOST_DRAWN = 2000


class TargetPanel:
    """`element` is to be laid on a page; `on_place(number)` is called with a token to go to."""

    def __init__(self, on_place: Callable[[int], Any]) -> None:
        self.tokens: list[ScoredToken] = []
        self._on_place = on_place
        self._worst: list[int] = []
        self._note = Text("", "quiet")
        self._text = TokenText(on_pick=on_place, legend=LEGEND)
        self._plot = Plot(
            x_label="Token of the target",
            y_label="Surprise (nats)",
            on_pick=lambda series, point: on_place(point),
        )
        self._table = Table(
            (
                "Token",
                TableColumn("Place", "right"),
                TableColumn("Probability", "right"),
                TableColumn("Rank", "right"),
                "Likeliest instead",
            ),
            on_pick=lambda row, column: on_place(self._worst[row]),
        )
        self.element = Panel(
            self._note,
            self._text,
            self._plot,
            Text("Where the model was most wrong:", "quiet"),
            self._table,
            title="Along the target",
        )

    def hide(self, why: str = "") -> None:
        """There is no target, or nothing is known of it."""
        self.tokens, self._worst = [], []
        self._set(why)

    def show(self, tokens: Sequence[ScoredToken]) -> None:
        """These are the target's tokens."""
        self.tokens = list(tokens)
        known = [n for n, token in enumerate(tokens) if token.logprob is not None]
        self._worst = sorted(known, key=lambda n: tokens[n].logprob or 0.0)[:NUM_WORST]
        total = -sum(token.logprob or 0.0 for token in tokens)
        mean = total / max(1, len(known))
        self._set(
            f"{len(tokens):,} tokens, {total:.1f} nats of surprise, {mean:.2f} for each. "
            "Click a token, a point or a row to go there."
        )

    def stand(self, number: int | None) -> None:
        """The way has come to this token of the target."""
        self._plot.picked = None if number is None else float(number + 1)

    def _set(self, note: str) -> None:
        tokens = self.tokens[:MOST_DRAWN]
        self._note.text = note
        self.element.hidden = not note
        self._text.tokens = [shown(token) for token in tokens]
        surprise = [None if token.logprob is None else -token.logprob for token in tokens]
        hints = [f"{token.text!r}: {facts(token)}" for token in tokens]
        self._plot.series = (
            (Series("surprise", list(range(1, len(tokens) + 1)), surprise, hints=hints),)
            if tokens
            else ()
        )
        self._plot.picked = None
        self._table.rows = [self._row(number) for number in self._worst]
        hidden = not self.tokens
        lower: tuple[Element, ...] = (self._text, self._plot, *self.element.children[3:])
        for element in lower:
            element.hidden = hidden

    def _row(self, number: int) -> list[Any]:
        token = self.tokens[number]
        instead = token.top[0] if token.top else None
        return [
            repr(token.text),
            number + 1,
            percent(token.logprob or 0.0),
            "" if token.rank is None else f"{token.rank:,}",
            "" if instead is None else f"{instead.text!r} {percent(instead.logprob)}",
        ]
