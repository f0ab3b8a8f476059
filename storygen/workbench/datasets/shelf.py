"""A folder of datasets that a browser may list, add to and take from, always by names and never by paths."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...errors import BadRequestError, ConflictError, NotFoundError
from ..jobs import Job
from .opening import ENDINGS, open_dataset
from .split import Dataset

LARGEST_UPLOAD = 4 * 2**30
"""Bytes."""

_BIN = ".bin"
_COMING = ".coming-"
_BROKEN_OFF_S = 24 * 3600
_LONGEST_NAME = 120
_FORBIDDEN = re.compile(
    r'[\x00-\x1f<>:"/\\|?*\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]'
)  # with what turns the direction of writing, under which "gpj.exe" reads as "exe.jpg"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # on Windows


@dataclass(frozen=True, slots=True)
class ShelfEntry:
    """A dataset in the folder, not opened. `num_bytes`: of a file; None for a folder."""

    name: str
    num_bytes: int | None
    changed: float


class DatasetShelf:
    """The datasets in `folder`, which is made when something is added."""

    def __init__(self, folder: Path, *, largest: int = LARGEST_UPLOAD) -> None:
        self.folder = folder
        self._largest = largest
        self._opened: dict[str, tuple[ShelfEntry, Dataset]] = {}

    def entries(self) -> list[ShelfEntry]:
        """What lies there, by name."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in sorted(self.folder.iterdir(), key=lambda one: one.name.lower()):
            # A link to nowhere, a pipe, or a file that is gone meanwhile is no dataset.
            with contextlib.suppress(OSError):
                is_file = path.is_file() and path.suffix.lower() in ENDINGS
                if not path.name.startswith(".") and (is_file or path.is_dir()):
                    found.append(self._entry(path))
        return found

    def open(self, name: str, job: Job | None = None) -> Dataset:
        """The dataset of that name; a file that did not change since is not opened again.

        Raises: NotFoundError, and what `open_dataset` raises.
        """
        path = self._path(name)
        entry = self._entry(path)
        held = self._opened.get(name)
        if held is None or held[0] != entry or entry.num_bytes is None:
            held = self._opened[name] = (entry, open_dataset(path, job=job))
        return held[1]

    def add(self, name: str, parts: Iterable[bytes]) -> ShelfEntry:
        """Keep an uploaded file, part by part; a name that is there already gets a number.

        Raises: BadRequestError for a name or kind that won't do, one that is too large, or one that can't be
        opened as a dataset. Nothing is kept then.
        """
        name = checked_name(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._forget_broken_off()
        coming = self.folder / f"{_COMING}{secrets.token_hex(8)}"
        try:
            coming.mkdir()
            self._write(coming / name, parts)
            return self._entry(self._placed(coming / name, name))
        except OSError as error:
            raise BadRequestError(f"{name} can't be kept: {error.strerror or error}.") from error
        finally:
            shutil.rmtree(coming, ignore_errors=True)

    def remove(self, name: str) -> Path:
        """Move a dataset into the bin, a folder beside the others; returns where it lies now.

        Raises: NotFoundError when none lies there; ConflictError when another program holds it.
        """
        path = self._path(name)
        self._opened.pop(name, None)
        bin_folder = self.folder / _BIN
        bin_folder.mkdir(exist_ok=True)
        target = bin_folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}-{name}"
        try:
            shutil.move(path, target)
        except OSError as error:
            raise ConflictError(f"{name} can't be moved to the bin: {error.strerror}.") from error
        return target

    def _path(self, name: str) -> Path:
        """Found by looking what there is, so that no name can lead out of the folder."""
        for entry in self.entries():
            if entry.name == name:
                return self.folder / entry.name
        raise NotFoundError(f"There is no dataset {name!r}. Add its file, or choose another one.")

    def _entry(self, path: Path) -> ShelfEntry:
        found = path.stat()
        return ShelfEntry(path.name, None if path.is_dir() else found.st_size, found.st_mtime)

    def _write(self, path: Path, parts: Iterable[bytes]) -> None:
        num = 0
        with path.open("xb") as file:
            for part in parts:
                num += len(part)
                if num > self._largest:
                    raise BadRequestError(
                        f"The file has more than {self._largest:,} bytes. Put it into the folder "
                        "data/datasets yourself, or name it in a script of your own."
                    )
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        dataset = open_dataset(path)
        if not any(len(split) for split in dataset.splits.values()):
            raise BadRequestError("The file holds no samples.")

    def _forget_broken_off(self) -> None:
        """Take away what came of uploads whose process was ended in the midst of them."""
        for path in self.folder.glob(f"{_COMING}*"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _BROKEN_OFF_S:
                    shutil.rmtree(path, ignore_errors=True)

    def _placed(self, coming: Path, name: str) -> Path:
        """Give it the first of its names that is free, never over another file."""
        stem, suffix = Path(name).stem, Path(name).suffix
        for number in range(1, 1000):
            target = self.folder / (name if number == 1 else f"{stem} ({number}){suffix}")
            try:
                os.link(coming, target)
            except FileExistsError:
                continue
            except OSError:  # a file system without links
                if target.exists():
                    continue
                coming.rename(target)
            return target
        raise ConflictError(f"There are too many datasets named {name}; rename it.")


def checked_name(name: str) -> str:
    """`name` as the name of a file that is kept. Raises: BadRequestError when it is none, with what to do."""
    name = name.strip()
    ending = Path(name).suffix.lower()
    if not name or len(name) > _LONGEST_NAME or name.startswith(".") or name.endswith("."):
        raise BadRequestError("Give the file a name of 1 to 120 letters that begins with no dot.")
    if _FORBIDDEN.search(name) or _RESERVED.match(name):
        raise BadRequestError(
            "The file's name has signs that a name can't have everywhere; rename it."
        )
    if ending not in ENDINGS:
        raise BadRequestError(
            f"A dataset's file ends in one of {', '.join(ENDINGS)}; this does not."
        )
    return name
