"""One page as it stands, and what a browser has not been told of it yet.

Elements tell it what changed, from any thread; what gathers is merged, so that a slow browser makes nothing
grow: setting a value twice is told once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ...errors import NotFoundError
from ..elements.element import Element


class Sheet:
    """`on_change()` is called, in the thread that changed something, whenever there is news."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._lock = threading.RLock()
        self._elements: dict[str, Element] = {}
        self._news: list[dict[str, Any]] = []
        self._root: Element | None = None
        self._on_change = on_change

    def put(self, root: Element) -> None:
        """Lay the page's elements on it."""
        with self._lock:
            self._root = root
            self._attach(root)

    def tree(self) -> dict[str, Any]:
        """Everything as it stands; a browser that has it needs to be told no news of elements."""
        with self._lock:
            self._news = [op for op in self._news if "id" not in op]
            assert self._root is not None
            return self._root.to_json()

    def closed(self) -> None:
        """The page is shut for good."""
        with self._lock:
            for element in self._elements.values():
                element.closed()

    def find(self, element_id: str) -> Element:
        """Raises: NotFoundError when it does not lie here (any more)."""
        with self._lock:
            if element_id not in self._elements:
                raise NotFoundError("This part of the page is not there any more.")
            return self._elements[element_id]

    def take_news(self) -> list[dict[str, Any]]:
        """What is to be told, in order: "set" values, "grow" a value, other "children"."""
        with self._lock:
            news, self._news = self._news, []
            return news

    def tell(self, op: dict[str, Any]) -> None:
        """Add news that is of no element: a problem, a file."""
        with self._lock:
            self._news.append(op)
        self._on_change()

    def busy(self, busy: bool, done: float = 0.0, total: float = 0.0, note: str = "") -> None:
        """Say whether something runs, and how far it is; only the newest is told."""
        op = {"op": "busy", "busy": busy, "done": done, "total": total, "note": note}
        with self._lock:
            self._news = [one for one in self._news if one["op"] != "busy"]
        self.tell(op)

    # ------------------------------------------------------------ what elements change

    def change(self, element: Element, name: str, value: Any) -> None:
        """See `storygen.workbench.elements.element.Sheet`."""
        with self._lock:
            element.values[name] = value
            if element.id in self._elements:
                self._set(element.id, name, element.told(name, value))
        self._on_change()

    def grow(self, element: Element, name: str, more: Any) -> None:
        """As `change`."""
        with self._lock:
            element.append(name, more)
            if element.id in self._elements:
                self._grow(element.id, name, element.told(name, more))
        self._on_change()

    def replace(self, element: Element, change: Callable[[], None]) -> None:
        """As `change`."""
        with self._lock:
            change()
            if element.id in self._elements:
                self._replace(element)
        self._on_change()

    def _set(self, element_id: str, name: str, value: Any) -> None:
        """What was to be told of this value before is told no more."""
        kept = []
        for op in self._news:
            if op.get("id") == element_id and op["op"] == "set":
                op["values"].pop(name, None)
                if not op["values"]:
                    continue
            elif op.get("id") == element_id and op["op"] == "grow" and op["name"] == name:
                continue
            kept.append(op)
        self._news = kept
        last = kept[-1] if kept else None
        if last is not None and last["op"] == "set" and last["id"] == element_id:
            last["values"][name] = value
        else:
            self._news.append({"op": "set", "id": element_id, "values": {name: value}})

    def _grow(self, element_id: str, name: str, more: Any) -> None:
        for op in reversed(self._news):
            if op.get("id") != element_id:
                continue
            if op["op"] == "grow" and op["name"] == name:
                op["more"] = op["more"] + more
                return
            if op["op"] == "set" and name in op["values"]:
                op["values"][name] = op["values"][name] + more
                return
        self._news.append({"op": "grow", "id": element_id, "name": name, "more": more})

    def _replace(self, element: Element) -> None:
        """The children's own state is told with them, so older news of what lies there is dropped."""
        self._forget_lost()
        inside = {one.id for child in element.children for one in child.walk()} | {element.id}
        for child in element.children:
            self._attach(child)
        self._news = [
            op
            for op in self._news
            if op.get("id") not in inside or (op["id"] == element.id and op["op"] != "children")
        ]
        children = [child.to_json() for child in element.children]
        self._news.append({"op": "children", "id": element.id, "children": children})

    def _attach(self, root: Element) -> None:
        for element in root.walk():
            element.sheet = self
            self._elements[element.id] = element

    def _forget_lost(self) -> None:
        assert self._root is not None
        standing = {element.id for element in self._root.walk()}
        for element_id in [one for one in self._elements if one not in standing]:
            self._elements.pop(element_id).sheet = None
        self._news = [op for op in self._news if op.get("id", "") in ("", *self._elements)]
