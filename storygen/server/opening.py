"""Opening a story: from the store into memory, in OS threads of their own, so that nobody else waits for it.

A story is only opened while it has no room. Runs that are stored as live then were left behind, by a room
that broke, and are interrupted.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

from ..document.live import UnfitSnapshotError
from ..errors import NotFoundError
from ..store.records import Record, RunRecord, StoredStory
from ..store.store import Store
from ..story import states
from ..story.story import Story
from . import library
from .loop import Lane

Read = Callable[[Callable[[Store], Any]], Any]
Write = Callable[[list[Record]], None]
log = logging.getLogger(__name__)


class Opening:
    """`read` and `write` reach the store; the story itself is put together in `building`."""

    def __init__(self, read: Read, write: Write, building: Lane, now: Callable[[], float]) -> None:
        self._read, self._write, self._building, self._now = read, write, building, now

    def stored(self, story: str, *, whole_log: bool = False) -> StoredStory:
        """The story as it is stored.

        Raises: NotFoundError.
        """
        stored: StoredStory | None = self._read(
            lambda store: store.open_story(story, whole_log=whole_log)
        )
        if stored is None:
            raise NotFoundError("This story does not exist (any more).")
        return stored

    def open(self, story: str) -> Story:
        """The story in memory; where its snapshot is damaged, as its whole log tells it.

        Raises: NotFoundError.
        """
        try:
            return self._built(story, whole_log=False)
        except UnfitSnapshotError as error:
            log.warning("Story %s is built again from its whole log: %s", story, error)
            return self._built(story, whole_log=True)

    def _built(self, story: str, *, whole_log: bool) -> Story:
        stored = self._without_live_runs(self.stored(story, whole_log=whole_log))
        client = library.fresh_client(stored.clients)
        return self._building.call(lambda: Story(stored, client, library.new_id))

    def _without_live_runs(self, stored: StoredStory) -> StoredStory:
        runs = tuple(interrupted(run, self._now()) for run in stored.runs)
        if runs == stored.runs:
            return stored
        self._write([run for run in runs if run not in stored.runs])
        return dataclasses.replace(stored, runs=runs)


def interrupted(run: RunRecord, now: float) -> RunRecord:
    """The run as it is once nobody writes it any more; resuming continues it."""
    if run.state == states.ENDED:
        return run
    return dataclasses.replace(run, state=states.ENDED, reason="interrupted", ended=now)
