"""Pauses, deaths and restarts of the whole system: the tokens are those of a run that nothing happened to."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.model.system_made import Writing, ids_in_order, in_fp32, real_server, start, write
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.server_process import ServerProcess
from tests.tiny_models import make_tiny_model

MODEL = "continue:Llama"
TEXT = "Once upon a time 🙂 there was 猫"
NUM_TOKENS = 500
PARAMS = {"temperature": 0.9, "repetition_penalty": 1.1, "alternatives": 0}
SEED = 7  # with this one the model writes no carriage return, which stories keep as a line feed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("pauses")
    process = real_server(home, {"Llama": in_fp32("llama", context=2048)})
    make_tiny_model("llama", home / "models" / "llama")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def browser(server: ServerProcess) -> Iterator[StudioClient]:
    with StudioClient(server.url, server.token) as client:
        yield client


@pytest.fixture(scope="module")
def uninterrupted(server: ServerProcess) -> tuple[list[int], str]:
    """The ids and the text of a run that nothing happens to."""
    with StudioClient(server.url, server.token) as client:
        writing = write(client, MODEL, TEXT, NUM_TOKENS, seed=SEED, params=PARAMS)
        return writing.ids(), str(writing.story)


def test_a_story_never_shows_half_a_character(uninterrupted: tuple[list[int], str]) -> None:
    _, text = uninterrupted
    assert text.startswith(TEXT)
    assert "\ufffd" not in text
    assert any(ord(letter) > 127 for letter in text[len(TEXT) :])


def test_pauses_change_no_token(
    browser: StudioClient, uninterrupted: tuple[list[int], str]
) -> None:
    writing = begin(browser, browser.create(TEXT))
    for count in (3, 40, 41, 200):
        writing.wait_tokens(count)
        assert writing.command("pause")["state"] == "paused"
        writing.command("resume")
    writing.wait_state("ended", "finished")
    assert (writing.ids(), str(writing.story)) == uninterrupted


def test_a_killed_worker_changes_no_token(
    server: ServerProcess, browser: StudioClient, uninterrupted: tuple[list[int], str]
) -> None:
    story = browser.create(TEXT)
    parts = [begin(browser, story)]
    for count in (20, 150, 300):
        parts[-1].wait(lambda at=count: parts[-1].view["next_index"] >= at, f"token {count}")
        (pid,) = server.worker_pids()
        os.kill(pid, signal.SIGKILL)
        parts[-1].wait_state("ended", "interrupted")
        parts.append(parts[-1].continued())
    parts[-1].wait_state("ended", "finished")
    assert (ids_in_order(parts), str(story)) == uninterrupted


def test_a_killed_server_changes_no_token(
    server: ServerProcess, uninterrupted: tuple[list[int], str]
) -> None:
    with StudioClient(server.url, server.token) as browser:
        first = begin(browser, browser.create(TEXT))
        first.wait_tokens(100)
        server.kill()
        browser.wait(lambda: not browser.connected, "the server is gone")
    server.start()
    with StudioClient(server.url, server.token) as browser:
        story = browser.open(first.story.id)
        assert (story.runs[first.run]["state"], story.runs[first.run]["reason"]) == (
            "ended",
            "interrupted",
        )
        before = Writing(browser, story, first.run)
        after = before.continued()
        after.wait_state("ended", "finished")
        assert (ids_in_order([before, after]), str(story)) == uninterrupted


def begin(browser: StudioClient, story: OpenStory) -> Writing:
    """A run that would write what `uninterrupted` wrote."""
    params = {**PARAMS, "max_tokens": NUM_TOKENS, "limit": "tokens"}
    return start(browser, story, MODEL, seed=SEED, params=params)
