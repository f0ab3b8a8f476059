"""All pages that are open, and what browsers ask: the same wherever the workbench runs.

A browser speaks through a `connection`, any name that is its own. Who carries the words (Flask-SocketIO in
this process, or the link to the main server) calls `handle`, `heard` and `left`, and gives `tell`.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import BadRequestError, NotFoundError, StorygenError
from ..bench import Bench
from ..component import Component
from ..runs.running import RUNNING
from .visit import Visit

log = logging.getLogger(__name__)

MOST_VISITS = 50
KEPT_S = 30 * 60.0
"""How long a page waits for a browser that has left."""

Tell = Callable[[str, dict[str, Any]], None]
"""A connection, and the message for it."""


@dataclass(slots=True)
class _Open:
    visit: Visit
    page: str
    connection: str | None
    left_at: float = 0.0


class Visits:
    """`components` under their keys, in the order in which they are offered."""

    def __init__(
        self,
        title: str,
        components: Sequence[Component],
        bench: Bench,
        tell: Tell,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title, self._bench, self._tell, self._clock = title, bench, tell, clock
        self._components = {component_key(one): one for one in components}
        assert len(self._components) == len(components), "two pages have the same key"
        self._open: dict[str, _Open] = {}
        self._lock = threading.Lock()
        self._doing: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "pages": self._pages,
            "open": self._opened,
            "event": self._event,
            "cancel": self._cancel,
            "close": self._close,
        }

    def handle(self, connection: str, name: str, asked: Any) -> dict[str, Any]:
        """What a browser asks, answered: `{"ok": true, …}` or `{"ok": false, "error": {code, message}}`."""
        try:
            if name not in self._doing or not isinstance(asked, dict):
                raise BadRequestError("The workbench does not understand this.")
            return {"ok": True, **self._doing[name](connection, asked)}
        except StorygenError as error:
            return {"ok": False, "error": {"code": error.code, "message": error.message}}
        except Exception:
            log.exception("The workbench failed at %r.", name)
            message = "Something went wrong in the workbench; its log says more."
            return {"ok": False, "error": {"code": "internal", "message": message}}

    def heard(self, connection: str, visit_id: str) -> None:
        """The browser has taken the last message of that visit."""
        found = self._open.get(visit_id)
        if found is not None and found.connection == connection:
            found.visit.heard()

    def left(self, connection: str) -> None:
        """The browser is gone; its pages wait a while for it."""
        with self._lock:
            for one in self._open.values():
                if one.connection == connection:
                    one.connection, one.left_at = None, self._clock()
                    one.visit.detach()

    @property
    def busy(self) -> bool:
        """Whether somebody looks at a page, or something runs on one, or beside them all."""
        with self._lock:
            return bool(RUNNING) or any(
                one.connection or one.visit.busy for one in self._open.values()
            )

    def close(self) -> None:
        """Shut every page."""
        with self._lock:
            for one in self._open.values():
                one.visit.close()
            self._open.clear()

    # ------------------------------------------------------------ what is asked

    def _pages(self, connection: str, asked: dict[str, Any]) -> dict[str, Any]:
        pages = [
            {"key": key, "title": one.title or key, "sentence": one.sentence}
            for key, one in self._components.items()
        ]
        return {"title": self._title, "pages": pages}

    def _opened(self, connection: str, asked: dict[str, Any]) -> dict[str, Any]:
        """A page that this browser had open before goes on, if it is still there and nobody else's."""
        key, wanted = asked.get("page"), asked.get("visit")
        if not isinstance(key, str) or key not in self._components:
            raise NotFoundError("There is no such page.")
        self._sweep()
        with self._lock:
            found = self._open.get(wanted) if isinstance(wanted, str) else None
            if (
                found is not None
                and found.connection in (None, connection)
                and found.visit.is_stuck
            ):
                self._open.pop(str(wanted)).visit.close()
                found = None
            if found is not None and found.page == key and found.connection in (None, connection):
                found.connection, visit_id = connection, str(wanted)
            else:
                visit_id = secrets.token_urlsafe(12)
                visit = Visit(self._components[key], self._bench, self._teller(visit_id))
                found = self._open[visit_id] = _Open(visit, key, connection)
        return {"visit": visit_id, **found.visit.attach()}

    def _event(self, connection: str, asked: dict[str, Any]) -> dict[str, Any]:
        element_id, event = asked.get("id"), asked.get("event")
        if not isinstance(element_id, str) or not isinstance(event, str):
            raise BadRequestError("An event names an element, and what was done with it.")
        self._mine(connection, asked).event(element_id, event, asked.get("value"))
        return {}

    def _cancel(self, connection: str, asked: dict[str, Any]) -> dict[str, Any]:
        self._mine(connection, asked).cancel()
        return {}

    def _close(self, connection: str, asked: dict[str, Any]) -> dict[str, Any]:
        self._mine(connection, asked).close()
        with self._lock:
            self._open.pop(asked["visit"], None)
        return {}

    def _mine(self, connection: str, asked: dict[str, Any]) -> Visit:
        found = self._open.get(asked["visit"]) if isinstance(asked.get("visit"), str) else None
        if found is None or found.connection != connection:
            raise NotFoundError("This page was open for too long, or elsewhere. Load it again.")
        return found.visit

    def _teller(self, visit_id: str) -> Callable[[int, list[dict[str, Any]]], None]:
        def tell(number: int, ops: list[dict[str, Any]]) -> None:
            found = self._open.get(visit_id)
            if found is not None and found.connection is not None:
                self._tell(found.connection, {"visit": visit_id, "number": number, "ops": ops})

        return tell

    def _sweep(self) -> None:
        """Shut pages whose browser has been gone for long, and the oldest of too many."""
        with self._lock:
            gone = sorted(
                (one.left_at, visit_id)
                for visit_id, one in self._open.items()
                if one.connection is None
            )
            surplus = len(self._open) + 1 - MOST_VISITS
            for at, (left_at, visit_id) in enumerate(gone):
                if at < surplus or self._clock() - left_at > KEPT_S:
                    self._open.pop(visit_id).visit.close()
            if len(self._open) >= MOST_VISITS:
                raise BadRequestError("Too many pages are open. Close some.")


def component_key(component: Component) -> str:
    """The word for a page in its address."""
    name = component.key or component.title or type(component).__name__
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
