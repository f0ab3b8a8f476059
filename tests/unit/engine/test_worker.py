"""The worker as a process of its own, on a real socket, with a real folder to load."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storygen.link.frames import LineReader
from storygen.link.messages import (
    LoadFailed,
    LoadModel,
    Message,
    ModelLoaded,
    PauseRun,
    RunPaused,
    Shutdown,
    StartRun,
    TokenWritten,
    WorkerReady,
    decode,
    encode,
)
from tests.tiny_models import make_tiny_model


class Link:
    """The server's end of a worker's link."""

    def __init__(self, connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
        self.connection = connection
        self.process = process
        self._reader = LineReader()
        self._arrived: list[Message] = []

    def send(self, command: Message) -> None:
        self.connection.sendall(encode(command))

    def next(self) -> Message:
        while not self._arrived:
            data = self.connection.recv(65536)
            assert data, "the worker closed the link"
            self._arrived += [decode(line) for line in self._reader.feed(data)]
        return self._arrived.pop(0)

    def until(self, wanted: Callable[[Message], bool]) -> Message:
        while True:
            message = self.next()
            if wanted(message):
                return message


@pytest.fixture
def link() -> Iterator[Link]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        environment = {
            **os.environ,
            "STORYGEN_LINK_PORT": str(listener.getsockname()[1]),
            "STORYGEN_LINK_SECRET": "secret",
            "OMP_WAIT_POLICY": "PASSIVE",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "storygen.engine.worker"], env=environment
        )
        connection, _ = listener.accept()
        connection.settimeout(120)
    yield Link(connection, process)
    connection.close()
    assert process.wait(timeout=60) == 0


def test_a_worker_says_who_it_is_loads_writes_and_ends_with_its_socket(
    link: Link, tmp_path: Path
) -> None:
    assert link.next() == WorkerReady("secret", link.process.pid)
    folder = make_tiny_model("gpt2", tmp_path / "tiny")
    link.send(LoadModel(str(folder), "folder", threads=1, precision="fp32"))
    loaded = link.until(lambda m: isinstance(m, ModelLoaded | LoadFailed))
    assert isinstance(loaded, ModelLoaded) and loaded.croppable
    link.send(StartRun("r", "Once upon a time", 1, {}, 3, credits=1000))
    token = link.until(lambda m: isinstance(m, TokenWritten))
    assert isinstance(token, TokenWritten) and token.run == "r"
    link.send(PauseRun("r"))
    link.until(lambda m: isinstance(m, RunPaused))


def test_a_worker_that_cannot_load_says_why_and_ends(link: Link, tmp_path: Path) -> None:
    link.send(LoadModel(str(tmp_path / "nothing"), "folder"))
    failed = link.until(lambda m: isinstance(m, LoadFailed))
    assert isinstance(failed, LoadFailed) and failed.message


def test_a_worker_ends_when_it_is_told_to(link: Link) -> None:
    link.next()
    link.send(Shutdown())
    assert link.process.wait(timeout=60) == 0
