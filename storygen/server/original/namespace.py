"""The protocol of the original storygen client, on namespace `/` (docs/PROTOCOL.md).

That client knows no errors: whatever cannot be done is answered like a blank prefix, with no text, and
arguments that are none are not answered at all. What it may ask for is in `requests.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask_socketio import Namespace

from ..loop import Loop
from .requests import unwrap_prompt
from .sampler import Handle
from .session import Outward, Session, Writer

__all__ = ["Handle", "LegacyNamespace", "Writer", "unwrap_prompt"]


class LegacyNamespace(Namespace):  # type: ignore[misc]
    """Register it with `SocketIO.on_namespace`. `admits(environ, auth)` says who may join."""

    def __init__(
        self, loop: Loop, writer: Writer, admits: Callable[[Mapping[str, Any], Any], bool]
    ) -> None:
        super().__init__("/")
        self._loop = loop
        self._writer = writer
        self._admits = admits
        self._sessions: dict[str, Session] = {}

    def trigger_event(self, event: str, *args: Any) -> Any:
        """Takes every event of the namespace; nothing happens for clients that were not admitted."""
        sid, *rest = args
        if event == "connect":
            # A client may send events of any name, this one too: what it is judged by is looked up.
            return sid in self._sessions or self._connect(sid, rest[1] if len(rest) == 2 else None)
        if event == "disconnect":
            self._disconnect(sid)
        elif (session := self._sessions.get(sid)) is not None:
            if event == "generate_text":
                session.generate_text(tuple(rest))
            elif event == "start_new_sampler":
                session.start_new_sampler(tuple(rest))
        return None

    def _connect(self, sid: str, auth: Any) -> bool:
        environ = self.socketio.server.get_environ(sid, namespace="/")
        if environ is None or not self._admits(environ, auth):
            return False
        self._sessions[sid] = Session(self._loop, self._writer, self._sender(sid), time.monotonic)
        return True

    def _disconnect(self, sid: str) -> None:
        if not self.socketio.server.manager.is_connected(sid, "/"):
            session = self._sessions.pop(sid, None)
            if session is not None:
                session.close()

    def _sender(self, sid: str) -> Outward:
        def send(event: str, *args: Any, acknowledged: Callable[[Any], None] | None = None) -> None:
            answered = acknowledged and (lambda *given: acknowledged(given[0] if given else None))
            self.socketio.server.emit(event, args, to=sid, namespace="/", callback=answered)

        return send
