"""A table: rows of cells, with links, colours and bars, from which a row or a cell can be picked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import BadRequestError
from .element import Callback, Element, Shown, calling, is_index


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, beyond its bare text.

    `shade`: 0 to 1, how strongly it is tinted. `link`: an address. `pick`: it can be clicked by itself.
    `tone`: "plain", "quiet", "good", "problem" or "mono". `hint`: what is said where the pointer rests.
    """

    text: str | float | int | None
    shade: float | None = None
    link: str = ""
    pick: bool = False
    tone: str = "plain"
    hint: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the browser gets it: only what is not as usual."""
        body: dict[str, Any] = {"text": self.text}
        if self.shade is not None:
            body["shade"] = self.shade
        body |= {n: v for n in ("link", "pick", "hint") if (v := getattr(self, n))}
        return body if self.tone == "plain" else body | {"tone": self.tone}


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its title, and how its cells stand. `digits`: decimals of numbers. `sorts`: by a click."""

    title: str
    align: Literal["left", "right"] = "left"
    digits: int | None = None
    sorts: bool = False
    hint: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the browser gets it."""
        return {
            "title": self.title,
            "align": self.align,
            "digits": self.digits,
            "sorts": self.sorts,
            "hint": self.hint,
        }


Content = Cell | str | float | int | None


class Table(Element):
    """Rows below column titles. `empty` is said where there are none.

    `on_pick(row, column)` is called with their numbers, from 0, for a click on a row (or Enter on it);
    `column` is None where not one of the cells with `pick` was meant. `picked`: the row that is marked.
    `on_sort(column, down)` is asked for columns that sort; the callback sets `rows` anew.
    """

    kind = "table"
    events = frozenset({"pick", "sort"})
    columns = Shown[tuple[TableColumn, ...]](())
    rows = Shown[list[list[Content]]]([])
    empty = Shown("Nothing is here yet.")
    pickable = Shown(False)
    picked = Shown[int | None](None)
    sorted_by = Shown[tuple[int, bool] | None](None)

    def __init__(
        self,
        columns: Sequence[str | TableColumn],
        rows: Sequence[Sequence[Content]] = (),
        on_pick: Callback | None = None,
        *,
        on_sort: Callback | None = None,
        empty: str = "Nothing is here yet.",
    ) -> None:
        super().__init__()
        self.columns = tuple(TableColumn(c) if isinstance(c, str) else c for c in columns)
        self.rows = [list(row) for row in rows]
        self.on_pick, self.on_sort = on_pick, on_sort
        self.pickable, self.empty = on_pick is not None, empty

    def add(self, *rows: Sequence[Content]) -> None:
        """Put rows behind those that are there."""
        self.grow("rows", [list(row) for row in rows])

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "pick" with [row, column or null]; "sort" with [column, whether from the largest down]."""
        if event == "sort":
            column, down = _pair(value)
            if not is_index(column, len(self.columns)):
                raise BadRequestError("There is no such column.")
            self.sorted_by = (column, bool(down))
            return calling(self.on_sort, column, bool(down))
        row, column = _pair(value)
        if not is_index(row, len(self.rows)):
            raise BadRequestError("There is no such row any more.")
        if column is not None and not is_index(column, len(self.columns)):
            raise BadRequestError("There is no such column.")
        return calling(self.on_pick, row, column)


def _pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise BadRequestError("Two values are wanted.")
    return value[0], value[1]
