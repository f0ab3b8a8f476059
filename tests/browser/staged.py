"""The real server with a worker that does what a folder says: `python -m tests.browser.staged`.

`STORYGEN_STAGE` names the folder, in which a test or `tools/states.py` puts files (`Stage` does):

- `silent`: while it is there, runs write nothing; `unloaded`: while it is there, no model gets loaded
- `say.json`: one message of the worker link, said and removed; the present run is filled in
- `die`: the worker ends as if it had crashed

Runs write prose, so that pictures look like what a writer sees.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from storygen.link.frames import LineReader
from storygen.link.messages import (
    Command,
    Event,
    LoadModel,
    ModelLoaded,
    RunEnded,
    Shutdown,
    WorkerReady,
    decode,
    encode,
)
from tests.fakes import WINDOW, ScriptedWorker

PROSE = (
    " The water lay flat as slate, and the gulls had gone wherever gulls go before weather."
    " She put down her case and listened. Somewhere below the quay a rope creaked,"
    " and a man began to sing under his breath."
)
WORDS = [f" {word}" for word in PROSE.split()]
LOADED = ModelLoaded(
    "LlamaForCausalLM", 134_515_008, 49_152, WINDOW, "fp32", 3, "cpu", "chat", 538_000_000, 1.4, True
)  # fmt: skip
EVERY_S = 0.03


class Stage:
    """The folder, in the hands of whoever directs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def hold(self, what: str, on: bool = True) -> None:
        """`silent` or `unloaded`, until it is said otherwise."""
        if on:
            (self.folder / what).touch()
        else:
            (self.folder / what).unlink(missing_ok=True)

    def say(self, event: Any) -> None:
        """Let the worker say this; it is on its way when the file is gone."""
        draft = self.folder / "draft"
        draft.write_bytes(encode(event))
        draft.replace(self.folder / "say.json")

    def die(self) -> None:
        """Let the worker crash."""
        (self.folder / "die").touch()


def work(folder: Path) -> None:
    """Be the worker until the connection closes."""
    worker = ScriptedWorker(WORDS)
    connection = socket.create_connection(("127.0.0.1", int(os.environ["STORYGEN_LINK_PORT"])))
    connection.sendall(encode(WorkerReady(os.environ["STORYGEN_LINK_SECRET"], os.getpid())))
    commands: queue.Queue[Command | None] = queue.Queue()
    threading.Thread(target=_receive, args=(connection, commands), daemon=True).start()
    loaded = False
    while True:
        events: list[Event] = []
        try:
            command = commands.get(timeout=EVERY_S)
        except queue.Empty:
            events += _directed(folder, worker)
            if not loaded and not (folder / "unloaded").exists():
                loaded = True
                events.append(LOADED)
            if loaded and not (folder / "silent").exists():
                events += worker.step()
        else:
            if command is None or isinstance(command, Shutdown):
                return
            if not isinstance(command, LoadModel):
                events += worker.handle(command)
        for event in events:
            connection.sendall(encode(event))


def _directed(folder: Path, worker: ScriptedWorker) -> list[Event]:
    if (folder / "die").exists():
        (folder / "die").unlink()
        os._exit(1)
    said = folder / "say.json"
    if not said.exists():
        return []
    event: Any = decode(said.read_bytes().strip())
    said.unlink()
    if hasattr(event, "run"):
        run = list(worker.runs.values())[-1]
        filled = {"run": run.id, "revision": run.revision, "index": run.next_index}
        known = {field.name for field in dataclasses.fields(event)}
        event = dataclasses.replace(event, **{k: v for k, v in filled.items() if k in known})
        if isinstance(event, RunEnded):
            del worker.runs[run.id]
    return [event]


def _receive(connection: socket.socket, commands: queue.Queue[Command | None]) -> None:
    reader = LineReader()
    with contextlib.suppress(OSError):
        while data := connection.recv(65536):
            for line in reader.feed(data):
                commands.put(decode(line))  # type: ignore[arg-type]
    commands.put(None)


if __name__ == "__main__":
    if sys.argv[1:] == ["--work"]:
        work(Path(os.environ["STORYGEN_STAGE"]))
    else:
        from storygen.server.main import main

        sys.exit(main(command=lambda _: [sys.executable, "-m", "tests.browser.staged", "--work"]))
