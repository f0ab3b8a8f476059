"""The worker process: `python -m storygen.engine.worker`.

Connects to 127.0.0.1 on STORYGEN_LINK_PORT, says who it is with STORYGEN_LINK_SECRET, and serves until the
socket closes. A thread of its own reads commands into a queue; the main thread alternates between the
commands that are there and one step. Torch's wish to spin is silenced by the server through OMP_WAIT_POLICY.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import socket
import sys
import threading

from ..errors import BadRequestError
from ..link.frames import LineReader
from ..link.messages import Event, Message, WorkerReady, decode, encode
from .loading import load
from .worker_core import WorkerCore

log = logging.getLogger(__name__)

RECEIVE_BYTES = 1 << 16


class LinkClosed(Exception):  # noqa: N818
    """The server went away; the worker has nobody to write for."""


def main() -> int:
    """Serve one server until it goes; returns the exit status."""
    logging.basicConfig(level=logging.WARNING, format="worker: %(levelname)s %(message)s")
    port = int(os.environ["STORYGEN_LINK_PORT"])
    secret = os.environ.pop("STORYGEN_LINK_SECRET")
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(LinkClosed):
            serve(link, secret)
    return 0


def serve(link: socket.socket, secret: str) -> None:
    """Introduce this worker, then carry out what comes over `link` until `Shutdown`.

    Raises: LinkClosed when the other side has gone.
    """
    commands: queue.SimpleQueue[Message] = queue.SimpleQueue()
    emit = _Sender(link)
    core = WorkerCore(load, emit)
    emit(WorkerReady(secret, os.getpid()))
    threading.Thread(target=_read, args=(link, commands, core), name="link", daemon=True).start()
    while not core.is_over:
        while not core.is_over and (not core.is_busy or not commands.empty()):
            core.handle(commands.get())
        core.step()


class _Sender:
    """Writes each event to the socket at once; waits while the server is slow to read."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def __call__(self, event: Event) -> None:
        try:
            self._link.sendall(encode(event))
        except OSError as error:
            raise LinkClosed from error


def _read(link: socket.socket, commands: queue.SimpleQueue[Message], core: WorkerCore) -> None:
    """Decode whatever arrives, and break off at once the token that a command drops.

    When the server is gone the process ends here and now, even while it loads.
    """
    reader = LineReader()
    try:
        while data := link.recv(RECEIVE_BYTES):
            for line in reader.feed(data):
                command = decode(line)
                commands.put(command)
                core.hurry(command)
    except (OSError, BadRequestError) as error:
        log.warning("the link to the server broke: %s", error)
    os._exit(0)


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)  # the system frees a model's memory at once, the interpreter takes seconds
