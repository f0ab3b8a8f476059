"""Checkpoints in the database: mostly differences to their parents, a whole copy now and then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from .difference import Body, apply_difference, pack_difference, pack_whole, unpack_whole
from .records import CheckpointRecord
from .rows import checkpoint_row
from .tables import checkpoints

# Reading a checkpoint applies at most so many differences.
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class _Stored:
    key: int
    depth: int
    body: Body


class History:
    """The writer's view: stores checkpoints, and remembers the last one, whose child the next mostly is."""

    def __init__(self) -> None:
        self._last: dict[str, _Stored] = {}

    def forget(self) -> None:
        """Drops what is remembered, some of which may not have been stored after all."""
        self._last.clear()

    def write(self, connection: Connection, record: CheckpointRecord, story: int) -> None:
        """Stores `record` in the story with this key."""
        body = Body(record.text, record.authors)
        parent = self._parent(connection, record)
        base, depth, data = _packed(parent, body)
        row = checkpoint_row(record, story) | {"base": base, "depth": depth, "data": data}
        key = connection.execute(insert(checkpoints).values(row)).inserted_primary_key
        assert key is not None
        self._last = {record.checkpoint: _Stored(key[0], depth, body)}

    def _parent(self, connection: Connection, record: CheckpointRecord) -> _Stored | None:
        if record.parent is None:
            return None
        if record.parent in self._last:
            return self._last[record.parent]
        query = select(checkpoints.c.key, checkpoints.c.depth).where(
            checkpoints.c.id == record.parent
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return _Stored(row.key, row.depth, read_body(connection, row.key))


def read_body(connection: Connection, key: int) -> Body:
    """The text and authors of the checkpoint with this key."""
    differences: list[bytes] = []
    base: int | None = key
    row: Any = None
    while base is not None:
        query = select(checkpoints.c.base, checkpoints.c.data).where(checkpoints.c.key == base)
        row = connection.execute(query).one()
        base = row.base
        if base is not None:
            differences.append(row.data)
    body = unpack_whole(row.data)
    for data in reversed(differences):
        body = apply_difference(body, data)
    return body


def _packed(parent: _Stored | None, body: Body) -> tuple[int | None, int, bytes]:
    """What `body` is a difference to (a key, or None), how deep that makes it, and its bytes."""
    if parent is not None and parent.depth < MAX_DEPTH:
        difference = pack_difference(parent.body, body)
        # A whole copy that is hardly larger is quicker to read, and starts the count again.
        if 2 * len(difference) < len(body.text):
            return parent.key, parent.depth + 1, difference
    return None, 0, pack_whole(body)
