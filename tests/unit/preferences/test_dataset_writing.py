"""The folder of a dataset: whole or not there, whatever goes wrong while it is written."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from storygen.errors import BadRequestError
from storygen.preferences.dataset import files
from storygen.preferences.dataset.columns import FORMS, columns_of
from storygen.preferences.dataset.options import DatasetOptions
from storygen.preferences.dataset.privacy import Privacy
from storygen.preferences.dataset.splits import Shares
from storygen.preferences.dataset.writing import StoppedError, write_dataset
from storygen.preferences.observations import Observation
from tests.unit.preferences.made_observations import chosen_from, many

BOTH = ("parquet", "jsonl")


def options(num_stories: int = 10, **more: Any) -> DatasetOptions:
    consented = frozenset(f"story-{number}" for number in range(num_stories))
    return DatasetOptions(Privacy(consented, more.pop("salt", "salt")), **more)


def rows(file: Path) -> list[dict[str, Any]]:
    if file.suffix == ".parquet":
        return list(pyarrow.parquet.read_table(file).to_pylist())
    return [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]]


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_each_form_and_split_has_a_file_in_each_format(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    summary = write_dataset(
        folder, lambda: many(10), options(formats=BOTH, shares=Shares(0.5, 0.5, 0))
    )
    splits = ("train", "validation")
    files = {f"{form}/{split}.{end}" for form in FORMS for split in splits for end in BOTH}
    assert names(folder) == files | {"README.md"}
    for form in FORMS:
        for split in splits:
            found = rows(folder / form / f"{split}.jsonl")
            assert found == rows(folder / form / f"{split}.parquet")
            assert len(found) == summary.num_rows[form][split]
    assert sum(summary.num_rows["dpo"].values()) == 40
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_only_the_forms_that_were_asked_for_are_written(tmp_path: Path) -> None:
    write_dataset(tmp_path / "out", lambda: many(1), options(forms=("kto",), formats=("jsonl",)))
    assert names(tmp_path / "out") == {"kto/train.jsonl", "README.md"}


def test_no_story_is_in_two_splits_and_none_without_consent(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    thirds = Shares(0.4, 0.3, 0.3)
    summary = write_dataset(folder, lambda: many(30), options(20, salt=None, shares=thirds))
    found = [
        {row["story"] for row in rows(folder / "raw" / f"{split}.parquet")}
        for split in ("train", "validation", "test")
    ]
    assert all(found) and sum(map(len, found)) == len(set.union(*found)) == 20
    assert set.union(*found) == {f"story-{number}" for number in range(20)}
    assert summary.num_left_out == 10


def test_nothing_that_names_a_story_is_in_any_file(tmp_path: Path) -> None:
    write_dataset(tmp_path / "out", lambda: many(3), options(2, formats=("jsonl",)))
    for name in names(tmp_path / "out"):
        text = (tmp_path / "out" / name).read_text("utf-8")
        assert not any(word in text for word in ("story-0", "story-1", "set-", "card-"))


def test_train_of_every_form_has_rows_where_only_one_story_has_choices(tmp_path: Path) -> None:
    automatic = [
        chosen_from([(" a", 1), (" b", 0)], story=f"story-{n}", by="auto") for n in range(9)
    ]
    for number in range(10):
        person = chosen_from([(" a", 1), (" b", 0)], story=f"story-{number}")
        folder = tmp_path / f"out-{number}"
        write_dataset(folder, lambda person=person: [*automatic, person], options())  # type: ignore[misc]
        assert all((folder / form / "train.parquet").is_file() for form in FORMS)


def test_automatic_choices_are_in_the_raw_form_alone(tmp_path: Path) -> None:
    seen = [*many(1, 1), chosen_from([(" robot", 1), (" b", 0)], story="story-0", by="auto")]
    write_dataset(tmp_path / "out", lambda: seen, options(formats=("jsonl",)))
    with_robot = {
        form for form in FORMS if "robot" in (tmp_path / "out" / form / "train.jsonl").read_text()
    }
    assert with_robot == {"raw"}
    assert {row["by"] for row in rows(tmp_path / "out/raw/train.jsonl")} == {"human", "auto"}


def breaking(at: int) -> Iterator[Observation]:
    yield from many(10)[:at]
    raise RuntimeError("the store broke")


@pytest.mark.parametrize("formats", [("parquet",), ("jsonl",)])
@pytest.mark.parametrize("reading", [1, 2])
def test_a_break_in_the_middle_leaves_nothing(
    tmp_path: Path, formats: tuple[str, ...], reading: int
) -> None:
    readings = iter([breaking(7)] if reading == 1 else [many(10), breaking(7)])
    with pytest.raises(RuntimeError, match="the store broke"):
        write_dataset(tmp_path / "out", lambda: next(readings), options(formats=formats))
    assert list(tmp_path.iterdir()) == []


def test_a_break_while_a_file_is_closed_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(files._Parquet, "_flush", full)
    with pytest.raises(OSError, match="No space"):
        write_dataset(tmp_path / "out", lambda: many(2), options())
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_kept_when_the_writing_breaks(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(RuntimeError):
        write_dataset(tmp_path / "out", lambda: breaking(3), options())
    assert names(tmp_path) == set() and (tmp_path / "out").is_dir()


@pytest.mark.parametrize("calls", [0, 5, 25, 39])
def test_whoever_stops_it_finds_nothing_left(tmp_path: Path, calls: int) -> None:
    left = iter(range(calls))
    with pytest.raises(StoppedError):
        write_dataset(
            tmp_path / "out", lambda: many(10), options(), stop=lambda: next(left, None) is None
        )
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_up_to_the_last_observation(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_dataset(
        tmp_path / "out", lambda: many(5), options(), progress=lambda *done: told.append(done)
    )
    assert told == [(done, 10) for done in range(1, 11)]


def test_a_story_that_comes_between_the_two_readings_is_written_too(tmp_path: Path) -> None:
    readings = iter([many(1), many(3)])
    told: list[tuple[int, int]] = []
    summary = write_dataset(
        tmp_path / "out",
        lambda: next(readings),
        options(),
        progress=lambda *done: told.append(done),
    )
    assert summary.num_sets == 6 and told[-1] == (6, 6)


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BadRequestError, match="not empty"):
        write_dataset(tmp_path, lambda: many(1), options())
    with pytest.raises(BadRequestError, match="not a folder"):
        write_dataset(tmp_path / "notes.txt", lambda: many(1), options())
    with pytest.raises(BadRequestError, match="make it first"):
        write_dataset(tmp_path / "nowhere" / "out", lambda: many(1), options())
    assert names(tmp_path) == {"notes.txt"}


def test_what_came_into_the_folder_meanwhile_is_left_alone(tmp_path: Path) -> None:
    def meddle(done: int, total: int) -> None:
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out" / "notes.txt").write_text("mine")

    with pytest.raises(BadRequestError, match="not empty"):
        write_dataset(tmp_path / "out", lambda: many(1), options(), progress=meddle)
    assert names(tmp_path) == {"out/notes.txt"}


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_dataset(tmp_path / "out", lambda: many(1), options())
    assert "README.md" in names(tmp_path / "out")


def test_without_anything_to_write_there_is_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match=r"nothing to write.*\(4 without consent\)"):
        write_dataset(tmp_path / "out", lambda: many(4), options(0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"forms": ()},
        {"forms": ("sft",)},
        {"forms": ("dpo", "dpo")},
        {"formats": ("csv",)},
        {"name": " "},
        {"language": "English\n"},
    ],
)
def test_options_that_are_wrong_are_named(wrong: dict[str, Any]) -> None:
    [option] = wrong
    with pytest.raises(BadRequestError, match=option):
        options(**wrong)


def test_parquet_has_the_stated_types_where_columns_are_empty(tmp_path: Path) -> None:
    write_dataset(tmp_path / "out", lambda: many(1), options())
    schema = pyarrow.parquet.read_schema(tmp_path / "out/raw/train.parquet")
    kinds = {"string": "string", "int64": "int64", "float64": "double", "bool": "bool"}
    kinds |= {"list<int64>": "list<element: int64>", "list<float64>": "list<element: double>"}
    assert [(one.name, str(one.type)) for one in schema] == [
        (column.name, kinds[column.kind]) for column in columns_of("raw")
    ]


def test_parquet_is_written_in_groups_of_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_GROUP_ROWS", 4)
    write_dataset(tmp_path / "out", lambda: many(1, 3), options())
    file = pyarrow.parquet.ParquetFile(tmp_path / "out/raw/train.parquet")
    assert [file.metadata.row_group(number).num_rows for number in range(3)] == [4, 4, 1]
    monkeypatch.setattr(files, "MOST_GROUP_BYTES", 1)
    write_dataset(tmp_path / "more", lambda: many(1, 3), options())
    assert pyarrow.parquet.ParquetFile(tmp_path / "more/raw/train.parquet").num_row_groups == 9


def test_writing_holds_a_part_of_the_observations_only(tmp_path: Path) -> None:
    text = " a long text" * 20_000  # 240 kB in each of 300 sets

    def observations() -> Iterator[Observation]:
        for number in range(300):
            yield chosen_from([(f" {number}{text}", 1)], story="story-0", set=str(number))

    tracemalloc.start()
    write_dataset(tmp_path / "out", observations, options(forms=("raw",)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 30e6 < 300 * len(text)


def test_line_ends_of_other_kinds_do_not_end_a_line_of_json(tmp_path: Path) -> None:
    seen = [chosen_from([(" a\u2028b\x85c\u2029d\r\n\0", 1)], story="story-0")]
    write_dataset(tmp_path / "out", lambda: seen, options(formats=("jsonl",), forms=("raw",)))
    lines = (tmp_path / "out/raw/train.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == [" a\u2028b\x85c\u2029d\r\n\0"]


def test_pyarrow_is_loaded_only_where_a_parquet_file_is_at_hand() -> None:
    package = Path(files.__file__).parent
    modules = [f"storygen.preferences.dataset.{path.stem}" for path in package.glob("[a-z]*.py")]
    code = f"import {', '.join(modules)}\nimport sys; print({{'pyarrow', 'datasets'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
