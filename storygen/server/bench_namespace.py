"""Namespace `/workbench`: browsers' calls to the workbenches, passed on. See docs/PROTOCOL.md."""

from __future__ import annotations

import logging
from typing import Any

from flask_socketio import SocketIO

from ..errors import BadRequestError, StorygenError
from ..web.guarded import Answer, GuardedNamespace, refusal
from ..web.rules import AccessRules
from .benches import Benches, BenchPlaces
from .loop import Loop

NAMESPACE = "/workbench"
CALLS = ("open", "event", "cancel", "close")
SOON_S = 10.0
"""So long the list of pages waits for a workbench that begins; the page asks again for those that miss."""
log = logging.getLogger(__name__)

STARTING: Answer = {
    "pages": [],
    "starting": True,
    "problem": "It is starting. Should this take for ever, data/logs/workbench.log says more.",
}


class BenchNamespace(GuardedNamespace):
    """`pages` is answered for all workbenches; any other call names its `bench`, "" for the registry's."""

    def __init__(
        self,
        socketio: SocketIO,
        rules: AccessRules,
        loop: Loop,
        places: BenchPlaces,
        modules: tuple[str, ...],
    ) -> None:
        super().__init__(NAMESPACE, rules)
        self._socketio, self._loop = socketio, loop
        self.benches = Benches(loop, places, modules, self._tell)

    def left(self, connection: str) -> None:
        """See `GuardedNamespace.left`."""
        self.benches.left(connection)

    def answer(self, connection: str, event: str, asked: Any) -> Answer:
        """See `GuardedNamespace.answer`."""
        try:
            return self._answer(connection, event, asked)
        except StorygenError as error:
            return refusal(error.code, error.message)
        except Exception:
            log.exception("The call %s failed.", event[:40])
            return refusal("internal", "Something went wrong in the server; data/logs says what.")

    def _answer(self, connection: str, event: str, asked: Any) -> Answer:
        if not isinstance(asked, dict):
            raise BadRequestError("The message must be an object with named fields.")
        if event == "pages":
            return {"ok": True, "room": True, "benches": self._all_pages(connection)}
        if event not in CALLS:
            raise BadRequestError("There is no such call.")
        body = dict(asked)
        name = body.pop("bench", "")
        if not isinstance(name, str):
            raise BadRequestError("bench must be a text.")
        return self.benches.ask(connection, name, event, body)

    def _all_pages(self, connection: str) -> list[Answer]:
        """Of those that answer soon: a module that loads its model, or hangs, holds up no other's pages."""
        found: dict[str, Answer] = {}
        names, some = self.benches.names(), self._loop.event()

        def ask(name: str) -> None:
            try:
                found[name] = self.benches.ask(connection, name, "pages", {})
            except StorygenError as error:
                found[name] = {"pages": [], "problem": error.message}
            if len(found) == len(names):
                some.set()

        for name in names:
            self._loop.spawn(ask, name)
        some.wait(SOON_S)
        return [
            {"title": name or "Workbench", **found.get(name, STARTING), "key": name}
            for name in names
        ]

    def _tell(self, connection: str, event: str, message: Answer) -> None:
        name, visit = message["bench"], message.get("visit")

        def heard(*_: Any) -> None:
            self.benches.heard(connection, name, str(visit))

        self._socketio.emit(
            event,
            message,
            to=connection,
            namespace=NAMESPACE,
            callback=heard if event == "told" else None,
        )
