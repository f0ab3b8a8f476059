"""The calls of `/studio` about a story's checkpoints. See docs/PROTOCOL.md."""

from __future__ import annotations

from typing import Any

from ...errors import NotFoundError
from ...story.story import Story
from ..house import House
from .checks import Fields
from .shapes import checkpoint_shape
from .visitor import Visitor

Answer = dict[str, Any]

HISTORY_CALLS: dict[str, tuple[str, ...]] = {
    "continue_here": ("story", "at"),
    "checkpoints": ("story",),
    "checkpoint_show": ("story", "checkpoint"),
    "checkpoint_restore": ("story", "checkpoint"),
}
"""Each call's fields."""


class HistoryCalls:
    """Part of `Studio`: each method takes the visitor and the message's fields."""

    _house: House

    def call_continue_here(self, visitor: Visitor, fields: Fields) -> Answer:
        """What follows the place becomes a checkpoint."""
        room, at = self._house.room(fields.id("story")), fields.place("at")
        return {"checkpoint": room.ask(lambda story, now: story.continue_here(at, now))}

    def call_checkpoints(self, visitor: Visitor, fields: Fields) -> Answer:
        """The history tree, oldest first."""
        room = self._house.room(fields.id("story"))
        head = room.ask(lambda story, now: story.page.head)
        heads = self._house.read(lambda store: store.checkpoints(room.id))
        return {"checkpoints": [checkpoint_shape(item) for item in heads], "head": head}

    def call_checkpoint_show(self, visitor: Visitor, fields: Fields) -> Answer:
        """A checkpoint's text and authors."""
        record = self._checkpoint(fields)
        room = self._house.room(record.story)

        def authors(story: Story, now: float) -> list[Any]:
            written = [
                w
                for author in record.authors
                for w in story.page.document.authorship.written(author)
            ]
            return [[w.units, [w.run, w.index] if w.run else "human"] for w in written]

        return {"text": record.text, "authors": room.ask(authors)}

    def call_checkpoint_restore(self, visitor: Visitor, fields: Fields) -> Answer:
        """Bring the text back; the answer names the checkpoint that undoes it."""
        record = self._checkpoint(fields)
        room = self._house.room(record.story)
        return {"checkpoint": room.ask(lambda story, now: story.restore(record, now))}

    def _checkpoint(self, fields: Fields) -> Any:
        story, checkpoint = fields.id("story"), fields.id("checkpoint")
        record = self._house.read(lambda store: store.checkpoint(checkpoint))
        if record is None or record.story != story:
            raise NotFoundError("There is no such checkpoint in this story.")
        return record
