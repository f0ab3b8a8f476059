"""Cards that are written together, all after the same text, and what the worker is told to begin them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..link.memory import Memory
from ..link.messages import AcceptedToken, KnownToken, SetRow, StartSet
from . import states
from .card import Card


@dataclass(slots=True)
class Batch:
    """The worker knows it by `name`. Mutable; changed only by `CardAsking` and `CardWriting`."""

    name: str
    cards: list[Card]
    goes_on_to: int = 0  # one card goes on from its own text up to so many tokens in all
    passed_over: int = 0  # of a search: so many of its best stand on other cards
    state: str = states.QUEUED
    reading: tuple[int, int] | None = None
    searching: tuple[int, int] | None = None  # tokens tried, of at most
    stopping: bool = False  # a search was told to tell what it has found so far

    @property
    def live(self) -> bool:
        """Whether some of it is being written, or waits to be."""
        return any(card.live for card in self.cards)

    @property
    def is_search(self) -> bool:
        """Whether the cards are what a beam search finds, all of them at once."""
        return bool(self.cards[0].params.get("num_beams", 1) > 1)

    def start(
        self, cards: list[Card], text: str, known: Sequence[KnownToken], memory: Memory
    ) -> StartSet:
        """The command to write `cards` after `text`, of which `known` tokens need no tokenising."""
        first = cards[0]
        most = {"max_tokens": self.goes_on_to} if self.goes_on_to else {}
        rows = tuple(SetRow(card.id, card.seed, {**card.params, **most}) for card in cards)
        goes_on = bool(self.goes_on_to)
        return StartSet(
            run=self.name,
            text=text,
            rows=rows,
            next_index=first.next_index if goes_on else 0,
            mode=first.mode,
            prompt=first.prompt,
            known=tuple(known),
            heal=not (known and known[-1].end == len(text)),
            before=_before(first) if goes_on else (),
            memory=memory,
            passed_over=self.passed_over,
        )


def _before(card: Card) -> tuple[AcceptedToken, ...]:
    return tuple(AcceptedToken(token.id, token.logprob) for token in card.tokens)
