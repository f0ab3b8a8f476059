"""The store: everything of a story that outlives the process, in SQLite or Postgres.

Plain synchronous calls that may block on the disk. Two groups of methods, each for one OS thread at a
time; the two threads may differ and work at once:

* writing: `commit`, `delete_story`, `set_setting`, `close`
* reading: all the others, which see whatever was committed before they were called

Nothing here knows the event loop, the story's core or the CRDT.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import URL

from .database import StoreError, engine_for, file_url, in_words, migrate
from .reading import Reading
from .records import (
    CheckpointHead,
    CheckpointRecord,
    ChoiceRecord,
    MemoryRecord,
    Record,
    RunRecord,
    StoredSet,
    StoredStory,
    StoryRecord,
    TokenRecord,
)
from .writing import Writing

__all__ = ["Store", "StoreError", "file_url"]


class Store:
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

    # ------------------------------------------------------------ reading

    def stories(self, binned: bool = False) -> list[StoryRecord]:
        """Stories in the library, or in the bin, the last changed first."""
        return self._reading.stories(binned)

    def open_story(self, story: str, *, whole_log: bool = False) -> StoredStory | None:
        """All that is needed to open a story; None when there is none.

        `whole_log`: without the snapshot, with every update since the story began.
        """
        return self._reading.open_story(story, whole_log)

    def checkpoints(self, story: str) -> list[CheckpointHead]:
        """A story's checkpoints, the oldest first; none for a story that does not exist."""
        return self._reading.checkpoints(story)

    def checkpoint(self, checkpoint: str) -> CheckpointRecord | None:
        """A checkpoint with its text and authors."""
        return self._reading.checkpoint(checkpoint)

    def run(self, run: str) -> RunRecord | None:
        """A run as it was last committed."""
        return self._reading.run(run)

    def runs_to_interrupt(self) -> list[RunRecord]:
        """Runs that are queued, running or paused: at a start, those that the last stop interrupted."""
        return self._reading.runs_to_interrupt()

    def token_details(self, run: str, start: int, stop: int) -> list[TokenRecord]:
        """The tokens of `run` with `start <= index < stop`, in order; fewer where there are none.

        Log-probabilities are rounded to 32-bit floats, `ms` to hundredths.
        """
        return self._reading.token_details(run, start, stop)

    def choices(self, story: str) -> list[ChoiceRecord]:
        """Every candidate of a story that was taken, the oldest first."""
        return self._reading.choices(story)

    def choosers(self) -> list[str]:
        """The ids of stories in the library in which something was chosen, the oldest first."""
        return self._reading.choosers()

    def num_steps(self, story: str) -> int:
        """From how many sets of a story something was taken. Lists of tokens are none of them."""
        return self._reading.num_steps(story)

    def sets_to_choose_from(self, story: str) -> list[StoredSet]:
        """A story's sets from which something was taken, and those of which the parameters were drawn,
        cleared ones too, the oldest first. Lists of tokens are none of them.
        """
        return self._reading.sets_to_choose_from(story)

    def memories(self, story: str) -> list[MemoryRecord]:
        """Every version of a story's memory, the oldest first."""
        return self._reading.memories(story)

    def setting(self, name: str) -> Any:
        """What was kept under `name`; None when nothing was."""
        return self._reading.setting(name)
