"""A page of the workbench opened without a browser: what stands on it, and doing something with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from storygen.workbench.bench import Bench, Functions, Given, Source
from storygen.workbench.component import Component
from storygen.workbench.elements import Button, Element
from storygen.workbench.host.visits import Visits, component_key

E = TypeVar("E", bound=Element)
PATIENCE_S = 30.0


def make_bench(
    models: dict[str, Any] | None = None,
    datasets: dict[str, Any] | None = None,
    functions: Functions | None = None,
    data_dir: Path = Path("/nowhere"),
) -> Bench:
    """A bench of things that are there already."""

    def given(things: dict[str, Any] | None) -> Source[Any]:
        return Given({name: lambda job, it=it: it for name, it in (things or {}).items()})

    return Bench(given(models), given(datasets), functions or Functions(), data_dir)


class OpenPage:
    """A component in a visit of its own. Events go the browser's way; elements are looked at directly."""

    def __init__(self, component: Component, bench: Bench) -> None:
        self._key = component_key(component)
        self.problems: list[str] = []
        self.traces: list[str] = []
        self.saved: list[dict[str, Any]] = []
        self._busy = threading.Condition()
        self.visits = Visits("Tests", [component], bench, self._told)
        opened = self.visits.handle("test", "open", {"page": self._key})
        assert opened["ok"], opened
        self.visit_id: str = opened["visit"]
        self.wait()

    def __enter__(self) -> OpenPage:
        return self

    def __exit__(self, *_: object) -> None:
        self.visits.close()

    @property
    def _visit(self) -> Any:
        return self.visits._open[self.visit_id].visit

    @property
    def component(self) -> Any:
        """The visit's own copy of the component."""
        return self._visit._component

    def elements(self) -> Iterator[Element]:
        """All that lie on the page, hidden ones too."""
        return iter(list(self._visit.sheet._root.walk()))

    def find(self, kind: type[E], named: str = "") -> E:
        """The first element of that kind whose label, title or text is `named`."""
        for element in self.elements():
            if isinstance(element, kind) and (not named or named in _names(element)):
                return element
        there = [name for one in self.elements() if isinstance(one, kind) for name in _names(one)]
        raise AssertionError(f"no {kind.__name__} called {named!r}; there are {there}")

    def do(self, element: Element, event: str, value: Any = None, *, wait: bool = True) -> None:
        """What a browser does with an element; waits until the page rests."""
        asked = {"visit": self.visit_id, "id": element.id, "event": event, "value": value}
        answer = self.visits.handle("test", "event", asked)
        assert answer["ok"], answer["error"]["message"]
        if wait:
            self.wait()

    def click(self, named: str, *, wait: bool = True) -> None:
        """Press the button called so."""
        self.do(self.find(Button, named), "click", wait=wait)

    def cancel(self) -> None:
        """Press Stop."""
        self.visits.handle("test", "cancel", {"visit": self.visit_id})

    def wait(self) -> None:
        """Until nothing runs or waits, and all news are told."""
        visit, until = self._visit, time.monotonic() + PATIENCE_S
        while visit.busy or visit.sheet._news:
            assert time.monotonic() < until, "the page does not come to rest"
            with self._busy:
                self._busy.wait(0.02)
        with visit._sending:  # what was taken from the sheet has been told, too
            pass

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition while things run."""
        until = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < until, "it never came true"
            with self._busy:
                self._busy.wait(0.02)

    def _told(self, connection: str, message: dict[str, Any]) -> None:
        for op in message["ops"]:
            if op["op"] == "problem":
                self.problems.append(op["message"])
                self.traces.append(op["trace"])
            elif op["op"] == "save":
                self.saved.append(op)
        with self._busy:
            self._busy.notify_all()
        self.visits.heard(connection, message["visit"])


def _names(element: Element) -> list[str]:
    names = ("label", "text", "title")
    return [value for name in names if isinstance(value := element.values.get(name), str)]
