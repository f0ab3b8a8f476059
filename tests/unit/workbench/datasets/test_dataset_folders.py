"""Folders as `datasets` saves them and as the hub has them, and Python objects, read the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storygen.errors import BadRequestError
from storygen.workbench.datasets.opening import open_dataset

ROWS = [{"text": f"Row {at}", "label": at % 2, "ids": list(range(at % 5))} for at in range(120)]


@pytest.fixture(autouse=True)
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets.disable_progress_bars()
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


def read(source: Any) -> dict[str, list[dict[str, Any]]]:
    return {name: list(split) for name, split in open_dataset(source).splits.items()}


def test_what_datasets_saved_reads_the_same(tmp_path: Path) -> None:
    loaded = datasets.DatasetDict(
        {
            "train": datasets.Dataset.from_list(ROWS[:100]).shuffle(seed=3),
            "test": datasets.Dataset.from_list(ROWS[100:]),
        }
    )
    folder = tmp_path / "saved"
    loaded.save_to_disk(folder, num_shards={"train": 3, "test": 1})
    wanted = {name: split.to_list() for name, split in loaded.items()}
    assert read(folder) == wanted
    assert read(str(folder / "test")) == {"train": wanted["test"]}
    assert open_dataset(folder).splits["train"][57] == wanted["train"][57]
    assert open_dataset(folder).splits["train"].features == {
        "text": "text",
        "label": "number",
        "ids": "list of number",
    }


def test_what_datasets_loaded_reads_the_same() -> None:
    loaded = datasets.Dataset.from_list(ROWS)
    assert read(loaded) == {"train": ROWS}
    assert read(loaded.select([5, 3])) == {"train": [ROWS[5], ROWS[3]]}
    assert read(datasets.DatasetDict({"a": loaded})) == {"a": ROWS}
    assert open_dataset(loaded.remove_columns("ids")).splits["train"].columns == ("text", "label")
    with pytest.raises(BadRequestError, match="stream"):
        open_dataset(loaded.to_iterable_dataset())


def test_lists_and_mappings_are_splits() -> None:
    assert read(ROWS) == {"train": ROWS}
    assert read({"a": ROWS[:2], "b": tuple(ROWS[2:3])}) == {"a": ROWS[:2], "b": ROWS[2:3]}
    opened = open_dataset(ROWS, name="mine")
    assert open_dataset(opened) is opened
    assert read({"x": opened}) == {"x": ROWS}
    with pytest.raises(BadRequestError, match="can't be made of number"):
        open_dataset(5)
    with pytest.raises(BadRequestError, match="stream"):
        open_dataset(iter(ROWS))


def test_names_in_a_folder_say_which_split(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for number, part in enumerate((ROWS[:70], ROWS[70:100])):
        path = data / f"train-0000{number}-of-00002.parquet"
        pq.write_table(pa.Table.from_pylist(part), path)
    pq.write_table(pa.Table.from_pylist(ROWS[100:]), data / "dev-00000-of-00001.parquet")
    (tmp_path / "README.md").write_text("# A dataset")
    assert read(tmp_path) == {"train": ROWS[:100], "validation": ROWS[100:]}
    assert open_dataset(tmp_path).splits["train"][75] == ROWS[75]


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["train.jsonl", "test.jsonl", "valid.jsonl"], ["train", "validation", "test"]),
        (["stories.jsonl"], ["train"]),
        (["trainer.jsonl"], ["train"]),
        (["train/a.jsonl", "train/b.jsonl", "eval/a.jsonl"], ["train", "test"]),
        (["raw/train.jsonl", "pairs/train.jsonl"], ["pairs/train", "raw/train"]),
        (["my_test-set.jsonl"], ["test"]),
        (["hard-00000-of-00001.jsonl"], ["hard"]),
        ([".cache/train.jsonl", "test.jsonl"], ["test"]),
    ],
)
def test_splits_are_named_as_the_hub_names_them(
    tmp_path: Path, names: list[str], wanted: list[str]
) -> None:
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"from": name}) + "\n")
    found = read(tmp_path)
    assert list(found) == wanted
    assert sum(map(len, found.values())) == len([one for one in names if one[0] != "."])


def test_a_folder_without_data_or_with_names_that_lead_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="no file of data"):
        open_dataset(tmp_path)
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": "../x.arrow"}]}))
    with pytest.raises(BadRequestError, match="lies elsewhere"):
        open_dataset(tmp_path)
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": [".."]}))
    with pytest.raises(BadRequestError, match="lies elsewhere"):
        open_dataset(tmp_path)
