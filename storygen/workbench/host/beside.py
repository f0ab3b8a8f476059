"""A workbench in a process beside the main server: `python -m storygen.workbench.host.beside`.

Joins the server like a worker and answers what it passes on from browsers. Without `--module` it is the
workbench of every model in the registry; with it that of a developer's module. It ends with the server,
and by itself when nobody has looked for a while and nothing runs.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import StorygenError
from ...link.bench import AskBench, BenchAnswered, BenchHeard, BenchLeft, BenchTold
from ...link.coding import encode
from ...link.frames import MAX_LINE_BYTES
from ...link.joining import Link, LinkClosed, joined_link
from ...link.messages import Message, Shutdown
from ..elements.files import forget_files
from .visits import Visits

log = logging.getLogger(__name__)

LOOK_S = 30.0
IDLE_LOOKS = 60
"""So often in a row nobody may be there before the process ends, and with it the models that it holds."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one server until it goes; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="workbench: %(levelname)s %(message)s")
    with contextlib.suppress(LinkClosed), joined_link() as link:
        serve(link, options)
    return 0


def serve(link: Link, options: argparse.Namespace) -> None:
    """Answer until the server is gone, or says so, or nobody was there for long."""
    sender = _Sender(link)
    try:
        visits = _made(options, sender.tell)
    except (Exception, SystemExit) as error:  # a module may raise anything; the page shows it
        log.warning("The workbench can't begin.", exc_info=True)
        _refuse(link, sender, error)
        return
    threading.Thread(target=_end_when_idle, args=(visits,), name="idle", daemon=True).start()
    for message in link.messages():
        if isinstance(message, Shutdown):
            break
        _carry_out(message, visits, sender)
    visits.close()


def _carry_out(message: Message, visits: Visits, sender: _Sender) -> None:
    match message:
        case AskBench(request, connection, name, body):
            sender.send(BenchAnswered(request, visits.handle(connection, name, body)))
        case BenchHeard(connection, visit):
            visits.heard(connection, visit)
        case BenchLeft(connection):
            visits.left(connection)


def _refuse(link: Link, sender: _Sender, error: BaseException) -> None:
    """Answer everything with what is wrong, so that the page can show it."""
    known = isinstance(error, StorygenError)
    problem = {
        "title": "Workbench",
        "pages": [],
        "problem": str(error) if known else f"{type(error).__name__}: {error}",
        "trace": "" if known else "".join(traceback.format_exception(error)),
    }
    refusal = {"code": "model", "message": problem["problem"]}
    for message in link.messages():
        if isinstance(message, AskBench):
            wrong = {"ok": False, "error": refusal}
            answer = {"ok": True, **problem} if message.name == "pages" else wrong
            sender.send(BenchAnswered(message.request, answer))


def _made(options: argparse.Namespace, tell: Any) -> Visits:
    if options.module:
        from ..workbench import workbench_of

        return workbench_of(options.module).visits(tell)
    from .registry_bench import registry_workbench

    return registry_workbench(options.data_dir, options.models_dir, options.config).visits(tell)


def _end_when_idle(visits: Visits) -> None:
    looks = 0
    while looks < IDLE_LOOKS:
        threading.Event().wait(LOOK_S)
        looks = 0 if visits.busy else looks + 1
    visits.close()
    forget_files()
    os._exit(0)


def _too_large(message: BenchAnswered | BenchTold) -> BenchAnswered | BenchTold:
    """What is said instead of a message that the server would not take."""
    words = (
        f"This page shows more than {MAX_LINE_BYTES >> 20} MB at once, which can't be sent. "
        "Let it show less: some of the rows, or the beginning of a text."
    )
    if isinstance(message, BenchAnswered):
        error = {"code": "large", "message": words}
        return BenchAnswered(message.request, {"ok": False, "error": error})
    told = [op for op in message.body["ops"] if op["op"] == "busy"]
    told.append({"op": "problem", "message": words, "trace": ""})
    return BenchTold(message.connection, {**message.body, "ops": told})


class _Sender:
    """The link's one way out, for all threads of the visits."""

    def __init__(self, link: Link) -> None:
        self._link, self._lock = link, threading.Lock()

    def send(self, message: BenchAnswered | BenchTold) -> None:
        line = encode(message)
        if len(line) > MAX_LINE_BYTES:  # the server would hang up
            line = encode(_too_large(message))
        with self._lock:
            self._link.send_line(line)

    def tell(self, connection: str, body: dict[str, Any]) -> None:
        with contextlib.suppress(LinkClosed):
            self.send(BenchTold(connection, body))


def _parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--module", default="", help="a module's name, or a .py file")
    options.add_argument("--data-dir", type=Path, required=True)
    options.add_argument("--models-dir", type=Path, required=True)
    options.add_argument("--config", type=Path, required=True)
    return options


if __name__ == "__main__":
    status = main()
    forget_files()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)  # the system frees models at once, the interpreter takes seconds
