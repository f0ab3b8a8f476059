"""Every state of a run × every command, by the table: what it allows happens, the rest changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storygen.errors import ConflictError
from storygen.story import states
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.server_process import ServerProcess, wait_until

PROTOCOL = Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"
COMMANDS = ("pause", "resume", "stop")


@pytest.mark.parametrize("event", states.EVENTS)
@pytest.mark.parametrize("state", states.STATES)
def test_the_table_is_the_only_way_from_state_to_state(state: str, event: str) -> None:
    if (state, event) in states.TRANSITIONS:
        assert states.next_state(state, event) == states.TRANSITIONS[state, event]
    else:
        with pytest.raises(ConflictError, match=f"can't {event}"):
            states.next_state(state, event)


def test_an_ended_run_stays_ended() -> None:
    assert not [event for state, event in states.TRANSITIONS if state == states.ENDED]
    assert {t for (_, e), t in states.TRANSITIONS.items() if e in states.END_REASONS} == {
        states.ENDED
    }


def test_the_protocols_diagram_is_drawn_from_the_table() -> None:
    found = re.search(
        r"<!-- run states -->\n```mermaid\n(.*?)\n```\n<!-- end -->",
        PROTOCOL.read_text("utf-8"),
        re.S,
    )
    assert found and found[1] == states.diagram()


@pytest.fixture
def stuck(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StudioClient]:
    """A browser of a server whose worker never gets ready, so that runs stay queued."""
    process = ServerProcess(tmp_path, async_mode=request.param, load_s=3600).start()
    client = StudioClient(process.url, process.token)
    yield client
    client.close()
    process.stop()


@pytest.mark.parametrize("stuck", ["eventlet", "threading"], indirect=True)
def test_a_queued_run_can_be_paused_resumed_and_stopped(stuck: StudioClient) -> None:
    story = stuck.create("Once")
    run = story.start()
    assert _view(stuck, story, run)["state"] == "queued"
    assert stuck.refused("run_resume", run=run) == "conflict"
    assert stuck.ok("run_pause", run=run)["run"]["state"] == "paused"
    assert stuck.refused("run_pause", run=run) == "conflict"
    assert stuck.ok("run_resume", run=run)["run"]["state"] == "queued"
    assert stuck.ok("run_stop", run=run)["run"]["reason"] == "stopped"
    for command in COMMANDS:
        assert stuck.refused(f"run_{command}", run=run) == "conflict"
    assert _view(stuck, story, run)["next_index"] == 0


def _running(story: OpenStory, browser: StudioClient, server: ServerProcess) -> str:
    run = story.start()
    story.wait_tokens(1, run)
    return run


def _paused(story: OpenStory, browser: StudioClient, server: ServerProcess) -> str:
    run = _running(story, browser, server)
    browser.ok("run_pause", run=run)
    return run


def _stopped(story: OpenStory, browser: StudioClient, server: ServerProcess) -> str:
    run = _running(story, browser, server)
    browser.ok("run_stop", run=run)
    return run


def _finished(story: OpenStory, browser: StudioClient, server: ServerProcess) -> str:
    run = story.start(params={"max_tokens": 2})
    story.wait_state(run, "ended", "finished")
    return run


ARRANGED: dict[str, Callable[[OpenStory, StudioClient, ServerProcess], str]] = {
    "running": _running,
    "paused": _paused,
    "stopped": _stopped,
    "finished": _finished,
}
AFTER = {
    ("running", "pause"): "paused",
    ("running", "stop"): "ended",
    ("paused", "resume"): "running",
    ("paused", "stop"): "ended",
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("arranged", ARRANGED)
def test_a_command_does_what_the_table_says_or_changes_nothing(
    server: ServerProcess, browser: StudioClient, arranged: str, command: str
) -> None:
    story = browser.create("Once")
    run = ARRANGED[arranged](story, browser, server)
    if after := AFTER.get((arranged, command)):
        assert browser.ok(f"run_{command}", run=run)["run"]["state"] == after
    else:
        before = _view(browser, story, run)
        assert browser.refused(f"run_{command}", run=run) == "conflict"
        now = _view(browser, story, run)
        assert (now["state"], now["reason"]) == (before["state"], before["reason"])
    if _view(browser, story, run)["state"] != "ended":
        browser.ok("run_stop", run=run)


def test_an_ended_run_takes_no_parameters(server: ServerProcess, browser: StudioClient) -> None:
    story = browser.create("Once")
    run = _stopped(story, browser, server)
    assert browser.refused("run_params", run=run, params={"temperature": 1}) == "conflict"


def test_an_interrupted_run_is_resumed_once_by_a_new_run(
    server: ServerProcess, browser: StudioClient
) -> None:
    story = browser.create("Once")
    run = _running(story, browser, server)
    (pid,) = server.worker_pids()
    _kill(pid)
    view = story.wait_state(run, "ended", "interrupted")
    assert browser.refused("run_pause", run=run) == "conflict"
    assert browser.refused("run_stop", run=run) == "conflict"
    again = browser.ok("run_resume", run=run)["run"]
    assert (again["continues"], again["seed"]) == (run, view["seed"])
    assert again["next_index"] == view["next_index"] and again["id"] != run
    assert browser.refused("run_resume", run=run) == "conflict"
    story.wait_tokens(1, again["id"])
    browser.ok("run_stop", run=again["id"])
    words = str(story).split()[1:]
    assert words == [f"w{index}" for index in range(len(words))]


def _kill(pid: int) -> None:
    import os
    import signal

    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not _lives(pid), f"process {pid} ends")


def _lives(pid: int) -> bool:
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _view(browser: StudioClient, story: OpenStory, run: str) -> dict[str, Any]:
    views = browser.ok("story_open", story=story.id)["runs"]
    return next(view for view in views if view["id"] == run)
