"""A checkpoint's text and authors as a difference to its parent's, and back. Pure.

Texts are compared line by line (a story's edits lie scattered: the model writes at the end while the
writer mends the beginning), authors entry by entry. A difference is a list of changes from the front:
keep so many items, drop so many, put these. Exact, and never slow: lines that stand once in both texts
anchor the comparison (a "patience" difference), so it takes n log n steps however different they are.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from .packing import pack_authors, unpack_authors
from .records import Author
from .varints import Reader, put

_Item = TypeVar("_Item", bound=Hashable)
_Chain: TypeAlias = "tuple[int, int, _Chain | None]"


@dataclass(frozen=True, slots=True)
class Body:
    """What a checkpoint holds."""

    text: str
    authors: tuple[Author, ...]


def pack_whole(body: Body) -> bytes:
    """`body` by itself."""
    out = bytearray()
    _put_bytes(out, body.text.encode())
    out += pack_authors(body.authors)
    return zlib.compress(out)


def unpack_whole(data: bytes) -> Body:
    """What `pack_whole` packed."""
    plain = zlib.decompress(data)
    reader = Reader(plain)
    text = reader.take(reader.get()).decode()
    return Body(text, unpack_authors(reader.rest()))


def pack_difference(old: Body, new: Body) -> bytes:
    """`new` as changes of `old`."""
    out = bytearray()
    lines = list(_changes(_lines(old.text), _lines(new.text)))
    _put_changes(out, lines)
    for change in lines:
        _put_bytes(out, "".join(change.put).encode())
    authors = list(_changes(old.authors, new.authors))
    _put_changes(out, authors)
    for change_ in authors:
        put(out, len(change_.put))
    out += pack_authors([author for change_ in authors for author in change_.put])
    return zlib.compress(out)


def apply_difference(old: Body, data: bytes) -> Body:
    """The body that `pack_difference(old, …)` packed."""
    plain = zlib.decompress(data)
    reader = Reader(plain)
    steps = _get_changes(reader)
    inserts = [[reader.take(reader.get()).decode()] for _ in steps]
    text = "".join(_applied(_lines(old.text), steps, inserts))
    steps = _get_changes(reader)
    counts = [reader.get() for _ in steps]
    put_authors = iter(unpack_authors(reader.rest()))
    groups = [[next(put_authors) for _ in range(count)] for count in counts]
    return Body(text, tuple(_applied(old.authors, steps, groups)))


@dataclass(frozen=True, slots=True)
class _Change(Generic[_Item]):
    """Keep `keep` items of the old sequence, then drop `drop` and put `put` in their place."""

    keep: int
    drop: int
    put: Sequence[_Item]


def _changes(old: Sequence[_Item], new: Sequence[_Item]) -> Iterator[_Change[_Item]]:
    kept = i = j = 0
    for i_next, j_next in (*_anchors(old, new), (len(old), len(new))):
        before, after = old[i:i_next], new[j:j_next]
        start = _num_common(before, after)
        end = _num_common(before[start:][::-1], after[start:][::-1])
        if start + end < max(len(before), len(after)):
            yield _Change(
                i + start - kept, len(before) - start - end, after[start : len(after) - end]
            )
            kept = i_next - end
        i, j = i_next, j_next


def _anchors(old: Sequence[_Item], new: Sequence[_Item]) -> list[tuple[int, int]]:
    """Places of items that each sequence has exactly once, the most that stand in the same order in both."""
    where = _unique(new)
    pairs = [(i, where[item]) for item, i in _unique(old).items() if item in where]
    # The longest increasing subsequence: `best[n]` ends the chain of n + 1 pairs with the lowest end.
    best: list[int] = []
    chains: list[_Chain] = []
    for i, j in pairs:
        length = bisect_left(best, j)
        chain: _Chain = (i, j, chains[length - 1] if length else None)
        best[length : length + 1] = [j]
        chains[length : length + 1] = [chain]
    found = []
    last = chains[-1] if chains else None
    while last is not None:
        found.append((last[0], last[1]))
        last = last[2]
    return found[::-1]


def _unique(items: Sequence[_Item]) -> dict[_Item, int]:
    """Items that occur once, with their places, in order."""
    counts = Counter(items)
    return {item: place for place, item in enumerate(items) if counts[item] == 1}


def _num_common(a: Sequence[_Item], b: Sequence[_Item]) -> int:
    for count, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return count
    return min(len(a), len(b))


def _applied(
    old: Sequence[_Item], steps: list[tuple[int, int]], puts: list[list[_Item]]
) -> Iterator[_Item]:
    at = 0
    for (keep, drop), items in zip(steps, puts, strict=True):
        yield from old[at : at + keep]
        yield from items
        at += keep + drop
    yield from old[at:]


def _lines(text: str) -> list[str]:
    """Pieces of `text`, each with the newline that ends it; joined they are `text` again."""
    return [piece + "\n" for piece in text.split("\n")[:-1]] + [text.rpartition("\n")[2]]


def _put_changes(out: bytearray, changes: Sequence[_Change[_Item]]) -> None:
    put(out, len(changes))
    for change in changes:
        put(out, change.keep)
        put(out, change.drop)


def _get_changes(reader: Reader) -> list[tuple[int, int]]:
    return [(reader.get(), reader.get()) for _ in range(reader.get())]


def _put_bytes(out: bytearray, data: bytes) -> None:
    put(out, len(data))
    out += data
