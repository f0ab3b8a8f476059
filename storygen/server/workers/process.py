"""One worker process and the link to it: started, spoken to, heard, and ended.

The server listens on a loopback port; the worker connects with a one-time secret from its environment.
Nothing here decides when a worker should live; that is `loaded.py`.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...errors import BadRequestError
from ...link.frames import LineReader
from ...link.messages import Command, Event, Shutdown, WorkerReady, decode, encode
from ..loop import Loop, no_delay

CONNECT_S = 60.0
LOOK_S = 0.25
GREET_S = 5.0
LEAVE_S = 2.0
_RECEIVE_BYTES = 65536
_GREETING_PARTS = 4  # a greeting comes in one; a stranger may not feed it byte by byte for ever

Spawn = Callable[[dict[str, str]], Sequence[str]]


def worker_command(_: dict[str, str]) -> Sequence[str]:
    """How the real worker is started."""
    return [sys.executable, "-m", "storygen.engine.worker"]


class WorkerProcess:
    """`on_event(event)` for each message, `on_gone(exit_code)` once when it is over; both in the loop."""

    def __init__(
        self,
        loop: Loop,
        log_path: Path,
        on_event: Callable[[Event], None],
        on_gone: Callable[[int | None], None],
        command: Spawn = worker_command,
    ) -> None:
        self._loop, self._on_event, self._on_gone = loop, on_event, on_gone
        self._secret = secrets.token_urlsafe(32)
        self._outgoing = loop.queue()
        self._connection: Any = None
        self._listener = loop.listen("127.0.0.1", 0)
        self._process = self._start(log_path, command)
        loop.spawn(self._run)

    @property
    def pid(self) -> int:
        """The operating system's id of the process."""
        return self._process.pid

    def send(self, command: Command) -> None:
        """Queue a command; one to a worker that is gone is dropped (`on_gone` tells)."""
        self._outgoing.put(command)

    def shut_down(self) -> None:
        """Ask it to leave; kill it when it does not."""
        self.send(Shutdown())
        self._loop.timer(LEAVE_S, self.kill)

    def kill(self) -> None:
        """End the process at once."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def _start(self, log_path: Path, command: Spawn) -> subprocess.Popen[bytes]:
        link = {
            "STORYGEN_LINK_PORT": str(self._listener.getsockname()[1]),
            "STORYGEN_LINK_SECRET": self._secret,
        }
        environment = {
            **os.environ,
            **link,
            "OMP_WAIT_POLICY": "PASSIVE",
            "TOKENIZERS_PARALLELISM": "false",
            "PYTHONUNBUFFERED": "1",
        }
        root = str(Path(__file__).resolve().parents[3])
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [root, os.environ.get("PYTHONPATH")])
        )
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            return subprocess.Popen(
                list(command(link)),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )

    def _run(self) -> None:
        try:
            if self._accept():
                self._loop.spawn(self._write)
                self._read()
        finally:
            self._end()

    def _accept(self) -> bool:
        """Wait for the worker; a stranger without the secret is turned away."""
        self._listener.settimeout(LOOK_S)
        patience_s = CONNECT_S
        while self._process.poll() is None and patience_s > 0:
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                patience_s -= LOOK_S
                continue
            except OSError:
                break
            connection.settimeout(GREET_S)
            reader = LineReader()
            first = self._first_message(connection, reader)
            if isinstance(first, WorkerReady) and self._is_ours(first):
                connection.settimeout(None)
                no_delay(connection)
                self._connection, self._reader = connection, reader
                self._listener.close()
                self._on_event(first)
                return True
            connection.close()
        self.kill()
        return False

    def _is_ours(self, first: WorkerReady) -> bool:
        given = str(first.secret).encode(errors="replace")
        return hmac.compare_digest(given, self._secret.encode())

    def _first_message(self, connection: Any, reader: LineReader) -> object:
        with contextlib.suppress(OSError, BadRequestError, RecursionError):
            for _ in range(_GREETING_PARTS):
                data = connection.recv(_RECEIVE_BYTES)
                for line in reader.feed(data):
                    return decode(line)
                if not data:
                    break
        return None

    def _read(self) -> None:
        try:
            while data := self._connection.recv(_RECEIVE_BYTES):
                for line in self._reader.feed(data):
                    self._on_event(decode(line))  # type: ignore[arg-type]
        except (OSError, BadRequestError, RecursionError):
            self.kill()

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while (command := self._outgoing.get()) is not None:
                self._connection.sendall(encode(command))

    def _end(self) -> None:
        self._outgoing.put(None)
        for connection in (self._connection, self._listener):
            with contextlib.suppress(OSError, AttributeError):
                connection.close()
        self._on_gone(self._wait())

    def _wait(self) -> int | None:
        """The exit code, without blocking the loop; a process that lingers is killed."""
        for attempt in range(60):
            if (code := self._process.poll()) is not None:
                return code
            if attempt == 40:
                self.kill()
            self._loop.sleep(0.05)
        return None
