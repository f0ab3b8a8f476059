"""A Socket.IO namespace that answers calls of those who have the token, and of nobody else."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from flask import request
from flask_socketio import ConnectionRefusedError, Namespace

from .rules import AccessRules

Answer = dict[str, Any]


class GuardedNamespace(Namespace):  # type: ignore[misc]
    """Subclasses say what a call is answered, and what becomes of those who leave."""

    def __init__(self, name: str, rules: AccessRules) -> None:
        super().__init__(name)
        self._rules = rules
        self._connections: set[str] = set()

    @abstractmethod
    def answer(self, connection: str, event: str, asked: Any) -> Answer:
        """`{"ok": true, …}` or `{"ok": false, "error": {code, message}}`."""

    @abstractmethod
    def left(self, connection: str) -> None:
        """The browser is gone."""

    def trigger_event(self, event: str, *args: Any) -> Any:
        """Flask-SocketIO's entry: everything but connect and disconnect is a call to be answered."""
        connection = args[0]
        if event == "connect" and connection not in self._connections:
            return super().trigger_event(event, *args)
        if event == "disconnect":
            self._connections.discard(connection)
            self.left(connection)
            return None
        if connection not in self._connections:
            return refusal("refused", "This connection is not open.")
        return self.answer(connection, event, args[1] if len(args) > 1 else {})

    def on_connect(self, auth: Any = None) -> None:
        """Let a browser in that has the token."""
        if not self._rules.admits_studio(request.environ, auth):
            raise ConnectionRefusedError("The access token is missing or wrong.")
        self._connections.add(request.sid)  # type: ignore[attr-defined]


def refusal(code: str, message: str) -> Answer:
    """The answer to a call that changed nothing."""
    return {"ok": False, "error": {"code": code, "message": message}}
