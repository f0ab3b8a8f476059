"""The calls of `/studio` about stories as a whole. See docs/PROTOCOL.md."""

from __future__ import annotations

from typing import Any

from .. import library
from ..house import House
from .checks import MAX_TITLE, Fields
from .visitor import Visitor

Answer = dict[str, Any]

LIBRARY_CALLS: dict[str, tuple[str, ...]] = {
    "stories": ("binned",),
    "story_create": ("title", "text", "settings"),
    "story_rename": ("story", "title"),
    "story_duplicate": ("story",),
    "story_bin": ("story",),
    "story_unbin": ("story",),
    "story_delete": ("story",),
    "story_settings": ("story", "patch"),
}
"""Each call's fields."""


class LibraryCalls:
    """Part of `Studio`: each method takes the visitor and the message's fields."""

    _house: House

    def call_stories(self, visitor: Visitor, fields: Fields) -> Answer:
        """Stories, or those in the bin."""
        return {"stories": self._house.stories(fields.flag("binned"))}

    def call_story_create(self, visitor: Visitor, fields: Fields) -> Answer:
        """A new story."""
        title = fields.string("title", MAX_TITLE, "")
        settings = library.check_settings(fields.object("settings"))
        return {"story": self._house.create(title, fields.text("text", ""), settings)}

    def call_story_rename(self, visitor: Visitor, fields: Fields) -> Answer:
        """Another title."""
        title = fields.string("title", MAX_TITLE).strip() or library.UNTITLED
        return {"story": self._house.describe(fields.id("story"), title=title)}

    def call_story_duplicate(self, visitor: Visitor, fields: Fields) -> Answer:
        """A copy with its authors."""
        return {"story": self._house.duplicate(fields.id("story"))}

    def call_story_bin(self, visitor: Visitor, fields: Fields) -> Answer:
        """Into the bin; its runs stop."""
        story = fields.id("story")
        self._house.room(story).ask(lambda page, now: page.stop_all(now))
        return {"story": self._house.describe(story, binned=self._house.now())}

    def call_story_unbin(self, visitor: Visitor, fields: Fields) -> Answer:
        """Out of the bin."""
        return {"story": self._house.describe(fields.id("story"), binned=None)}

    def call_story_delete(self, visitor: Visitor, fields: Fields) -> Answer:
        """Out of the bin for good."""
        self._house.delete(fields.id("story"))
        return {}

    def call_story_settings(self, visitor: Visitor, fields: Fields) -> Answer:
        """Merge checked settings."""
        patch = library.check_settings(fields.object("patch"))
        room = self._house.room(fields.id("story"))
        return {"settings": room.ask(lambda story, now: story.change_settings(patch, now))}
