"""What every element of a page has: an identity, values that are shown, and events that it understands.

Setting a value that is `Shown` tells the page, from any thread; the browser has it a moment later. Values
must be JSON, or have `to_json()`. Nothing here knows how a browser is reached.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar, overload

from ...errors import BadRequestError

T = TypeVar("T")
Callback = Callable[..., Any]

_numbers = itertools.count(1)
_TOO_LARGE = 10**300
"""Beyond this an integer is no number that a browser could show, and Python refuses to write it."""


class Sheet(Protocol):
    """Where an element lies. It sets the values, so that no thread reads them half changed."""

    def change(self, element: Element, name: str, value: Any) -> None:
        """Set a value."""

    def grow(self, element: Element, name: str, more: Any) -> None:
        """Append to a text or list."""

    def replace(self, element: Element, change: Callable[[], None]) -> None:
        """Put other children into the element, by calling `change`."""


class Shown(Generic[T]):
    """An attribute that the browser shows."""

    def __init__(self, default: T) -> None:
        self._default = default

    def __set_name__(self, owner: type[Element], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, element: None, owner: type[Element]) -> Shown[T]: ...
    @overload
    def __get__(self, element: Element, owner: type[Element]) -> T: ...
    def __get__(self, element: Element | None, owner: type[Element]) -> Shown[T] | T:
        if element is None:
            return self
        found: T = element.values.get(self._name, self._default)
        return found

    def __set__(self, element: Element, value: T) -> None:
        if element.sheet is None:
            element.values[self._name] = value
        else:
            element.sheet.change(element, self._name, value)


class Element:
    """Something on a page. `kind` is what the browser knows it by."""

    kind: ClassVar[str] = ""
    events: ClassVar[frozenset[str]] = frozenset()

    hidden = Shown(False)
    hint = Shown("")
    """A sentence that explains it, where the pointer rests."""

    def __init__(self) -> None:
        self.id = f"e{next(_numbers)}"
        self.values: dict[str, Any] = {}
        self.sheet: Sheet | None = None

    @property
    def children(self) -> Sequence[Element]:
        """What lies in it."""
        return ()

    def walk(self) -> Iterator[Element]:
        """It, and all that lies in it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def to_json(self) -> dict[str, Any]:
        """As the browser gets it: `id`, `kind`, the values that differ from their defaults, `children`."""
        body: dict[str, Any] = {"id": self.id, "kind": self.kind}
        body |= {name: self.told(name, value) for name, value in self.values.items()}
        if self.children:
            body["children"] = [child.to_json() for child in self.children]
        return body

    def receive(self, event: str, value: Any) -> Callable[[], Any] | None:
        """Take in what the browser says; returns the developer's callback, with its value, if there is one.

        Raises: BadRequestError when the element knows no such event, or not with such a value.
        """
        if event not in self.events:
            raise BadRequestError(f"A {self.kind} knows no event {event[:40]!r}.")
        return self.hear(event, value)

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """As `receive`, for one of `events`."""
        raise NotImplementedError

    def closed(self) -> None:
        """The page is shut for good; most hold nothing."""

    def grow(self, name: str, more: Any) -> None:
        """Append `more` to the shown text or list `name`, telling the browser only what is new."""
        if self.sheet is None:
            self.append(name, more)
        else:
            self.sheet.grow(self, name, more)

    def append(self, name: str, more: Any) -> None:
        """As `grow`, without telling anybody."""
        self.values[name] = self.values.get(name, "" if isinstance(more, str) else []) + more

    def told(self, name: str, value: Any) -> Any:
        """What the browser may know of a value."""
        return plain(value)


def calling(callback: Callback | None, *values: Any) -> Callable[[], Any] | None:
    """`callback` with its values, or None where there is none."""
    return None if callback is None else lambda: callback(*values)


def plain(value: Any) -> Any:
    """`value` as JSON has it: what has `to_json` by that, sets and arrays as lists, else its text.

    A component may show whatever it has: what can't be told would end the telling of everything.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < _TOO_LARGE else None
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if hasattr(value, "to_json"):
        return plain(value.to_json())
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):  # numbers and arrays of numpy, tensors
        return plain(value.tolist())
    return str(value)


def is_index(value: Any, num: int) -> bool:
    """Whether a browser's `value` is a whole number from 0 to `num` - 1; neither `true` nor 1.0 is."""
    return type(value) is int and 0 <= value < num
