"""The calls of `/studio` about the automatic writer. See docs/PROTOCOL.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...preferences import ranges as ranges_json
from ...preferences.learned import POLICIES
from ...story.automatic import Plan
from ...story.story import Story
from .. import fates, presets
from ..automatic import AutomaticWriter
from ..card_ends import ending
from ..house import House
from ..pickers import PLAIN
from .checks import MAX_ID, MAX_PROMPT, MAX_SEED, Fields
from .visitor import Visitor

MOST_STEPS = 1000
PLAIN_CARDS = 3

Answer = dict[str, Any]

AUTO_CALLS: dict[str, tuple[str, ...]] = {
    "auto_start": (
        "story",
        "model",
        "steps",
        "cards",
        "policy",
        "picker",
        "ranges",
        "params",
        "mode",
        "prompt",
        "seed",
    ),
    "auto_pause": ("story",),
    "auto_resume": ("story",),
    "auto_stop": ("story",),
}
"""Each call's fields."""


class AutoCalls:
    """Part of `Studio`: each method takes the visitor and the message's fields."""

    _house: House

    def call_auto_start(self, visitor: Visitor, fields: Fields) -> Answer:
        """Begin to write by itself."""
        plan = plan_from(self._house, fields)
        return self._begin(fields, lambda story, now: story.automatic.start(plan, now))

    def call_auto_resume(self, visitor: Visitor, fields: Fields) -> Answer:
        """Go on with the step that was not finished."""
        return self._begin(fields, lambda story, now: story.automatic.resume(now))

    def call_auto_pause(self, visitor: Visitor, fields: Fields) -> Answer:
        """Rest; the candidates in hand end within a token."""
        return self._auto(fields, lambda story, now: story.automatic.pause(now))

    def call_auto_stop(self, visitor: Visitor, fields: Fields) -> Answer:
        """End for good."""
        return self._auto(fields, lambda story, now: story.automatic.stop(now))

    def _begin(self, fields: Fields, begin: Callable[[Story, float], int]) -> Answer:
        room = self._house.room(fields.id("story"))

        def work(story: Story, now: float) -> tuple[int, dict[str, Any] | None]:
            return begin(story, now), story.automatic.view()

        turn, view = room.ask(work)
        self._house.loop.spawn(AutomaticWriter(self._house, room, turn).run)
        return {"auto": view}

    def _auto(self, fields: Fields, work: Callable[[Story, float], None]) -> Answer:
        def view(story: Story, now: float) -> dict[str, Any] | None:
            work(story, now)
            return story.automatic.view()

        return {"auto": self._house.room(fields.id("story")).ask(view)}


def plan_from(house: House, fields: Fields) -> Plan:
    """What the fields of `auto_start` ask for, checked.

    Raises: BadRequestError, NotFoundError, ModelError.
    """
    entry = house.model(fields.string("model", 2 * MAX_ID))
    wished = {name: fields.object(name) for name in ("ranges",) if fields.has(name)}
    wish = fates.wish(wished)
    cards = fields.integer("cards", 1, 1 << 20, default=PLAIN_CARDS)
    fates.check_number(cards)
    picker = fields.string("picker", MAX_ID, PLAIN)
    house.pickers.check(picker)
    return Plan(
        model=entry.key,
        model_name=entry.name,
        mode=fields.choice("mode", ("continue", "prompt"), "continue"),
        prompt=fields.string("prompt", MAX_PROMPT, ""),
        params=ending(fields.object("params") or presets.default_params()),
        steps=fields.integer("steps", 1, MOST_STEPS) if fields.has("steps") else 0,
        cards=cards,
        policy=fields.choice("policy", POLICIES, "random"),
        picker=picker,
        ranges=ranges_json.to_json(wish.ranges),
        seed=fields.integer("seed", 0, MAX_SEED, default=time.time_ns() % MAX_SEED),
    )
