"""Runs on disk: a folder each, with `run.json` (the plan) and `rows.jsonl` (what came out so far).

Rows are appended chunk by chunk, and on the disk before anybody is told of them. What a process that died
left half written is cut off when the run goes on, so that its rows are those of an uninterrupted run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ConflictError, NotFoundError, StorygenError
from .lock import FileLock, is_held
from .plan import RunPlan
from .rows import Row, from_line, to_line

_PLAN, _ROWS, _STATE, _LOCK = "run.json", "rows.jsonl", "state.json", "lock"
_BIN = ".bin"
_CHUNK = 2**20

RUNNING, PAUSED, DONE, FAILED = "running", "paused", "done", "failed"


@dataclass(frozen=True, slots=True)
class RunState:
    """Where a run stands. `problem`: what stopped it, if something did. `seconds`: worked on it so far."""

    state: str
    num_done: int
    num: int
    problem: str = ""
    seconds: float = 0.0


class KeptRun:
    """A run in its folder. Anybody may read; who writes holds `lock()`."""

    def __init__(self, folder: Path) -> None:
        """Raises: NotFoundError, BadRequestError when there is no run of this program's in the folder."""
        self.folder = folder
        try:
            data = json.loads((folder / _PLAN).read_bytes())
        except (OSError, ValueError) as error:
            raise NotFoundError(f"There is no run {folder.name} (any more).") from error
        self.plan = RunPlan.from_json(data)

    def lock(self) -> FileLock:
        """To be held by who evaluates. Raises: ConflictError on entering when another does."""
        return FileLock(self.folder / _LOCK, "This run is running already. Pause it first.")

    def state(self) -> RunState:
        """Where it stands, found out from what lies on the disk."""
        kept = self._kept_state()
        num, done = len(self.plan.indices()), self.num_rows()
        problem, seconds = str(kept.get("problem", "")), float(kept.get("seconds", 0.0))
        if done >= num:
            return RunState(DONE, done, num, "", seconds)
        if is_held(self.folder / _LOCK):
            return RunState(RUNNING, done, num, "", seconds)
        return RunState(FAILED if problem else PAUSED, done, num, problem, seconds)

    def keep_state(self, problem: str, seconds: float) -> None:
        """Remember why it stopped, and add to the time that was worked on it."""
        before = float(self._kept_state().get("seconds", 0.0))
        _write(self.folder / _STATE, {"problem": problem, "seconds": before + seconds})

    def num_rows(self) -> int:
        """How many whole rows there are."""
        try:
            with (self.folder / _ROWS).open("rb") as file:
                return sum(part.count(b"\n") for part in iter(lambda: file.read(_CHUNK), b""))
        except FileNotFoundError:
            return 0

    def rows(self) -> Iterator[Row]:
        """Every whole row, in order. Raises: ConflictError where one is damaged."""
        for _, _, row in self.rows_from(0):
            yield row

    def rows_from(self, offset: int) -> Iterator[tuple[int, int, Row]]:
        """Whole rows from a byte of the file on, each with the bytes at which it begins and ends."""
        try:
            file = (self.folder / _ROWS).open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                yield offset, offset + len(line), self._read(line)
                offset += len(line)

    def _read(self, line: bytes) -> Row:
        try:
            return from_line(line)
        except ValueError as error:
            raise ConflictError(f"A row of run {self.folder.name} is damaged ({error}).") from error

    def cut(self) -> int:
        """Cut off a torn row, and rows of a chunk that is not whole; returns how many rows are left.

        For who holds `lock()`. Whole chunks, because a model may round otherwise beside other texts.
        """
        path = self.folder / _ROWS
        if not path.exists():
            return 0
        num, whole, at = 0, 0, 0
        total = len(self.plan.indices())
        with path.open("r+b") as file:
            for line in file:
                if not line.endswith(b"\n") or not _is_row(line):
                    break
                at += len(line)
                num += 1
                if num % self.plan.chunk == 0 or num == total:
                    whole = at
            left = num if whole == at else num - num % self.plan.chunk
            file.truncate(whole)
            file.flush()
            os.fsync(file.fileno())
        return left

    def append(self, rows: Sequence[Row]) -> None:
        """Put rows behind those that are there; on return they are on the disk. For who holds `lock()`."""
        with (self.folder / _ROWS).open("ab") as file:
            file.write(b"".join(map(to_line, rows)))
            file.flush()
            os.fsync(file.fileno())

    def _kept_state(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / _STATE).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _is_row(line: bytes) -> bool:
    try:
        from_line(line)
    except ValueError:
        return False
    return True


class RunShelf:
    """The runs in a folder, which is made with the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def runs(self) -> list[KeptRun]:
        """The newest first; folders that hold none of this program's are passed over."""
        found = []
        for name in self._names():
            try:
                found.append(KeptRun(self.folder / name))
            except StorygenError:
                continue
        return sorted(found, key=lambda one: (one.plan.made, one.plan.run), reverse=True)

    def has_some(self) -> bool:
        """Whether there seem to be any, without opening them."""
        return bool(self._names())

    def open(self, run: str) -> KeptRun:
        """The run of that id. Raises: NotFoundError."""
        if run not in self._names():  # no path of a browser's ever leads out of the folder
            raise NotFoundError(f"There is no run {run!r} (any more).")
        return KeptRun(self.folder / run)

    def create(self, plan: RunPlan) -> KeptRun:
        """A new run, of which nothing is done yet."""
        folder = self.folder / plan.run
        folder.mkdir(parents=True)
        _write(folder / _PLAN, plan.to_json())
        return KeptRun(folder)

    def remove(self, run: str) -> Path:
        """Move a run into the bin; returns where it lies now. Raises: NotFoundError, ConflictError."""
        kept = self.open(run)
        with kept.lock():
            pass
        target = self.folder / _BIN / run
        target.parent.mkdir(exist_ok=True)
        try:
            shutil.move(kept.folder, target)
        except OSError as error:
            raise ConflictError(f"The run can't be moved to the bin: {error.strerror}.") from error
        return target

    def _names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return [
            one.name
            for one in self.folder.iterdir()
            if not one.name.startswith(".") and one.is_dir()
        ]


def new_run_id() -> str:
    """An id that sorts by time."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"


def _write(path: Path, body: Any) -> None:
    """Whole or not at all."""
    coming = path.with_name(path.name + ".new")
    with coming.open("w", encoding="utf-8") as file:
        json.dump(body, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    coming.replace(path)
