"""Datasets read back: everything that was written, and preferences of others."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storygen.errors import BadRequestError
from storygen.preferences.dataset.letters import storable
from storygen.preferences.dataset.options import DatasetOptions
from storygen.preferences.dataset.privacy import Privacy, model_name
from storygen.preferences.dataset.reading import read_pairs, read_raw
from storygen.preferences.dataset.row_files import Limits
from storygen.preferences.dataset.rows import dpo_rows
from storygen.preferences.dataset.splits import Shares
from storygen.preferences.dataset.writing import write_dataset
from storygen.preferences.observations import Observation
from tests.unit.preferences.made_observations import chosen_from, many, observations, texts

FORMATS = ("jsonl", "parquet")


def written(folder: Path, seen: Sequence[Observation], **more: Any) -> Path:
    """A dataset of everything in `seen`, with nothing taken off that may stay."""
    extra = frozenset(name for one in seen for name in one.extra)
    stories = frozenset(one.story for one in seen)
    privacy = Privacy(stories, None, exact_times=True, extra=extra)
    fields = {"shares": Shares(1, 0, 0), **more}
    write_dataset(folder, lambda: seen, DatasetOptions(privacy, **fields))
    return folder


def as_it_goes_out(observation: Observation) -> Observation:
    """Paths of models are the only thing that `written` takes off."""
    candidates = tuple(replace(one, model=model_name(one.model)) for one in observation.candidates)
    return replace(observation, policy=model_name(observation.policy), candidates=candidates)


@pytest.mark.parametrize("format", FORMATS)
@given(seen=st.lists(observations(), min_size=1, max_size=4))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_everything_that_was_written_is_read_back(
    tmp_path: Path, format: str, seen: list[Observation]
) -> None:
    folder = written(tmp_path / os.urandom(8).hex(), seen, formats=(format,), forms=("raw",))
    assert list(read_raw(folder)) == [as_it_goes_out(one) for one in seen]
    assert list(read_raw(folder / "raw" / f"train.{format}")) == list(read_raw(folder))


@pytest.mark.parametrize("format", FORMATS)
@given(seen=observations(texts))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_utf8_cannot_hold_comes_back_replaced(
    tmp_path: Path, format: str, seen: Observation
) -> None:
    folder = written(tmp_path / os.urandom(8).hex(), [seen], formats=(format,), forms=("raw",))
    [found] = read_raw(folder)
    assert found.before == storable(seen.before)
    assert [one.text for one in found.candidates] == [storable(one.text) for one in seen.candidates]


@pytest.mark.parametrize("format", FORMATS)
def test_numbers_that_are_not_finite_come_back_as_far_as_they_can(
    tmp_path: Path, format: str
) -> None:
    [one] = chosen_from([(" a", 1)]).candidates
    odd = replace(one, logprobs=(-1.5, -math.inf, math.nan), log_density=-math.inf)
    seen = replace(chosen_from([]), candidates=(odd,), seconds=math.inf)
    [found] = read_raw(written(tmp_path / "out", [seen], formats=(format,)))
    assert found.candidates[0].logprobs == (-1.5, -math.inf, -math.inf)
    assert (found.candidates[0].log_density, found.seconds) == (None, None)


@pytest.mark.parametrize("format", FORMATS)
def test_a_text_of_millions_of_letters_is_read_back(tmp_path: Path, format: str) -> None:
    seen = chosen_from([(" שלום🙂" * 500_000, 1), ("b", 0)], before="x" * 3_000_000)
    assert list(read_raw(written(tmp_path / "out", [seen], formats=(format,)))) == [seen]


def test_a_folder_is_read_with_all_its_splits(tmp_path: Path) -> None:
    seen = many(12)
    found = list(read_raw(written(tmp_path / "out", seen, shares=Shares(0.4, 0.3, 0.3))))
    assert sorted(found, key=lambda one: one.set) == sorted(seen, key=lambda one: one.set)


def test_a_folder_without_the_raw_form_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "out", many(1), forms=("dpo",))
    with pytest.raises(BadRequestError, match="no raw form"):
        list(read_raw(tmp_path / "out"))


def raw_rows_of(tmp_path: Path) -> list[dict[str, Any]]:
    folder = written(tmp_path / "out", many(1, 1), formats=("jsonl",), forms=("raw",))
    lines = (folder / "raw" / "train.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def lines_of(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"taken": 1.5}, 'line 2: the column "taken" must be a number from 0 to 1'),
        ({"taken": True}, '"taken" must be a number'),
        ({"taken": 10**400}, '"taken" must be a number'),
        ({"seed": 1.5}, '"seed" must be an integer'),
        ({"seed": True}, '"seed" must be an integer'),
        ({"seed": 2**70}, '"seed" must be an integer'),
        ({"number": -1}, '"number" must be an integer from 0'),
        ({"text": None}, '"text" must be a string'),
        ({"ids": [1, "2"]}, '"ids" must be a list of integers'),
        ({"ids": "12"}, '"ids" must be a list of integers'),
        ({"logprobs": [{}]}, '"logprobs" must be a list of numbers'),
        ({"params": "[1]"}, '"params" must be a JSON object as a string'),
        ({"params": '{"a": NaN}'}, "NaN is not a number in JSON"),
        ({"params": "[" * 100_000}, "nested too deeply"),
        ({"by": "cat"}, '"by" must be "human" or "auto"'),
        ({"mode": "chat"}, '"mode" must be "continue" or "prompt"'),
        ({"blind": 1}, '"blind" must be true or false'),
        ({"kept": -0.1}, '"kept" must be a number from 0 to 1'),
        ({"before": "other"}, 'of the set "set-0-1" only 1 of 3 rows stand together'),
    ],
)
def test_a_value_that_is_wrong_is_told_with_its_line(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    rows = raw_rows_of(tmp_path)
    rows[1].update(change)
    with pytest.raises(BadRequestError) as caught:
        list(read_raw(lines_of(tmp_path / "x.jsonl", rows)))
    assert message in caught.value.message and "x.jsonl, line 2" in caught.value.message


def test_a_set_that_lacks_rows_is_told(tmp_path: Path) -> None:
    rows = raw_rows_of(tmp_path)
    with pytest.raises(BadRequestError, match="only 2 of 3 rows stand together"):
        list(read_raw(lines_of(tmp_path / "x.jsonl", rows[:2])))


def test_a_file_of_another_form_is_told_with_what_to_do(tmp_path: Path) -> None:
    row = {"prompt": "Once", "chosen": " a", "rejected": " b"}
    with pytest.raises(BadRequestError, match=r'line 1: .*"set" is missing.*imported as preferenc'):
        list(read_raw(lines_of(tmp_path / "x.jsonl", [row])))
    table = pyarrow.Table.from_pylist([row])
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(BadRequestError, match=r'row 1: .*"set" is missing'):
        list(read_raw(tmp_path / "x.parquet"))
    with pytest.raises(BadRequestError, match=r'line 1: .*"chosen" is missing.*rename'):
        list(read_pairs(lines_of(tmp_path / "y.jsonl", [{"prompt": "", "winner": ""}])))


@pytest.mark.parametrize("read", [read_raw, read_pairs])
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", b'{"a": 1}\n\xff\n', "line"),
        ("x.jsonl", b"{]\n", "line 1: this is not one JSON object"),
        ("x.jsonl", b"\n\n5\n", "line 3: this is not one JSON object"),
        ("x.json", b'[{"prompt": 1}]', "one object in each line"),
        ("x.json", b'\xef\xbb\xbf[{"prompt": 1}]', "one object in each line"),
        ("x.csv", b"prompt,chosen\n", "neither Parquet nor"),
        ("x.pkl", b"\x80\x04cos\nsystem\n", "neither Parquet nor"),
        ("x.jsonl", b"[" * 200_000, "one object in each line"),
        ("x.jsonl", b'{"a":' * 200_000, "nested too deeply"),
        ("x.parquet", b"PAR1 and then nothing", "Parquet file is broken"),
        ("x.parquet", b"PAR1\xff\xff\xff\x7fPAR1", "Parquet file is broken"),
    ],
)
def test_a_file_that_is_broken_is_told(
    tmp_path: Path, read: Callable[[Path], Any], name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadRequestError) as caught:
        list(read(tmp_path / name))
    assert name in caught.value.message and message in caught.value.message


@pytest.mark.parametrize("read", [read_raw, read_pairs])
def test_a_file_that_is_not_there_is_told(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    with pytest.raises(BadRequestError, match="There is no"):
        list(read(tmp_path / "x.jsonl"))


def test_a_parquet_file_that_was_damaged_is_an_error_of_ours_or_still_right(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", many(2), forms=("raw",))
    whole = (folder / "raw" / "train.parquet").read_bytes()
    for place in range(4, len(whole) - 8, max(1, len(whole) // 150)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        (tmp_path / "x.parquet").write_bytes(damaged)
        try:
            assert all(isinstance(one, Observation) for one in read_raw(tmp_path / "x.parquet"))
        except BadRequestError as error:
            assert "x.parquet" in error.message


@pytest.mark.parametrize("format", FORMATS)
def test_files_over_a_limit_are_refused(tmp_path: Path, format: str) -> None:
    file = written(tmp_path / "out", many(1), formats=(format,)) / "raw" / f"train.{format}"
    assert len(list(read_raw(file, limits=Limits(num_rows=6)))) == 2
    with pytest.raises(BadRequestError, match=rf"train.{format}.* more than 5 rows"):
        list(read_raw(file, limits=Limits(num_rows=5)))
    with pytest.raises(BadRequestError, match=r"at most 3 letters|more than 3 bytes"):
        list(read_raw(file, limits=Limits(row_bytes=3)))
    if format == "parquet":
        with pytest.raises(BadRequestError, match="smaller row groups"):
            list(read_raw(file, limits=Limits(group_bytes=100)))


def test_numbers_that_take_hardly_any_bytes_in_the_file_count_in_full(tmp_path: Path) -> None:
    table = pyarrow.table({"before_ids": [[0] * 1_000_000]})
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
    assert (tmp_path / "x.parquet").stat().st_size < 5_000
    with pytest.raises(BadRequestError, match="smaller row groups"):
        list(read_raw(tmp_path / "x.parquet", limits=Limits(group_bytes=2**20)))


def test_columns_that_are_not_known_are_passed_over(tmp_path: Path) -> None:
    rows = [{**row, "note": [1, {"a": 2}]} for row in raw_rows_of(tmp_path)]
    assert list(read_raw(lines_of(tmp_path / "x.jsonl", rows))) == many(1, 1)


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
