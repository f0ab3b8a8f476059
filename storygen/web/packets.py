"""Socket.IO packets within bounds: what is not a call is refused before anything is kept for it.

The library keeps the binary parts of a packet until as many have come as it announced, up to ten
billion, and that also for a connection that has joined nothing. Ours announce one. JSON is read in one
go, so that what would take long is refused before: a long text is read fast, a million keys are not.
"""

from __future__ import annotations

import threading
from typing import Any

from engineio import json
from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT, Packet

from .bounds import MAX_TEXT

MAX_ATTACHMENTS = 4
MAX_CHARACTERS = 2 * MAX_TEXT + 65536  # a text whose every character is escaped
MAX_STRINGS = 24_000  # keys are strings too; a thousand entries of a lorebook have some twenty each
MAX_COMMAS = 150_000  # of it all, outside strings; 20,000 aliases have 120,000
_SHORT = 16_384  # characters; whatever is in them is read at once


class BoundedJson:
    """For Socket.IO's `json`: reads what a call may carry."""

    dumps = staticmethod(json.dumps)

    @staticmethod
    def loads(text: str) -> Any:
        """What `text` says.

        Raises: ValueError when it is no JSON, or has too many parts.
        """
        if len(text) > MAX_CHARACTERS:
            raise ValueError("too long")
        if len(text) > _SHORT and _has_too_many_parts(text):
            raise ValueError("too many parts")
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("brackets too deep") from None


def _has_too_many_parts(text: str) -> bool:
    # Without escapes each quote bounds a string.
    whole = text.replace("\\\\", "").replace('\\"', "")
    pieces = whole.split('"', 2 * MAX_STRINGS + 1)
    num_commas = sum(piece.count(",") for piece in pieces[::2])
    return len(pieces) > 2 * MAX_STRINGS + 1 or num_commas > MAX_COMMAS


class BoundedPacket(Packet):  # type: ignore[misc]
    """For Socket.IO's `serializer`. A ValueError drops the packet and leaves the connection as it is."""

    json = BoundedJson

    def decode(self, encoded_packet: Any) -> int:
        """How many binary parts follow.

        Raises: ValueError when they are too many, or the packet is an event without a name.
        """
        if not isinstance(encoded_packet, str):
            raise ValueError("a binary part of no packet")
        num_attachments = int(super().decode(encoded_packet))
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
