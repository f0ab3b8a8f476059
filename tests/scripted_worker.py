"""A worker process without a model: `python -m tests.scripted_worker` on the real link.

`STORYGEN_SCRIPT` is "count", "named", "quote" or a JSON list of words; `STORYGEN_TOKEN_MS` how long a
token takes, `STORYGEN_LOAD_S` how long loading does.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import threading
import time

from storygen.link.frames import LineReader
from storygen.link.messages import (
    Command,
    LoadModel,
    ModelLoaded,
    Shutdown,
    WorkerReady,
    decode,
    encode,
)
from tests.fakes import WINDOW, ScriptedWorker


def _receive(connection: socket.socket, commands: queue.Queue[Command | None]) -> None:
    reader = LineReader()
    with contextlib.suppress(OSError):  # the server's death may reset the connection
        while data := connection.recv(65536):
            for line in reader.feed(data):
                commands.put(decode(line))  # type: ignore[arg-type]
    commands.put(None)


def _loaded() -> ModelLoaded:
    return ModelLoaded("Scripted", 1, 100, WINDOW, "fp32", 1, "cpu", "raw", 1, 0.0, True)


def main() -> None:
    """Serve one connection until it closes."""
    script = os.environ.get("STORYGEN_SCRIPT", "count")
    worker = ScriptedWorker(json.loads(script) if script.startswith("[") else script)
    token_s = float(os.environ.get("STORYGEN_TOKEN_MS", "20")) / 1000
    load_s = float(os.environ.get("STORYGEN_LOAD_S", "0"))
    connection = socket.create_connection(("127.0.0.1", int(os.environ["STORYGEN_LINK_PORT"])))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(encode(WorkerReady(os.environ["STORYGEN_LINK_SECRET"], os.getpid())))
    commands: queue.Queue[Command | None] = queue.Queue()
    threading.Thread(target=_receive, args=(connection, commands), daemon=True).start()
    next_step = time.monotonic()
    while True:
        runs = worker.runs.values()
        writing = worker.searches or any(not run.paused and run.credits > 0 for run in runs)
        wait = max(0.0, next_step - time.monotonic()) if writing else None
        try:
            command = commands.get(timeout=wait)
        except queue.Empty:
            next_step = time.monotonic() + token_s
            for event in worker.step():
                connection.sendall(encode(event))
            continue
        if command is None or isinstance(command, Shutdown):
            return
        if isinstance(command, LoadModel):
            loads = threading.Timer(load_s, connection.sendall, [encode(_loaded())])
            loads.daemon = True
            loads.start()
        else:
            for event in worker.handle(command):
                connection.sendall(encode(event))


if __name__ == "__main__":
    main()
