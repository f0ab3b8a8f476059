"""The calls of `/studio` about candidates, checked and carried out. See docs/PROTOCOL.md."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from ...errors import BadRequestError
from ...story.card_asking import MOST_BEAMS, SEED_STEP, Drawn, NewSet
from ...story.card_sets import CandidateSet
from ...story.story import Place, Story
from ...web.bounds import MAX_TEXT
from .. import fates, presets
from ..card_ends import ending
from ..house import House
from ..library import MOST_CANDIDATE_TOKENS, MOST_CANDIDATES, UNTITLED
from ..room import Room
from .checks import MAX_ID, MAX_PROMPT, MAX_SEED, Fields
from .shapes import sets_shape
from .visitor import Visitor

MOST_SETS = 50
MAX_SECONDS = 1e7
ORIGINS = ("asked", "quick", "auto")

Answer = dict[str, Any]

CANDIDATE_CALLS: dict[str, tuple[str, ...]] = {
    "candidates": ("story",),
    "candidates_ask": (
        "story",
        "model",
        "at",
        "num",
        "params",
        "seed",
        "mode",
        "prompt",
        "rows",
        "sets",
        "beams",
        "origin",
        "fate",
    ),
    "candidates_add": ("set", "num", "replaces"),
    "candidates_more": ("candidate", "tokens"),
    "candidates_stop": ("set", "candidate"),
    "candidates_clear": ("story",),
    "candidate_change": ("candidate", "text", "pinned", "dismissed"),
    "candidate_taken": ("candidate", "units", "text", "shown", "seconds"),
    "candidate_story": ("candidate",),
}
"""Each call's fields."""


