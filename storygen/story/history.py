"""Checkpoints: taking one, and the minimal edit that brings the text back to one.

The edit is found by identity, not by comparing letters: characters that still stand are kept, so that
authors, carets and everybody's undo stay right; only what is missing comes back, as an alias of what it was.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from ..document.units import bytes_of_units
from ..store.records import Author, CheckpointRecord


@dataclass(frozen=True, slots=True)
class Replace:
    """Bytes `[start, end)` of the present text become `text`, written by `authors`."""

    start: int
    end: int
    text: str
    authors: tuple[Author, ...]


def edits_between(
    text: bytes, authors: Sequence[Author], target: CheckpointRecord
) -> list[Replace]:
    """The edits that turn `text` into the checkpoint, from the last to the first."""
    cuts = _cuts([*authors, *target.authors])
    now, then = _split(authors, cuts), _split(target.authors, cuts)
    now_bytes = _offsets(text, now)
    raw = target.text.encode()
    then_bytes = _offsets(raw, then)
    matcher = SequenceMatcher(None, now, then, autojunk=False)
    edits = [
        Replace(
            now_bytes[a0],
            now_bytes[a1],
            raw[then_bytes[b0] : then_bytes[b1]].decode(),
            tuple(then[b0:b1]),
        )
        for tag, a0, a1, b0, b1 in matcher.get_opcodes()
        if tag != "equal"
    ]
    return edits[::-1]


def _cuts(authors: Sequence[Author]) -> dict[int, list[int]]:
    """Per client, every clock at which some stretch begins or ends."""
    cuts: dict[int, set[int]] = {}
    for author in authors:
        cuts.setdefault(author.client, set()).update((author.clock, author.clock + author.units))
    return {client: sorted(clocks) for client, clocks in cuts.items()}


def _split(authors: Sequence[Author], cuts: dict[int, list[int]]) -> list[Author]:
    """The same stretches, cut at every clock in `cuts`, so that equal ones compare equal."""
    out: list[Author] = []
    for author in authors:
        clocks = cuts[author.client]
        inner = clocks[
            bisect_right(clocks, author.clock) : bisect_left(clocks, author.clock + author.units)
        ]
        edges = [author.clock, *inner, author.clock + author.units]
        out += [Author(b - a, author.client, a) for a, b in pairwise(edges)]
    return out


def _offsets(raw: bytes, pieces: Sequence[Author]) -> list[int]:
    """Byte offsets of the pieces' starts, and of the end of the last."""
    offsets, at = [0], 0
    for piece in pieces:
        at += bytes_of_units(raw[at : at + 3 * piece.units], piece.units)
        offsets.append(at)
    assert at == len(raw), "authors do not cover the text"
    return offsets
