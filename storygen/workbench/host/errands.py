"""Callbacks that wait for their turn.

One after the other, and of several changes of one input only the last.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from ...errors import ConflictError

MOST_WAITING = 200

Work = Callable[[], Any]


class Errands:
    """A queue for one thread. `put` never blocks."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[object, Work]] = deque()
        self._news = threading.Condition()
        self._closed = self._doing = False

    def put(self, work: Work, replaces: object = None) -> None:
        """Add `work`; what waits under the same `replaces` is forgotten for it.

        Raises: ConflictError when too much waits.
        """
        with self._news:
            if replaces is not None:
                self._waiting = deque(one for one in self._waiting if one[0] != replaces)
            if len(self._waiting) >= MOST_WAITING:
                raise ConflictError("The page has too much to do. Wait for it, or press Stop.")
            self._waiting.append((replaces, work))
            self._news.notify()

    @property
    def rest(self) -> bool:
        """Whether nothing waits, and the last one that was taken is done."""
        with self._news:
            return not self._waiting and not self._doing

    def take(self) -> Work | None:
        """The next one, when there is one; the one before is done. None once it is closed."""
        with self._news:
            self._doing = False
            while not self._waiting and not self._closed:
                self._news.wait()
            self._doing = not self._closed
            return None if self._closed else self._waiting.popleft()[1]

    def forget(self) -> None:
        """Drop what waits."""
        with self._news:
            self._waiting.clear()

    def close(self) -> None:
        """Nothing comes any more."""
        with self._news:
            self._closed = True
            self._news.notify_all()
