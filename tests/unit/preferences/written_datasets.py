"""Datasets and files of rows, written for the tests that read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
