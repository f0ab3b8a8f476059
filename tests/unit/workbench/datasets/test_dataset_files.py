"""Files of every kind open without being read as a whole, and broken lines are told with their numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storygen.errors import BadRequestError, ConflictError, NotFoundError
from storygen.workbench.datasets import line_files
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.datasets.split import BrokenSample, Dataset, Split
from storygen.workbench.jobs import CancelledError, Job

ROWS = [{"text": f"Story {at}: “Wörter”", "n": at, "more": {"a": [at, None]}} for at in range(700)]


def lines_of(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def only(dataset: Dataset) -> Split:
    [split] = dataset.splits.values()
    return split


@pytest.fixture
def jsonl(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text(lines_of(ROWS), "utf-8")
    return path


def test_json_lines_are_read_at_any_place(jsonl: Path) -> None:
    split = only(open_dataset(jsonl))
    assert len(split) == 700
    assert (split[0], split[699], split[-2]) == (ROWS[0], ROWS[699], ROWS[698])
    assert list(split.read(250, 260)) == ROWS[250:260]
    assert list(split) == ROWS
    assert split.features == {"text": "text", "n": "number", "more": "object"}
    with pytest.raises(IndexError):
        split[700]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_lines_are_found_wherever_a_file_is_cut_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(line_files, "_CHUNK", chunk)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n\n{"a": 2}\n5\n\n{"a": 3}\r\n\n{"a": 4}')
    split = only(open_dataset(path))
    assert [sample.get("a") for sample in split] == [1, 2, None, 3, 4]
    broken = split[2]
    assert isinstance(broken, BrokenSample)
    assert broken.where == "rows.jsonl, line 5"


def test_a_broken_line_is_told_and_the_others_stand(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(
        b'{"a": 1}\n{"a": 2\n\n[1]\n{"a": "\xff"}\n' + b"[" * 100_000 + b'\n{"a": 9}\n'
    )
    split = only(open_dataset(path))
    broken = {at: split[at] for at in range(1, 5)}
    assert all(isinstance(one, BrokenSample) and one == {} for one in broken.values())
    assert [str(one).partition(":")[0] for one in broken.values()] == [
        f"rows.jsonl, line {number}" for number in (2, 4, 5, 6)
    ]
    assert (split[0], split[5]) == ({"a": 1}, {"a": 9})


def test_a_line_that_is_too_long_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_files, "LONGEST_LINE", 20)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": "' + "x" * 30 + '"}\n{"a": 2}\n')
    split = only(open_dataset(path))
    assert "longer than 20 bytes" in str(split[0])
    assert split[1] == {"a": 2}


def test_a_file_that_changed_must_be_opened_again(jsonl: Path) -> None:
    split = only(open_dataset(jsonl))
    jsonl.write_text(lines_of(ROWS[:-1]), "utf-8")
    with pytest.raises(ConflictError, match="has changed"):
        split[3]
    jsonl.unlink()
    with pytest.raises(BadRequestError, match=r"rows\.jsonl can't be read"):
        split[3]


def test_finding_the_lines_tells_how_far_it_is_and_can_be_given_up(
    jsonl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_files, "_CHUNK", 1000)
    told: list[tuple[int, int]] = []
    open_dataset(jsonl, job=Job(lambda done, total, note: told.append((done, total))))
    assert told[0] == (1000, jsonl.stat().st_size)
    assert told[-1] == (jsonl.stat().st_size, jsonl.stat().st_size)
    job = Job()
    job.cancel()
    with pytest.raises(CancelledError):
        open_dataset(jsonl, job=job)


def test_a_large_file_is_opened_without_holding_it(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "large.jsonl"
    with path.open("w") as file:
        for at in range(20_000):
            file.write(json.dumps({"n": at, "text": "x" * 2000}) + "\n")
    tracemalloc.start()
    split = only(open_dataset(path))
    assert split[19_999]["n"] == 19_999
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 40_000_000
    assert held < 2_000_000
    assert peak < 20_000_000


def test_a_json_file_is_a_list_or_splits_or_lines_after_all(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(ROWS), "utf-8")
    assert list(only(open_dataset(path))) == ROWS
    path.write_text(json.dumps({"version": 1, "data": ROWS}), "utf-8")
    assert list(only(open_dataset(path))) == ROWS
    path.write_text(json.dumps({"train": ROWS[:3], "test": ROWS[3:5]}), "utf-8")
    opened = open_dataset(path)
    assert {name: list(split) for name, split in opened.splits.items()} == {
        "train": ROWS[:3],
        "test": ROWS[3:5],
    }
    path.write_text(lines_of(ROWS), "utf-8")
    assert list(only(open_dataset(path))) == ROWS
    path.write_text("[1, 2", "utf-8")
    with pytest.raises(BadRequestError, match="not JSON"):
        open_dataset(path)


def test_tables_may_have_quoted_lines_and_other_delimiters(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(
        '\ufeffname,text\r\n"a","one\ntwo, ""three"""\r\n\r\nb,\r\nc,ü\u2028x\r\n'.encode()
    )
    split = only(open_dataset(path))
    assert list(split) == [
        {"name": "a", "text": 'one\ntwo, "three"'},
        {"name": "b", "text": ""},
        {"name": "c", "text": "ü\u2028x"},
    ]
    assert split.columns == ("name", "text")
    assert split[2]["name"] == "c"
    for delimiter, ending in ((";", "csv"), ("\t", "tsv"), ("\t", "csv"), ("|", "csv")):
        other = tmp_path / f"other.{ending}"
        other.write_text(f'a{delimiter}"b, c"\n1{delimiter}2\n')
        assert list(only(open_dataset(other))) == [{"a": "1", "b, c": "2"}]


