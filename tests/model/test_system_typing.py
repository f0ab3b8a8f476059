"""Somebody types a key every 120 ms while the default model writes: at its place, near it, far from it.

Prints tokens per second. What must hold however slow the machine is: while somebody types on and on, each
run writes, and what was typed is read (or, at its very place, as soon as the keys rest).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.model.system_made import (
    DEFAULT_FOLDER,
    MODELS,
    Writing,
    in_fp32,
    real_server,
    start,
)
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.alone]

MODEL = "continue:Default"
KEY_S = 0.12
LEAST_KEYS, MOST_KEYS = 30, 400
LEAST_TOKENS = 6
SENTENCE = "The keeper went up the stairs and looked at the sea, which was grey and very still. "
BYTES_PER_TOKEN = 4.4
PARAMS = {"alternatives": 0}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("typing")
    process = real_server(home, {"Default": in_fp32(DEFAULT_FOLDER)}, MODELS).start()
    yield process
    process.stop()


@pytest.fixture
def browser(server: ServerProcess) -> Iterator[StudioClient]:
    with StudioClient(server.url, server.token) as client:
        yield client


@pytest.mark.parametrize("tokens_back", [100, 1000])
def test_typing_before_the_end_neither_starves_the_model_nor_leaves_it_behind(
    browser: StudioClient, tokens_back: int, capsys: pytest.CaptureFixture[str]
) -> None:
    story = browser.create(SENTENCE * 75)
    writing = start(browser, story, MODEL, params=PARAMS)
    writing.wait_tokens(3)
    back, read = int(tokens_back * BYTES_PER_TOKEN), AfterTwoReads(writing)
    seconds = type_keys(
        story, lambda: len(str(story)) - back, lambda: read.written() >= LEAST_TOKENS
    )
    say(
        capsys,
        f"{tokens_back} tokens back: {read.written()} tokens after the first two reads "
        f"of {writing.view['revision']} in {seconds:.0f} s",
    )
    assert writing.view["revision"] >= 2, "what is typed is not read while one types"
    assert read.written() >= LEAST_TOKENS, "the run starves"
    goes_on(writing)


def test_typing_where_it_writes_holds_it_and_then_it_goes_on_from_there(
    browser: StudioClient, capsys: pytest.CaptureFixture[str]
) -> None:
    story = browser.create(SENTENCE)
    writing = start(browser, story, MODEL, params=PARAMS)
    writing.wait_tokens(3)
    before = writing.num_tokens
    seconds = type_keys(story, lambda: len(str(story)), lambda: True)
    written = writing.num_tokens - before
    say(capsys, f"0 tokens back: {written / seconds:.1f} tokens/s, as it waits for the keys")
    assert writing.view["holding"]
    goes_on(writing)


def test_two_runs_both_write_while_somebody_types_between_them(
    browser: StudioClient, capsys: pytest.CaptureFixture[str]
) -> None:
    story = browser.create(SENTENCE * 40)
    place = [story.clients[0], len(SENTENCE) * 20 - 1]
    runs = [start(browser, story, MODEL, params=PARAMS, at=at) for at in (place, "end")]
    for writing in runs:
        writing.wait_tokens(3)
    before = [writing.num_tokens for writing in runs]

    def written() -> list[int]:
        return [one.num_tokens - count for one, count in zip(runs, before, strict=True)]

    seconds = type_keys(
        story, lambda: len(str(story)) - 200, lambda: min(written()) >= LEAST_TOKENS
    )
    say(capsys, "two runs: " + " and ".join(f"{n / seconds:.1f}" for n in written()) + " tokens/s")
    assert min(written()) >= LEAST_TOKENS, "one of the runs starves"
    for writing in runs:
        goes_on(writing)


class AfterTwoReads:
    """Counts the tokens that a run has written since it was told to read what was typed a second time."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._from: int | None = None

    def written(self) -> int:
        if self._from is None and self._writing.view["revision"] >= 2:
            self._from = self._writing.num_tokens
        return 0 if self._from is None else self._writing.num_tokens - self._from


def type_keys(story: OpenStory, where: Callable[[], int], enough: Callable[[], bool]) -> float:
    """One key after the other at `where()` until `enough()`; returns how long that took."""
    keys = threading.Event()
    began = time.monotonic()
    for number in range(MOST_KEYS):
        if number >= LEAST_KEYS and enough():
            break
        story.insert(where(), "x")
        keys.wait(KEY_S)
    return time.monotonic() - began


def goes_on(writing: Writing) -> None:
    """The run reads all that was typed and writes on; no token twice, no key lost."""
    first = writing.view["revision"]
    count = writing.num_tokens
    writing.wait(lambda: writing.num_tokens >= count + 4, "it writes on")
    assert writing.view["revision"] >= first
    writing.command("stop")
    indexes = [token[1] for token in writing.story.tokens if token[0] == writing.run]
    assert indexes == list(range(len(indexes)))
    assert str(writing.story).count("x") >= LEAST_KEYS


def say(capsys: pytest.CaptureFixture[str], words: str) -> None:
    with capsys.disabled():
        print(f"\n  default model, typing {words}")
