"""Workbenches beside the server: a process each.

It is started when somebody first asks for it, and again when it dies. The server passes words on and
understands none of them; what a workbench does is `storygen.workbench`'s matter. The one under the name ""
is that of every model in the registry; others are modules that the command line names.
"""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ConflictError, NotFoundError
from ..link.bench import AskBench, BenchAnswered, BenchHeard, BenchLeft, BenchTold
from ..link.messages import Event, Message, WorkerReady
from .loop import Loop
from .workers.process import WorkerProcess

ANSWER_S = 60.0
"""A workbench that takes longer to answer hangs; its pages answer at once, whatever runs on them."""

LOOK_S, CLOSING_LOOKS = 0.05, 20
"""How often, and how many times, it is looked whether they have ended when the server does."""

Tell = Callable[[str, str, dict[str, Any]], None]
"""A connection, an event, and its message."""


@dataclass(frozen=True, slots=True)
class BenchPlaces:
    """Where a workbench finds its things."""

    data_dir: Path
    models_dir: Path
    config_path: Path

    def command(self, module: str, _: dict[str, str]) -> Sequence[str]:
        """How the process of a workbench is started."""
        command = [sys.executable, "-m", "storygen.workbench.host.beside"]
        command += ["--data-dir", str(self.data_dir), "--models-dir", str(self.models_dir)]
        command += ["--config", str(self.config_path)]
        return [*command, "--module", module] if module else command


@dataclass(slots=True)
class _Bench:
    module: str
    process: WorkerProcess | None = None
    waiting: list[Message] = field(default_factory=list)
    is_ready: bool = False
    leaving: bool = False


@dataclass(slots=True)
class _Question:
    bench: _Bench
    done: Any  # an event of the loop
    answer: dict[str, Any] | None = None


class Benches:
    """All of it in the loop. `tell` sends news to a browser."""

    def __init__(self, loop: Loop, places: BenchPlaces, modules: Sequence[str], tell: Tell) -> None:
        self._loop, self._places, self._tell = loop, places, tell
        self._benches = {name: _Bench(name) for name in ("", *modules)}
        self._asked: dict[str, _Question] = {}
        self._numbers = itertools.count()
        self._seen: dict[str, set[str]] = {}  # the workbenches that a connection has asked

    def names(self) -> list[str]:
        """All workbenches, that of the registry first."""
        return list(self._benches)

    def ask(self, connection: str, name: str, event: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the workbench answers a browser; waits, in the caller's task, until it has started.
        Raises: NotFoundError where there is none of that name; ConflictError when its process ended
        meanwhile.
        """
        bench = self._benches.get(name)
        if bench is None:
            raise NotFoundError("There is no such workbench.")
        request = f"bench {next(self._numbers)}"
        question = self._asked[request] = _Question(bench, self._loop.event())
        self._seen.setdefault(connection, set()).add(name)
        try:
            self._send(bench, AskBench(request, connection, event, body))
            question.done.wait(ANSWER_S)
        finally:
            del self._asked[request]
        if question.answer is None:
            raise ConflictError(
                "The workbench's process ended, or hangs. Try again; data/logs/workbench.log says more."
            )
        return question.answer

    def heard(self, connection: str, name: str, visit: str) -> None:
        """A browser has taken a message."""
        bench = self._benches[name]
        if bench.process is not None:
            self._send(bench, BenchHeard(connection, visit))

    def left(self, connection: str) -> None:
        """A browser is gone."""
        for name in self._seen.pop(connection, ()):
            bench = self._benches[name]
            if bench.process is not None:
                self._send(bench, BenchLeft(connection))

    def pids(self) -> dict[str, int]:
        """Process ids, by name."""
        return {
            name: one.process.pid for name, one in self._benches.items() if one.process is not None
        }

    def close(self) -> None:
        """End them all: one that hangs hears nothing, and would outlive the server."""
        living = [one for one in self._benches.values() if one.process is not None]
        for bench in living:
            assert bench.process is not None
            bench.leaving = True
            bench.process.shut_down()
        for _ in range(CLOSING_LOOKS if living else 0):
            self._loop.sleep(LOOK_S)
            if all(one.process is None for one in living):
                return
        for bench in living:
            if bench.process is not None:
                bench.process.kill()

    # ------------------------------------------------------------ processes

    def _send(self, bench: _Bench, message: Any) -> None:
        if bench.process is None:
            self._start(bench)
        if bench.is_ready and bench.process is not None:
            bench.process.send(message)
        else:
            bench.waiting.append(message)

    def _start(self, bench: _Bench) -> None:
        bench.is_ready, bench.waiting = False, []
        bench.process = WorkerProcess(
            self._loop,
            self._places.data_dir / "logs" / "workbench.log",
            functools.partial(self._said, bench),
            functools.partial(self._gone, bench),
            functools.partial(self._places.command, bench.module),
        )

    def _said(self, bench: _Bench, event: Event) -> None:
        match event:
            case WorkerReady():
                bench.is_ready = True
                for message in bench.waiting:
                    assert bench.process is not None
                    bench.process.send(message)  # type: ignore[arg-type]
                bench.waiting = []
            case BenchAnswered(request, body):
                question = self._asked.get(request)
                if question is not None and question.bench is bench:
                    question.answer = body
                    question.done.set()
            case BenchTold(connection, body):
                if bench.module in self._seen.get(connection, ()):
                    self._tell(connection, "told", {**body, "bench": bench.module})

    def _gone(self, bench: _Bench, code: int | None) -> None:
        """Browsers open their pages anew, which starts it again; whoever waits for an answer is told."""
        bench.process, bench.is_ready, bench.waiting = None, False, []
        for question in [one for one in self._asked.values() if one.bench is bench]:
            question.done.set()
        if bench.leaving:
            return
        for connection, names in self._seen.items():
            if bench.module in names:
                self._tell(connection, "gone", {"bench": bench.module})
