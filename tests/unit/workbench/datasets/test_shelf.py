"""A browser adds datasets and takes them away by names, and can reach nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from storygen.errors import BadRequestError, NotFoundError
from storygen.workbench.datasets.shelf import DatasetShelf, checked_name

LINE = b'{"a": 1}\n'


@pytest.fixture
def shelf(tmp_path: Path) -> DatasetShelf:
    return DatasetShelf(tmp_path / "data" / "datasets", largest=100)


def files(shelf: DatasetShelf) -> list[str]:
    return sorted(path.name for path in shelf.folder.iterdir())


def test_what_is_added_is_listed_and_opened(shelf: DatasetShelf) -> None:
    assert shelf.entries() == []
    added = shelf.add("rows.jsonl", iter([LINE, LINE]))
    assert (added.name, added.num_bytes) == ("rows.jsonl", 18)
    assert [entry.name for entry in shelf.entries()] == ["rows.jsonl"]
    assert list(shelf.open("rows.jsonl").splits["train"]) == [{"a": 1}, {"a": 1}]
    assert files(shelf) == ["rows.jsonl"]


def test_a_file_is_opened_again_only_when_it_has_changed(shelf: DatasetShelf) -> None:
    shelf.add("rows.jsonl", [LINE])
    first = shelf.open("rows.jsonl")
    assert shelf.open("rows.jsonl") is first
    (shelf.folder / "rows.jsonl").write_bytes(LINE * 3)
    assert len(shelf.open("rows.jsonl").splits["train"]) == 3
    shelf.remove("rows.jsonl")
    shelf.add("rows.jsonl", [b'{"a": 5}\n'])
    assert shelf.open("rows.jsonl").splits["train"][0] == {"a": 5}


def test_a_folder_that_lies_there_is_a_dataset(shelf: DatasetShelf) -> None:
    (shelf.folder / "many").mkdir(parents=True)
    (shelf.folder / "many" / "test.jsonl").write_bytes(LINE)
    (shelf.folder / "notes.txt").write_text("no data")
    assert [entry.name for entry in shelf.entries()] == ["many"]
    assert list(shelf.open("many").splits) == ["test"]


def test_nothing_takes_the_place_of_another_file(shelf: DatasetShelf) -> None:
    shelf.add("rows.jsonl", [LINE])
    assert shelf.add("rows.jsonl", [b'{"a": 2}\n']).name == "rows (2).jsonl"
    assert shelf.open("rows.jsonl").splits["train"][0] == {"a": 1}


def test_what_is_removed_lies_in_a_bin(shelf: DatasetShelf) -> None:
    shelf.add("rows.jsonl", [LINE])
    target = shelf.remove("rows.jsonl")
    assert target.read_bytes() == LINE
    assert target.parent.parent == shelf.folder
    assert shelf.entries() == []
    with pytest.raises(NotFoundError):
        shelf.remove("rows.jsonl")


@pytest.mark.parametrize(
    "name",
    ["", ".jsonl", "..", "../x.jsonl", "a/b.jsonl", "a\\b.jsonl", "C:x.jsonl", "x.jsonl\0", "con.jsonl",
     "x.exe", "x", "y" * 200 + ".jsonl", "x.jsonl.", "a\nb.jsonl", "x.jsonl/"],
)  # fmt: skip
def test_names_that_are_none_are_refused(shelf: DatasetShelf, name: str) -> None:
    with pytest.raises(BadRequestError):
        shelf.add(name, [LINE])
    with pytest.raises(NotFoundError):
        shelf.open(name)
    assert not shelf.folder.exists()


@pytest.mark.parametrize("name", ["../secret.jsonl", "/etc/passwd", ".bin", ".bin/x", "."])
def test_no_name_leads_out_of_the_folder(shelf: DatasetShelf, name: str) -> None:
    shelf.add("rows.jsonl", [LINE])
    shelf.remove("rows.jsonl")
    (shelf.folder.parent / "secret.jsonl").write_bytes(LINE)
    for reach in (shelf.open, shelf.remove):
        with pytest.raises(NotFoundError):
            reach(name)


def test_a_name_keeps_its_letters() -> None:
    assert checked_name(" Gedichte – über (2).JSONL ") == "Gedichte – über (2).JSONL"


def test_what_is_too_large_or_no_dataset_leaves_nothing(shelf: DatasetShelf) -> None:
    with pytest.raises(BadRequestError, match="more than 100 bytes"):
        shelf.add("rows.jsonl", (LINE for _ in range(1000)))
    with pytest.raises(BadRequestError, match=r"rows\.parquet can.t be read as Parquet"):
        shelf.add("rows.parquet", [LINE])
    with pytest.raises(BadRequestError, match="no samples"):
        shelf.add("rows.jsonl", [b"\n"])

    def breaks_off() -> object:
        yield LINE
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shelf.add("rows.jsonl", breaks_off())  # type: ignore[arg-type]
    assert files(shelf) == []
