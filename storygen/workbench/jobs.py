"""Work that takes a while: how far it is, and whether somebody gave it up."""

from __future__ import annotations

import threading
from collections.abc import Callable


class CancelledError(Exception):
    """The work was given up by who asked for it; no error."""


class Job:
    """Handed to whatever takes long. Any thread may `cancel` it; the work asks `check` between its steps."""

    def __init__(self, on_progress: Callable[[int, int, str], None] | None = None) -> None:
        """`on_progress(done, total, note)` is called in the working thread; total 0 means unknown."""
        self._cancelled = threading.Event()
        self._on_progress = on_progress

    @property
    def cancelled(self) -> bool:
        """Whether it was given up."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Give it up; what was done so far stands."""
        self._cancelled.set()

    def check(self) -> None:
        """Raises: CancelledError once it was given up."""
        if self.cancelled:
            raise CancelledError

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        """Say how far it is, and look whether it was given up. Raises: CancelledError."""
        self.check()
        if self._on_progress is not None:
            self._on_progress(done, total, note)
