"""A file that one process at a time holds, as long as it lives: whoever dies lets go."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from ...errors import ConflictError

_BETWEEN_LOOKS_S = 0.02


class FileLock:
    """`with FileLock(path, message):`. Raises: ConflictError with `message` when another holds it.

    `looks`: so often it is tried, since somebody may just be looking whether it is held.
    """

    def __init__(self, path: Path, message: str, looks: int = 20) -> None:
        self._path, self._message, self._looks = path, message, looks
        self._file: IO[bytes] | None = None

    def __enter__(self) -> FileLock:
        self._file = self._path.open("ab")
        for look in range(1, self._looks + 1):
            try:
                _lock(self._file)
                return self
            except OSError as error:
                if look == self._looks:
                    self._file.close()
                    raise ConflictError(self._message) from error
                time.sleep(_BETWEEN_LOOKS_S)
        raise AssertionError("never tried")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._file is not None
        self._file.close()  # which lets go


def is_held(path: Path) -> bool:
    """Whether some process holds it now."""
    if not path.is_file():
        return False
    try:
        with FileLock(path, "", looks=1):
            return False
    except ConflictError:
        return True


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
