"""Preferences of others, plain and conversational, read as sets of two candidates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from storygen.errors import BadRequestError
from storygen.preferences.dataset.reading import read_pairs
from storygen.preferences.dataset.rows import dpo_rows
from storygen.preferences.observations import Observation
from tests.unit.preferences.made_observations import many
from tests.unit.preferences.written_datasets import FORMATS, lines_of, written


def pairs_from(tmp_path: Path, rows: Sequence[Any], format: str = "jsonl") -> list[Observation]:
    path = tmp_path / f"pairs.{format}"
    if format == "jsonl":
        lines_of(path, rows)
    else:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return list(read_pairs(path))


def texts_of(found: Observation) -> tuple[str, str, str]:
    """The prompt, what was taken and what was not."""
    assert sorted(one.taken for one in found.candidates) == [0, 1]
    assert [one.number for one in found.candidates] == [0, 1]
    chosen, other = sorted(found.candidates, key=lambda one: -one.taken)
    prompt = found.prompt if found.mode == "prompt" else found.before
    return prompt, chosen.text, other.text


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def answer(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


@pytest.mark.parametrize("format", FORMATS)
def test_a_plain_preference_is_a_set_of_two(tmp_path: Path, format: str) -> None:
    rows = [{"prompt": "Once", "chosen": " upon", "rejected": " more", "source": 3}]
    [found] = pairs_from(tmp_path, rows, format)
    assert texts_of(found) == ("Once", " upon", " more")
    assert (found.mode, found.by, found.chosen and found.chosen.text) == (
        "continue",
        "human",
        " upon",
    )


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("row", "prompt"),
    [
        ({"prompt": [user("Tell")], "chosen": [answer("A")], "rejected": [answer("B")]}, "Tell"),
        ({"prompt": [user("Tell")], "chosen": "A", "rejected": "B"}, "Tell"),
        ({"prompt": "Tell", "chosen": [answer("A")], "rejected": [answer("B")]}, "Tell"),
        (
            {
                "prompt": [user("Tell"), answer("Of what?"), user("Ships")],
                "chosen": [answer("A")],
                "rejected": [answer("B")],
            },
            "Tell\n\nOf what?\n\nShips",
        ),
        ({"chosen": [user("Tell"), answer("A")], "rejected": [user("Tell"), answer("B")]}, "Tell"),
        (
            {
                "prompt": "Tell",
                "chosen": [{"role": "system", "content": "Be brief"}, user("Tell"), answer("A")],
                "rejected": [{"role": "system", "content": "Be brief"}, user("Tell"), answer("B")],
            },
            "Be brief\n\nTell",
        ),
        (
            {
                "prompt": [user("Tell")],
                "chosen": [answer("Of what?"), user("Ships"), answer("A")],
                "rejected": [answer("Of what?"), user("Ships"), answer("B")],
            },
            "Tell\n\nOf what?\n\nShips",
        ),
    ],
)
def test_a_conversational_preference_answers_a_writing_prompt(
    tmp_path: Path, format: str, row: dict[str, Any], prompt: str
) -> None:
    [found] = pairs_from(tmp_path, [row], format)
    assert texts_of(found) == (prompt, "A", "B")
    assert (found.mode, found.before) == ("prompt", "")


def test_something_is_left_to_choose_where_one_talk_begins_like_the_other(tmp_path: Path) -> None:
    row = {"prompt": "Tell", "chosen": [answer("A")], "rejected": [answer("A"), answer("B")]}
    [found] = pairs_from(tmp_path, [row])
    assert texts_of(found) == ("Tell", "A", "A\n\nB")


def test_contents_in_parts_are_read_where_they_are_text(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "Te"}, {"type": "text", "text": "ll"}]
    row = {"prompt": [user(parts)], "chosen": [answer("A")], "rejected": [answer("B")]}
    [found] = pairs_from(tmp_path, [row])
    assert found.prompt == "Tell"
    row["prompt"] = [user([*parts, {"type": "image", "url": "x"}])]
    with pytest.raises(BadRequestError, match=r'"prompt" must be .* nothing but text'):
        pairs_from(tmp_path, [row])


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": 5, "chosen": "a", "rejected": "b"},
        {"prompt": "", "chosen": ["a"], "rejected": "b"},
        {"prompt": "", "chosen": [], "rejected": "b"},
        {"prompt": None, "chosen": "a", "rejected": "b"},
        {"prompt": "", "chosen": None, "rejected": None},
        {"prompt": "", "chosen": [{"role": "user"}], "rejected": "b"},
        {"chosen": "a", "rejected": "b"},
    ],
)
def test_a_preference_of_another_kind_is_told_with_its_line(tmp_path: Path, row: Any) -> None:
    good = {"prompt": "", "chosen": "a", "rejected": "b"}
    with pytest.raises(BadRequestError, match=r"^pairs.jsonl, line 2: the column"):
        pairs_from(tmp_path, [good, row])


def test_equal_texts_are_no_preference(tmp_path: Path) -> None:
    assert pairs_from(tmp_path, [{"prompt": "", "chosen": "a", "rejected": "a"}]) == []


def test_rows_with_one_prompt_are_one_story_and_every_row_is_a_set(tmp_path: Path) -> None:
    row = {"prompt": "Once", "chosen": " a", "rejected": " b"}
    found = pairs_from(tmp_path, [row, row, {**row, "prompt": "Then"}])
    assert found[0].story == found[1].story != found[2].story
    assert len({one.set for one in found}) == 3
    assert len({candidate.candidate for one in found for candidate in one.candidates}) == 6
    assert found == pairs_from(tmp_path, [row, row, {**row, "prompt": "Then"}])


def test_the_chosen_one_stands_first_about_as_often_as_second(tmp_path: Path) -> None:
    rows = [{"prompt": str(n), "chosen": " a", "rejected": " b"} for n in range(400)]
    first = sum(found.candidates[0].taken for found in pairs_from(tmp_path, rows))
    assert 150 < first < 250


def test_who_chose_and_who_wrote_can_be_told(tmp_path: Path) -> None:
    path = lines_of(tmp_path / "x.jsonl", [{"prompt": "", "chosen": "a", "rejected": "b"}])
    [found] = read_pairs(path, by="auto", model="judge")
    assert (found.by, {one.model for one in found.candidates}) == ("auto", {"judge"})


def test_a_byte_order_mark_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    row = json.dumps({"prompt": "é", "chosen": "a\ud800", "rejected": "b"})
    (tmp_path / "x.jsonl").write_bytes(b"\xef\xbb\xbf" + row.encode() + b"\r\n\r\n")
    [found] = read_pairs(tmp_path / "x.jsonl")
    assert texts_of(found) == ("é", "a\ufffd", "b")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("conversational", [False, True])
def test_our_own_preferences_are_read_as_anybodys(
    tmp_path: Path, format: str, conversational: bool
) -> None:
    folder = written(
        tmp_path / "out", many(3), formats=(format,), conversational=conversational, forms=("dpo",)
    )
    found = [texts_of(one) for one in read_pairs(folder / "dpo" / f"train.{format}")]
    assert found == [tuple(row.values()) for row in dpo_rows(many(3))]


def test_a_type_that_brings_code_along_is_read_as_plain_data(tmp_path: Path) -> None:
    metadata = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": b"cos\nsystem\n(S'touch " + bytes(tmp_path) + b"/ran'\ntR.",
    }
    names = ("prompt", "chosen", "rejected")
    schema = pyarrow.schema([pyarrow.field(name, "string", metadata=metadata) for name in names])
    table = pyarrow.table([["p"], ["a"], ["b"]], schema=schema)
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
    [found] = read_pairs(tmp_path / "x.parquet")
    assert texts_of(found) == ("p", "a", "b") and not (tmp_path / "ran").exists()
