"""The calls of `/studio` about memory, note and lore, and what the model sees. See docs/PROTOCOL.md."""

from __future__ import annotations

from typing import Any

from ...errors import ModelError
from ...link.messages import ContextShown, ShowContext
from ...story.looks import NewLook
from ...story.story import Story
from ..house import House
from ..room import Room
from .checks import MAX_ID, Fields
from .memory_checks import check_patch, check_removed
from .token_calls import asked_look
from .visitor import Visitor

Answer = dict[str, Any]

MEMORY_CALLS: dict[str, tuple[str, ...]] = {
    "memory_set": ("story", "patch", "removed"),
    "run_memory": ("run",),
    "context_show": ("story", "model", "at", "mode", "prompt", "params", "patch", "removed", "run"),
}
"""Each call's fields."""


class MemoryCalls:
    """Part of `Studio`: each method takes the visitor and the message's fields."""

    _house: House

    def call_memory_set(self, visitor: Visitor, fields: Fields) -> Answer:
        """A new version of the story's memory."""
        patch, removed = check_patch(fields.object("patch")), check_removed(fields)
        room = self._house.room(fields.id("story"))
        version = room.ask(lambda story, now: story.memories.set(patch, removed, now))
        return {"memory_version": version}

    def call_run_memory(self, visitor: Visitor, fields: Fields) -> Answer:
        """The run reads the present memory before its next token."""
        run = fields.id("run")

        def work(story: Story, now: float) -> Answer:
            return story.runs.read_memory(run, now).view(story.id)

        return {"run": self._house.run_room(run).ask(work)}

    def call_context_show(self, visitor: Visitor, fields: Fields) -> Answer:
        """What the model would read at a place, and what a change would cost."""
        room, run = self._house.room(fields.id("story")), fields.string("run", MAX_ID, "")
        patch, removed = check_patch(fields.object("patch")), check_removed(fields)
        new = self._of_run(room, run) if run else asked_look(self._house, fields)
        at = fields.place_or_end("at")
        window = self._house.requests.ready(new.model)

        def question(story: Story, now: float) -> ShowContext:
            memory = story.memories.merged(patch, removed)
            return story.ask_context(new, at, window, memory, run)

        shown: ContextShown = self._house.requests.ask(new.model, room.ask(question))
        if shown.error:
            raise ModelError(shown.error)
        return {"context": context_shape(shown)}

    def _of_run(self, room: Room, run_id: str) -> NewLook:
        def look(story: Story, now: float) -> NewLook:
            run = story.runs.get(run_id)
            return NewLook(run.model, run.model_name, run.mode, run.prompt, run.params, run.seed)

        return room.ask(look)


def context_shape(shown: ContextShown) -> Answer:
    """Context as in docs/PROTOCOL.md."""
    return {
        "window": shown.window,
        "reserve": shown.reserve,
        "used": shown.used,
        "pieces": [
            {
                "origin": piece.origin,
                "entry": piece.entry or None,
                "text": piece.text,
                "num_tokens": piece.num_tokens,
            }
            for piece in shown.pieces
        ],
        "cut": {
            "memory": shown.cut_memory,
            "story": shown.cut_story,
            "lore": list(shown.cut_lore),
        },
        "active": [{"entry": entry, "key": key or None} for entry, key in shown.active],
        "wrong": [{"entry": entry, "message": message} for entry, message in shown.wrong],
        "reread": {"tokens": shown.reread_tokens, "seconds": shown.reread_s},
    }
