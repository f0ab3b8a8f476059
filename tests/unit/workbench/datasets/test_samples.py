"""Samples seen in bounded room, found by what they say, drawn by a seed and known again."""

from __future__ import annotations

import datetime
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.workbench.datasets.keys import fingerprint, key_of
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.datasets.preview import cell, preview
from storygen.workbench.datasets.search import Found, drawn, search
from storygen.workbench.datasets.split import BrokenSample, Split
from storygen.workbench.jobs import CancelledError, Job

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def split_of(rows: list[Any]) -> Split:
    return open_dataset(rows).splits["train"]


@given(ANYTHING, st.integers(1, 200))
def test_a_preview_of_anything_is_bounded(value: Any, most: int) -> None:
    assert len(preview(value, most).text) <= most + 40
    assert len(cell(value, most)) <= most
    assert "\n" not in cell(value, most)


def test_a_preview_says_what_is_left_out() -> None:
    assert preview("abcdef", 3).text == "abc … (3 more characters)"
    assert preview("abc", 3) == preview("abc", 100)
    assert preview(None).text == "nothing"
    assert preview({"a": None, "b": "x"}).text == '{\n  "a": null,\n  "b": "x"\n}'
    assert preview([1, 2.5, None]).text == "[1, 2.5, null]"
    assert preview(list(range(1000))).text.endswith(", … (950 more)]")
    deep: Any = "x"
    for _ in range(10_000):
        deep = [deep]
    assert preview(deep).cut
    assert preview({"a": "y" * 5000}).cut


def test_bytes_and_pictures_are_said_to_be_such() -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
    assert preview(b"\0" * 2000).text == "2,000 bytes"
    assert preview(png).text == "PNG picture, 108 bytes"
    assert preview({"bytes": png, "path": "a.png"}).text == "PNG picture, 108 bytes a.png"
    assert preview({"image": {"bytes": None, "path": "a.png"}}).text == (
        '{\n  "image": picture or sound a.png\n}'
    )
    assert preview(np.zeros((3, 1000))).text == "array of 3 × 1,000 float64"


def test_a_search_finds_what_is_nested_and_shows_where() -> None:
    rows = [{"a": "nothing here"}, {"a": "x" * 500 + "The SEA, the sea" + "y" * 500}]
    rows += [{"a": "", "talk": [{"text": "deep Sea"}], "n": 42}]  # type: ignore[dict-item]
    split = split_of(rows)
    heard: list[Found] = []
    found = search(split, "sea", on_found=heard.append)
    assert [(one.index, one.column) for one in found.found] == [(1, "a"), (2, "talk")]
    assert heard == list(found.found)
    assert not found.cut and found.num_searched == 3
    first = found.found[0]
    assert first.excerpt[first.start : first.stop] == "SEA"
    assert len(first.excerpt) < 200
    assert [one.index for one in search(split, "42").found] == [2]
    assert search(split, "sea", columns=["talk"]).found == found.found[1:]
    assert search(split, "s.a").found == ()
    assert search(split, "").found == ()


def test_a_search_stops_at_the_most_and_when_it_is_given_up() -> None:
    split = split_of([{"a": "word"}] * 1000)
    found = search(split, "word", most=10)
    assert (len(found.found), found.num_searched, found.cut) == (10, 10, True)
    job = Job()
    heard: list[Found] = []

    def hear(one: Found) -> None:
        heard.append(one)
        job.cancel()

    with pytest.raises(CancelledError):
        search(split, "word", job=job, on_found=hear)
    assert 1 <= len(heard) < 1000


def test_a_draw_is_the_same_for_the_same_seed() -> None:
    assert drawn(1000, 5, 1) == drawn(1000, 5, 1) != drawn(1000, 5, 2)
    assert drawn(3, 5, 1) == [0, 1, 2]
    assert len(set(drawn(10, 9, 0))) == 9


@given(st.dictionaries(st.text(), ANYTHING, max_size=4))
def test_a_sample_is_known_again_by_its_key(sample: dict[str, Any]) -> None:
    key = key_of(sample)
    assert key == key_of(dict(reversed(sample.items())))
    assert key != key_of({**sample, "one more": 1})
    assert len(key) == 16


def test_keys_go_by_content_wherever_it_came_from() -> None:
    sample = {"t": "ü", "when": datetime.datetime(2026, 1, 2), "a": np.arange(3)}
    assert key_of(sample) == key_of({**sample, "a": [0, 1, 2]})
    assert key_of(BrokenSample("a, line 1", "x")) != key_of(BrokenSample("a, line 2", "x"))
    assert key_of({}) != key_of(BrokenSample("", ""))


def test_a_fingerprint_tells_another_split() -> None:
    rows: list[dict[str, Any]] = [{"a": at} for at in range(100)]
    same = json.loads(json.dumps(rows))
    assert fingerprint(split_of(rows)) == fingerprint(split_of(same))
    assert fingerprint(split_of(rows)) != fingerprint(split_of(rows[:-1]))
    assert fingerprint(split_of(rows)) != fingerprint(split_of([*rows[:-1], {"a": 0}]))
    assert fingerprint(split_of([])) != fingerprint(split_of([{}]))
