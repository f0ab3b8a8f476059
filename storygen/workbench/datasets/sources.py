"""Where the pages of the main server get their data: its library, and the folder of datasets beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ..bench import Offer
from ..jobs import Job
from .library import library_choices, library_stories
from .shelf import DatasetShelf, ShelfEntry
from .split import Dataset

STORIES = "Stories of the library"
CHOICES = "Choices of the library"
_PIECE = 2**20


class KeptData:
    """A `bench.Source` of the library's stories and choices and of a shelf's datasets.

    `database`: as for `library_stories`. What the library holds is read anew each time it is asked for.
    """

    def __init__(self, database: Path | str, shelf: DatasetShelf) -> None:
        self.shelf = shelf
        self._library: dict[str, Callable[[Job], Dataset]] = {
            STORIES: lambda job: library_stories(database),
            CHOICES: lambda job: library_choices(database, job),
        }
        self._opened: dict[str, tuple[ShelfEntry, Dataset]] = {}
        self._lock = threading.Lock()

    def offers(self) -> Sequence[Offer]:
        """The library's own first."""
        kept = [Offer(entry.name, _size(entry.num_bytes)) for entry in self.shelf.entries()]
        return [*(Offer(name, "as it stands now") for name in self._library), *kept]

    def get(self, name: str, job: Job) -> Dataset:
        """See `bench.Source`. A file that did not change since it was opened is not opened again."""
        if name in self._library:
            return self._library[name](job)
        entry = next((one for one in self.shelf.entries() if one.name == name), None)
        with self._lock:
            held = self._opened.get(name)
        if held is not None and held[0] == entry:
            return held[1]
        dataset = self.shelf.open(name, job)
        if entry is not None:
            with self._lock:
                self._opened[name] = (entry, dataset)
        return dataset

    def add(self, name: str, path: Path) -> str:
        """Keep a file that was uploaded; returns the name that it has now. Raises: as `DatasetShelf.add`."""
        with path.open("rb") as file:
            return self.shelf.add(name, iter(lambda: file.read(_PIECE), b"")).name

    def can_remove(self, name: str) -> bool:
        """Whether it lies in the folder."""
        return name not in self._library

    def remove(self, name: str) -> None:
        """Move it into the bin. Raises: as `DatasetShelf.remove`."""
        with self._lock:
            self._opened.pop(name, None)
        self.shelf.remove(name)


def _size(num_bytes: int | None) -> str:
    if num_bytes is None:
        return "a folder"
    return f"{num_bytes / 1e6:,.1f} MB" if num_bytes >= 1e5 else f"{num_bytes:,} bytes"
