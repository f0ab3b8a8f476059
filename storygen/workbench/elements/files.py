"""Files from the reader's machine to the page, and back."""

from __future__ import annotations

import base64
import binascii
import contextlib
import tempfile
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ...errors import BadRequestError
from .element import Callback, Element, Shown, calling

MOST_FILE_BYTES = 2**31
MOST_SAVED_BYTES = 32 * 2**20
_PREFIX = "storygen-upload-"
_BROKEN_OFF_S = 24 * 3600
_on_their_way: weakref.WeakSet[_Coming] = weakref.WeakSet()


class FileInput(Element):
    """A file to choose or to drop. It comes in pieces of base64, so that large ones hold up nothing.

    `accept`: endings, as ".jsonl,.csv". `on_file(path, name)` gets a temporary file, and what it was
    called; the file is removed when the callback returns.
    """

    kind = "file_input"
    events = frozenset({"begin", "piece", "end"})
    label = Shown("")
    accept = Shown("")
    disabled = Shown(False)
    at = Shown(0)
    """How many bytes have come."""

    def __init__(
        self,
        label: str,
        on_file: Callback | None = None,
        *,
        accept: str = "",
        most_bytes: int = MOST_FILE_BYTES,
    ) -> None:
        super().__init__()
        self.label, self.accept, self.on_file, self.most_bytes = label, accept, on_file, most_bytes
        self._coming: _Coming | None = None

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "begin" with {name, size}; "piece" with base64, each answered before the next; "end"."""
        coming, self._coming = self._coming, None
        if event == "begin":
            self._coming = _Coming.of(value, self.most_bytes)
            return None
        if coming is None:
            raise BadRequestError("No file was begun.")
        if event == "piece":
            coming.add(value)
            self._coming = coming
            return None
        coming.close()
        return calling(self._take, coming)

    def closed(self) -> None:
        """What was on its way comes no more."""
        coming, self._coming = self._coming, None
        if coming is not None:
            coming.forget()

    def _take(self, coming: _Coming) -> None:
        try:
            if self.on_file is not None:
                self.on_file(coming.path, coming.name)
        finally:
            coming.forget()


class _Coming:
    """A file that is on its way; it is gone when nothing speaks of it any more."""

    def __init__(self, name: str, size: int) -> None:
        self.name, self._left = name, size
        _forget_broken_off()
        with tempfile.NamedTemporaryFile(prefix=_PREFIX, delete=False) as file:
            self.path = Path(file.name)
        self._file = self.path.open("wb")
        self.forget = weakref.finalize(self, _forget, self._file, self.path)
        _on_their_way.add(self)

    @classmethod
    def of(cls, value: Any, most_bytes: int) -> _Coming:
        """Raises: BadRequestError for a file that is too large, or no file."""
        match value:
            case {"name": str(name), "size": int(size)} if size >= 0:
                if size > most_bytes:
                    raise BadRequestError(f"A file may have {most_bytes / 1e6:,.0f} MB at most.")
                return cls(Path(name.replace("\\", "/")).name[:200], size)
        raise BadRequestError("A name and a size are wanted.")

    def add(self, value: Any) -> None:
        """Raises: BadRequestError for what is no base64, or more than was announced."""
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise BadRequestError("A piece of the file came broken.") from error
        if len(data) > self._left:
            raise BadRequestError("The file is longer than was said.")
        self._left -= len(data)
        self._file.write(data)

    def close(self) -> None:
        """Raises: BadRequestError where some of it is missing."""
        self._file.close()
        if self._left:
            raise BadRequestError("The file did not come whole. Try it once more.")


def forget_files() -> None:
    """Remove all that is on its way, before a process ends without Python's own end."""
    for coming in list(_on_their_way):
        coming.forget()


def _forget_broken_off() -> None:
    """Remove what was on its way to processes that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _BROKEN_OFF_S:
                path.unlink()


def _forget(file: IO[bytes], path: Path) -> None:
    file.close()
    path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Saved:
    """A file for the reader to keep."""

    name: str
    data: bytes
    type: str = "application/octet-stream"

    def to_json(self) -> dict[str, str]:
        """As the browser gets it. Raises: BadRequestError where it is too large to be sent."""
        if len(self.data) > MOST_SAVED_BYTES:
            raise BadRequestError(f"A file of more than {MOST_SAVED_BYTES >> 20} MB can't be sent.")
        return {"name": self.name, "type": self.type, "data": base64.b64encode(self.data).decode()}
