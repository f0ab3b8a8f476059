"""Runs other programs (pip, npm, the model's conversion): output goes to the log, a summary to the screen."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from .errors import LaunchError, mend_for
from .screen import REDRAW_S, Progress

TAIL_LINES = 15
Describe = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Program:
    """A command, and how its progress is told.

    `describe` turns a line of output into a detail for the screen (None: keep the last one);
    `measure` gives a second detail that does not come from the output, such as bytes downloaded.
    """

    command: Sequence[str | Path]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    describe: Describe = lambda line: None
    measure: Callable[[], str] = lambda: ""


def run_program(program: Program, progress: Progress, log: Path) -> None:
    """Runs `program` to its end.

    Raises: LaunchError with its last lines when it cannot be started or fails. An interrupt ends it first.
    """
    status, tail = _attempt(program, progress, log)
    if status:
        raise LaunchError(
            f"{Path(str(program.command[0])).stem} stopped with an error ({status}).",
            mend=mend_for("\n".join(tail)),
            details=tail,
        )


def succeeds(program: Program, progress: Progress, log: Path) -> bool:
    """Whether `program` ends well; its output goes to the log all the same."""
    return _attempt(program, progress, log)[0] == 0


def _attempt(program: Program, progress: Progress, log: Path) -> tuple[int, tuple[str, ...]]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        command = [str(part) for part in program.command]
        out.write(f"\n$ {subprocess.list2cmdline(command)}\n".encode(errors="replace"))
        try:
            child = subprocess.Popen(
                command,
                cwd=program.cwd,
                env={**os.environ, **program.env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            return 127, (str(error),)
        try:
            return _follow(child, program, progress, out)
        except BaseException:
            end(child)
            raise


def _follow(
    child: subprocess.Popen[bytes], program: Program, progress: Progress, out: IO[bytes]
) -> tuple[int, tuple[str, ...]]:
    """The exit status and the last lines of `child`, shown while it runs."""
    lines = _lines(child)
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    detail = ""
    while True:
        try:
            raw = lines.get(timeout=REDRAW_S)
        except queue.Empty:
            raw = b""
        if raw is None:
            return child.wait(), tuple(tail)
        if raw:
            out.write(raw)
            out.flush()
            text = raw.decode("utf-8", "replace").rstrip()
            tail.append(text)
            detail = program.describe(text) or detail
        progress.show(", ".join(part for part in (detail, program.measure()) if part))


def _lines(child: subprocess.Popen[bytes]) -> queue.Queue[bytes | None]:
    """The child's output, line by line, then None: read in a thread, since Windows cannot wait for a pipe."""
    lines: queue.Queue[bytes | None] = queue.Queue()

    def read() -> None:
        assert child.stdout is not None
        with child.stdout as output:
            for line in output:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def end(child: subprocess.Popen[bytes], patience_s: float = 5.0) -> None:
    """Ends `child`, by force when it does not go in time."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(patience_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
