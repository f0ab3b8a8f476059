"""A stretch of what the model reads, with its origin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """`origin` as in `link.messages.ContextPiece`; `entry` is the lore entry's id, of lore."""

    origin: str
    text: str
    ids: tuple[int, ...]
    entry: str = ""


def as_line(text: str, *, opens: bool) -> str:
    """`text` as a line of its own; `opens`: what stands before it is not at a line's end."""
    return ("\n" if opens else "") + text.strip("\n") + "\n"
