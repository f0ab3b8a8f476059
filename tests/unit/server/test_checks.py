"""Checks of what a browser sends."""

from __future__ import annotations

from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.server.calls.checks import MAX_ALIASES, MAX_TEXT, MAX_UPDATE_BYTES, Fields
from storygen.store.records import AliasRecord


def _fields(**fields: Any) -> Fields:
    return Fields(fields, tuple(fields))


def test_a_message_is_an_object_of_known_fields_or_nothing() -> None:
    assert not Fields(None, ("a",)).has("a")
    assert Fields({"a": 1}, ("a",)).has("a")
    for message in ([], "x", 7, b"x", True):
        with pytest.raises(BadRequestError):
            Fields(message, ("a",))
    with pytest.raises(BadRequestError, match="stroy"):
        Fields({"stroy": 1}, ("story",))


@pytest.mark.parametrize(
    "value", [7.5, float("nan"), float("inf"), -float("inf"), "7", True, None, []]
)
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(BadRequestError, match="whole number"):
        _fields(n=value).integer("n", 0, 10)


def test_a_whole_number_may_come_as_a_float_and_has_bounds() -> None:
    assert _fields(n=7.0).integer("n", 0, 10) == 7
    assert _fields(n=None).integer("n", 0, 10, default=3) == 3
    for value in (-1, 11, 1e300, 2**70):
        with pytest.raises(BadRequestError, match="between"):
            _fields(n=value).integer("n", 0, 10)


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", 7, None, b"x", ["x"]])
def test_text_must_be_storable(value: Any) -> None:
    with pytest.raises(BadRequestError):
        _fields(t=value).string("t", 10)


def test_what_is_too_large_has_a_code_of_its_own() -> None:
    for too_large in (
        lambda: _fields(t="xxx").string("t", 2),
        lambda: _fields(t="x" * (MAX_TEXT + 1)).text("t"),
        lambda: _fields(b=bytes(MAX_UPDATE_BYTES + 1)).blob("b"),
    ):
        with pytest.raises(BadRequestError) as caught:
            too_large()
        assert caught.value.code == "too_large"


def test_line_ends_become_line_feeds() -> None:
    assert _fields(t="a\r\nb\rc\n").text("t") == "a\nb\nc\n"


def test_bytes_stay_bytes() -> None:
    assert _fields(b=bytearray(b"x")).blob("b") == b"x"
    with pytest.raises(BadRequestError):
        _fields(b="x").blob("b")


def test_places_are_identities_the_start_or_the_end() -> None:
    assert _fields(at=[5, 7]).place("at") == (5, 7)
    assert _fields(at=None).place("at") is None
    assert _fields(at="end").place_or_end("at") == "end"
    assert Fields({}, ("at",)).place_or_end("at") == "end"
    assert _fields(at=None).place_or_end("at") is None
    for at in ("start", [1], [1, 2, 3], {"a": 1}, [1, "2"], [-1, 2], [1.5, 2]):
        with pytest.raises(BadRequestError):
            _fields(at=at).place_or_end("at")


def test_aliases_are_read_and_bounded() -> None:
    given = [[7, 0, 2, None, 0], [7, 2, 1, 9, 4]]
    assert _fields(a=given).aliases("a", "s") == [
        AliasRecord("s", 7, 0, 2, None, 0),
        AliasRecord("s", 7, 2, 1, 9, 4),
    ]
    assert _fields(a=None).aliases("a", "s") == []
    for bad in ("x", [1], [[1, 2, 3, 4]], [[7, 0, 0, None, 0]], [given[0]] * (MAX_ALIASES + 1)):
        with pytest.raises(BadRequestError):
            _fields(a=bad).aliases("a", "s")


def test_flags_and_choices() -> None:
    assert _fields(f=True).flag("f") and not Fields({}, ("f",)).flag("f")
    assert _fields(c="a").choice("c", ("a", "b"), "b") == "a"
    assert Fields({}, ("c",)).choice("c", ("a", "b"), "b") == "b"
    for check in (
        lambda: _fields(f=1).flag("f"),
        lambda: _fields(c="z").choice("c", ("a",), "a"),
        lambda: _fields(c=["a"]).choice("c", ("a",), "a"),
        lambda: _fields(o=[1]).object("o"),
    ):
        with pytest.raises(BadRequestError):
            check()
