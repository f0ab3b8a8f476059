"""Whatever a browser says to an element: it is taken in, or refused and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storygen.errors import BadRequestError
from storygen.workbench.elements import (
    Bar,
    Bars,
    Button,
    Checks,
    Collapsible,
    Element,
    FileInput,
    Grid,
    Number,
    Plot,
    Radio,
    Select,
    Series,
    ShownToken,
    Switch,
    Table,
    TextInput,
    TokenText,
    Turn,
)


def taken(*values: Any) -> None:
    """What a component does with a value: an index is used as one."""
    for value in values:
        if type(value) is float and value.is_integer() and abs(value) < 100:
            raise AssertionError("a number of a row came as 1.0")


MAKERS: list[Callable[[], Element]] = [
    lambda: Button("B", taken),
    lambda: Select("S", ["a", "b"], on_change=taken),
    lambda: Radio("R", ["a", "b"], on_change=taken),
    lambda: Checks("C", ["a", "b"], on_change=taken),
    lambda: Switch("S", on_change=taken),
    lambda: Number("N", 1, low=None, high=None),
    lambda: Number("N", 1, low=0, high=10, step=0.5),
    lambda: TextInput("T", on_change=taken),
    lambda: FileInput("F", taken),
    lambda: Table(["a", "b"], [[1, 2], [3, 4]], taken, on_sort=lambda *_: None),
    lambda: Bars([Bar("a", "A", (1.0,))], taken),
    lambda: Plot([Series("s", [0, 1], [0, 1])], on_pick=taken),
    lambda: Grid(["r", "q"], ["c", "d"], [[0, 1], [1, 0]], on_pick=taken),
    lambda: TokenText([ShownToken("a"), ShownToken("b")], taken),
    lambda: Turn("user", "x", on_edit=taken, on_leaf=taken, on_again=taken, on_delete=taken),
    lambda: Collapsible("C", on_open=taken),
]

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 5),
    st.sampled_from([10**400, -(10**400), 1e308, float("nan"), float("inf"), 1.0, 0.0]),
    st.text(max_size=5),
    st.sampled_from(["a", "b", "QUJD", "\ud800", "\0"]),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["name", "size", "value", ""]), inner, max_size=3),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make().kind)
@settings(max_examples=150, deadline=None)
@given(value=VALUES, data=st.data())
def test_a_value_is_taken_in_or_refused_without_a_change(
    make: Callable[[], Element], value: Any, data: st.DataObject
) -> None:
    element = make()
    event = data.draw(st.sampled_from([*sorted(element.events), "nothing"]))
    before = dict(element.values)
    try:
        callback = element.receive(event, value)
    except BadRequestError:
        assert element.values == before
        return
    if callback is not None:
        callback()
    json.dumps(element.to_json(), allow_nan=False)
