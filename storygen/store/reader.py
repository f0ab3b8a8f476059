"""What the store can be asked, and a connection that only asks: for programs beside the server that writes.

Its methods may block on the disk, and are for one OS thread at a time (see `store.Store`).
"""

from __future__ import annotations

import contextlib
from typing import Any

from sqlalchemy import URL

from .database import asking_engine, check_revision, in_words
from .reading import Reading
from .records import (
    CheckpointHead,
    CheckpointRecord,
    ChoiceRecord,
    MemoryRecord,
    RunRecord,
    StoredSet,
    StoredStory,
    StoryRecord,
    TokenRecord,
)


class Reader:
    """What can be read of the store. Each call sees whatever was committed before it."""

    _reading: Reading

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
        """From how many sets of a story something was taken, and not taken back. Lists of tokens are none of
        them.
        """
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


class OpenReader(Reader):
    """A database that is there already, open to be read alone: it is never changed, nor its tables.

    `url` as for `Store`. Every method raises StoreError when the database can't be read just now.
    """

    def __init__(self, url: str | URL, *, busy_timeout_s: float = 5.0) -> None:
        """Raises: StoreError when there is none, or its tables are those of another version."""
        with contextlib.ExitStack() as opened, in_words():
            connection = opened.enter_context(asking_engine(url, busy_timeout_s).connect())
            check_revision(connection)
            self._opened = opened.pop_all()
        self._reading = Reading(connection)

    def close(self) -> None:
        """Closes the connection. No other call may be under way, and none may follow."""
        self._opened.close()
