"""A format's own words and the writing prompt as tokens, apart from what is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from .pieces import Piece
from .prompt_format import Head, Part

if TYPE_CHECKING:
    from ..writing_model import WritingModel


@dataclass(frozen=True, slots=True)
class _Token:
    id: int
    origin: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FixedHead:
    """What stands before and after the memory's place; nothing comes after, where nothing is remembered."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...] = ()

    @property
    def num_tokens(self) -> int:
        """Of both together."""
        return sum(len(piece.ids) for piece in (*self.before, *self.after))

    @property
    def begins(self) -> bool:
        """Whether no text stands before the memory's place."""
        return all(piece.origin == "start" for piece in self.before)


def fixed_head(writing: WritingModel, head: Head, *, remembers: bool) -> FixedHead:
    """The head's own tokens; when there are too many of them, their middle is lost."""
    parts = list(head.parts)
    place = next((n for n, part in enumerate(parts) if part.origin == "memory"), None)
    if place is not None and not remembers:
        del parts[place]
    if place is None or not remembers:
        text, tokens = _first(writing, parts)
        kept = _without_middle(tokens, writing.most_head_tokens)
        return FixedHead(_pieces(writing, text, kept))
    text, before = _first(writing, parts[:place])
    text_after, after = _next(writing, parts[place + 1 :])
    most = writing.most_head_tokens
    if len(before) + len(after) > most and len(before) >= len(after):
        before = _without_middle(before, max(2, most - len(after)))
    after = _without_middle(after, max(2, most - len(before)))
    return FixedHead(_pieces(writing, text, before), _pieces(writing, text_after, after))


def _first(writing: WritingModel, parts: list[Part]) -> tuple[bytes, list[_Token]]:
    text = "".join(part.text for part in parts)
    ids, ends = writing.encode_first(text)
    return text.encode(), _tokens(parts, ids, ends, writing.num_start_tokens)


def _next(writing: WritingModel, parts: list[Part]) -> tuple[bytes, list[_Token]]:
    text = "".join(part.text for part in parts)
    ids, ends = writing.encoder.encode(text, first=False)
    return text.encode(), _tokens(parts, ids, ends, 0)


def _tokens(parts: list[Part], ids: list[int], ends: list[int], num_start: int) -> list[_Token]:
    """Each with the origin of the part where it begins."""
    until, bounds = 0, []
    for part in parts:
        until += len(part.text.encode())
        bounds.append((until, part.origin))
    tokens: list[_Token] = []
    start, number = 0, 0
    for token_id, end in zip(ids, ends, strict=True):
        while number + 1 < len(bounds) and bounds[number][0] <= start:
            number += 1
        origin = "start" if len(tokens) < num_start else bounds[number][1]
        tokens.append(_Token(token_id, origin, start, end))
        start = end
    return tokens


def _without_middle(tokens: list[_Token], most: int) -> list[_Token]:
    if len(tokens) <= most:
        return tokens
    first = most // 3
    return tokens[:first] + tokens[len(tokens) - (most - first) :]


def _pieces(writing: WritingModel, text: bytes, tokens: list[_Token]) -> tuple[Piece, ...]:
    pieces = []
    for origin, group in groupby(tokens, key=lambda token: token.origin):
        of_it = list(group)
        ids = tuple(token.id for token in of_it)
        shown = "".join(text[token.start : token.end].decode("utf-8", "replace") for token in of_it)
        if _is_gapless(of_it):
            shown = text[of_it[0].start : of_it[-1].end].decode("utf-8", "replace")
        if origin == "start":
            shown = "".join(map(writing.bytes.shown, ids))
        pieces.append(Piece(origin, shown, ids))
    return tuple(pieces)


def _is_gapless(tokens: list[_Token]) -> bool:
    return all(left.end == right.start for left, right in pairwise(tokens))
