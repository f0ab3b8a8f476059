"""Asking for candidates: sets, more cards in them, cards that go on, and what a worker is given to begin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ConflictError, NotFoundError
from ..link.messages import KnownToken
from ..store.records import SetRecord
from . import states
from .batch import Batch
from .card import Card
from .card_sets import CandidateSet, CardSets
from .known import text_before
from .memories import Memories
from .offers import CLOCKS_PER_OFFER, Offers
from .page import Page

SEED_STEP = 1_000_003  # between the seeds of two cards, so that those of two sets differ
MOST_CARDS = 100
"""Of one set."""
MOST_BEAMS = 20


@dataclass(frozen=True, slots=True)
class NewSet:
    """What a writer asks for; `rows`: a seed and parameters for each card. `at` is a byte offset.

    `fate` and `log_densities`: how parameters were drawn, and how densely those of each card lie.
    """

    model: str
    model_name: str
    mode: str
    prompt: str
    at: int
    rows: tuple[tuple[int, dict[str, Any]], ...]
    origin: str = "asked"
    sets_left: int = 0
    fate: dict[str, Any] | None = None
    log_densities: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """Parameters that were drawn for a card, to be laid over the others."""

    params: Mapping[str, Any]
    log_density: float | None


class CardAsking:
    """Cards wait until their model's worker is there, and begin with what stands then."""

    def __init__(
        self,
        page: Page,
        sets: CardSets,
        offers: Offers,
        memories: Memories,
        runs_of: Callable[[str], set[str]],
    ) -> None:
        """`runs_of(model)`: ids of the story's runs of a model, whose tokens need no tokenising."""
        self._page, self._sets, self._offers, self._memories = page, sets, offers, memories
        self._runs_of = runs_of
        self._windows: dict[str, int] = {}  # models that are ready, and their windows in tokens

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
            fate=new.fate,
        )
        found = self._sets.new(record, new.at)
        self._add_cards(found, new, now)
        return found

    def add(
        self,
        set_id: str,
        num: int,
        now: float,
        replaces: str | None = None,
        drawn: Sequence[Drawn] = (),
    ) -> CandidateSet:
        """More cards like the last of a set, after the same text as it stands now; `drawn`: what is another
        for each.

        A search finds the same again: of it, the cards are the next best.

        Raises: NotFoundError, ConflictError when the set is full, or no search is as wide.
        """
        found = self._sets.get(set_id)
        if len(found.cards) + num > MOST_CARDS:
            raise ConflictError(f"A set holds at most {MOST_CARDS} candidates; ask for a new one.")
        owner, like = (found, found.cards[-1]) if replaces is None else self._sets.card(replaces)
        if owner is not found:
            raise NotFoundError("This candidate is in another set.")
        params, passed_over = _next_best(found, like, num)
        pinned = False  # what comes in a pinned card's place is pinned, too
        if replaces is not None:
            pinned = like.pinned
            self._sets.change(replaces, dismissed=True, pinned=False)
        self._sets.catch_up(found)
        first = max(card.seed for card in found.cards) + SEED_STEP
        overlays: list[Mapping[str, Any]] = [one.params for one in drawn] or [{}] * num
        rows = tuple(
            (first + number * SEED_STEP, {**params, **overlay})
            for number, overlay in enumerate(overlays)
        )
        new = NewSet(
            *(like.model, like.model_name, like.mode, like.prompt, found.feed.point, rows),
            log_densities=tuple(one.log_density for one in drawn),
        )
        self._add_cards(found, new, now, passed_over, pinned=pinned)
        return found

    def more(self, card_id: str, num_tokens: int, now: float) -> CandidateSet:
        """Let a card be written on from its text as it stands.

        Raises: NotFoundError; ConflictError while it is being written, or when it is as long as may be.
        """
        found, card = self._sets.card(card_id)
        if card.live:
            raise ConflictError("This candidate is still being written.")
        if card.units * 2 > CLOCKS_PER_OFFER:
            raise ConflictError("This candidate is as long as can be; open it as a story.")
        self._sets.catch_up(found)
        card.again()
        self._begin(found, Batch(self._page.new_id(), [card], card.next_index + num_tokens), now)
        return found

    # ------------------------------------------------------------ models

    def model_ready(self, model: str, window: int, now: float) -> None:
        """A worker has loaded `model`: queued cards begin."""
        self._windows[model] = window
        for found in self._sets:
            for batch in found.batches:
                if batch.state == states.QUEUED and batch.cards[0].model == model:
                    self._start(found, batch, now)

    def model_gone(self, model: str) -> None:
        """Cards of the model wait from now on."""
        self._windows.pop(model, None)

    # ------------------------------------------------------------ inside

    def _input(self, now: float) -> str:
        """The checkpoint that holds the text as it stands."""
        page = self._page
        if page.head is None or page.changed_since_head():
            return page.checkpoint("asked", now)
        return page.head

    def _add_cards(
        self,
        found: CandidateSet,
        new: NewSet,
        now: float,
        passed_over: int = 0,
        *,
        pinned: bool = False,
    ) -> None:
        cards = []
        densities = new.log_densities or (None,) * len(new.rows)
        rows = zip(new.rows, densities, strict=True)
        for number, ((seed, params), log_density) in enumerate(rows, len(found.cards)):
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
                pinned=pinned,
                log_density=log_density,
            )
            cards.append(card)
            self._sets.offer(card)
        found.cards += cards
        self._begin(found, Batch(self._page.new_id(), cards, passed_over=passed_over), now)

    def _begin(self, found: CandidateSet, batch: Batch, now: float) -> None:
        found.batches = [*(old for old in found.batches if old.live), batch]
        for card in batch.cards:
            self._sets.store(found, card)
        self._start(found, batch, now)

    def _start(self, found: CandidateSet, batch: Batch, now: float) -> None:
        """Give the worker what the cards go on from, once it is there."""
        cards = [card for card in batch.cards if card.live]
        window = self._windows.get(batch.cards[0].model)
        if window is None or not cards:
            return
        if not batch.goes_on_to and found.record.stale and not _has_begun(found):
            # The text was changed while the model was loading: this is what it reads.
            checkpoint, offset = self._input(now), self._page.units_before(found.feed.point)
            self._sets.record(found, checkpoint=checkpoint, offset=offset, stale=False)
        batch.state = states.RUNNING
        for card in cards:
            card.advance("begin", now)
            self._sets.store(found, card)
        text, known = self._text_before(found, batch, window)
        memory = self._memories.of(found.record.memory_version)
        start = batch.start(cards, text, known, memory)
        self._page.effects.commands.append((cards[0].model, start))

    def _text_before(
        self, found: CandidateSet, batch: Batch, window: int
    ) -> tuple[str, Sequence[KnownToken]]:
        """What the model reads: the story up to the place, and the text of the card that goes on."""
        document, point = self._page.document, found.feed.point
        model = batch.cards[0].model
        ids = self._runs_of(model) | self._sets.of_model(model)
        text, found_tokens = text_before(document, point, window, ids)
        known = list(found_tokens)
        if batch.goes_on_to:
            (card,) = batch.cards
            known += card.known(len(text))
            text += card.standing
        return text, known


def _has_begun(found: CandidateSet) -> bool:
    return any(card.state != states.QUEUED for card in found.cards)


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
