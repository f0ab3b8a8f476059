"""Sets of candidates of one open story: asked for, written, changed and taken.

A candidate is a run that writes on a card and not into the text. Its tokens have identities under a client
id of ours that stands in no document, so that text which is taken from a card is an alias of them, as
text that came back is: who wrote it stays known, and the browser may put it in as its own edit and undo it.

Everything that is written on a card is stored, also what is passed over, dismissed or cleared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..document.live import Change
from ..errors import ConflictError, NotFoundError
from ..link.messages import (
    Command,
    Event,
    KnownToken,
    PrefillProgressed,
    RunEnded,
    SearchProgressed,
    StopRun,
    TokenWritten,
)
from ..store.records import ChoiceRecord, SetRecord, StoredSet
from . import states
from .batch import Batch
from .card import Card, card_from
from .feed import Feed
from .known import text_before
from .memories import Memories
from .offers import CLOCKS_PER_OFFER, Offers
from .page import Page

SEED_STEP = 1_000_003  # between the seeds of two cards, so that those of two sets differ
MOST_CARDS = 100
"""Of one set."""
MOST_BEAMS = 20
NUM_FOLLOWED = 12
"""So many of the newest sets have their place moved along; an older one's stays where its character is."""
_ENDS = {"finished": "finish", "failed": "fail", "stopped": "stop"}


@dataclass(frozen=True, slots=True)
class NewSet:
    """What a writer asks for; `rows`: a seed and parameters for each card. `at` is a byte offset."""

    model: str
    model_name: str
    mode: str
    prompt: str
    at: int
    rows: tuple[tuple[int, dict[str, Any]], ...]
    origin: str = "asked"
    sets_left: int = 0


@dataclass(slots=True)
class CandidateSet:
    """Mutable; changed only by `Candidates`. `feed` moves its place along with the text."""

    record: SetRecord
    feed: Feed
    cards: list[Card]
    batches: list[Batch] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The set's id."""
        return self.record.set

    @property
    def live(self) -> bool:
        """Whether anything is being written, or waits to be."""
        return any(card.live for card in self.cards)


