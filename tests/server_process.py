"""A real server process with a scripted worker, for tests: started, killed at any moment, started again.

The server keeps its port and its data folder over a restart, so that browsers find it again. Its one
usable model is `MODEL`; what it writes and how fast is `script` and `token_ms` (see `scripted_worker.py`).
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.forked import Process, start_python
from tests.unit.registry.registry_made import model_folder

ROOT = Path(__file__).resolve().parents[1]
MODEL = "found:test"
DEADLINE_S = 30.0


@dataclass
class ServerProcess:
    """`home` takes the data folder and the models folder; `start` and the ends may follow each other."""

    home: Path
    async_mode: str = "eventlet"
    script: str = "count"
    token_ms: float = 20.0
    load_s: float = 0.0
    grace_s: float = 30.0
    options: tuple[str, ...] = ()
    module: str = "tests.serve"
    models_dir: Path | None = None
    port: int = 0
    process: Process | None = None

    @property
    def data_dir(self) -> Path:
        """Where stories are kept."""
        return self.home / "data"

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """The access token."""
        return (self.data_dir / "token").read_text("utf-8").strip()

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> ServerProcess:
        """Start the process and wait until it answers."""
        assert self.process is None, "it runs already"
        self.home.mkdir(parents=True, exist_ok=True)
        models_dir = self.models_dir or self.home / "models"
        if self.models_dir is None and not (models_dir / "test").exists():
            model_folder(models_dir / "test")
        self.port = self.port or free_port()
        environment = {
            **os.environ,
            "STORYGEN_SCRIPT": self.script,
            "STORYGEN_TOKEN_MS": str(self.token_ms),
            "STORYGEN_LOAD_S": str(self.load_s),
            "STORYGEN_GRACE_S": str(self.grace_s),
        }
        arguments = ["--port", str(self.port), "--data-dir", str(self.data_dir), "--no-browser"]
        arguments += ["--models-dir", str(models_dir), "--async-mode", self.async_mode]
        with (self.home / "server.err").open("ab") as errors:
            self.process = start_python(
                self.module, [*arguments, *self.options], ROOT, environment, errors
            )
        self._await_ready(self.process)
        return self

    def kill(self) -> None:
        """End it at once, as a power cut would; its workers see the link close and leave."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, as Ctrl+C does, and wait; killed if it does not."""
        self._end(signal.SIGTERM)

    def worker_pids(self) -> list[int]:
        """The processes that the server has started and that still live."""
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.pid).children()
            return [child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE]
        return []

    def log(self) -> str:
        """What the server and its workers have complained about."""
        files = [self.home / "server.err", *sorted((self.data_dir / "logs").glob("*.log"))]
        return "\n".join(path.read_text("utf-8", errors="replace") for path in files)

    def _await_ready(self, process: Process) -> None:
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read_lines, args=(process, lines), daemon=True).start()
        try:
            line = lines.get(timeout=DEADLINE_S)
        except queue.Empty:
            line = ""
        if not line.startswith("StoryGen is ready"):
            self.kill()
            raise AssertionError(f"The server did not start: {line!r}\n{self.log()}")

    def _end(self, sign: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        workers = psutil.Process(process.pid).children() if process.poll() is None else []
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sign)
        try:
            process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(DEADLINE_S)
        psutil.wait_procs(workers, DEADLINE_S)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_until(condition: Callable[[], object], what: str, seconds: float = DEADLINE_S) -> None:
    """Poll a condition that nothing announces, such as another process's end.

    Raises: AssertionError naming `what` after `seconds`.
    """
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        pause.wait(0.01)


def _read_lines(process: Process, lines: queue.Queue[str]) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.put(line.decode(errors="replace"))
    lines.put("")
