"""Datasets and files of rows, written for the tests that read them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from storygen.preferences.dataset import parquet_lines, row_files
from storygen.preferences.dataset.options import DatasetOptions
from storygen.preferences.dataset.privacy import Privacy
from storygen.preferences.dataset.splits import Shares
from storygen.preferences.dataset.writing import write_dataset
from storygen.preferences.observations import Observation

FORMATS = ("jsonl", "parquet")


def written(folder: Path, seen: Sequence[Observation], **more: Any) -> Path:
    """A dataset of everything in `seen`, with nothing taken off that may stay; all in train."""
    extra = frozenset(name for one in seen for name in one.extra)
    stories = frozenset(one.story for one in seen)
    privacy = Privacy(stories, None, exact_times=True, extra=extra)
    fields = {"shares": Shares(1, 0, 0), **more}
    write_dataset(folder, lambda: seen, DatasetOptions(privacy, **fields))
    return folder


def lines_of(path: Path, rows: Sequence[Any]) -> Path:
    """`path`, with a line of JSON for each of `rows`."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@contextmanager
def read_here() -> Iterator[None]:
    """Parquet is read by the same program in this process: one of its own takes a second to begin."""
    with mock.patch.object(row_files.subprocess, "Popen", _Here):
        yield


class _Here:
    """Stands for the process that `row_files` begins: what it writes is there at once."""

    def __init__(self, command: Sequence[str], **_: Any) -> None:
        assert command[1:3] == ["-m", parquet_lines.__name__]
        self.stdout = io.StringIO()
        with redirect_stdout(self.stdout):
            parquet_lines.main(command[3:])
        self.stdout.seek(0)

    def __enter__(self) -> _Here:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()

    def kill(self) -> None:
        """It has ended."""
