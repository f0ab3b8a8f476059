"""Datasets read back: everything that was written, and what is wrong with a file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
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
from storygen.preferences.dataset.privacy import model_name
from storygen.preferences.dataset.reading import read_pairs, read_raw
from storygen.preferences.dataset.row_files import Limits
from storygen.preferences.dataset.splits import Shares
from storygen.preferences.observations import Observation
from tests.unit.preferences.made_observations import chosen_from, many, observations, texts
from tests.unit.preferences.written_datasets import FORMATS, lines_of, read_here, written


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
    with read_here():
        found = list(read_raw(folder))
        assert found == [as_it_goes_out(one) for one in seen]
        assert list(read_raw(folder / "raw" / f"train.{format}")) == found


@pytest.mark.parametrize("format", FORMATS)
@given(seen=observations(texts))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_utf8_cannot_hold_comes_back_replaced(
    tmp_path: Path, format: str, seen: Observation
) -> None:
    folder = written(tmp_path / os.urandom(8).hex(), [seen], formats=(format,), forms=("raw",))
    with read_here():
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
        ({"deleted": -1}, '"deleted" must be an integer from 0'),
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
    for place in range(4, len(whole) - 8, max(1, len(whole) // 16)):
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
