"""The store: everything of a story that outlives the process, in SQLite or Postgres.

Plain synchronous calls that may block on the disk. Two groups of methods, each for one OS thread at a
time; the two threads may differ and work at once:

* writing: `commit`, `delete_story`, `set_setting`, `close`
* reading: all the others (`reader.Reader`), which see whatever was committed before they were called

Nothing here knows the event loop, the story's core or the CRDT.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import URL

from .database import StoreError, engine_for, file_url, in_words, migrate
from .reader import Reader
from .reading import Reading
from .records import Record
from .writing import Writing

__all__ = ["Store", "StoreError", "file_url"]


class Store(Reader):
    """An open database, its tables brought up to date.

    `url` is SQLAlchemy's (`sqlite:///…`, `postgresql://…`; `file_url(path)` makes one of any path). A
    database held by another program is waited for `busy_timeout_s` seconds.

    Every method raises StoreError when the database is full, locked, read-only or broken; nothing was
    written then, and the same call may be tried again.
    """

    def __init__(self, url: str | URL, *, busy_timeout_s: float = 5.0) -> None:
        with contextlib.ExitStack() as opened, in_words():
            writes = engine_for(url, writes=True, busy_timeout_s=busy_timeout_s)
            self._writer = opened.enter_context(writes.connect())
            migrate(self._writer)
            reads = engine_for(url, writes=False, busy_timeout_s=busy_timeout_s)
            self._reader = opened.enter_context(reads.connect())
            self._opened = opened.pop_all()
        self._writing = Writing(self._writer)
        self._reading = Reading(self._reader)

    def close(self) -> None:
        """Closes both connections. No other call may be under way, and none may follow."""
        self._opened.close()

    # ------------------------------------------------------------ writing

    def commit(self, records: Sequence[Record]) -> None:
        """Writes `records` in one transaction, in their order; on return they are on the disk.

        Raises: ConflictError for an update `seq`, token, server client or checkpoint that is there already;
        NotFoundError for records of a story or run that does not exist; BadRequestError for text that
        cannot be stored. Nothing is written then.
        """
        self._writing.commit(records)

    def delete_story(self, story: str) -> None:
        """Deletes a story and everything of it, for good.

        Raises: NotFoundError when there is none; ConflictError when it is not in the bin.
        """
        self._writing.delete_story(story)

    def set_setting(self, name: str, value: Any) -> None:
        """Keeps `value`, which JSON must be able to hold, under `name`."""
        self._writing.set_setting(name, value)
