"""Files that are broken, endless or made to do harm are told in a sentence, and the others stand."""

from __future__ import annotations

import contextlib
import csv
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storygen.errors import BadRequestError, StorygenError
from storygen.workbench.datasets import arrow_files, folders, line_files
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.datasets.shelf import DatasetShelf, checked_name
from storygen.workbench.datasets.split import BrokenSample, ListSplit
from tests.server_process import ROOT

HERE = Path(__file__).resolve()
ROWS = pa.table(
    {"text": [f"hello {at}" * 5 for at in range(300)], "more": [[{"a": "b"}, None]] * 300}
)
unix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of Unix")


def read_all(path: Path) -> None:
    for split in open_dataset(path).splits.values():
        assert dict(split.features) is not None
        list(split)


def damage(path: Path, num: int) -> None:
    """Read the file with some of its bytes changed, in many ways."""
    whole = path.read_bytes()
    for seed in range(num):
        chance, broken = random.Random(seed), bytearray(whole)
        for _ in range(chance.choice([1, 2, 5, 30])):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        with contextlib.suppress(StorygenError):
            read_all(path)


@pytest.mark.parametrize("ending", ["arrow", "parquet"])
def test_damaged_files_are_refused_and_end_no_process(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows.{ending}"
    if ending == "parquet":
        pq.write_table(ROWS, path, compression="none")
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, ROWS.schema) as stream:
            stream.write_table(ROWS)
    code = (
        f"from pathlib import Path; import {HERE.stem} as own; own.damage(Path({str(path)!r}), 150)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=HERE.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_small_in_a_file_and_large_when_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"text": ["x" * 2000] * 20_000}), path)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(arrow_files, "LARGEST_GROUP", 10_000_000)
    with pytest.raises(BadRequestError, match="smaller row groups"):
        list(open_dataset(path).splits["train"])


def test_a_table_with_an_endless_line_is_read_past_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest, reader = [0], csv.reader

    def watched(lines: Iterable[str], **more: Any) -> Any:
        return reader((longest.append(len(one)) or one for one in lines), **more)

    monkeypatch.setattr(line_files, "LONGEST_LINE", 1000)
    monkeypatch.setattr(csv, "reader", watched)
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\n1,2\n" + b"x" * 5000 + b",y\n3,4\n" + b'5,"' + b"x" * 997 + b"\n")
    rows = list(open_dataset(path).splits["train"])
    assert (rows[0], rows[2]) == ({"a": "1", "b": "2"}, {"a": "3", "b": "4"})
    assert isinstance(rows[1], BrokenSample)
    assert "longer than 1,000 bytes" in str(rows[1])
    assert max(longest) <= 1000


def test_lists_in_lists_in_lists_are_described_to_some_depth() -> None:
    deep: list[object] = []
    for _ in range(2000):
        deep = [deep]
    split = ListSplit("train", [{"deep": deep}])
    assert split.features["deep"].startswith("list of list of")


def test_brackets_without_end_in_what_datasets_writes_are_told(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("[" * 100_000, "utf-8")
    with pytest.raises(BadRequestError, match="can't be read"):
        open_dataset(tmp_path)


@unix
def test_links_to_nowhere_and_pipes_are_no_datasets(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b'{"a": 1}\n')
    (tmp_path / "nowhere.jsonl").symlink_to(tmp_path / "gone")
    (tmp_path / "itself.jsonl").symlink_to(tmp_path / "itself.jsonl")
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert [one.name for one in DatasetShelf(tmp_path).entries()] == ["rows.jsonl"]


@unix
def test_a_folder_that_holds_itself_or_a_pipe_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b'{"a": 1}\n')
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "folder.jsonl").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert list(open_dataset(tmp_path).splits["train"]) == [{"a": 1}]


def test_a_folder_of_a_whole_disk_is_refused_before_it_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def endless(self: Path, _: str) -> object:
        while len(seen) < 100:
            seen.append(1)
            yield self / f"{len(seen)}.jsonl"
        raise AssertionError("it is listed to its end")

    monkeypatch.setattr(folders, "_MOST_FILES", 50)
    monkeypatch.setattr(type(tmp_path), "rglob", endless)
    with pytest.raises(BadRequestError, match="too many files"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("name", ["\ud800.jsonl", "\u202egpj.jsonl", "a\u2067b.jsonl", "a\x85.csv"])
def test_names_that_read_otherwise_or_can_not_be_written_are_refused(name: str) -> None:
    with pytest.raises(BadRequestError, match="rename it"):
        checked_name(name)


def test_what_came_of_an_upload_that_was_broken_off_is_taken_away(tmp_path: Path) -> None:
    shelf, left, new = DatasetShelf(tmp_path), tmp_path / ".coming-1", tmp_path / ".coming-2"
    for folder in (left, new):
        folder.mkdir()
        (folder / "rows.jsonl").write_bytes(b"{")
    os.utime(left, (time.time() - 2 * 24 * 3600,) * 2)
    shelf.add("rows.jsonl", [b'{"a": 1}\n'])
    assert (left.exists(), new.exists()) == (False, True)
