"""Where note and lore stand in the tokens of a story that grows, and which lore that is.

All of it is a function of the story's text and tokens: what is worked out step by step while it grows is what
somebody who reads it anew works out. Nothing is put inside a word, nor after a word that is to be completed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..text.tokenized import TokenizedText
from .lines import Lines
from .lore import LoreWatch
from .pieces import Piece
from .surroundings import Admitted, Surroundings

Where = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`head` is read before the story; each of `inserted` before that token of the story, in order."""

    where: Where | None = None
    head: tuple[Piece, ...] = ()
    inserted: tuple[tuple[int, Piece], ...] = ()
    admitted: Admitted = field(default_factory=Admitted)

    @property
    def num_head_tokens(self) -> int:
        """What is read before the story."""
        return sum(len(piece.ids) for piece in self.head)

    @property
    def num_inserted_tokens(self) -> int:
        """What is read in between."""
        return sum(len(piece.ids) for _, piece in self.inserted)


class Placing:
    """Follows one text with its surroundings."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self._lines = Lines()
        self._watch = LoreWatch(around.book)
        self._num_read = -1  # bytes of the text; -1: it is another one
        self._admitted = around.admit({})
        self._admitted_for = 0

    def text_changed(self) -> None:
        """The text has changed otherwise than by growing."""
        self._num_read = -1

    def where(self, text: TokenizedText) -> Where:
        """What the arrangement depends on; as long as it stays, that stays."""
        if self.around.is_bare:
            return 0, ()
        self._follow(text)
        if self._watch.version != self._admitted_for:
            self._admitted_for = self._watch.version
            self._admitted = self.around.admit(self._watch.called)
        depths = [entry.depth for entry in self._admitted.entries if entry.depth is not None]
        if self.around.note:
            depths.append(self.around.memory.note_lines)
        places = {depth: self._lines.place(depth, text.data) for depth in set(depths)}
        indices = {depth: text.tokens_before(place) for depth, place in places.items()}
        return self._admitted_for, tuple(indices[depth] for depth in depths)

    def arrange(self, text: TokenizedText, window_start: int) -> Arrangement:
        """Everything that stands beside the story, for a window from that token of the story on."""
        where = self.where(text)
        admitted, around = self._admitted, self.around
        head = around.head(admitted)
        back = [(entry.text, entry.id) for entry in admitted.entries if entry.depth is not None]
        if around.note:
            back.append((around.note, ""))
        inserted: list[tuple[int, Piece]] = []
        before = -1
        placed = zip(where[1], range(len(back)), strict=True)
        for index, number in sorted((max(index, window_start), number) for index, number in placed):
            at_start = index == window_start
            opens = index != before and not _ends_line(text, head, index, at_start=at_start)
            body, entry = back[number]
            inserted.append((index, around.line(body, opens=opens, entry=entry)))
            before = index
        return Arrangement(where, head, tuple(inserted), admitted)

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """Entries, and what is the matter with a key of theirs."""
        return self.around.book.wrong

    def copied(self) -> Placing:
        """The same, to follow a text of its own."""
        other = object.__new__(Placing)
        other.__dict__.update(self.__dict__)
        other._lines, other._watch = self._lines.copied(), self._watch.copied()
        return other

    def _follow(self, text: TokenizedText) -> None:
        data = text.data
        if self._num_read < 0 or self._num_read > len(data):
            self._lines = Lines()
            self._lines.read(data)
            self._watch.read_anew(data.decode())
        elif len(data) > self._num_read:
            self._lines.read(data)
            self._watch.read(data[self._num_read :].decode())
        self._num_read = len(data)


def _ends_line(text: TokenizedText, head: tuple[Piece, ...], index: int, *, at_start: bool) -> bool:
    """Whether what stands before the `index`-th token ends a line, or nothing does."""
    if not at_start and index > 0:
        return text.data[: text.ends[index - 1]].endswith(b"\n")
    words = [piece.text for piece in head if piece.origin != "start" and piece.text]
    return not words or words[-1].endswith("\n")
