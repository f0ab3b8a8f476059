"""Elements that hold others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import BadRequestError
from .element import Callback, Element, Shown, calling


class Container(Element):
    """Holds elements in order. Those that are hidden take no room."""

    def __init__(self, *children: Element) -> None:
        super().__init__()
        self._children: tuple[Element, ...] = children

    @property
    def children(self) -> Sequence[Element]:
        """What lies in it; setting it puts others there."""
        return self._children

    @children.setter
    def children(self, children: Sequence[Element]) -> None:
        def change() -> None:
            self._children = tuple(children)

        change() if self.sheet is None else self.sheet.replace(self, change)

    def add(self, *children: Element) -> None:
        """Put elements behind those that are there."""
        self.children = (*self._children, *children)


class Column(Container):
    """Elements below each other."""

    kind = "column"


class Row(Container):
    """Elements beside each other; they wrap where the window is narrow.

    `align`: "end" (labelled inputs and buttons stand on one line), "start", "center" or "apart" (first
    left, last right).
    """

    kind = "row"
    align = Shown("end")

    def __init__(self, *children: Element, align: str = "end") -> None:
        super().__init__(*children)
        self.align = align


class Columns(Container):
    """Parts of a page beside each other, as wide as `weights` say; below each other in a narrow window."""

    kind = "columns"
    weights = Shown[Sequence[float]](())

    def __init__(self, *children: Element, weights: Sequence[float] = ()) -> None:
        super().__init__(*children)
        self.weights = tuple(weights)


class Panel(Container):
    """Elements that belong together, set off by a hairline, with a title if it has one."""

    kind = "panel"
    title = Shown("")

    def __init__(self, *children: Element, title: str = "") -> None:
        super().__init__(*children)
        self.title = title


class Collapsible(Container):
    """Elements under a title that folds them away. `on_open()` is called when it is first opened by hand."""

    kind = "collapsible"
    events = frozenset({"toggle"})
    title = Shown("")
    open = Shown(False)

    def __init__(
        self,
        title: str,
        *children: Element,
        open: bool = False,
        on_open: Callback | None = None,
    ) -> None:
        super().__init__(*children)
        self.title, self.open = title, open
        self.on_open = on_open

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "toggle" with whether it is open now."""
        if not isinstance(value, bool):
            raise BadRequestError("Open or not: that must be true or false.")
        self.values["open"] = value
        return calling(self.on_open) if value else None
