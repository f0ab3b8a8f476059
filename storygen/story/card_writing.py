"""Candidates while they are written: what their workers say of them, how they end, and what follows then."""

from __future__ import annotations

from dataclasses import replace

from ..link.messages import (
    Command,
    ContextRead,
    Event,
    PrefillProgressed,
    RunEnded,
    SearchProgressed,
    StopRun,
    TokenWritten,
)
from . import states
from .batch import Batch
from .card import Card
from .card_asking import SEED_STEP, CardAsking, NewSet
from .card_sets import CandidateSet, CardSets
from .page import Page

_ENDS = {"finished": "finish", "failed": "fail", "stopped": "stop"}


class CardWriting:
    """Takes tokens down on cards and ends them; `asking` is for sets that follow by themselves."""

    def __init__(self, page: Page, sets: CardSets, asking: CardAsking) -> None:
        self._page, self._sets, self._asking = page, sets, asking

    # ------------------------------------------------------------ stopping

    def stop_set(self, set_id: str, now: float, *, waits: bool = True) -> CandidateSet:
        """End what is being written, and what was to follow it. Raises: NotFoundError.

        `waits`: a search under way ends when it has told the best that it found.
        """
        found = self._sets.get(set_id)
        if found.record.sets_left:
            self._sets.record(found, sets_left=0)
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
        found, card = self._sets.card(card_id)
        was_queued = card.state == states.QUEUED
        if card.state == states.RUNNING and _searches(found, card):
            return self.stop_set(found.id, now)
        self._end(found, card, "stop", now)
        if not was_queued:
            self._send(card, StopRun(card.id))
        self._after_ends(found, now)
        return found

    def stop_all(self, now: float) -> None:
        """End everything that is being written, at once."""
        for found in self._sets:
            if found.live or found.record.sets_left:
                self.stop_set(found.id, now, waits=False)

    # ------------------------------------------------------------ what workers say

    def worker_said(self, event: Event, now: float) -> None:
        """An event about a card or a batch; one about what is over changes nothing."""
        name = getattr(event, "run", "")
        for found in self._sets:
            for batch in found.batches:
                if batch.name == name and isinstance(event, PrefillProgressed):
                    batch.reading = (event.done, event.total) if event.done < event.total else None
                    self._sets.touch(found)
                    return
                if batch.name == name and isinstance(event, ContextRead):
                    self._sets.read(found, batch, event.ids)
                    return
                if batch.name == name and isinstance(event, SearchProgressed):
                    batch.reading, batch.searching = None, (event.done, event.total)
                    self._sets.touch(found)
                    return
                for card in batch.cards:
                    if card.id == name and card.live:
                        self._heard(found, batch, card, event, now)
                        return

    def model_gone(self, model: str, now: float, *, reason: str = "") -> None:
        """The worker died or could not load it: cards are interrupted, or fail for `reason`."""
        for found in self._sets:
            for batch in found.batches:
                for card in batch.cards:
                    begun = batch.state != states.QUEUED
                    if card.live and card.model == model and (reason or begun):
                        card.message = reason
                        self._end(found, card, "fail" if reason else "interrupt", now)
            if not found.live and found.record.sets_left:
                self._sets.record(found, sets_left=0)
            self._after_ends(found, now)

    def _heard(
        self, found: CandidateSet, batch: Batch, card: Card, event: Event, now: float
    ) -> None:
        if isinstance(event, TokenWritten) and event.index == card.next_index:
            if batch.reading is not None:
                batch.reading = None
                self._sets.touch(found)
            page = self._page
            token, stands = card.write(event)
            page.effects.records.append(card.token_record(page.id, event, token.text, stands))
            told = [token.id, token.text, token.logprob]
            page.effects.news.cards.append((card.id, event.index, told))
            page.document.authorship.add_token(stands)
            if card.was_taken:
                page.tell_token(stands)
        elif isinstance(event, RunEnded) and (event.reason != "stopped" or batch.stopping):
            card.detail, card.message = event.detail, event.message
            self._end(found, card, _ENDS[event.reason], now)
            self._after_ends(found, now)

    # ------------------------------------------------------------ ends

    def _end(self, found: CandidateSet, card: Card, event: str, now: float) -> None:
        card.advance(event, now)
        self._sets.store(found, card)

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
        self._sets.record(found, sets_left=0)
        if finished:
            first = max(card.seed for card in found.cards) + SEED_STEP
            like = found.cards[0]
            rows = tuple(
                (first + number * SEED_STEP, card.params) for number, card in enumerate(found.cards)
            )
            new = NewSet(
                like.model, like.model_name, like.mode, like.prompt, found.feed.point, rows
            )
            again = replace(new, origin=record.origin, sets_left=record.sets_left - 1)
            self._asking.ask(again, now)

    def _send(self, card: Card, command: Command) -> None:
        self._page.effects.commands.append((card.model, command))


def _searches(found: CandidateSet, card: Card) -> bool:
    return any(batch.is_search for batch in found.batches if card in batch.cards)
