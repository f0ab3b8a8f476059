"""What must not grow, and what must not go on: slow browsers, and runs that nobody watches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Text

from tests.protocol.studio_client import OpenStory, StudioClient
from tests.server_process import ServerProcess, wait_until

MANY_TOKENS = 3000
NUM_PLACES = 9000


@pytest.fixture(params=["eventlet", "threading"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, async_mode=request.param, token_ms=0.2, grace_s=0.3).start()
    yield process
    process.stop()


def test_a_browser_that_never_acknowledges_gets_one_message_and_harms_nobody(
    server: ServerProcess,
) -> None:
    with (
        StudioClient(server.url, server.token) as browser,
        StudioClient(server.url, server.token, silent=True) as silent,
    ):
        story = browser.create("Once")
        deaf = silent.open(story.id)
        run = story.start()
        story.wait_tokens(200, run)
        story.wait_tokens(MANY_TOKENS, run)
        browser.ok("run_stop", run=run)
        story.wait_state(run, "ended", "stopped")
        assert len(silent.updates) == 1
        assert len(deaf.tokens) < MANY_TOKENS
        assert silent.ok("provenance", story=story.id)["spans"]
        fresh = silent.ok("story_open", story=story.id)
        assert len(fresh["tokens"]) == len(story.tokens)


def test_nobody_waits_for_the_end_of_another_ones_long_update(server: ServerProcess) -> None:
    with (
        StudioClient(server.url, server.token) as browser,
        StudioClient(server.url, server.token) as elsewhere,
    ):
        story = browser.create("word " * 2000)
        answers: list[dict[str, Any]] = []
        browser.send("doc_update", {"story": story.id, "update": _scattered(story)}, answers.append)
        num_calls = 0
        while not answers:
            elsewhere.ok("models")
            num_calls += 1
        assert answers[0]["ok"] is True and num_calls >= 5
        written = elsewhere.open(story.id)
        assert str(written) == str(story)


def _scattered(story: OpenStory) -> bytes:
    """Letters typed at thousands of places, as one update."""

    def change(root: Text) -> None:
        for number in range(NUM_PLACES):
            root.insert(number * 37 % 10_000, "x")

    return story.edit(change)


def test_a_slow_browser_gets_everything_merged(server: ServerProcess) -> None:
    with (
        StudioClient(server.url, server.token) as browser,
        StudioClient(server.url, server.token, slow_s=0.2) as slow,
    ):
        story = browser.create("Once")
        lagging = slow.open(story.id)
        run = story.start(params={"max_tokens": 300})
        story.wait_state(run, "ended", "finished")
        lagging.wait_state(run, "ended", "finished")
        assert str(lagging) == str(story)
        assert len(lagging.tokens) == 300
        assert len(slow.updates) < len(browser.updates)


def test_a_run_pauses_when_the_last_browser_has_been_gone_for_a_while(
    server: ServerProcess,
) -> None:
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("Once")
        run = story.start()
        story.wait_tokens(1, run)
    with StudioClient(server.url, server.token) as visitor:
        wait_until(lambda: _has(visitor, story.id, "run_paused"), "the run pauses")
        assert visitor.ok("run_resume", run=run)["run"]["state"] == "running"
        visitor.ok("run_stop", run=run)


def test_a_run_goes_on_when_one_window_of_two_is_closed_or_one_comes_back_in_time(
    server: ServerProcess,
) -> None:
    with StudioClient(server.url, server.token) as stays:
        with StudioClient(server.url, server.token) as browser:
            story = browser.create("Once")
            run = story.start()
            there = stays.open(story.id)
        count = len(there.tokens)
        wait_until(lambda: len(there.tokens) > count + 500, "it goes on past the grace time")
        assert there.runs[run]["state"] == "running"
        stays.ok("story_close", story=story.id)
        again = stays.open(story.id)
        again.wait_tokens(len(again.tokens) + 500)
        assert again.runs[run]["state"] == "running"
        stays.ok("run_stop", run=run)


def test_a_run_goes_on_without_browsers_when_the_writer_asked_for_it(server: ServerProcess) -> None:
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("Once", keep_writing=True)
        run = story.start(params={"max_tokens": 3000})
        story.wait_tokens(1, run)
    with StudioClient(server.url, server.token) as visitor:
        wait_until(lambda: _has(visitor, story.id, "run_ended"), "the run writes on")
        reopened = visitor.open(story.id)
        assert reopened.runs[run]["reason"] == "finished"
        assert len(reopened.tokens) == 3000


def _has(visitor: StudioClient, story: str, kind: str) -> bool:
    """Whether the story's history has such a checkpoint; asked without opening the story."""
    nodes = visitor.ok("checkpoints", story=story)["checkpoints"]
    return kind in [node["kind"] for node in nodes]
