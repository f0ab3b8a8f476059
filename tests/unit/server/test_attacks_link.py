"""Strangers at the worker's port: none of them keeps the real worker from its server."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from storygen.link.messages import Event, WorkerReady, encode
from storygen.server.loop import Loop, make_loop
from storygen.server.workers.process import WorkerProcess

READY = json.dumps({"type": "WorkerReady", "secret": "SECRET", "pid": 1})
# Waits until its parent says that the strangers have been there.
WORKER = """
import os, socket, sys
sys.stdin = open(sys.argv[1])
sys.stdin.read()
link = socket.create_connection(("127.0.0.1", int(os.environ["STORYGEN_LINK_PORT"])))
secret = os.environ["STORYGEN_LINK_SECRET"]
link.sendall(b'{"type": "WorkerReady", "secret": "%s", "pid": 1}\\n' % secret.encode())
link.recv(1)
"""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A pipe by name: the worker waits until somebody has opened and closed it for writing."""
    path = tmp_path / "gate.py"
    path.write_text(WORKER, "utf-8")
    pipe = tmp_path / "gate"
    subprocess.run(["mkfifo", str(pipe)], check=True)
    yield pipe


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        READY.encode() + b"\n",
        READY.replace("SECRET", "\\ud800").encode() + b"\n",
        READY.replace("SECRET", "é").encode() + b"\n",
        READY.replace('"SECRET"', "[1]").encode() + b"\n",
        b"[" * 60_000 + b"\n",
        b'{"type": "TokenWritten"}\n',
        b"\n",
        b"\xff\xfe\n",
        b"",
    ],
    ids=lambda said: repr(said[:60]),
)
def test_a_stranger_is_turned_away_and_the_worker_is_let_in(
    gate: Path, tmp_path: Path, said: bytes
) -> None:
    loop: Loop = make_loop("threading")
    ports: list[int] = []
    events: list[Event] = []
    come, gone = threading.Event(), threading.Event()

    def command(link: dict[str, str]) -> list[str]:
        ports.append(int(link["STORYGEN_LINK_PORT"]))
        return [sys.executable, str(gate.with_suffix(".py")), str(gate)]

    def heard(event: Event) -> None:
        events.append(event)
        come.set()

    worker = WorkerProcess(loop, tmp_path / "worker.log", heard, lambda _: gone.set(), command)
    try:
        with socket.create_connection(("127.0.0.1", ports[0]), timeout=20) as stranger:
            stranger.sendall(said)
            stranger.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert stranger.recv(1) == b""
        with gate.open("wb"):
            pass
        assert come.wait(20)
        assert isinstance(events[0], WorkerReady) and len(events) == 1
    finally:
        worker.kill()
        assert gone.wait(20)


def test_a_stranger_who_speaks_byte_by_byte_is_turned_away(gate: Path, tmp_path: Path) -> None:
    loop: Loop = make_loop("threading")
    ports: list[int] = []
    gone = threading.Event()

    def command(link: dict[str, str]) -> list[str]:
        ports.append(int(link["STORYGEN_LINK_PORT"]))
        return [sys.executable, str(gate.with_suffix(".py")), str(gate)]

    worker = WorkerProcess(
        loop, tmp_path / "worker.log", lambda _: None, lambda _: gone.set(), command
    )
    try:
        with socket.create_connection(("127.0.0.1", ports[0]), timeout=20) as stranger:
            stranger.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            turned_away = threading.Event()
            threading.Thread(target=lambda: (_until_closed(stranger), turned_away.set())).start()
            with contextlib.suppress(OSError):
                for _ in range(100_000):
                    if turned_away.is_set():
                        break
                    stranger.sendall(b"{")
            assert turned_away.wait(5)
    finally:
        worker.kill()
        assert gone.wait(20)


def _until_closed(stranger: socket.socket) -> None:
    with contextlib.suppress(OSError):
        stranger.recv(1)


def test_the_greeting_of_the_tests_is_the_real_one() -> None:
    assert json.loads(encode(WorkerReady("SECRET", 1))) == json.loads(READY)
