"""How a process that the server started joins it: the one socket of the link's other end.

The server listens on a loopback port and waits for the secret that it put into the environment.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator

from ..errors import BadRequestError
from .frames import LineReader
from .messages import Message, WorkerReady, decode, encode

log = logging.getLogger(__name__)

RECEIVE_BYTES = 1 << 16


class LinkClosed(Exception):  # noqa: N818
    """The server went away; there is nobody to work for."""


class Link:
    """`send` from any one thread, `messages` in another."""

    def __init__(self, joined: socket.socket) -> None:
        self._socket = joined

    def send(self, message: Message) -> None:
        """Write a message at once; waits while the server is slow to read. Raises: LinkClosed."""
        self.send_line(encode(message))

    def send_line(self, line: bytes) -> None:
        """As `send`, for a message that is encoded already."""
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise LinkClosed from error

    def messages(self) -> Iterator[Message]:
        """What the server sends, until it is gone."""
        reader = LineReader()
        try:
            while data := self._socket.recv(RECEIVE_BYTES):
                for line in reader.feed(data):
                    yield decode(line)
        except (OSError, BadRequestError) as error:
            log.warning("the link to the server broke: %s", error)


@contextlib.contextmanager
def joined_link() -> Iterator[Link]:
    """Connect to 127.0.0.1 on STORYGEN_LINK_PORT and say who this is with STORYGEN_LINK_SECRET."""
    port = int(os.environ["STORYGEN_LINK_PORT"])
    secret = os.environ.pop("STORYGEN_LINK_SECRET")
    with socket.create_connection(("127.0.0.1", port)) as joined:
        joined.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(os, "register_at_fork"):
            # A child that holds the link would keep the server from seeing that this process ended.
            os.register_at_fork(after_in_child=joined.close)
        link = Link(joined)
        link.send(WorkerReady(secret, os.getpid()))
        yield link
