"""What elements say of themselves, and what they take from a browser."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.workbench.elements import (
    Bar,
    Bars,
    Button,
    Cell,
    Checks,
    Collapsible,
    Column,
    Element,
    FileInput,
    Grid,
    Number,
    Option,
    Plot,
    Radio,
    Saved,
    Select,
    Series,
    ShownToken,
    Switch,
    Table,
    TableColumn,
    Text,
    TextInput,
    TokenText,
    Turn,
)


def heard(element: Element, event: str, value: Any = None) -> None:
    callback = element.receive(event, value)
    if callback is not None:
        callback()


def test_an_element_tells_what_was_set_and_what_lies_in_it() -> None:
    column = Column(Text("Hello", "quiet"), Button("Go", key="Alt+G"))
    told = column.to_json()
    assert told["kind"] == "column"
    assert [child["kind"] for child in told["children"]] == ["text", "button"]
    assert told["children"][0]["text"] == "Hello"
    assert told["children"][1]["key"] == "Alt+G"


def test_every_element_has_an_id_of_its_own() -> None:
    assert len({Text().id for _ in range(100)}) == 100


def test_what_is_no_number_is_told_as_a_gap() -> None:
    bars = Bars([Bar("a", "A", (float("nan"),)), Bar("b", "B", (float("inf"),))])
    assert [bar["values"] for bar in bars.to_json()["bars"]] == [[None], [None]]
    plot = Plot([Series("s", [1.0, 2.0], [float("nan"), 2.0])])
    assert plot.to_json()["series"][0]["y"] == [None, 2.0]


def test_a_secret_is_never_told() -> None:
    key = TextInput("Key", "hunter2", secret=True)
    assert "hunter2" not in str(key.to_json())
    key.receive("change", "hunter3")
    assert key.value == "hunter3"
    assert "hunter3" not in str(key.to_json())


def test_rows_of_a_table_carry_links_shades_and_tones() -> None:
    table = Table([TableColumn("Name"), "Value"], [["a", Cell(1.5, shade=0.5, tone="problem")]])
    assert table.to_json()["rows"] == [["a", {"text": 1.5, "shade": 0.5, "tone": "problem"}]]


def choosing(taken: list[Any]) -> list[tuple[Element, str, Any, Any]]:
    """Elements with an event, its value, and what the callback gets."""
    options = ["x", Option("y", "The second")]
    take = taken.append
    return [
        (Select("S", options, on_change=take), "change", "y", "y"),
        (Radio("R", options, on_change=take), "change", "x", "x"),
        (Checks("C", options, on_change=take), "change", ["y", "x"], ("x", "y")),
        (Switch("W", on_change=take), "change", True, True),
        (Number("N", 1, take, low=0, high=5), "change", 5, 5),
        (Number("N", 1, take, low=0, high=5, step=0.1), "change", 0.3, 0.3),
        (TextInput("T", on_change=take), "change", "<b>", "<b>"),
        (TextInput("T", on_submit=take), "submit", "ü", "ü"),
        (Bars([Bar("k", "K", (1.0,))], take), "pick", "k", "k"),
        (TokenText([ShownToken("a"), ShownToken("b")], take), "pick", 1, 1),
        (Turn("user", on_edit=take), "edit", "new", "new"),
        (Turn("user", on_leaf=take), "leaf", -1, -1),
    ]


@pytest.mark.parametrize("number", range(12))
def test_a_callback_gets_the_new_value(number: int) -> None:
    taken: list[Any] = []
    element, event, value, expected = choosing(taken)[number]
    heard(element, event, value)
    assert taken == [expected]


@pytest.mark.parametrize(
    ("element", "event", "value"),
    [
        (Select("S", ["x"]), "change", "z"),
        (Select("S", ["x"]), "change", ["x"]),
        (Checks("C", ["x"]), "change", "x"),
        (Checks("C", ["x"]), "change", ["z"]),
        (Switch("W"), "change", 1),
        (Number("N", 1, low=0), "change", -1),
        (Number("N", 1, high=2), "change", 3),
        (Number("N", 1), "change", 1.5),
        (Number("N", 1), "change", "1"),
        (Number("N", 1), "change", True),
        (Number("N", 1, step=0.1), "change", float("nan")),
        (TextInput("T"), "change", None),
        (TextInput("T"), "change", "x" * 2_000_001),
        (TextInput("T"), "click", "x"),
        (Bars([Bar("k", "K", (1.0,))]), "pick", "j"),
        (Bars([Bar("k", "K", (1.0,))]), "pick", ["k"]),
        (TokenText([ShownToken("a")]), "pick", 1),
        (TokenText([ShownToken("a")]), "pick", True),
        (Table(["A"], [["x"]]), "pick", [1, None]),
        (Table(["A"], [["x"]]), "pick", [0, 1]),
        (Table(["A"], [["x"]]), "pick", 0),
        (Table(["A"], [["x"]]), "sort", [5, True]),
        (Plot([Series("s", [1.0], [1.0])]), "pick", [0, 1]),
        (Plot([Series("s", [1.0], [1.0])]), "pick", [{}, 0]),
        (Grid(["r"], ["c"]), "pick", [0, 1]),
        (Collapsible("F"), "toggle", "yes"),
        (Turn("user"), "leaf", 2),
        (Turn("user"), "edit", 1),
        (FileInput("F"), "piece", "AAAA"),
        (FileInput("F"), "begin", {"name": "x", "size": -1}),
        (FileInput("F", most_bytes=10), "begin", {"name": "x", "size": 11}),
    ],
)
def test_what_makes_no_sense_is_refused(element: Element, event: str, value: Any) -> None:
    before = element.to_json()
    with pytest.raises(BadRequestError):
        element.receive(event, value)
    assert element.to_json() == before


def test_a_disabled_button_says_why() -> None:
    button = Button("Go", lambda: None)
    button.disabled, button.reason = True, "Choose a model first."
    with pytest.raises(BadRequestError, match="Choose a model first"):
        button.receive("click", None)


def test_a_row_and_a_cell_are_picked_by_their_numbers() -> None:
    taken: list[Any] = []
    table = Table(["A", "B"], [["x", "y"]], lambda row, column: taken.append((row, column)))
    heard(table, "pick", [0, None])
    heard(table, "pick", [0, 1])
    assert taken == [(0, None), (0, 1)]


def test_a_folded_part_calls_when_it_is_opened_only() -> None:
    taken: list[str] = []
    part = Collapsible("Why", on_open=lambda: taken.append("open"))
    heard(part, "toggle", True)
    heard(part, "toggle", False)
    assert taken == ["open"]
    assert part.open is False


def test_a_file_comes_in_pieces_and_is_gone_after_its_callback() -> None:
    seen: list[tuple[Path, str, bytes]] = []
    file = FileInput("F", lambda path, name: seen.append((path, name, path.read_bytes())))
    heard(file, "begin", {"name": "../../etc/data.jsonl", "size": 6})
    for piece in (b"abc", b"def"):
        heard(file, "piece", base64.b64encode(piece).decode())
    heard(file, "end")
    (path, name, data) = seen[0]
    assert (name, data) == ("data.jsonl", b"abcdef")
    assert not path.exists()


@pytest.mark.parametrize("pieces", [[b"abc"], [b"abcdefg"]])
def test_a_file_of_another_length_than_was_said_is_refused(pieces: list[bytes]) -> None:
    file = FileInput("F", lambda path, name: pytest.fail("it was taken"))
    heard(file, "begin", {"name": "x", "size": 6})
    with pytest.raises(BadRequestError):
        for piece in pieces:
            heard(file, "piece", base64.b64encode(piece).decode())
        heard(file, "end")


def test_a_file_to_keep_has_an_end() -> None:
    with pytest.raises(BadRequestError, match="32 MB"):
        Saved("x", b"0" * (32 * 2**20 + 1)).to_json()


def test_whatever_a_component_shows_can_be_told() -> None:
    np = pytest.importorskip("numpy")
    shown = Table(["a"], [[np.float32(0.5), Path("x"), {1, 2}, 10**5000, np.arange(2)]])

    told = json.loads(json.dumps(shown.to_json(), allow_nan=False))

    assert told["rows"] == [[0.5, "x", [1, 2], None, [0, 1]]]


@pytest.mark.parametrize("value", [[True, 0], [1.0, 0], [0, 1.0], [0, True]])
def test_a_row_is_picked_by_whole_numbers_alone(value: list[Any]) -> None:
    with pytest.raises(BadRequestError):
        Grid("ab", "cd", [[0, 0], [0, 0]], on_pick=print).receive("pick", value)