class Candidates:
    """The sets of a page. Every method takes `now`, seconds on one clock."""

    def __init__(
        self,
        page: Page,
        offers: Offers,
        memories: Memories,
        stored: Iterable[StoredSet],
        runs_of: Any,
    ) -> None:
        """`runs_of(model)`: ids of the story's runs of a model, whose tokens need no tokenising."""
        self._page, self._offers, self._memories = page, offers, memories
        self._runs_of = runs_of
        self._sets: dict[str, CandidateSet] = {}
        self._windows: dict[str, int] = {}
        for one in stored:
            cards = [card_from(card) for card in one.candidates]
            point = page.document.locate(one.record.left)
            at = len(page.document.text) if point is None else point
            self._sets[one.record.set] = CandidateSet(one.record, Feed(at, at), cards)
            for stored_card, card in zip(one.candidates, cards, strict=True):
                self._offer(card)
                if stored_card.run.state != states.ENDED:
                    page.effects.records.append(card.run_record(page.id))

    # ------------------------------------------------------------ reading

    def views(self, ids: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Sets as browsers see them, oldest first, without their tokens; all unless `ids` are given."""
        wanted = self._sets if ids is None else set(ids)
        return [self._view(found) for found in self._sets.values() if found.id in wanted]

    def whole_views(self) -> list[dict[str, Any]]:
        """Every set that was not cleared, its cards with their tokens."""
        views = []
        for found in self._sets.values():
            if found.record.cleared is None:
                view = self._view(found)
                for shape, card in zip(view["cards"], found.cards, strict=True):
                    shape["tokens"] = [[t.id, t.text, t.logprob] for t in card.tokens]
                views.append(view)
        return views

    def whole_text(self, card_id: str) -> str:
        """The story up to a card's place, and the card's text. Raises: NotFoundError."""
        found, card = self.card(card_id)
        self._catch_up(found)
        return self._page.document.slice(0, found.feed.point) + card.standing

    def set_ids(self) -> set[str]:
        """The ids of all sets."""
        return set(self._sets)

    def card_ids(self) -> set[str]:
        """The ids of all cards."""
        return {card.id for found in self._sets.values() for card in found.cards}

    def live(self) -> list[Card]:
        """Cards that are being written or wait to be."""
        return [card for found in self._sets.values() for card in found.cards if card.live]

    def models_in_use(self) -> set[str]:
        """Models that some card needs."""
        return {card.model for card in self.live()}

    def of_model(self, model: str) -> set[str]:
        """Cards that a model wrote."""
        cards = (card for found in self._sets.values() for card in found.cards)
        return {card.id for card in cards if card.model == model}

    def get(self, set_id: str) -> CandidateSet:
        """The set with this id. Raises: NotFoundError."""
        try:
            return self._sets[set_id]
        except KeyError:
            raise NotFoundError("There is no such set of candidates in this story.") from None

    def card(self, card_id: str) -> tuple[CandidateSet, Card]:
        """The card with this id, and its set. Raises: NotFoundError."""
        for found in self._sets.values():
            for card in found.cards:
                if card.id == card_id:
                    return found, card
        raise NotFoundError("There is no such candidate in this story.")

    # ------------------------------------------------------------ commands

    def ask(self, new: NewSet, now: float) -> CandidateSet:
        """A new set; its cards are queued until `model_ready`."""
        page = self._page
        record = SetRecord(
            set=page.new_id(),
            story=page.id,
            time=now,
            origin=new.origin,
            checkpoint=self._input(now),
            offset=page.units_before(new.at),
            left=page.document.place(new.at),
            sets_left=new.sets_left,
            stale=False,
            cleared=None,
            memory_version=self._memories.read(),
        )
        found = CandidateSet(record, Feed(new.at, new.at), [])
        self._sets[found.id] = found
        page.effects.records.append(record)
        self._add_cards(found, new, now)
        return found

    def add(self, set_id: str, num: int, now: float, replaces: str | None = None) -> CandidateSet:
        """More cards like the last of a set, after the same text as it stands now.

        A search finds the same again: of it, the cards are the next best.

        Raises: NotFoundError, ConflictError when the set is full, or no search is as wide.
        """
        found = self.get(set_id)
        if len(found.cards) + num > MOST_CARDS:
            raise ConflictError(f"A set holds at most {MOST_CARDS} candidates; ask for a new one.")
        like = found.cards[-1]
        params, passed_over = _next_best(found, like, num)
        if replaces is not None:
            owner, like = self.card(replaces)
            if owner is not found:
                raise NotFoundError("This candidate is in another set.")
            params, passed_over = _next_best(found, like, num)
            self.change(replaces, now, dismissed=True)
        self._catch_up(found)
        first = max(card.seed for card in found.cards) + SEED_STEP
        rows = tuple((first + number * SEED_STEP, params) for number in range(num))
        new = NewSet(like.model, like.model_name, like.mode, like.prompt, found.feed.point, rows)
        self._add_cards(found, new, now, passed_over)
        return found

    def more(self, card_id: str, num_tokens: int, now: float) -> CandidateSet:
        """Let a card be written on from its text as it stands.

        Raises: NotFoundError; ConflictError while it is being written, or when it is as long as may be.
        """
        found, card = self.card(card_id)
        if card.live:
            raise ConflictError("This candidate is still being written.")
        if card.units * 2 > CLOCKS_PER_OFFER:
            raise ConflictError("This candidate is as long as can be; open it as a story.")
        self._catch_up(found)
        card.again()
        self._begin(found, Batch(self._page.new_id(), [card], card.next_index + num_tokens), now)
        return found

    def stop_set(self, set_id: str, now: float, *, waits: bool = True) -> CandidateSet:
        """End what is being written, and what was to follow it. Raises: NotFoundError.

        `waits`: a search under way ends when it has told the best that it found.
        """
        found = self.get(set_id)
        if found.record.sets_left:
            self._record(found, sets_left=0)
        for batch in found.batches:
            if batch.live and batch.state != states.QUEUED and not batch.stopping:
                self._send(batch.cards[0], StopRun(batch.name))
            if waits and batch.is_search and batch.state != states.QUEUED:
                batch.stopping = True
                continue
            for card in batch.cards:
                if card.live:
                    self._end(found, card, "stop", now)
        self._after_ends(found, now)
        return found

    def stop_card(self, card_id: str, now: float) -> CandidateSet:
        """End one card, or with it the search that it is of. Raises: NotFoundError, ConflictError."""
        found, card = self.card(card_id)
        was_queued = card.state == states.QUEUED
        if card.state == states.RUNNING and self._searches(found, card):
            return self.stop_set(found.id, now)
        self._end(found, card, "stop", now)
        if not was_queued:
            self._send(card, StopRun(card.id))
        self._after_ends(found, now)
        return found

    def _searches(self, found: CandidateSet, card: Card) -> bool:
        return any(batch.is_search for batch in found.batches if card in batch.cards)

    def stop_all(self, now: float) -> None:
        """End everything that is being written, at once."""
        for found in list(self._sets.values()):
            if found.live or found.record.sets_left:
                self.stop_set(found.id, now, waits=False)

    def clear(self, now: float) -> None:
        """Every set leaves the page; what was written stays stored."""
        self.stop_all(now)
        for found in self._sets.values():
            if found.record.cleared is None:
                self._record(found, cleared=now)

    def change(self, card_id: str, now: float, **changes: Any) -> CandidateSet:
        """Change a card's `text`, `pinned` or `dismissed`.

        Raises: NotFoundError; ConflictError when its text is changed while it is being written.
        """
        found, card = self.card(card_id)
        if "text" in changes and card.live:
            raise ConflictError("This candidate is still being written; stop it first.")
        for name, value in changes.items():
            setattr(card, name, value)
        if card.text == card.written:
            card.text = None
        self._store(found, card)
        return found

    def taken(
        self, card_id: str, units: int, text: str | None, shown: dict[str, int], now: float
    ) -> str:
        """A card's first `units` units stand in the story now; returns the checkpoint of that.

        Raises: NotFoundError, ConflictError when the card does not say as much.
        """
        found, card = self.card(card_id)
        if units > card.units:
            raise ConflictError("The candidate does not say as much.")
        if text is None:
            text = card.written.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")
        page = self._page
        choice = ChoiceRecord(page.new_id(), page.id, found.id, card.id, now, units, text, shown)
        page.effects.records.append(choice)
        self._tell_taken(card)
        card.taken = max(card.taken, units)
        self._store(found, card)
        page.describe(now)
        return page.checkpoint("accepted", now, run=card.id)

    # ------------------------------------------------------------ models and workers

    def model_ready(self, model: str, window: int, now: float) -> None:
        """A worker has loaded `model`: queued cards begin."""
        self._windows[model] = window
        for found in self._sets.values():
            for batch in found.batches:
                if batch.state == states.QUEUED and batch.cards[0].model == model:
                    self._start(found, batch, now)

    def model_gone(self, model: str, now: float, *, reason: str = "") -> None:
        """The worker died or could not load it: cards are interrupted, or fail for `reason`."""
        self._windows.pop(model, None)
        for found in list(self._sets.values()):
            for batch in found.batches:
                for card in batch.cards:
                    begun = batch.state != states.QUEUED
                    if card.live and card.model == model and (reason or begun):
                        card.message = reason
                        self._end(found, card, "fail" if reason else "interrupt", now)
            if not found.live and found.record.sets_left:
                self._record(found, sets_left=0)
            self._after_ends(found, now)

    def worker_said(self, event: Event, now: float) -> None:
        """An event about a card or a batch; one about what is over changes nothing."""
        name = getattr(event, "run", "")
        for found in self._sets.values():
            for batch in found.batches:
                if batch.name == name and isinstance(event, PrefillProgressed):
                    batch.reading = (event.done, event.total) if event.done < event.total else None
                    self._touch(found)
                    return
                if batch.name == name and isinstance(event, SearchProgressed):
                    batch.reading, batch.searching = None, (event.done, event.total)
                    self._touch(found)
                    return
                for card in batch.cards:
                    if card.id == name and card.live:
                        self._heard(found, batch, card, event, now)
                        return

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
                self._record(found, stale=True)

    def settle_places(self) -> None:
        """Store each set whose place is another one. Called before the effects are taken."""
        for found in self._followed():
            left = self._page.document.place(found.feed.point)
            if left != found.record.left:
                self._record(found, left=left)

    # ------------------------------------------------------------ inside

    def _followed(self) -> list[CandidateSet]:
        """The sets whose places are moved along."""
        shown = [found for found in self._sets.values() if found.record.cleared is None]
        return shown[-NUM_FOLLOWED:]

    def _catch_up(self, found: CandidateSet) -> None:
        """Find the place of a set that was not followed, at the story's end when it is gone."""
        if found not in self._followed():
            document = self._page.document
            point = document.locate(found.record.left)
            found.feed.base = found.feed.point = len(document.text) if point is None else point

    def _input(self, now: float) -> str:
        """The checkpoint that holds the text as it stands."""
        page = self._page
        if page.head is None or page.changed_since_head():
            return page.checkpoint("asked", now)
        return page.head

    def _add_cards(
        self, found: CandidateSet, new: NewSet, now: float, passed_over: int = 0
    ) -> None:
        cards = []
        for number, (seed, params) in enumerate(new.rows, len(found.cards)):
            client, clock = self._offers.reserve(now)
            card = Card(
                id=self._page.new_id(),
                set=found.id,
                number=number,
                model=new.model,
                model_name=new.model_name,
                mode=new.mode,
                prompt=new.prompt,
                params=params,
                seed=seed,
                started=now,
                client=client,
                clock=clock,
                tokens=[],
            )
            cards.append(card)
            self._offer(card)
        found.cards += cards
        self._begin(found, Batch(self._page.new_id(), cards, passed_over=passed_over), now)

    def _begin(self, found: CandidateSet, batch: Batch, now: float) -> None:
        found.batches = [*(old for old in found.batches if old.live), batch]
        for card in batch.cards:
            self._store(found, card)
        self._start(found, batch, now)

    def _start(self, found: CandidateSet, batch: Batch, now: float) -> None:
        """Give the worker what the cards go on from, once it is there."""
        cards = [card for card in batch.cards if card.live]
        window = self._windows.get(batch.cards[0].model)
        if window is None or not cards:
            return
        if not batch.goes_on_to and found.record.stale and not self._has_begun(found):
            # The text was changed while the model was loading: this is what it reads.
            checkpoint, offset = self._input(now), self._page.units_before(found.feed.point)
            self._record(found, checkpoint=checkpoint, offset=offset, stale=False)
        batch.state = states.RUNNING
        for card in cards:
            card.advance("begin", now)
            self._store(found, card)
        text, known = self._text_before(found, batch, window)
        memory = self._memories.of(found.record.memory_version)
        self._send(cards[0], batch.start(cards, text, known, memory))

    def _has_begun(self, found: CandidateSet) -> bool:
        return any(card.state != states.QUEUED for card in found.cards)

    def _text_before(
        self, found: CandidateSet, batch: Batch, window: int
    ) -> tuple[str, Sequence[KnownToken]]:
        """What the model reads: the story up to the place, and the text of the card that goes on."""
        document, point = self._page.document, found.feed.point
        model = batch.cards[0].model
        ids = self._runs_of(model) | self.of_model(model)
        text, found_tokens = text_before(document, point, window, ids)
        known = list(found_tokens)
        if batch.goes_on_to:
            (card,) = batch.cards
            known += card.known(len(text))
            text += card.standing
        return text, known

    def _heard(
        self, found: CandidateSet, batch: Batch, card: Card, event: Event, now: float
    ) -> None:
        if isinstance(event, TokenWritten) and event.index == card.next_index:
            if batch.reading is not None:
                batch.reading = None
                self._touch(found)
            page = self._page
            token, stands = card.write(event)
            page.effects.records.append(card.token_record(page.id, event, token.text, stands))
            told = [token.id, token.text, token.logprob]
            page.effects.news.cards.append((card.id, event.index, told))
            page.document.authorship.add_token(stands)
            if card.taken:
                page.tell_token(stands)
        elif isinstance(event, RunEnded) and (event.reason != "stopped" or batch.stopping):
            card.detail, card.message = event.detail, event.message
            self._end(found, card, _ENDS[event.reason], now)
            self._after_ends(found, now)

    def _end(self, found: CandidateSet, card: Card, event: str, now: float) -> None:
        card.advance(event, now)
        self._store(found, card)

    def _after_ends(self, found: CandidateSet, now: float) -> None:
        """When all of a set is written, the next one follows by itself, if any was to."""
        if found.live:
            return
        found.batches = []
        self._page.effects.news.story = True  # its model may not be needed any more
        record = found.record
        finished = all(card.reason != "failed" for card in found.cards)
        if not record.sets_left or record.cleared is not None:
            return
        self._record(found, sets_left=0)
        if finished:
            first = max(card.seed for card in found.cards) + SEED_STEP
            like = found.cards[0]
            rows = tuple(
                (first + number * SEED_STEP, card.params) for number, card in enumerate(found.cards)
            )
            new = NewSet(
                like.model, like.model_name, like.mode, like.prompt, found.feed.point, rows
            )
            self.ask(replace(new, origin=record.origin, sets_left=record.sets_left - 1), now)

    # ------------------------------------------------------------ identities

    def _offer(self, card: Card) -> None:
        """Text may be taken from the card: an alias of it points to something known."""
        self._offers.offer(card.client, card.clock + CLOCKS_PER_OFFER)
        if not card.taken:  # else its tokens came with the story's
            for token in card.ranges():
                self._page.document.authorship.add_token(token)

    def _tell_taken(self, card: Card) -> None:
        if not card.taken:
            for token in card.ranges():
                self._page.tell_token(token)

    # ------------------------------------------------------------ effects

    def _record(self, found: CandidateSet, **changes: Any) -> None:
        found.record = replace(found.record, **changes)
        self._page.effects.records.append(found.record)
        self._touch(found)

    def _store(self, found: CandidateSet, card: Card) -> None:
        self._page.effects.records += [card.run_record(self._page.id), card.record()]
        self._touch(found)

    def _touch(self, found: CandidateSet) -> None:
        self._page.effects.news.sets.add(found.id)

    def _send(self, card: Card, command: Command) -> None:
        self._page.effects.commands.append((card.model, command))

    def _view(self, found: CandidateSet) -> dict[str, Any]:
        record = found.record
        first = found.cards[0]
        live = [batch for batch in found.batches if batch.live]
        reading = next((batch.reading for batch in live if batch.reading), None)
        searching = next((batch.searching for batch in live if batch.searching), None)
        running = [card for card in found.cards if card.state == states.RUNNING]
        state = "ended" if not found.live else "queued"
        if running:
            state = "reading" if reading else "searching" if searching else "writing"
        return {
            "id": record.set,
            "story": record.story,
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
            "cards": [card.view() for card in found.cards],
        }


def _progress(done: tuple[int, int] | None) -> dict[str, int] | None:
    return {"done": done[0], "total": done[1]} if done else None


def _next_best(found: CandidateSet, like: Card, num: int) -> tuple[dict[str, Any], int]:
    """Parameters for `num` more cards like one, and how many of a search's best they pass over.

    Raises: ConflictError when no search is wide enough.
    """
    num_beams = like.params.get("num_beams", 1)
    if num_beams == 1 or found.record.stale:
        return like.params, 0
    passed_over = sum(card.params.get("num_beams", 1) > 1 for card in found.cards)
    if passed_over + num > MOST_BEAMS:
        raise ConflictError("A search finds no more than these; ask anew, or write by chance.")
    return {**like.params, "num_beams": max(num_beams, passed_over + num)}, passed_over
