"""Workers and servers killed at any moment: the server goes on, and nothing that was acknowledged is lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storygen.store.packing import pack_spans
from storygen.store.records import Span
from tests.protocol.studio_client import OpenStory, ServerAwayError, StudioClient
from tests.server_process import MODEL, ServerProcess, wait_until

NUM_WORKER_KILLS = 50
NUM_SERVER_KILLS = 10
MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture(params=["eventlet", "threading"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, async_mode=request.param, token_ms=2).start()
    yield process
    process.stop()


def test_a_run_survives_its_workers_death_fifty_times(server: ServerProcess) -> None:
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("Once")
        run = story.start()
        for number in range(NUM_WORKER_KILLS):
            story.wait_tokens(1, run)
            run = _kill_and_resume(server, browser, story, run)
            if number % 10 == 0:
                browser.ok("story_rename", story=story.id, title=f"Killed {number + 1} times")
        story.wait_tokens(3, run)
        browser.ok("run_stop", run=run)
        words = str(story).split()[1:]
        assert words == [f"w{index}" for index in range(len(words))]
        assert len(words) > 2 * NUM_WORKER_KILLS


def _kill_and_resume(
    server: ServerProcess, browser: StudioClient, story: OpenStory, run: str
) -> str:
    """Kill the worker while it writes; the server answers meanwhile. Returns the run that goes on."""
    wait_until(lambda: len(server.worker_pids()) == 1, "end of the worker before", 30)
    (pid,) = server.worker_pids()
    os.kill(pid, signal.SIGKILL)
    assert browser.ok("stories")
    story.append("")
    story.wait_state(run, "ended", "interrupted")
    wait_until(lambda: pid not in server.worker_pids(), "the dead worker is gone")
    return str(browser.ok("run_resume", run=run)["run"]["id"])


def test_typing_goes_on_while_the_worker_dies_and_what_is_typed_is_read(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, script="quote", token_ms=5).start()
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("cat\n")
        run = story.start()
        story.wait_tokens(2, run)
        os.kill(server.worker_pids()[0], signal.SIGKILL)
        story.wait_state(run, "ended", "interrupted")
        story.insert(0, "black ")
        story.delete(6, 9)
        story.insert(6, "dog")
        again = str(browser.ok("run_resume", run=run)["run"]["id"])
        story.wait_tokens(2, again)
        browser.ok("run_stop", run=again)
        assert str(story).startswith("black dog\n «cat» «cat»")
        assert str(story).endswith(" «dog»")
    server.stop()


@pytest.mark.slow
def test_the_server_is_killed_again_and_again_and_no_acknowledged_edit_is_lost(
    server: ServerProcess,
) -> None:
    chance = random.Random(4)
    with StudioClient(server.url, server.token) as browser:
        story_id = browser.create("Once").id
    acknowledged: list[str] = []
    for number in range(NUM_SERVER_KILLS):
        with StudioClient(server.url, server.token) as browser:
            story = browser.open(story_id)
            _check_what_stands(browser, story, acknowledged)
            run = _start_or_resume(browser, story)
            story.wait_tokens(1, run)
            killer = threading.Timer(chance.uniform(0.0, 0.15), server.kill)
            killer.start()
            _type_until_it_dies(story, number, acknowledged)
            killer.join()
        server.start()
    assert len(acknowledged) > NUM_SERVER_KILLS
    with StudioClient(server.url, server.token) as browser:
        story = browser.open(story_id)
        _check_what_stands(browser, story, acknowledged)
        assert all(run["reason"] == "interrupted" for run in story.runs.values())


def test_a_story_closed_and_opened_again_and_again_goes_on_where_it_stopped(
    server: ServerProcess,
) -> None:
    """Each time the first change after opening is another one: the run's, or a person's."""
    with StudioClient(server.url, server.token) as browser:
        story_id = browser.create("Once").id
    for number in range(6):
        with StudioClient(server.url, server.token) as browser:
            story = browser.open(story_id)
            _check_what_stands(browser, story, [f"<{n}>" for n in range(1, number, 2)])
            if number % 2:
                story.insert(0, f"<{number}>")
            run = _start_or_resume(browser, story)
            story.wait_tokens(2, run)
            browser.ok("run_pause", run=run)
            if number % 3 == 0:
                browser.ok("run_resume", run=run)
        server.stop()
        server.start()
    with StudioClient(server.url, server.token) as browser:
        _check_what_stands(browser, browser.open(story_id), ["<1>", "<3>", "<5>"])
    assert " ERROR " not in server.log() and "Traceback" not in server.log()


def test_a_story_whose_snapshot_is_damaged_is_built_again_from_its_log(
    server: ServerProcess,
) -> None:
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("Once")
        run = story.start()
        story.wait_tokens(3, run)
        browser.ok("run_stop", run=run)
    with StudioClient(server.url, server.token) as browser:
        stood = str(browser.open(story.id))  # the first may not have heard of the last token yet
    server.stop()
    with contextlib.closing(sqlite3.connect(server.data_dir / "storygen.db")) as database:
        (num_damaged,) = database.execute("select count(*) from snapshots").fetchone()
        database.execute("update snapshots set spans = ?", [pack_spans([Span(1, 0, 1, 1)])])
        database.commit()
    assert num_damaged == 1
    server.start()
    with StudioClient(server.url, server.token) as browser:
        again = browser.open(story.id)
        assert str(again) == stood
        _check_what_stands(browser, again, [])
        copy = browser.ok("story_duplicate", story=story.id)["story"]["id"]
        assert str(browser.open(copy)) == stood
    server.stop()
    assert "built again from its whole log" in server.log()
    server.start()
    with StudioClient(server.url, server.token) as browser:
        assert str(browser.open(story.id)) == stood
    assert server.log().count("built again") == 1


def _start_or_resume(browser: StudioClient, story: OpenStory) -> str:
    left = [run for run in story.runs.values() if run["reason"] == "interrupted"]
    if not left:
        return story.start()
    return str(browser.ok("run_resume", run=left[-1]["id"])["run"]["id"])


def _type_until_it_dies(story: OpenStory, number: int, acknowledged: list[str]) -> None:
    """Type marks at the start, one after the other, and note those that were answered."""
    for mark in (f"<{number}.{count}>" for count in range(10**6)):
        try:
            story.insert(0, mark)
        except ServerAwayError:
            return
        acknowledged.append(mark)


def _check_what_stands(browser: StudioClient, story: OpenStory, acknowledged: list[str]) -> None:
    text = str(story)
    assert all(text.count(mark) == 1 for mark in acknowledged)
    assert list(text.split()[1:]) == [f"w{i}" for i in range(len(text.split()) - 1)]
    at = 0
    for units, author in browser.ok("provenance", story=story.id)["spans"]:
        part, at = text[at : at + units], at + units
        assert ("w" in part) == (author != "human"), (part, author)
        assert author == "human" or part == f" w{author[1]}"
    assert at == len(text)


@pytest.mark.model
def test_the_default_models_run_survives_its_workers_death(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, module="server", models_dir=MODELS).start()
    with StudioClient(server.url, server.token) as browser:
        model = browser.ok("hello")["default_model"]
        story = browser.create("The lamp in the window was lit, and")
        started = browser.ok("run_start", story=story.id, model=model, at="end", seed=3)
        run = str(started["run"]["id"])
        for _ in range(2):
            browser.wait(
                lambda: sum(t[0] == run for t in story.tokens) >= 2,  # noqa: B023
                "the default model writes",
                seconds=120,
            )
            run = _kill_and_resume(server, browser, story, run)
        browser.wait(lambda: sum(t[0] == run for t in story.tokens) >= 2, "it writes on", 120)
        browser.ok("run_stop", run=run)
        indexes = [token[1] for token in story.tokens]
        assert indexes == list(range(len(indexes)))
    server.stop()


def test_a_worker_that_dies_while_loading_again_and_again_is_given_up_with_a_reason(
    tmp_path: Path,
) -> None:
    server = ServerProcess(tmp_path, load_s=3600).start()
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("Once")
        run = story.start()
        deadline = time.monotonic() + 30
        killed: set[int] = set()
        while story.runs[run]["state"] == "queued" and time.monotonic() < deadline:
            for pid in set(server.worker_pids()) - killed:
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
            threading.Event().wait(0.02)
        view = story.wait_state(run, "ended", "failed")
        assert "ended" in view["message"] and len(killed) == 3
        model = next(m for m in browser.ok("models")["models"] if m["key"] == MODEL)
        assert (model["state"], bool(model["reason"]), bool(model["mend"])) == (
            "failed",
            True,
            True,
        )
    server.stop()
