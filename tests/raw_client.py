"""A Socket.IO client that is nothing but its packets, over long polling or a websocket, with any headers."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import requests
import websocket


class RefusedError(Exception):
    """The server did not open the connection."""


class Polling:
    """Packets by GET and POST."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._url = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling"
        self._session = requests.Session()
        self._session.headers.update(headers)
        self._waiting: deque[str] = deque()
        self._url += f"&sid={json.loads(self.receive()[1:])['sid']}"

    def receive(self) -> str:
        while not self._waiting:
            answer = self._session.get(self._url, timeout=10)
            if answer.status_code != 200:
                self.close()
                raise RefusedError(answer.status_code)
            self._waiting.extend(answer.text.split("\x1e"))
        return self._waiting.popleft()

    def send(self, packet: str) -> None:
        answer = self._session.post(self._url, packet.encode(), timeout=10)
        assert answer.status_code == 200

    def close(self) -> None:
        self._session.close()


class Websocket:
    """Packets as frames."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        plain = {name: value for name, value in headers.items() if name not in ("Host", "Origin")}
        try:
            self._socket = websocket.create_connection(
                f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket",
                header=plain,
                host=headers.get("Host"),
                origin=headers.get("Origin"),
                suppress_origin="Origin" not in headers,
                timeout=10,
            )
        except websocket.WebSocketBadStatusException as error:
            raise RefusedError(error.status_code) from error
        assert self.receive().startswith("0{")

    def receive(self) -> str:
        return str(self._socket.recv())

    def send(self, packet: str) -> None:
        self._socket.send(packet)

    def close(self) -> None:
        self._socket.close()


Wire = Polling | Websocket


def answers_in(wire: Wire, namespace: str, auth: Any = None) -> bool:
    """Whether `namespace` answers an event after joining it, rather than send the client away."""
    prefix = "" if namespace == "/" else f"{namespace},"
    wire.send(f"40{prefix}{'' if auth is None else json.dumps(auth)}")
    wire.send(f'42{prefix}7["echo","here"]')
    while True:
        packet = wire.receive()
        if packet.startswith((f"41{prefix}", f"44{prefix}")):
            return False
        if packet.startswith(f"43{prefix}7"):
            return packet == f'43{prefix}7["here"]'
