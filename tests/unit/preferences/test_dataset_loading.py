"""Every form as Hugging Face's `datasets` loads it from the folder, without a network.

`datasets` loads in a process of its own, so that its settings, caches and warnings are no other test's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from storygen.preferences.dataset.columns import FORMS, columns_of
from storygen.preferences.dataset.options import DatasetOptions
from storygen.preferences.dataset.privacy import Privacy
from storygen.preferences.dataset.rows import ROWS, conversational
from storygen.preferences.dataset.splits import Shares
from storygen.preferences.dataset.writing import write_dataset
from storygen.preferences.observations import Observation, Situation
from tests.unit.preferences.made_observations import chosen_from, many

LOAD = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
folder, out = sys.argv[1:]
names = get_dataset_config_names(folder)
loaded = {name: load_dataset(folder, name) for name in names}
told = {
    name: {
        "features": {column: str(feature) for column, feature in splits[next(iter(splits))].features.items()},
        "rows": {split: list(rows) for split, rows in splits.items()},
    }
    for name, splits in loaded.items()
}
told["default"] = load_dataset(folder)["train"].column_names
json.dump(told, open(out, "w"))
"""
MESSAGES = "List({'role': Value('string'), 'content': Value('string')})"
FEATURES = {
    "string": "Value('string')",
    "int64": "Value('int64')",
    "float64": "Value('float64')",
    "bool": "Value('bool')",
    "list<int64>": "List(Value('int64'))",
    "list<float64>": "List(Value('float64'))",
    "messages": MESSAGES,
}


def loaded(folder: Path, tmp_path: Path) -> dict[str, Any]:
    environ = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "home"),
        "HF_DATASETS_CACHE": str(tmp_path / "cache"),
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }
    command = [sys.executable, "-c", LOAD, str(folder), str(tmp_path / "told.json")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads((tmp_path / "told.json").read_text())
    return told


def odd_observations() -> list[Observation]:
    """What could go wrong on the way: every kind of letter, columns that are always empty, dates."""
    odd = (
        "🙂👩‍👩‍👧",
        "שלום, עולם",
        "a\0b\u2028c\x85d\r\n",
        '"quoted", \\ {json}',
        "=1+1",
        "x\ud800",
        "é" * 400_000,
    )
    return [
        chosen_from(
            [(f" {text}", 1), (" 2024-01-01", 0.25), (" null", 0)],
            set=f"set-{number}",
            story=f"story-{number}",
            before=text,
            prompt="1" if number % 2 else "",
            mode="prompt" if number % 2 else "continue",
            situation=Situation(step=number + 1),
            by="auto" if number == 5 else "human",
        )
        for number, text in enumerate(odd)
    ]


@pytest.mark.parametrize("talks", [False, True])
@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_every_form_is_loaded_with_the_rows_and_types_that_trl_expects(
    tmp_path: Path, format: str, talks: bool
) -> None:
    seen = odd_observations()
    consented = frozenset(one.story for one in seen)
    options = DatasetOptions(
        Privacy(consented, None, exact_times=True),
        formats=(format,),
        conversational=talks,
        shares=Shares(1, 0, 0),
    )
    write_dataset(tmp_path / "out", lambda: seen, options)
    found = loaded(tmp_path / "out", tmp_path)
    for form in FORMS:
        columns = columns_of(form, conversational=talks)
        assert found[form]["features"] == {one.name: FEATURES[one.kind] for one in columns}
        rows = list(ROWS[form](seen))
        if talks and form != "raw":
            rows = [conversational(row) for row in rows]
        assert found[form]["rows"] == {"train": rows}
    assert found["default"] == [column.name for column in columns_of("raw")]


def test_the_columns_of_the_preference_forms_are_trls() -> None:
    names = {form: {one.name: one.kind for one in columns_of(form)} for form in FORMS[1:]}
    text = "string"
    assert names == {
        "dpo": {"prompt": text, "chosen": text, "rejected": text},
        "kto": {"prompt": text, "completion": text, "label": "bool"},
        "reward": {"prompt": text, "chosen": text, "rejected": text, "margin": "float64"},
    }


def test_splits_are_loaded_as_the_card_names_them(tmp_path: Path) -> None:
    consented = frozenset(f"story-{number}" for number in range(12))
    options = DatasetOptions(
        Privacy(consented, "salt"),
        formats=("jsonl", "parquet"),
        shares=Shares(0.4, 0.3, 0.3),
        license="my own: ask",
        language="en",
        name="Ships: #1",
    )
    summary = write_dataset(tmp_path / "out", lambda: many(12), options)
    found = loaded(tmp_path / "out", tmp_path)
    for form in FORMS:
        counts = {split: len(rows) for split, rows in found[form]["rows"].items()}
        assert counts == summary.num_rows[form] and len(counts) == 3
