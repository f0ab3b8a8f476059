"""The dataset's card: what it must say, and that nothing in a name breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from storygen.preferences.dataset.card import size_category
from storygen.preferences.dataset.columns import FORMS, columns_of
from storygen.preferences.dataset.options import DatasetOptions
from storygen.preferences.dataset.privacy import Privacy
from storygen.preferences.dataset.splits import Shares
from storygen.preferences.dataset.writing import write_dataset
from tests.unit.preferences.made_observations import chosen_from, many, shown

CONSENT = frozenset(f"story-{number}" for number in range(8))


def written(folder: Path, seen: Any = None, **more: Any) -> tuple[dict[str, Any], str]:
    """The front matter of the card and its text."""
    privacy = more.pop("privacy", Privacy(CONSENT, "salt"))
    write_dataset(folder / "out", lambda: seen or many(10), DatasetOptions(privacy, **more))
    text = (folder / "out" / "README.md").read_text("utf-8")
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def section(body: str, title: str) -> str:
    return body.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_the_front_matter_names_the_files_of_each_form_and_split(tmp_path: Path) -> None:
    front, _ = written(tmp_path, shares=Shares(0.6, 0.4, 0))
    assert [config["config_name"] for config in front["configs"]] == [*FORMS]
    for config in front["configs"]:
        paths = [file["path"] for file in config["data_files"]]
        splits = [file["split"] for file in config["data_files"]]
        assert splits == ["train", "validation"]
        assert all((tmp_path / "out" / path).is_file() for path in paths)


def test_of_two_formats_the_exact_one_is_named(tmp_path: Path) -> None:
    front, _ = written(tmp_path, formats=("jsonl", "parquet"), shares=Shares(1, 0, 0))
    assert front["configs"][0]["data_files"] == [{"split": "train", "path": "raw/train.parquet"}]


def test_licence_language_and_size_are_what_was_given(tmp_path: Path) -> None:
    front, body = written(tmp_path, license="cc-by-4.0", language="pt-BR", name="Mine: #1 🙂")
    assert (front["license"], front["language"]) == ("cc-by-4.0", ["pt-BR"])
    assert (front["pretty_name"], front["size_categories"]) == ("Mine: #1 🙂", ["n<1K"])
    assert "license_name" not in front and "cc-by-4.0" in section(body, "Licence")


def test_a_licence_of_ones_own_is_other_and_none_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    front, body = written(tmp_path / "own", license='Ask "me" first:\n---\n# yes')
    assert (front["license"], front["license_name"]) == ("other", 'Ask "me" first: --- # yes')
    assert 'Ask "me" first: --- # yes' in section(body, "Licence")
    front, body = written(tmp_path)
    assert front["license"] == "unknown" and "Not stated" in section(body, "Licence")


@pytest.mark.parametrize("conversational", [False, True])
def test_every_column_stands_in_the_table_of_its_form(tmp_path: Path, conversational: bool) -> None:
    _, body = written(tmp_path, conversational=conversational)
    parts = section(body, "Fields").split("\n### ")[1:]
    assert len(parts) == len(FORMS)
    for part in parts:
        form = part.split("\n", 1)[0]
        lines = [line for line in part.splitlines() if line.startswith("| `")]
        stated = [tuple(cell.strip(" `") for cell in line.split("|")[1:3]) for line in lines]
        columns = columns_of(form, conversational=conversational)
        assert stated == [(column.name, column.kind) for column in columns]


def test_the_card_has_all_its_sections(tmp_path: Path) -> None:
    _, body = written(tmp_path)
    titles = [line[3:] for line in body.splitlines() if line.startswith("## ")]
    assert titles == [
        *("How it was made", "Forms", "Counts", "Fields", "Models", "Parameters"),
        *("What was left out", "Splits", "Licence", "Personal and sensitive information"),
    ]


def test_counts_models_and_ranges_are_told(tmp_path: Path) -> None:
    warm = shown(" warm", 1, model="a|b`c", params={"temperature": 1.5, "greedy": True})
    cold = shown(" cold", 0, model="/home/ana/m", params={"temperature": 0.25, "top_k": 40})
    seen = replace(chosen_from([], story="story-1", blind=True), candidates=(warm, cold))
    auto = chosen_from([(" x", 1), (" y", 0)], story="story-1", by="auto", policy="thompson")
    none = chosen_from([(" x", 0), (" y", 0)], story="story-1")
    _, body = written(tmp_path, [seen, auto, none, *many(10, 1)[8:]])
    assert "| `raw` | 6 | 0 | 0 |" in section(body, "Counts")
    assert "| `dpo` | 1 | 0 | 0 |" in section(body, "Counts")
    assert "| stories | 1 | 0 | 0 |" in section(body, "Counts")
    assert "3 sets of candidates, 1 of them shown without" in section(body, "Counts")
    assert "| `m` | 1 | 0 |" in section(body, "Models")
    assert "| `a\\|b'c` | 1 | 1 |" in section(body, "Models")
    assert "| `temperature` | 0.25 | 1.5 |" in section(body, "Parameters")
    assert "| `top_k` | 40 | 40 |" in section(body, "Parameters")
    assert "greedy" not in body and "the writer, `thompson`" in section(body, "Parameters")
    left_out = section(body, "What was left out")
    assert "without consent: 2." in left_out
    assert "chose from (1)" in left_out and "nothing was taken (1)" in left_out


def test_the_card_says_what_was_done_for_privacy(tmp_path: Path) -> None:
    for name, privacy, words in (
        ("safe", Privacy(CONSENT, "pepper"), ("pseudonyms under", "down to the day", "all of it")),
        (
            "open",
            Privacy(CONSENT, None, exact_times=True, extra=frozenset({"note"})),
            ("kept as they were", "times are exact", "all but `note`"),
        ),
    ):
        (tmp_path / name).mkdir()
        _, body = written(tmp_path / name, privacy=privacy)
        assert all(word in body for word in words) and "pepper" not in body


def test_a_form_without_rows_is_told_and_not_named_in_the_front_matter(tmp_path: Path) -> None:
    front, body = written(tmp_path, [chosen_from([(" x", 1)], story="story-1", by="auto")])
    assert [config["config_name"] for config in front["configs"]] == ["raw"]
    assert section(body, "Forms").count("(no rows, so it is not there)") == 3


@pytest.mark.parametrize(
    ("num", "word"),
    [(0, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**9, "n>100M")],
)
def test_sizes_have_the_hubs_words(num: int, word: str) -> None:
    assert size_category(num) == word
