"""The sets of candidates at hand: found by their ids, stored, and their places moved along with the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ..document.live import Change
from ..errors import ConflictError, NotFoundError
from ..store.records import SetRecord, StoredSet
from . import states
from .batch import Batch
from .card import Card, card_from
from .feed import Feed
from .offers import CLOCKS_PER_OFFER, Offers
from .page import Page

NUM_FOLLOWED = 12
"""So many of the newest sets have their place moved along; an older one's stays where its character is."""


@dataclass(slots=True)
class CandidateSet:
    """Mutable; changed only by `Candidates` and its parts. `feed` moves its place along with the text.

    `opening`: of the story; within one, `num_changes` grows with each state that browsers may be told.
    """

    opening: int
    record: SetRecord
    feed: Feed
    cards: list[Card]
    batches: list[Batch] = field(default_factory=list)
    num_changes: int = 0  # of what browsers see of it

    @property
    def id(self) -> str:
        """The set's id."""
        return self.record.set

    @property
    def live(self) -> bool:
        """Whether anything is being written, or waits to be."""
        return any(card.live for card in self.cards)

    def view(self) -> dict[str, Any]:
        """The set as browsers see it, its cards without their tokens."""
        record, first = self.record, self.cards[0]
        live = [batch for batch in self.batches if batch.live]
        reading = next((batch.reading for batch in live if batch.reading), None)
        searching = next((batch.searching for batch in live if batch.searching), None)
        running = [card for card in self.cards if card.state == states.RUNNING]
        state = "ended" if not self.live else "queued"
        if running:
            state = "reading" if reading else "searching" if searching else "writing"
        return {
            "id": record.set,
            "story": record.story,
            "version": [self.opening, self.num_changes],
            "time": record.time,
            "origin": record.origin,
            "model": first.model,
            "model_name": first.model_name,
            "mode": first.mode,
            "prompt": first.prompt,
            "params": first.params,
            "at": list(record.left) if record.left else None,
            "state": state,
            "reading": _progress(reading),
            "searching": _progress(searching),
            "stale": record.stale,
            "sets_left": record.sets_left,
            "cleared": record.cleared,
            "memory_version": record.memory_version,
            "fate": record.fate,
            "cards": [card.view() for card in self.cards],
        }

    def whole_view(self) -> dict[str, Any]:
        """The set as browsers see it, its cards with their tokens."""
        view = self.view()
        for shape, card in zip(view["cards"], self.cards, strict=True):
            shape["tokens"] = [[t.id, t.text, t.logprob] for t in card.tokens]
        return view


