"""Server processes forked from one that has imported the server already, which is most of what a start takes.

`start_python(module, arguments, …)` is `python -m module arguments…` in a process of its own, with its own
environment, standard streams and end; only what was imported before is there already. The process that
forks is this file, run as `python -m tests.forked`, one for each process of tests; it makes no thread and
holds no state of StoryGen's. Where the system lacks `pidfd_open`, Python is started as usual.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("tests.serve", "tests.browser.staged", "tests.browser.looked")
"""What is forked. Everything else, `server.py` above all, is started as a user starts it."""

IMPORTED = (
    *("storygen.server.main", "storygen.server.loop", "tests.fakes"),
    *("eventlet.queue", "eventlet.greenio", "eventlet.wsgi", "engineio.async_drivers.eventlet"),
    *("werkzeug.serving", "simple_websocket", "engineio.async_drivers.threading"),
    *("sqlite3", "sqlalchemy.dialects.sqlite.pysqlite"),
)
_REQUEST_BYTES = 1 << 20


class Process(Protocol):
    """What tests use of a `subprocess.Popen`."""

    pid: int
    stdout: IO[bytes] | None

    def poll(self) -> int | None:
        """The exit status; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises: subprocess.TimeoutExpired after `timeout` seconds."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal, unless it has ended."""

    def kill(self) -> None:
        """End it at once."""


def start_python(
    module: str,
    arguments: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    stderr: IO[bytes] | None = None,
) -> Process:
    """`python -m module arguments…`, whose standard output is to be read from `stdout`."""
    if module in MODULES and cwd == ROOT and hasattr(os, "pidfd_open"):
        return _Forked(_fork_server(), [module, *arguments], env, stderr)
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
    )


class _ForkServer:
    """The process that forks, from outside: one question at a time, each answered with a number."""

    def __init__(self) -> None:
        self._mine, others = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asking = threading.Lock()
        with others:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked", str(others.fileno())],
                cwd=ROOT,
                pass_fds=[others.fileno()],
            )
        atexit.register(self._close)

    def ask(self, question: dict[str, Any], fds: Sequence[int] = ()) -> int:
        """Send a question, with files that the other process shall have too; returns the answer."""
        with self._asking:
            socket.send_fds(self._mine, [json.dumps(question).encode()], fds)
            return int(self._mine.recv(_REQUEST_BYTES))

    def _close(self) -> None:
        self._mine.close()
        self._process.wait()


_fork_server = functools.cache(_ForkServer)


class _Forked:
    """A process that another one has started. Ended, it keeps its number until `wait` or `poll` says so."""

    def __init__(
        self,
        parent: _ForkServer,
        command: Sequence[str],
        env: Mapping[str, str],
        stderr: IO[bytes] | None,
    ) -> None:
        self._parent = parent
        self._status: int | None = None
        read, write = os.pipe()
        errors = stderr.fileno() if stderr else 2
        self.pid = parent.ask({"run": command, "env": dict(env)}, [write, errors])
        os.close(write)
        self.stdout: IO[bytes] | None = os.fdopen(read, "rb")
        self._ended = os.pidfd_open(self.pid)

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        if self._status is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked server", timeout or 0.0)
            self._status = self._parent.ask({"reap": self.pid})
            os.close(self._ended)
        return self._status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._ended, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


# -------------------------------------------------------------------- the process that forks


def _answer_questions(link: socket.socket) -> dict[str, Any] | None:
    """Fork and reap as asked until the tests are over; in a forked process, returns what it shall run."""
    while True:
        data, fds, _, _ = socket.recv_fds(link, _REQUEST_BYTES, 2)
        if not data:
            return None
        question = json.loads(data)
        if "reap" in question:
            answer = os.waitstatus_to_exitcode(os.waitpid(question["reap"], 0)[1])
        elif answer := os.fork():
            for fd in fds:
                os.close(fd)
        else:
            link.close()
            _take_streams(*fds)
            return dict(question)
        link.send(str(answer).encode())


def _take_streams(output: int, errors: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for fd, place in ((nothing, 0), (output, 1), (errors, 2)):
        os.dup2(fd, place)
        os.close(fd)


def _run_to_the_end(module: str) -> None:
    """Run a module as `python -m` does and end with it; only memory is left to the system to free,
    since freeing it object by object takes longer than all of a server's start."""
    status: object = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        status = ended.code or 0
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads that are no daemons
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1)


def _main() -> None:
    # Ctrl+C ends the tests, which then end this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # eventlet says at import that it is in bugfix mode
        for name in IMPORTED:
            __import__(name)
    gc.freeze()  # what all share is looked through by nobody
    if question := _answer_questions(socket.socket(fileno=int(sys.argv[1]))):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(question["env"])
        module, *sys.argv[1:] = question["run"]
        _run_to_the_end(module)


if __name__ == "__main__":
    _main()
