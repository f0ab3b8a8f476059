"""Takings that were taken back: undone, or deleted again soon after, and perhaps redone.

As long as a taking is fresh, and none of its letters stands in the text any more, the card is as if nothing
had been taken of it, and a choice of no units is kept; if they come back, so does the taking. Later than
that, what is deleted is an edit of a story that was chosen once, and the choice stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..document.live import Change
from ..store.records import ChoiceRecord, Span
from .card import Card
from .card_sets import CardSets
from .page import Page

FRESH_S = 600.0
AROUND_BYTES = 2000
"""So far from its place a taken text is looked for first: looking through a long story takes a while."""


@dataclass(slots=True)
class _Taking:
    choice: ChoiceRecord
    units: int  # that the card was said to be taken of
    is_back: bool = False  # out of the text again


class TakenBack:
    """`settle` once after several changes; whatever was taken back, or again, is stored and told."""

    def __init__(self, page: Page, sets: CardSets) -> None:
        self._page, self._sets = page, sets
        self._fresh: dict[str, _Taking] = {}  # by card
        self._now = 0.0
        self._may_have_gone = self._may_be_back = False

    def took(self, choice: ChoiceRecord, card: Card) -> None:
        """Something was taken of a card."""
        if choice.units and choice.by == "human":
            self._fresh[card.id] = _Taking(choice, card.taken)

    def document_changed(self, change: Change, now: float) -> None:
        """The text changed."""
        self._now = now
        if change.deleted:
            self._may_have_gone = True
        else:
            self._may_be_back = True

    def settle(self) -> None:
        """See what of the fresh takings stands now."""
        gone, back = self._may_have_gone, self._may_be_back
        self._may_have_gone = self._may_be_back = False
        for name, taking in list(self._fresh.items()):
            if self._now - taking.choice.time > FRESH_S:
                del self._fresh[name]
            elif (back if taking.is_back else gone) and self._turns(name, taking):
                taking.is_back = not taking.is_back
                self._tell(name, taking)

    def _turns(self, name: str, taking: _Taking) -> bool:
        return self._stands(name) == taking.is_back

    def _tell(self, name: str, taking: _Taking) -> None:
        found, card = self._sets.card(name)
        card.taken, card.taken_back = (0, taking.units) if taking.is_back else (taking.units, 0)
        units, text = (0, "") if taking.is_back else (taking.choice.units, taking.choice.text)
        again = replace(
            taking.choice, choice=self._page.new_id(), time=self._now, units=units, text=text
        )
        self._page.effects.records.append(again)
        self._sets.store(found, card)

    def _stands(self, name: str) -> bool:
        found, card = self._sets.card(name)
        document = self._page.document
        self._sets.catch_up(found)
        at = found.feed.point
        start = max(0, at - AROUND_BYTES - 4 * card.units)
        end = min(len(document.text), at + AROUND_BYTES)
        near = (span for _, span in document.spans.between(document.text, start, end))
        return self._any(card, near) or self._any(card, document.spans)

    def _any(self, card: Card, spans: Iterable[Span]) -> bool:
        first, end = card.clock, card.clock + card.units
        return any(
            one.client == card.client and one.clock < end and one.clock + one.units > first
            for one in self._page.document.authorship.authors(spans)
        )
