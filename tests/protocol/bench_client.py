"""A browser of the workbench in Python: one `/workbench` connection that keeps each page as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from storygen.bench.writer import OrderedClient

NAMESPACE = "/workbench"
WAIT_S = 60.0


class BenchClient:
    """`hears`: whether it takes messages; one that does not is told no second one."""

    def __init__(self, url: str, token: str) -> None:
        self.changed = threading.Condition()
        self.trees: dict[str, dict[str, Any]] = {}
        self.numbers: dict[str, int] = {}
        self.problems: list[dict[str, Any]] = []
        self.saved: list[dict[str, Any]] = []
        self.gone: list[str] = []
        self._early: list[dict[str, Any]] = []
        self._io = OrderedClient(reconnection=False, handle_sigint=False)
        self._io.on("told", self._on_told, namespace=NAMESPACE)
        self._io.on("gone", self._on_gone, namespace=NAMESPACE)
        self._io.connect(
            url,
            namespaces=[NAMESPACE],
            auth={"token": token},
            transports=["websocket"],
            wait_timeout=WAIT_S,
        )
        self._socket = getattr(self._io.eio, "ws", None)

    def __enter__(self) -> BenchClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._io.disconnect()
        if self._socket is not None:
            self._socket.shutdown()

    def call(self, name: str, asked: Any = None) -> dict[str, Any]:
        """Send a call; returns the whole answer."""
        answer: dict[str, Any] = self._io.call(name, asked or {}, NAMESPACE, timeout=WAIT_S)
        return answer

    def open(self, page: str, bench: str = "", visit: str = "") -> str:
        """Open a page; returns the visit's id."""
        answer = self.call("open", {"page": page, "bench": bench, "visit": visit})
        assert answer["ok"], answer
        with self.changed:
            self.trees[answer["visit"]] = answer["tree"]
            self.numbers[answer["visit"]] = answer["number"]
            early, self._early = self._early, []
        for message in early:
            self._on_told(message)
        found: str = answer["visit"]
        return found

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Until `condition` holds of what was told."""
        until = time.monotonic() + WAIT_S
        with self.changed:
            while not (value := condition()):
                assert self.changed.wait(until - time.monotonic()), f"no {what}"
            return value

    def find(self, visit: str, kind: str, **values: Any) -> dict[str, Any]:
        """The first such element, once it is there."""

        def found() -> dict[str, Any] | None:
            for element in walk(self.trees[visit]):
                if element["kind"] == kind and all(element.get(n) == v for n, v in values.items()):
                    return element
            return None

        element: dict[str, Any] = self.wait(found, f"{kind} {values}")
        return element

    def do(
        self, visit: str, element: dict[str, Any], event: str, value: Any = None, bench: str = ""
    ) -> None:
        """What a browser does with an element."""
        asked = {"bench": bench, "visit": visit, "id": element["id"]}
        answer = self.call("event", {**asked, "event": event, "value": value})
        assert answer["ok"], answer

    def _on_told(self, message: dict[str, Any]) -> None:
        visit = message["visit"]
        with self.changed:
            if visit not in self.trees:
                self._early.append(message)
            elif message["number"] > self.numbers[visit]:
                self.numbers[visit] = message["number"]
                for op in message["ops"]:
                    self._apply(self.trees[visit], op)
            self.changed.notify_all()

    def _apply(self, tree: dict[str, Any], op: dict[str, Any]) -> None:
        if op["op"] in ("problem", "save"):
            (self.problems if op["op"] == "problem" else self.saved).append(op)
            return
        if op["op"] == "busy":
            return
        element = next(one for one in walk(tree) if one["id"] == op["id"])
        if op["op"] == "set":
            element.update(op["values"])
        elif op["op"] == "grow":
            empty: Any = "" if isinstance(op["more"], str) else []
            element[op["name"]] = element.get(op["name"], empty) + op["more"]
        else:
            element["children"] = op["children"]

    def _on_gone(self, message: dict[str, Any]) -> None:
        with self.changed:
            self.gone.append(message["bench"])
            self.changed.notify_all()


def walk(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An element and all in it."""
    yield tree
    for child in tree.get("children", []):
        yield from walk(child)