def test_a_row_of_a_table_with_other_fields_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('a,b\n"x\ny",2\n3\n4,5\n')
    split = only(open_dataset(path))
    assert str(split[1]).startswith("rows.csv, line 4: it has 1 field and")
    assert split[2] == {"a": "4", "b": "5"}


def test_a_story_longer_than_the_csv_modules_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "x" * 300_000 + ",1\n")
    assert len(only(open_dataset(path))[0]["a"]) == 300_000


def test_a_table_without_names_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("")
    with pytest.raises(BadRequestError, match="names of its columns"):
        open_dataset(path)


def test_parquet_reads_only_the_groups_that_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=100)
    split = only(open_dataset(path))
    read: list[int] = []
    original = split._read_group  # type: ignore[attr-defined]
    monkeypatch.setattr(
        split, "_read_group", lambda group: (read.append(group), original(group))[1]
    )
    assert split[250] == ROWS[250]
    assert list(split.read(290, 310)) == ROWS[290:310]
    assert read == [2, 3]
    assert split.features == {"text": "text", "n": "number", "more": "object"}
    assert list(split) == ROWS


def test_a_file_that_is_no_parquet_says_so(tmp_path: Path) -> None:
    for ending, word in ((".parquet", "Parquet"), (".arrow", "Arrow")):
        path = tmp_path / f"rows{ending}"
        path.write_bytes(b"PAR1 and nothing of it")
        with pytest.raises(BadRequestError, match=f"can't be read as {word}"):
            open_dataset(path)


def test_arrow_files_of_both_forms_are_read(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    for number, new in enumerate((pa.ipc.new_file, pa.ipc.new_stream)):
        path = tmp_path / f"{number}.arrow"
        with pa.OSFile(str(path), "wb") as file, new(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=64)
        assert list(only(open_dataset(path))) == ROWS


def test_what_is_not_there_or_of_no_kind_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="no file or folder"):
        open_dataset(tmp_path / "nothing.jsonl")
    (tmp_path / "notes.docx").write_text("x")
    with pytest.raises(BadRequestError, match="JSON Lines"):
        open_dataset(tmp_path / "notes.docx")
    with pytest.raises(NotFoundError, match="There are: train"):
        open_dataset([{"a": 1}]).split("test")
