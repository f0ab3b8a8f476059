"""Elements that show numbers: bars, curves, and a grid of shades."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import BadRequestError
from .element import Callback, Element, Shown, calling, is_index


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar under its `key`, with one value, or one for each series.

    `shown` is said instead of the number; `second` is drawn as an outline behind a single value. `mark`:
    "true" (what really came), "chosen" or "". `mono`: the label is exact text, its white space made
    visible.
    """

    key: str
    label: str
    values: tuple[float | None, ...]
    shown: tuple[str, ...] = ()
    second: float | None = None
    mark: Literal["", "true", "chosen"] = ""
    hint: str = ""
    note: str = ""
    mono: bool = False

    def to_json(self) -> dict[str, Any]:
        """As the browser gets it: only what is not as usual."""
        body: dict[str, Any] = {"key": self.key, "label": self.label, "values": list(self.values)}
        names = ("shown", "mark", "hint", "note", "mono")
        body |= {name: value for name in names if (value := getattr(self, name))}
        return body if self.second is None else body | {"second": self.second}


class Bars(Element):
    """Horizontal bars below each other, to compare. `series` names the values of each, with a legend.

    `on_pick(key)` is called for a click (or Enter, or the digits 1-9). `high`: the length's end; the
    largest value unless given.
    """

    kind = "bars"
    events = frozenset({"pick"})
    bars = Shown[tuple[Bar, ...]](())
    series = Shown[tuple[str, ...]](())
    high = Shown[float | None](None)
    pickable = Shown(False)
    empty = Shown("Nothing is here yet.")

    def __init__(
        self,
        bars: Sequence[Bar] = (),
        on_pick: Callback | None = None,
        *,
        series: Sequence[str] = (),
        high: float | None = None,
    ) -> None:
        super().__init__()
        self.bars, self.series, self.high = tuple(bars), tuple(series), high
        self.on_pick, self.pickable = on_pick, on_pick is not None

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "pick" with a bar's key."""
        if value not in [bar.key for bar in self.bars]:
            raise BadRequestError("This bar is not there any more.")
        return calling(self.on_pick, value)


@dataclass(frozen=True, slots=True)
class Series:
    """Points of a plot.

    `low` and `high`: an interval around each `y`. `hints`: what is said at each point.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    hints: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """As the browser gets it."""
        body: dict[str, Any] = {"name": self.name, "x": _finite(self.x), "y": _finite(self.y)}
        if self.low:
            body |= {"low": _finite(self.low), "high": _finite(self.high)}
        return body | ({"hints": list(self.hints)} if self.hints else {})


class Plot(Element):
    """Curves, points or columns over x. `on_pick(series, point)` is called with their numbers, from 0."""

    kind = "plot"
    events = frozenset({"pick"})
    form = Shown[Literal["line", "points", "columns"]]("line")
    series = Shown[tuple[Series, ...]](())
    x_label = Shown("")
    y_label = Shown("")
    pickable = Shown(False)
    picked = Shown[float | None](None)
    """The x that is marked."""

    def __init__(
        self,
        series: Sequence[Series] = (),
        *,
        form: Literal["line", "points", "columns"] = "line",
        x_label: str = "",
        y_label: str = "",
        on_pick: Callback | None = None,
    ) -> None:
        super().__init__()
        self.series, self.form = tuple(series), form
        self.x_label, self.y_label = x_label, y_label
        self.on_pick, self.pickable = on_pick, on_pick is not None

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "pick" with [series, point]."""
        if not isinstance(value, list) or len(value) != 2:
            raise BadRequestError("A series and a point are wanted.")
        series, point = value
        if not (is_index(series, len(self.series)) and is_index(point, len(self.series[series].x))):
            raise BadRequestError("This point is not there any more.")
        return calling(self.on_pick, series, point)


class Grid(Element):
    """A grid of shades with a text in each field: layers by tokens, heads by tokens.

    `shades[row][column]` is 0 to 1 or None; `texts` the same shape or empty; `hints` too. `on_pick(row,
    column)`.
    """

    kind = "grid"
    events = frozenset({"pick"})
    rows = Shown[tuple[str, ...]](())
    columns = Shown[tuple[str, ...]](())
    shades = Shown[Sequence[Sequence[float | None]]](())
    texts = Shown[Sequence[Sequence[str]]](())
    hints = Shown[Sequence[Sequence[str]]](())
    legend = Shown("")
    pickable = Shown(False)

    def __init__(
        self,
        rows: Sequence[str] = (),
        columns: Sequence[str] = (),
        shades: Sequence[Sequence[float | None]] = (),
        texts: Sequence[Sequence[str]] = (),
        *,
        hints: Sequence[Sequence[str]] = (),
        legend: str = "",
        on_pick: Callback | None = None,
    ) -> None:
        super().__init__()
        self.rows, self.columns, self.shades = tuple(rows), tuple(columns), shades
        self.texts, self.hints, self.legend = texts, hints, legend
        self.on_pick, self.pickable = on_pick, on_pick is not None

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "pick" with [row, column]."""
        if not isinstance(value, list) or len(value) != 2:
            raise BadRequestError("A row and a column are wanted.")
        row, column = value
        if not (is_index(row, len(self.rows)) and is_index(column, len(self.columns))):
            raise BadRequestError("This field is not there any more.")
        return calling(self.on_pick, row, column)


def _finite(values: Sequence[float | None]) -> list[float | None]:
    """JSON has no NaN: a gap stands for it."""
    return [one if one is not None and abs(one) < float("inf") else None for one in values]
