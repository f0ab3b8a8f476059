"""Small blocks of tokens made into large ones.

While a run writes, each commit leaves a block of a token or two. Larger blocks take a third less room and
are read many times faster when a story is opened. A snapshot is the time for it: the rest of the log is
made quick to open then, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from .packing import client_of, joined_ranges
from .tables import runs, token_blocks

FULL_TOKENS = 256  # of about 20 KB; what is read and unpacked for the details of one token


def merge_blocks(connection: Connection, story: int) -> None:
    """Merges the blocks of a story (a key) that follow each other; changes no token."""
    query = (
        select(token_blocks)
        .join(runs, runs.c.key == token_blocks.c.run)
        .where(runs.c.story == story, token_blocks.c.num_tokens < FULL_TOKENS)
        .order_by(token_blocks.c.run, token_blocks.c.first)
    )
    groups = list(_groups(connection.execute(query)))
    for group in groups:
        run, first, last = group[0].run, group[0].first, group[-1].first
        there = token_blocks.c.first.between(first, last)
        connection.execute(delete(token_blocks).where(token_blocks.c.run == run, there))
    if groups:
        connection.execute(insert(token_blocks), [_merged(group) for group in groups])


def _groups(blocks: Iterable[Row[Any]]) -> Iterator[list[Row[Any]]]:
    """Two or more blocks each, together no larger than full or by one block larger."""
    group: list[Row[Any]] = []
    num_tokens = 0
    for block in blocks:
        if group and (num_tokens >= FULL_TOKENS or not _follows(group[-1], block)):
            if len(group) > 1:
                yield group
            group, num_tokens = [], 0
        group.append(block)
        num_tokens += block.num_tokens
    if len(group) > 1:
        yield group


def _follows(last: Row[Any], block: Row[Any]) -> bool:
    if (last.run, last.first + last.num_tokens) != (block.run, block.first):
        return False
    return client_of(last.ranges) == client_of(block.ranges)


def _merged(group: list[Row[Any]]) -> dict[str, Any]:
    return {
        "run": group[0].run,
        "first": group[0].first,
        "num_tokens": sum(block.num_tokens for block in group),
        "ranges": joined_ranges([block.ranges for block in group]),
        "details": b"".join(block.details for block in group),
    }
