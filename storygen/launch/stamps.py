"""What is already done: one small file per step in the virtual environment, written when the step is over.

A stamp holds a digest of everything that the step depends on. It is taken away before its step begins,
so that an interruption at any moment leaves the step undone, never half believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stamps:
    """The stamps in `folder`, which need not exist yet."""

    folder: Path

    def holds(self, step: str, digest: str) -> bool:
        """Whether `step` was finished for exactly this `digest`."""
        try:
            return (self.folder / step).read_text("utf-8") == digest
        except (OSError, ValueError):
            return False

    def exists(self, step: str) -> bool:
        return (self.folder / step).exists()

    def take_away(self, step: str) -> None:
        (self.folder / step).unlink(missing_ok=True)

    def write(self, step: str, digest: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / (step + ".part")
        part.write_text(digest, "utf-8")
        part.replace(self.folder / step)


def digest_of(parts: Iterable[str | Path]) -> str:
    """A digest of texts and of files' names and contents (a file that is not there counts as such).

    Line ends don't count: a checkout on Windows may have changed them.
    """
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            text = part.read_bytes().replace(b"\r\n", b"\n") if part.is_file() else b"\0missing"
            total.update(part.name.encode() + b"\0" + hashlib.sha256(text).digest())
        else:
            total.update(b"\1" + part.encode() + b"\0")
    return total.hexdigest()
