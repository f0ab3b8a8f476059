"""Workers of models that are unloaded and loaded again before the first one is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storygen.link.messages import Event, LoadModel, ModelLoaded, WorkerReady
from storygen.server.workers import loaded as workers_module
from storygen.server.workers.loaded import Workers

LOADED = ModelLoaded("Tiny", 1, 10, 64, "fp32", 1, "cpu", "raw", 0, 0.0, True)
READY = WorkerReady("secret", 1)


class Process:
    """In place of a worker's process: says what a test has it say."""

    made: list[Process] = []  # noqa: RUF012 - each test empties it

    def __init__(self, _loop: Any, _log: Path, heard: Any, gone: Any, _command: Any) -> None:
        self.says: Callable[[Event], None] = heard
        self.ends: Callable[[int | None], None] = gone
        self.sent: list[Any] = []
        self.pid = len(self.made)
        self.made.append(self)

    def send(self, command: Any) -> None:
        self.sent.append(command)

    def shut_down(self) -> None:
        self.sent.append("shutdown")


class Listener:
    """What the house hears."""

    def __init__(self) -> None:
        self.ready: list[int] = []
        self.said: list[Event] = []

    def model_ready(self, key: str, window: int) -> None:
        self.ready.append(window)

    def model_gone(self, key: str, message: str) -> None:
        pass

    def model_changed(self, key: str) -> None:
        pass

    def worker_said(self, key: str, event: Event) -> None:
        self.said.append(event)

    def models_in_use(self) -> set[str]:
        return set()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def workers(listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workers:
    monkeypatch.setattr(workers_module, "WorkerProcess", Process)
    Process.made.clear()
    spec = LoadModel("tiny", "folder")
    return Workers(None, tmp_path, lambda key: spec, listener)  # type: ignore[arg-type]


def test_one_that_leaves_changes_nothing_of_the_one_that_took_its_place(
    workers: Workers, listener: Listener
) -> None:
    workers.ensure("m")
    workers.unload("m")
    workers.ensure("m")
    old, new = Process.made
    new.says(READY)
    new.says(LOADED)
    old.says(READY)
    assert workers.state("m")["state"] == "ready"
    old.says(LOADED)
    old.ends(0)
    assert workers.state("m")["state"] == "ready" and listener.ready == [64]
    assert [command for command in old.sent if command != "shutdown"] == []
    workers.send("m", "a command")  # type: ignore[arg-type]
    assert new.sent[-1] == "a command"


def test_one_that_leaves_is_not_heard_any_more(workers: Workers, listener: Listener) -> None:
    workers.ensure("m")
    (old,) = Process.made
    old.says(READY)
    workers.unload("m")
    old.says(LOADED)
    assert workers.state("m")["state"] == "unloaded" and listener.ready == []
    old.ends(0)
    assert workers.state("m")["state"] == "unloaded"
