"""Sets of candidates of one open story: asked for, written, changed and taken.

A candidate is a run that writes on a card and not into the text. Its tokens have identities under a client
id of ours that stands in no document, so that text which is taken from a card is an alias of them, as
text that came back is: who wrote it stays known, and the browser may put it in as its own edit and undo it.

Everything that is written on a card is stored, also what is passed over, dismissed or cleared.

This is the door; behind it, `card_sets` finds and stores the sets and moves their places, `card_asking`
begins cards, `card_writing` hears workers and ends them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..document.live import Change
from ..document.units import utf16_units
from ..errors import ConflictError
from ..link.messages import Event
from ..store.records import Author, ChoiceRecord, StoredSet
from .card import Card
from .card_asking import CardAsking, Drawn, NewSet
from .card_sets import CandidateSet, CardSets
from .card_writing import CardWriting
from .memories import Memories
from .offers import Offers
from .page import Page
from .taken import stretches
from .taken_back import TakenBack


class Candidates:
    """The sets of a page. Every method takes `now`, seconds on one clock."""

    def __init__(
        self,
        page: Page,
        offers: Offers,
        memories: Memories,
        stored: Iterable[StoredSet],
        runs_of: Callable[[str], set[str]],
    ) -> None:
        """`runs_of(model)`: ids of the story's runs of a model, whose tokens need no tokenising."""
        self._page = page
        self._sets = CardSets(page, offers, stored)
        self._asking = CardAsking(page, self._sets, offers, memories, runs_of)
        self._writing = CardWriting(page, self._sets, self._asking)
        self._taken_back = TakenBack(page, self._sets)

    # ------------------------------------------------------------ reading

    def views(self, ids: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Sets as browsers see them, oldest first, without their tokens; all unless `ids` are given."""
        wanted = self._sets.ids() if ids is None else set(ids)
        return [found.view() for found in self._sets if found.id in wanted]

    def whole_views(self) -> list[dict[str, Any]]:
        """Every set that was not cleared, its cards with their tokens."""
        return [found.whole_view() for found in self._sets if found.record.cleared is None]

    def place(self, set_id: str) -> int:
        """The byte of the story at which a set goes on, its end when that is gone. Raises: NotFoundError."""
        found = self._sets.get(set_id)
        self._sets.catch_up(found)
        return found.feed.point

    def whole_text(self, card_id: str) -> str:
        """The story up to a card's place, and the card's text. Raises: NotFoundError."""
        found, card = self.card(card_id)
        self._sets.catch_up(found)
        return self._page.document.slice(0, found.feed.point) + card.standing

    def text_before(self, set_id: str) -> str:
        """The story up to a set's place. Raises: NotFoundError."""
        found = self._sets.get(set_id)
        self._sets.catch_up(found)
        return self._page.document.slice(0, found.feed.point)

    def last_taken_logprobs(self) -> list[float]:
        """Of the tokens of the newest card from which something was taken; empty where there is none."""
        taken = [card for card in self._sets.cards() if card.taken]
        newest = max(taken, key=lambda card: card.started, default=None)
        return [] if newest is None else [token.logprob for token in newest.tokens]

    def set_ids(self) -> set[str]:
        """The ids of all sets."""
        return self._sets.ids()

    def card_ids(self) -> set[str]:
        """The ids of all cards."""
        return {card.id for card in self._sets.cards()}

    def live(self) -> list[Card]:
        """Cards that are being written or wait to be."""
        return [card for card in self._sets.cards() if card.live]

    def models_in_use(self) -> set[str]:
        """Models that some card needs."""
        return {card.model for card in self.live()}

    def of_model(self, model: str) -> set[str]:
        """Cards that a model wrote."""
        return self._sets.of_model(model)

    def get(self, set_id: str) -> CandidateSet:
        """The set with this id. Raises: NotFoundError."""
        return self._sets.get(set_id)

    def card(self, card_id: str) -> tuple[CandidateSet, Card]:
        """The card with this id, and its set. Raises: NotFoundError."""
        return self._sets.card(card_id)

    # ------------------------------------------------------------ asking and stopping

    def ask(self, new: NewSet, now: float) -> CandidateSet:
        """See `CardAsking.ask`."""
        return self._asking.ask(new, now)

    def add(
        self,
        set_id: str,
        num: int,
        now: float,
        replaces: str | None = None,
        drawn: Sequence[Drawn] = (),
    ) -> CandidateSet:
        """See `CardAsking.add`."""
        return self._asking.add(set_id, num, now, replaces, drawn)

    def more(self, card_id: str, num_tokens: int, now: float) -> CandidateSet:
        """See `CardAsking.more`."""
        return self._asking.more(card_id, num_tokens, now)

    def stop_set(self, set_id: str, now: float) -> CandidateSet:
        """See `CardWriting.stop_set`."""
        return self._writing.stop_set(set_id, now)

    def stop_card(self, card_id: str, now: float) -> CandidateSet:
        """See `CardWriting.stop_card`."""
        return self._writing.stop_card(card_id, now)

    def stop_all(self, now: float) -> None:
        """End everything that is being written, at once."""
        self._writing.stop_all(now)

    def clear(self, now: float) -> None:
        """Every set leaves the page; what was written stays stored."""
        self.stop_all(now)
        for found in self._sets:
            if found.record.cleared is None:
                self._sets.record(found, cleared=now)

    # ------------------------------------------------------------ changing and taking

    def change(self, card_id: str, now: float, **changes: Any) -> CandidateSet:
        """See `CardSets.change`."""
        return self._sets.change(card_id, **changes)

    def taken(
        self,
        card_id: str,
        units: int,
        text: str | None,
        shown: dict[str, int],
        now: float,
        *,
        by: str = "human",
        seconds: float | None = None,
    ) -> str:
        """A card's first `units` units stand in the story now; returns the checkpoint of that.

        `by`: who chose; `seconds`: how long that took.

        Raises: NotFoundError, ConflictError when the card does not say as much.
        """
        found, card = self.card(card_id)
        if units > card.units:
            raise ConflictError("The candidate does not say as much.")
        if text is None:
            text = card.written.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")
        page = self._page
        ids = (page.new_id(), page.id, found.id, card.id)
        choice = ChoiceRecord(*ids, now, units, text, shown, by, seconds)
        page.effects.records.append(choice)
        if not card.was_taken:
            for token in card.ranges():
                page.tell_token(token)
        card.taken, card.taken_back = max(card.taken, units), 0
        self._taken_back.took(choice, card)
        self._sets.store(found, card)
        page.describe(now)
        return page.checkpoint("accepted", now, run=card.id)

    def accept(self, card_id: str, units: int, now: float, *, by: str = "auto") -> str:
        """Put a card's first `units` units into the story at its set's place, as a browser that takes it
        does: what its tokens say stays theirs, what a person made of it a person's. For the rest: `taken`.

        A set whose place is gone has it at the story's end.
        Raises: NotFoundError, ConflictError when the card does not say as much.
        """
        found, card = self.card(card_id)
        if units > utf16_units(card.standing):
            raise ConflictError("The candidate does not say as much.")
        self._sets.catch_up(found)
        shown = {one.id: one.units for one in found.cards}
        text, reach = "", 0
        for piece, start in stretches(card.written, card.standing, units):
            size = utf16_units(piece)
            authors = [] if start is None else [Author(size, card.client, card.clock + start)]
            at = found.feed.point
            self._page.put_in(at, piece, authors, "accept", now)
            found.feed.base = found.feed.point = at + len(piece.encode())
            text += piece
            reach = reach if start is None else start + size
        return self.taken(card_id, reach, text, shown, now, by=by)

    def retire(self, set_id: str, now: float) -> None:
        """A set leaves the page, and memory but for what was taken of it; what was written stays stored."""
        found = self._sets.get(set_id)
        assert not found.live
        if found.record.cleared is None:
            self._sets.record(found, cleared=now)
        taken = [card for card in found.cards if card.was_taken]
        found.cards = taken or found.cards[:1]

    # ------------------------------------------------------------ models, workers and the text

    def model_ready(self, model: str, window: int, now: float) -> None:
        """A worker has loaded `model`: queued cards begin."""
        self._asking.model_ready(model, window, now)

    def model_gone(self, model: str, now: float, *, reason: str = "") -> None:
        """The worker died or could not load it: cards are interrupted, or fail for `reason`."""
        self._asking.model_gone(model)
        self._writing.model_gone(model, now, reason=reason)

    def worker_said(self, event: Event, now: float) -> None:
        """An event about a card or a batch; one about what is over changes nothing."""
        self._writing.worker_said(event, now)

    def document_changed(self, change: Change, by: str | None, now: float) -> None:
        """The text changed: places move along, and sets whose text it was are stale."""
        self._sets.document_changed(change, by, now)
        self._taken_back.document_changed(change, now)

    def settle_places(self) -> None:
        """Store each set whose place is another one, and what was taken back. Called before the effects are
        taken."""
        self._sets.settle_places()
        self._taken_back.settle()
