"""The real server with a worker that does what a folder says: `python -m tests.browser.staged`.

`STORYGEN_STAGE` names the folder, in which a test or `tools/states.py` puts files (`Stage` does):

- `silent`: while it is there, runs write nothing; `unloaded`: while it is there, no model gets loaded
- `say.json`: one message of the worker link, said and removed; the present run is filled in
- `die`: the worker ends as if it had crashed
- `cards.json`: what the rows of the sets to come say, a list of tokens for each

Runs and cards write prose, so that pictures look like what a writer sees.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
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
    PrefillProgressed,
    RunEnded,
    SearchProgressed,
    SetRow,
    Shutdown,
    StartSet,
    StopRun,
    TokenWritten,
    WorkerReady,
    decode,
    encode,
)
from tests.fakes import WINDOW, ScriptedSearch, ScriptedWorker

PROSE = (
    " The water lay flat as slate, and the gulls had gone wherever gulls go before weather."
    " She put down her case and listened. Somewhere below the quay a rope creaked,"
    " and a man began to sing under his breath."
)
WORDS = [f" {word}" for word in PROSE.split()]
CARDS = (
    " She knew the sound before she knew the boat. It came in low, without lights, the way her father"
    " had taught them both.",
    " Nobody had told the keeper. He stood at the rail with his coffee going cold and counted the seconds"
    " between one flash and the next, and they were wrong.",
    " “You should not be here,” said the boy on the steps. He did not look up from his net.",
    " In the morning there was a letter under the door. The ink had run; only the date could be read, and it"
    " was tomorrow’s.",
    " It burned for an hour. Then someone, with great care, put it out.",
)
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

    def cards(self, *rows: list[str]) -> None:
        """What the rows of the next sets say, token by token; then they end."""
        draft = self.folder / "draft_cards"
        draft.write_text(json.dumps(rows), "utf-8")
        draft.replace(self.folder / "cards.json")

    def die(self) -> None:
        """Let the worker crash."""
        (self.folder / "die").touch()


class StagedWorker(ScriptedWorker):
    """Writes sets too: each step a token of every row."""

    def __init__(self, folder: Path) -> None:
        super().__init__(WORDS)
        self.folder = folder
        self.sets: dict[str, dict[str, StagedRow]] = {}
        self.num_rows = 0

    def handle(self, command: Command) -> list[Event]:
        """Carry a command out; returns what is answered at once."""
        if isinstance(command, StartSet) and command.rows[0].params["num_beams"] > 1:
            self.searches[command.run] = ScriptedSearch(command, self._found(command))
            return []
        if isinstance(command, StartSet):
            says = self._says()
            rows = {}
            for row in command.rows:
                rows[row.run] = StagedRow(row, command.next_index, says[self.num_rows % len(says)])
                self.num_rows += 1
            self.sets[command.run] = rows
            return []
        if isinstance(command, StopRun) and not (
            command.run in self.runs or self._search_of(command.run)
        ):
            for name, rows in self.sets.items():
                stopped = [row for row in rows if command.run in (name, row)]
                for row in stopped:
                    del rows[row]
            return []
        return super().handle(command)

    def step(self) -> list[Event]:
        """One token of every run and every row that may write."""
        events = super().step()
        for rows in self.sets.values():
            for name, row in list(rows.items()):
                events += row.step()
                if isinstance(events[-1], RunEnded):
                    del rows[name]
        self.sets = {name: rows for name, rows in self.sets.items() if rows}
        return events

    def _found(self, command: StartSet) -> list[list[str]]:
        """What a search finds for each row: the next of the cards' texts."""
        says, first = self._says(), command.passed_over
        return [says[number % len(says)] for number in range(first, first + len(command.rows))]

    def _says(self) -> list[list[str]]:
        told = self.folder / "cards.json"
        if told.exists():
            self.num_rows = 0
            return list(json.loads(told.read_text("utf-8")))
        return [[f" {word}" for word in text.split()] for text in CARDS]


class StagedRow:
    """One row of a set."""

    def __init__(self, row: SetRow, next_index: int, says: list[str]) -> None:
        self.run, self.params, self.index, self.says = row.run, row.params, next_index, says
        self.first = next_index

    def step(self) -> list[Event]:
        """Its next token, or its end."""
        run, index, most = self.run, self.index, int(self.params["max_tokens"])
        if index >= most:
            return [RunEnded(run, "finished", "max_tokens", index=index)]
        if index - self.first >= len(self.says):
            return [RunEnded(run, "finished", "end_of_text", index=index)]
        text = self.says[index % len(self.says)]
        self.index += 1
        token = TokenWritten(run, index, 1000 + index, text, -1.0, (), 1.0, 0, 0, WINDOW)
        ends = self.params["limit"] == "sentence" and text.endswith(".")
        return [token, RunEnded(run, "finished", "sentence", index=index + 1)] if ends else [token]


def work(folder: Path) -> None:
    """Be the worker until the connection closes."""
    worker = StagedWorker(folder)
    connection = socket.create_connection(("127.0.0.1", int(os.environ["STORYGEN_LINK_PORT"])))
    connection.sendall(encode(WorkerReady(os.environ["STORYGEN_LINK_SECRET"], os.getpid())))
    commands: queue.Queue[Command | None] = queue.Queue()
    threading.Thread(target=_receive, args=(connection, commands), daemon=True).start()
    asked = loaded = False
    while True:
        events: list[Event] = []
        try:
            command = commands.get(timeout=EVERY_S)
        except queue.Empty:
            events += _directed(folder, worker)
            if asked and not loaded and not (folder / "unloaded").exists():
                loaded = True
                events.append(LOADED)
            if loaded and not (folder / "silent").exists():
                events += worker.step()
        else:
            if command is None or isinstance(command, Shutdown):
                return
            if isinstance(command, LoadModel):
                asked = True
            else:
                events += worker.handle(command)
        for event in events:
            connection.sendall(encode(event))


def _directed(folder: Path, worker: StagedWorker) -> list[Event]:
    if (folder / "die").exists():
        (folder / "die").unlink()
        os._exit(1)
    said = folder / "say.json"
    if not said.exists():
        return []
    event: Any = decode(said.read_bytes().strip())
    said.unlink()
    if isinstance(event, SearchProgressed):
        return [dataclasses.replace(event, run=list(worker.searches)[-1])]
    if hasattr(event, "run") and worker.sets:
        name, rows = list(worker.sets.items())[-1]
        if isinstance(event, PrefillProgressed):
            return [dataclasses.replace(event, run=name)]
        row = rows.popitem()[1]
        return [dataclasses.replace(event, run=row.run, index=row.index)]
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
