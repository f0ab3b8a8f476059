"""Somebody types without a pause while runs write: no run starves, and what is typed is read in time.

Prints tokens per second; asserts outcomes alone. One key takes 120 ms.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storygen.story.feed import FAR_LATEST_S
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.server_process import ServerProcess

KEY_S = 0.12
NUM_KEYS = 30
TOKEN_MS = 20
BYTES_PER_TOKEN = 5
SENTENCE = "Some few words stand here now. "


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[StudioClient]:
    server = ServerProcess(tmp_path, token_ms=TOKEN_MS).start()
    with StudioClient(server.url, server.token) as client:
        yield client
    server.stop()


@pytest.mark.slow
@pytest.mark.parametrize("tokens_back", [20, 100, 1000])
def test_typing_before_the_end_neither_starves_a_run_nor_leaves_it_behind(
    browser: StudioClient, tokens_back: int, capsys: pytest.CaptureFixture[str]
) -> None:
    story = browser.create(SENTENCE * 250)
    run = story.start()
    story.wait_tokens(3, run)
    before = len(story.tokens)
    seconds = _type(story, lambda: len(str(story)) - tokens_back * BYTES_PER_TOKEN)
    written = len(story.tokens) - before
    with capsys.disabled():
        print(f"\n  typing {tokens_back} tokens back: {written / seconds:.1f} tokens/s")
    assert written > seconds  # more than one token a second, however slow the machine
    browser.wait(lambda: story.runs[run]["revision"] >= seconds / FAR_LATEST_S - 1, "it reads")
    _check_it_goes_on(browser, story, [run])
    _check_lag(browser, run, seconds)


@pytest.mark.slow
def test_typing_where_it_writes_holds_the_run_which_then_goes_on(browser: StudioClient) -> None:
    story = browser.create(SENTENCE)
    run = story.start()
    story.wait_tokens(3, run)
    _type(story, lambda: len(str(story)))
    assert story.runs[run]["holding"]
    held_at = len(story.tokens)
    _check_it_goes_on(browser, story, [run])
    assert f"{'x' * (NUM_KEYS - 3)} w{held_at}" in str(story)


@pytest.mark.slow
def test_two_runs_in_one_story_both_write_while_somebody_types(
    browser: StudioClient, capsys: pytest.CaptureFixture[str]
) -> None:
    story = browser.create(SENTENCE * 100)
    place = [story.clients[0], len(SENTENCE) * 50 - 1]
    runs = [story.start(place), story.start()]
    for run in runs:
        story.wait_tokens(3, run)
    before = [_count(story, run) for run in runs]
    seconds = _type(story, lambda: 10)
    written = [_count(story, run) - count for run, count in zip(runs, before, strict=True)]
    with capsys.disabled():
        print(f"\n  two runs: {written[0] / seconds:.1f} and {written[1] / seconds:.1f} tokens/s")
    assert min(written) > seconds
    assert max(written) < 2 * min(written) + 5
    _check_it_goes_on(browser, story, runs)


def _type(story: OpenStory, where: object) -> float:
    """Type one key after the other at `where()`; returns how long that took."""
    keys = threading.Event()
    started = time.monotonic()
    for _ in range(NUM_KEYS):
        story.insert(where(), "x")  # type: ignore[operator]
        keys.wait(KEY_S)
    return time.monotonic() - started


def _check_it_goes_on(browser: StudioClient, story: OpenStory, runs: list[str]) -> None:
    for run in runs:
        story.wait_tokens(_count(story, run) + 5, run)
        browser.ok("run_stop", run=run)
        indexes = [token[1] for token in story.tokens if token[0] == run]
        assert indexes == list(range(len(indexes)))
    assert str(story).count("x") == NUM_KEYS


def _check_lag(browser: StudioClient, run: str, seconds: float) -> None:
    """While one typed, new revisions came at least as often as the policy says."""
    tokens = browser.ok("token_details", run=run, **{"from": 0, "to": 5000})["tokens"]
    revisions = [token["revision"] for token in tokens]
    assert revisions == sorted(revisions)
    assert len(set(revisions)) - 1 >= int(seconds / (FAR_LATEST_S + 0.5))


def _count(story: OpenStory, run: str) -> int:
    return sum(token[0] == run for token in story.tokens)
