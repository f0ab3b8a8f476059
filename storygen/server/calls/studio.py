"""Namespace `/studio`: the browser's calls, checked, carried out and answered. See docs/PROTOCOL.md.

Each call has a method `call_<event>` that takes the visitor and the message's fields and returns the
answer's fields. Errors that a user can act on are answered with their code; others are logged.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar

from flask import request
from flask_socketio import ConnectionRefusedError, Namespace, SocketIO

from ... import __version__
from ...engine.sampling.parameters import PARAMETERS
from ...errors import BadRequestError, NotFoundError, StorygenError
from ...preferences import ranges
from ...story.story import Story
from ...web.rules import AccessRules
from .. import presets
from ..house import House
from ..room import Room
from .auto_calls import AUTO_CALLS, AutoCalls
from .candidate_calls import CANDIDATE_CALLS, CandidateCalls
from .checks import MAX_ID, MAX_STATE_BYTES, Fields
from .history_calls import HISTORY_CALLS, HistoryCalls
from .library_calls import LIBRARY_CALLS, LibraryCalls
from .memory_calls import MEMORY_CALLS, MemoryCalls
from .model_calls import MODEL_CALLS, ModelCalls
from .outbox import Outbox, Package
from .run_calls import RUN_CALLS, RunCalls
from .shapes import open_shape, parameter_shape
from .taste_calls import TASTE_CALLS, TasteCalls
from .token_calls import TOKEN_CALLS, TokenCalls
from .visitor import Visitor

NAMESPACE = "/studio"
OPEN_AFTER_S = 0.02
HANG_UP_AFTER_S = 0.1
log = logging.getLogger(__name__)

Answer = dict[str, Any]


class Studio(
    LibraryCalls,
    RunCalls,
    CandidateCalls,
    TasteCalls,
    AutoCalls,
    TokenCalls,
    MemoryCalls,
    HistoryCalls,
    ModelCalls,
    Namespace,  # type: ignore[misc]
):
    """All calls; `_KNOWN` lists each call's fields. Here are the first one and those about an open text."""

    _KNOWN: ClassVar[dict[str, tuple[str, ...]]] = {
        "hello": (),
        "story_open": ("story", "document", "state"),
        "story_close": ("story",),
        "doc_update": ("story", "update", "aliases"),
        "provenance": ("story",),
        "caret": ("story", "anchor", "head"),
        **LIBRARY_CALLS,
        **RUN_CALLS,
        **CANDIDATE_CALLS,
        **AUTO_CALLS,
        **TOKEN_CALLS,
        **TASTE_CALLS,
        **MEMORY_CALLS,
        **HISTORY_CALLS,
        **MODEL_CALLS,
    }

    def __init__(self, socketio: SocketIO, house: House, rules: AccessRules) -> None:
        super().__init__(NAMESPACE)
        self._socketio, self._house, self._rules = socketio, house, rules
        self._visitors: dict[str, Visitor] = {}
        house.send_away = self.send_away

    # ------------------------------------------------------------ connections

    def trigger_event(self, event: str, *args: Any) -> Any:
        """Flask-SocketIO's entry: everything but connect and disconnect is a call to be answered."""
        if self._comes_or_goes(event, args[0]):
            return super().trigger_event(event, *args)
        visitor = self._visitors.get(args[0])
        if visitor is None:
            return _refusal("refused", "This connection is not open.")
        return self._answer(visitor, event, args[1:])

    def _comes_or_goes(self, event: str, sid: str) -> bool:
        """Whether this is Socket.IO's own word; a browser may send calls by the same names."""
        if event == "connect":
            return sid not in self._visitors
        connected: bool = self._socketio.server.manager.is_connected(sid, NAMESPACE)
        return event == "disconnect" and not connected

    def on_connect(self, auth: Any = None) -> None:
        """Let a browser in that has the token."""
        if not self._rules.admits_studio(request.environ, auth):
            raise ConnectionRefusedError("The access token is missing or wrong.")
        self._visitors[_sid()] = Visitor(_sid())

    def on_disconnect(self, reason: Any = None) -> None:
        """Its stories may have nobody left."""
        visitor = self._visitors.pop(_sid(), None)
        if visitor:
            visitor.glances.leave(self._house.requests)
            for story in list(visitor.stories):
                self._leave(visitor, story)

    def tell_library(self, message: Answer) -> None:
        """Send the `library` event to every browser."""
        self._socketio.emit("library", message, namespace=NAMESPACE)

    def send_away(self, browsers: list[str]) -> None:
        """Hang up on them; a browser comes back by itself and opens its story anew."""
        hang_up = self._socketio.server.disconnect
        for sid in browsers:  # a little later: the answers that are on their way go first
            self._house.loop.timer(HANG_UP_AFTER_S, functools.partial(hang_up, sid, NAMESPACE))

    def _answer(self, visitor: Visitor, event: str, args: tuple[Any, ...]) -> Answer:
        try:
            visitor.pace.count(event, time.monotonic())
            if event not in self._KNOWN:
                raise BadRequestError("There is no such call.")
            if len(args) > 1:
                raise BadRequestError("A call carries one message.")
            call: Callable[[Visitor, Fields], Answer] = getattr(self, f"call_{event}")
            return {
                "ok": True,
                **call(visitor, Fields(args[0] if args else None, self._KNOWN[event])),
            }
        except StorygenError as error:
            return _refusal(error.code, error.message)
        except Exception:
            log.exception("The call %s failed.", event[:40])
            return _refusal("internal", "Something went wrong in the server; data/logs says what.")

    # ------------------------------------------------------------ the first call, and an open story

    def call_hello(self, visitor: Visitor, fields: Fields) -> Answer:
        """What a browser shows first."""
        house = self._house
        return {
            "version": __version__,
            "instance": self._rules.instance,
            "models": house.models(),
            "stories": house.stories(),
            "presets": house.presets(),
            "parameters": [parameter_shape(p) for p in PARAMETERS],
            "default_model": house.registry.default_key(),
            "default_preset": presets.DEFAULT.name,
            "fate_ranges": ranges.to_json(ranges.DEFAULTS),
            "picker": house.picking.view(),
            "pickers": list(house.pickers.names()),
            "notes": [dataclasses.asdict(p) for p in house.registry.problems],
        }

    def call_story_open(self, visitor: Visitor, fields: Fields) -> Answer:
        """Everything that the browser lacks; from now on it is told what happens."""
        story_id = fields.id("story")
        room = self._house.room(story_id)
        known = fields.string("document", MAX_ID, "")
        state = fields.blob("state", MAX_STATE_BYTES) if fields.has("state") else None
        outbox = Outbox(
            story_id, lambda message, done: self._tell(visitor.sid, "update", message, done)
        )

        def join(story: Story, now: float) -> Answer:
            same = known == story.page.record.document
            shape = open_shape(story, state if same else None)
            # in the same turn, so that nothing falls between the answer and the first update
            room.outboxes[visitor.sid] = outbox
            return shape

        answer = room.ask(join)
        if visitor.sid not in self._visitors:
            room.outboxes.pop(visitor.sid, None)
            raise NotFoundError("This connection is closed.")
        visitor.stories.add(story_id)
        self._house.loop.timer(OPEN_AFTER_S, outbox.open)
        return answer

    def call_story_close(self, visitor: Visitor, fields: Fields) -> Answer:
        """The browser looks at something else."""
        self._leave(visitor, fields.id("story"))
        return {}

    def call_doc_update(self, visitor: Visitor, fields: Fields) -> Answer:
        """What was typed; answered when it is stored."""
        room = self._joined(visitor, fields.id("story"))
        data, aliases = fields.blob("update"), fields.aliases("aliases", room.id)
        return {"seq": room.ask(lambda story, now: story.page.human_update(data, aliases, now))}

    def call_provenance(self, visitor: Visitor, fields: Fields) -> Answer:
        """Who wrote what over the whole text."""
        written = self._house.room(fields.id("story")).ask(lambda story, now: story.page.written())
        return {"spans": [[w.units, [w.run, w.index] if w.run else "human"] for w in written]}

    def call_caret(self, visitor: Visitor, fields: Fields) -> Answer:
        """Where another window's caret is; not stored."""
        room = self._joined(visitor, fields.id("story"))
        caret = {"who": visitor.sid, "anchor": fields.place("anchor"), "head": fields.place("head")}
        for sid, outbox in list(room.outboxes.items()):
            if sid != visitor.sid:
                outbox.add(Package(carets={visitor.sid: caret}))
        return {}

    # ------------------------------------------------------------ inside

    def _tell(self, sid: str, event: str, message: Answer, done: Callable[..., None]) -> None:
        # Not through Flask-SocketIO: it hears no acknowledgement once the visitor has gone whose call
        # caused the message.
        server = self._socketio.server
        server.emit(event, message, namespace=NAMESPACE, to=sid, callback=done)

    def _joined(self, visitor: Visitor, story: str) -> Room:
        if story not in visitor.stories:
            raise NotFoundError("Open this story first.", code="not_open")
        return self._house.room(story)

    def _leave(self, visitor: Visitor, story: str) -> None:
        visitor.stories.discard(story)
        visitor.glances.stop_score(self._house.requests, story)
        for room in self._house.open_rooms():
            if room.id == story and visitor.sid in room.outboxes:
                del room.outboxes[visitor.sid]
                gone = Package(
                    carets={
                        visitor.sid: {
                            "who": visitor.sid,
                            "anchor": None,
                            "head": None,
                            "gone": True,
                        }
                    }
                )
                for outbox in list(room.outboxes.values()):
                    outbox.add(gone)
                if not room.outboxes:
                    self._house.left(story)


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]  # set by Flask-SocketIO


def _refusal(code: str, message: str) -> Answer:
    return {"ok": False, "error": {"code": code, "message": message}}
