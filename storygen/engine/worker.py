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
import sys
import threading

from ..link.joining import Link, LinkClosed, joined_link
from ..link.messages import Message
from .loading import load
from .worker_core import WorkerCore


def main() -> int:
    """Serve one server until it goes; returns the exit status."""
    logging.basicConfig(level=logging.WARNING, format="worker: %(levelname)s %(message)s")
    with contextlib.suppress(LinkClosed), joined_link() as link:
        serve(link)
    return 0


def serve(link: Link) -> None:
    """Carry out what comes over `link` until `Shutdown`.

    Raises: LinkClosed when the other side has gone.
    """
    commands: queue.SimpleQueue[Message] = queue.SimpleQueue()
    core = WorkerCore(load, link.send)
    threading.Thread(target=_read, args=(link, commands, core), name="link", daemon=True).start()
    while not core.is_over:
        while not core.is_over and (not core.is_busy or not commands.empty()):
            core.handle(commands.get())
        core.step()


def _read(link: Link, commands: queue.SimpleQueue[Message], core: WorkerCore) -> None:
    """Decode whatever arrives, and break off at once the token that a command drops.

    When the server is gone the process ends here and now, even while it loads.
    """
    for command in link.messages():
        commands.put(command)
        core.hurry(command)
    os._exit(0)


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)  # the system frees a model's memory at once, the interpreter takes seconds
