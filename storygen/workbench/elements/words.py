"""Elements to read."""

from __future__ import annotations

from typing import Literal

from .element import Element, Shown

Tone = Literal["plain", "quiet", "mono", "story", "good", "problem"]
"""quiet: beside the point; mono: exact text, white space kept; story: in the book's letters."""


class Heading(Element):
    """A heading; `level` 1 (of a page), 2 or 3."""

    kind = "heading"
    text = Shown("")
    level = Shown(2)

    def __init__(self, text: str, level: int = 2) -> None:
        super().__init__()
        self.text, self.level = text, level


class Text(Element):
    """A text, never HTML. Line ends are kept. `write` appends, as a model writes."""

    kind = "text"
    text = Shown("")
    tone = Shown[Tone]("plain")
    link = Shown("")
    """An address to open, of this machine or the web, where the text is a link."""

    def __init__(self, text: str = "", tone: Tone = "plain", *, link: str = "") -> None:
        super().__init__()
        self.text, self.tone = text, tone
        if link:
            self.link = link

    def write(self, more: str) -> None:
        """Append `more`."""
        self.grow("text", more)


class Facts(Element):
    """Names and values below each other, as `(name, value)`.

    What a sample holds, what a run was made with.
    """

    kind = "facts"
    facts = Shown[tuple[tuple[str, str], ...]](())

    def __init__(self, *facts: tuple[str, str]) -> None:
        super().__init__()
        self.facts = facts


class Progress(Element):
    """How far something is. `total` 0: not known. `note` says what is done now."""

    kind = "progress"
    done = Shown(0.0)
    total = Shown(0.0)
    note = Shown("")

    def __init__(self, note: str = "") -> None:
        super().__init__()
        self.note = note

    def show(self, done: float, total: float = 0.0, note: str = "") -> None:
        """Where it is now; the shape of a `Job`'s `on_progress`."""
        self.done, self.total, self.note = done, total, note