class CandidateCalls:
    """Part of `Studio`: each method takes the visitor and the message's fields."""

    _house: House

    def call_candidates(self, visitor: Visitor, fields: Fields) -> Answer:
        """The sets that were not cleared, with everything written on their cards."""
        room = self._house.room(fields.id("story"))
        return {
            "sets": sets_shape(room.ask(lambda story, now: story.candidates.whole_views())),
        }

    def call_candidates_ask(self, visitor: Visitor, fields: Fields) -> Answer:
        """Write several continuations on cards."""
        room = self._house.room(fields.id("story"))
        entry = self._house.model(fields.string("model", 2 * MAX_ID))
        given = fields.object("params")
        sets = fields.integer("sets", 1, MOST_SETS, default=1)
        new = NewSet(
            model=entry.key,
            model_name=entry.name,
            mode=fields.choice("mode", ("continue", "prompt"), "continue"),
            prompt=fields.string("prompt", MAX_PROMPT, ""),
            at=0,
            rows=_rows(fields, given or presets.default_params(), sets),
            origin=fields.choice("origin", ORIGINS, "asked"),
            sets_left=sets - 1,
        )
        at = fields.place_or_end("at")
        if fields.has("fate"):
            new = self._dealt(room, new, at, fields)
        answer = self._set(
            room, lambda story, now: story.candidates.get(story.ask_candidates(new, at, now))
        )
        if new.fate is not None:
            self._house.tastes.changed(room.id)
        self._house.workers.ensure(entry.key)
        return answer

    def call_candidates_add(self, visitor: Visitor, fields: Fields) -> Answer:
        """More cards in a set."""
        set_id, num = fields.id("set"), fields.integer("num", 1, MOST_CANDIDATES, default=1)
        replaces = fields.id("replaces") if fields.has("replaces") else None
        room = self._house.set_room(set_id)
        drawn = self._dealt_again(room, set_id, num)
        return self._written(
            room, lambda story, now: story.candidates.add(set_id, num, now, replaces, drawn)
        )

    def call_candidates_more(self, visitor: Visitor, fields: Fields) -> Answer:
        """A card goes on from its text."""
        card, num = fields.id("candidate"), fields.integer("tokens", 1, MOST_CANDIDATE_TOKENS)
        room = self._house.run_room(card)
        return self._written(room, lambda story, now: story.candidates.more(card, num, now))

    def call_candidates_stop(self, visitor: Visitor, fields: Fields) -> Answer:
        """End a set, or one card."""
        if fields.has("set"):
            set_id = fields.id("set")
            room = self._house.set_room(set_id)
            return self._set(room, lambda story, now: story.candidates.stop_set(set_id, now))
        card = fields.id("candidate")
        room = self._house.run_room(card)
        return self._set(room, lambda story, now: story.candidates.stop_card(card, now))

    def call_candidates_clear(self, visitor: Visitor, fields: Fields) -> Answer:
        """Every set leaves the page; all stays stored."""
        self._house.room(fields.id("story")).ask(lambda story, now: story.candidates.clear(now))
        return {}

    def call_candidate_change(self, visitor: Visitor, fields: Fields) -> Answer:
        """A card's text, its pin, or its being dismissed."""
        card = fields.id("candidate")
        changes: dict[str, Any] = {}
        if fields.names("text"):
            changes["text"] = fields.text("text") if fields.has("text") else None
        for name in ("pinned", "dismissed"):
            if fields.has(name):
                changes[name] = fields.flag(name)
        room = self._house.run_room(card)
        return self._set(room, lambda story, now: story.candidates.change(card, now, **changes))

    def call_candidate_taken(self, visitor: Visitor, fields: Fields) -> Answer:
        """Its first units stand in the story now."""
        card, units = fields.id("candidate"), fields.integer("units", 0, MAX_TEXT)
        text = fields.text("text") if fields.has("text") else None
        shown = {
            name: Fields({"units": value}, ("units",)).integer("units", 0, MAX_TEXT)
            for name, value in fields.object("shown").items()
        }
        if len(shown) > 10 * MOST_CANDIDATES or any(len(name) > MAX_ID for name in shown):
            raise BadRequestError("shown names the candidates of one set.")
        seconds = fields.number("seconds", 0, MAX_SECONDS) if fields.has("seconds") else None
        room = self._house.run_room(card)

        checkpoint = room.ask(
            lambda story, now: story.candidates.taken(
                card, units, text, shown, now, seconds=seconds
            )
        )
        self._house.tastes.changed(room.id)
        self._house.picking.chose()
        return {"checkpoint": checkpoint}

    def call_candidate_story(self, visitor: Visitor, fields: Fields) -> Answer:
        """A story of its own: the text before it and the card's."""
        card = fields.id("candidate")
        room = self._house.run_room(card)

        def text(story: Story, now: float) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
            record, memory = story.page.record, story.memories.present
            return record.title, story.candidates.whole_text(card), story.settings, memory

        title, whole, settings, memory = room.ask(text)
        title = title if title == UNTITLED else f"{title[:150]} (another way)"
        return {"story": self._house.create(title, whole, settings, memory)}

    def _dealt(self, room: Room, new: NewSet, at: Place | str, fields: Fields) -> NewSet:
        """The set with parameters drawn for each card. Raises: BadRequestError."""
        if new.sets_left or fields.has("rows") or fields.has("beams"):
            raise BadRequestError("Fate deals one set, of cards that it draws parameters for.")
        fates.check_number(len(new.rows))
        wished = fates.wish(fields.object("fate"))
        num_steps = self._house.read(lambda store: store.num_steps(fields.id("story")))
        known = room.ask(lambda story, now: fates.situation(story, at, num_steps))
        first = new.rows[0][0]
        kept, drawn = fates.deal(self._house.tastes.dealer, wished, known, len(new.rows), first)
        rows = tuple(
            (seed, ending({**params, **one.params}))
            for (seed, params), one in zip(new.rows, drawn, strict=True)
        )
        densities = tuple(one.log_density for one in drawn)
        return dataclasses.replace(new, rows=rows, fate=kept, log_densities=densities)

    def _dealt_again(self, room: Room, set_id: str, num: int) -> list[Drawn]:
        """What is drawn for more cards of a set; empty where nothing was."""
        fate = room.ask(lambda story, now: story.candidates.get(set_id).record.fate)
        if fate is None:
            return []
        wished, known = fates.again(fate)
        seed = time.time_ns() % MAX_SEED
        return fates.deal(self._house.tastes.dealer, wished, known, num, seed)[1]

    def _written(self, room: Room, work: Callable[[Story, float], CandidateSet]) -> Answer:
        """Carry out what asks for more to be written, and load the model if it has gone."""
        answer = self._set(room, work)
        self._house.workers.ensure(answer["set"]["model"])
        return answer

    def _set(self, room: Room, work: Callable[[Story, float], CandidateSet]) -> Answer:
        def view(story: Story, now: float) -> dict[str, Any]:
            return story.candidates.views([work(story, now).id])[0]

        return {"set": room.ask(view)}


def _rows(
    fields: Fields, params: dict[str, Any], sets: int
) -> tuple[tuple[int, dict[str, Any]], ...]:
    """A seed and full parameters for each card."""
    num = fields.integer("num", 1, MOST_CANDIDATES, default=3)
    if fields.has("beams"):
        params = {**params, "num_beams": fields.integer("beams", 2, MOST_BEAMS)}
    seed = fields.integer("seed", 0, MAX_SEED, default=time.time_ns() % MAX_SEED)
    own = fields.items("rows", MOST_CANDIDATES)
    rows = []
    for number in range(num):
        row = Fields(own[number] if number < len(own) else None, ("seed", "params"))
        full = ending({**params, **row.object("params")})
        plain = (seed + number * SEED_STEP) % MAX_SEED
        rows.append((row.integer("seed", 0, MAX_SEED, default=plain), full))
    _check_search([full for _, full in rows], sets, own=bool(own))
    return tuple(rows)


def _check_search(params: list[dict[str, Any]], sets: int, *, own: bool) -> None:
    """Raises: BadRequestError when cards that a search is to find can't be what one search finds."""
    beams = max(full["num_beams"] for full in params)
    if beams == 1:
        return
    if own:
        raise BadRequestError("The cards of a search have no seeds or parameters of their own.")
    if sets > 1:
        raise BadRequestError("A search finds the same again; ask for one set.")
    if beams < len(params):
        raise BadRequestError("A search needs at least as many beams as it has cards to fill.")
