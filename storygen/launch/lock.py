"""One installation at a time in a folder: a second start, by an impatient double click, waits for the first.

The lock is the operating system's, on an open file, so that it goes with its process whatever happens.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .screen import Screen

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@contextmanager
def only_one(path: Path, screen: Screen) -> Iterator[None]:
    """Holds the lock at `path`, after waiting for whoever has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        progress = screen.begin("Waiting for the other StoryGen window to finish setting up")
        while not _take(file):
            progress.show()
            time.sleep(0.1)
        yield
