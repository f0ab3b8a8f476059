"""Packets with binary parts, sent by many threads at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from socketio.packet import EVENT, Packet

from storygen.web.packets import keep_whole


class Server:
    """Sends as `socketio.Server` does, with another thread's turn between any two messages."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def _send_packet(self, connection: str, packet: Packet) -> None:
        for message in packet.encode():
            self.sent.append(message)
            threading.Event().wait(0.001)


def test_no_packet_comes_between_the_parts_of_another() -> None:
    server = Server()
    keep_whole(server)
    packets = [Packet(EVENT, ["update", {"doc": bytes([number])}]) for number in range(20)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda packet: server._send_packet("one", packet), packets))
    assert [type(message) for message in server.sent] == [str, bytes] * 20