class CardSets:
    """The sets of a page, oldest first; one may be added while they are gone through."""

    def __init__(self, page: Page, offers: Offers, stored: Iterable[StoredSet]) -> None:
        self._page, self._offers = page, offers
        self._sets: dict[str, CandidateSet] = {}
        for one in stored:
            cards = [card_from(card) for card in one.candidates]
            point = page.document.locate(one.record.left)
            at = len(page.document.text) if point is None else point
            self._sets[one.record.set] = self._set(one.record, at, cards)
            for stored_card, card in zip(one.candidates, cards, strict=True):
                self.offer(card)
                if stored_card.run.state != states.ENDED:
                    page.effects.records.append(card.run_record(page.id))

    def __iter__(self) -> Iterator[CandidateSet]:
        return iter(list(self._sets.values()))

    def ids(self) -> set[str]:
        """The ids of all sets."""
        return set(self._sets)

    def cards(self) -> Iterator[Card]:
        """The cards of all sets."""
        return (card for found in self for card in found.cards)

    def of_model(self, model: str) -> set[str]:
        """Cards that a model wrote."""
        return {card.id for card in self.cards() if card.model == model}

    def get(self, set_id: str) -> CandidateSet:
        """The set with this id. Raises: NotFoundError."""
        try:
            return self._sets[set_id]
        except KeyError:
            raise NotFoundError("There is no such set of candidates in this story.") from None

    def card(self, card_id: str) -> tuple[CandidateSet, Card]:
        """The card with this id, and its set. Raises: NotFoundError."""
        for found in self:
            for card in found.cards:
                if card.id == card_id:
                    return found, card
        raise NotFoundError("There is no such candidate in this story.")

    def _set(self, record: SetRecord, at: int, cards: list[Card]) -> CandidateSet:
        return CandidateSet(self._page.document.client, record, Feed(at, at), cards)

    # ------------------------------------------------------------ changes

    def new(self, record: SetRecord, at: int) -> CandidateSet:
        """A set without cards, whose place is byte `at`."""
        found = self._sets[record.set] = self._set(record, at, [])
        self._page.effects.records.append(record)
        return found

    def change(self, card_id: str, **changes: Any) -> CandidateSet:
        """Change a card's `text`, `pinned` or `dismissed`; returns its set.

        Raises: NotFoundError; ConflictError when its text is changed while it is being written.
        """
        found, card = self.card(card_id)
        if "text" in changes and card.live:
            raise ConflictError("This candidate is still being written; stop it first.")
        for name, value in changes.items():
            setattr(card, name, value)
        if card.text == card.written:
            card.text = None
        self.store(found, card)
        return found

    def offer(self, card: Card) -> None:
        """Text may be taken from the card: an alias of it points to something known."""
        self._offers.offer(card.client, card.clock + CLOCKS_PER_OFFER)
        if not card.was_taken:  # else its tokens came with the story's
            for token in card.ranges():
                self._page.document.authorship.add_token(token)

    def record(self, found: CandidateSet, **changes: Any) -> None:
        """Change a set's record, store and tell it."""
        found.record = replace(found.record, **changes)
        self._page.effects.records.append(found.record)
        self.touch(found)

    def store(self, found: CandidateSet, card: Card) -> None:
        """Store a card as it is now, and tell it."""
        self._page.effects.records += [card.run_record(self._page.id), card.record()]
        self.touch(found)

    def read(self, found: CandidateSet, batch: Batch, ids: tuple[int, ...]) -> None:
        """What the set's cards go on from was read: it is kept, once, and not for a card that goes on."""
        if not batch.goes_on_to and not found.record.input_ids:
            found.record = replace(found.record, input_ids=ids)
            self._page.effects.records.append(found.record)

    def touch(self, found: CandidateSet) -> None:
        """Tell browsers of a set."""
        found.num_changes += 1
        self._page.effects.news.sets.add(found.id)

    # ------------------------------------------------------------ places

    def catch_up(self, found: CandidateSet) -> None:
        """Find the place of a set that was not followed, at the story's end when it is gone."""
        if found not in self._followed():
            document = self._page.document
            point = document.locate(found.record.left)
            found.feed.base = found.feed.point = len(document.text) if point is None else point

    def document_changed(self, change: Change, by: str | None, now: float) -> None:
        """The text changed: places move along, and sets whose text it was are stale."""
        text = self._page.document.text
        for found in self._followed():
            before = found.feed.point
            by_run = by is not None
            found.feed.absorb(change, text, now, by_run=by_run, stays=by_run)
            found.feed.take()
            reached = change.at < before or found.feed.point != before
            if reached and not found.record.stale:
                self.record(found, stale=True)

    def settle_places(self) -> None:
        """Store each set whose place is another one. Called before the effects are taken."""
        for found in self._followed():
            left = self._page.document.place(found.feed.point)
            if left != found.record.left:
                self.record(found, left=left)

    def _followed(self) -> list[CandidateSet]:
        """The sets whose places are moved along."""
        shown = [found for found in self._sets.values() if found.record.cleared is None]
        return shown[-NUM_FOLLOWED:]


def _progress(done: tuple[int, int] | None) -> dict[str, int] | None:
    return {"done": done[0], "total": done[1]} if done else None
