"""What a browser is told of a page: everything once, in order, merged while it is slow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.errors import NotFoundError
from storygen.workbench.elements import Column, Element, Table, Text, TextInput
from storygen.workbench.host.sheet import Sheet


def laid(root: Element) -> Sheet:
    sheet = Sheet(lambda: None)
    sheet.put(root)
    return sheet


def applied(tree: dict[str, Any], ops: list[dict[str, Any]]) -> dict[str, Any]:
    """What a browser makes of news."""
    for op in ops:
        element = found(tree, op["id"])
        assert element is not None, op
        if op["op"] == "set":
            element.update(op["values"])
        elif op["op"] == "grow":
            empty: Any = "" if isinstance(op["more"], str) else []
            element[op["name"]] = element.get(op["name"], empty) + op["more"]
        else:
            element["children"] = op["children"]
            if not op["children"]:
                del element["children"]
    return tree


def found(tree: dict[str, Any], element_id: str) -> dict[str, Any] | None:
    if tree["id"] == element_id:
        return tree
    inside = (found(child, element_id) for child in tree.get("children", []))
    return next((one for one in inside if one is not None), None)


def test_a_value_set_twice_is_told_once() -> None:
    text = Text()
    sheet = laid(Column(text))
    text.text = "one"
    text.text = "two"
    assert sheet.take_news() == [{"op": "set", "id": text.id, "values": {"text": "two"}}]
    assert sheet.take_news() == []


def test_growth_is_told_as_what_is_new() -> None:
    text = Text("a")
    sheet = laid(text)
    text.write("b")
    text.write("c")
    assert sheet.take_news() == [{"op": "grow", "id": text.id, "name": "text", "more": "bc"}]
    assert text.text == "abc"


def test_growth_after_a_set_goes_into_it() -> None:
    text = Text("a")
    sheet = laid(text)
    text.text = "x"
    text.write("y")
    assert sheet.take_news() == [{"op": "set", "id": text.id, "values": {"text": "xy"}}]


def test_rows_are_added_without_telling_the_others_again() -> None:
    table = Table(["A"], [["x"]])
    sheet = laid(table)
    table.add(["y"])
    assert sheet.take_news() == [{"op": "grow", "id": table.id, "name": "rows", "more": [["y"]]}]


def test_an_element_that_was_taken_away_is_neither_told_of_nor_found() -> None:
    old, column = Text("old"), Column()
    sheet = laid(column)
    column.children = (old,)
    column.children = (Text("new"),)
    sheet.take_news()
    old.text = "still speaking"
    assert sheet.take_news() == []
    with pytest.raises(NotFoundError):
        sheet.find(old.id)


def test_a_secret_that_a_callback_sets_is_not_told() -> None:
    key = TextInput("Key", secret=True)
    sheet = laid(key)
    key.value = "hunter2"
    assert "hunter2" not in str(sheet.take_news())


def test_only_the_newest_word_on_what_runs_is_told() -> None:
    sheet = laid(Column())
    for done in range(100):
        sheet.busy(True, done, 100, "counting")
    assert [op["done"] for op in sheet.take_news()] == [99]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["set", "grow", "rows", "replace", "add", "tell"]),
        st.integers(0, 5),
        st.text("abc", max_size=3),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_changes_a_browser_that_hears_the_news_has_the_page(
    steps: list[tuple[str, int, str]],
) -> None:
    texts = [Text(str(number)) for number in range(3)]
    tables = [Table(["A"]) for _ in range(3)]
    inner = Column(*texts, *tables)
    sheet = laid(Column(inner, Text("foot")))
    browser = sheet.tree()
    for step, number, word in steps:
        if step == "set":
            texts[number % 3].text = word
        elif step == "grow":
            texts[number % 3].write(word)
        elif step == "rows":
            tables[number % 3].add([word])
        elif step == "replace":
            inner.children = (texts + tables)[: number + 1]
        elif step == "add":
            inner.add(Column(Text(word)))
        else:
            browser = applied(browser, sheet.take_news())
    browser = applied(browser, sheet.take_news())
    assert browser == sheet.tree()
