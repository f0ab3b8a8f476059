"""Socket.IO packets within bounds: what is not a call is refused before anything is kept for it.

The library keeps the binary parts of a packet until as many have come as it announced, up to ten
billion, and that also for a connection that has joined nothing. Ours announce one.
"""

from __future__ import annotations

import threading
from typing import Any

from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT, Packet

MAX_ATTACHMENTS = 4


class BoundedPacket(Packet):  # type: ignore[misc]
    """For Socket.IO's `serializer`. A ValueError drops the packet and leaves the connection as it is."""

    def decode(self, encoded_packet: Any) -> int:
        """How many binary parts follow.

        Raises: ValueError when they are too many, or the packet is an event without a name.
        """
        if not isinstance(encoded_packet, str):
            raise ValueError("a binary part of no packet")
        try:
            num_attachments = int(super().decode(encoded_packet))
        except RecursionError:
            raise ValueError("brackets too deep") from None
        if num_attachments > MAX_ATTACHMENTS:
            raise ValueError("too many attachments")
        if num_attachments and self.packet_type not in (BINARY_EVENT, BINARY_ACK):
            raise ValueError("attachments of a packet that has none")
        if self.packet_type in (EVENT, BINARY_EVENT) and not _is_event(self.data):
            raise ValueError("an event without a name")
        return num_attachments

    @classmethod
    def reconstruct_binary(cls, data: Any, attachments: list[bytes]) -> Any:
        """The data with the binary parts in their places; a call of no name when they do not fit.

        An error here would leave the library waiting for parts that it has.
        """
        try:
            return super().reconstruct_binary(data, attachments)
        except (LookupError, TypeError, RecursionError):
            return [""]


def keep_whole(server: Any) -> None:
    """Let no packet of a `socketio.Server` come between another one's parts, whichever threads send them.

    The library sends a packet with binary parts as several messages; others between them end the connection.
    """
    lock, send = threading.Lock(), server._send_packet

    def send_whole(connection: str, packet: Any) -> None:
        with lock:
            send(connection, packet)

    server._send_packet = send_whole


def _is_event(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and isinstance(data[0], str)
