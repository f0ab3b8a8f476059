"""The default model in a real Chromium: a word changed three paragraphs up while it writes is read.

What it goes on with then has the log-probabilities that a fresh read of the text that stands gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from storygen.engine.inline import InlineWorker
from tests.browser.room import Room, Studio, watch
from tests.model.system_made import (
    DEFAULT_FOLDER,
    MODELS,
    PATIENCE_S,
    Writing,
    in_fp32,
    real_server,
)
from tests.model.test_system_default import assert_fresh
from tests.model.test_system_default import reader as reader
from tests.protocol.studio_client import StudioClient
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.model, pytest.mark.browser, pytest.mark.slow]

PARAGRAPHS = (
    "The boat was red, and nobody in the village would go near it.",
    "People said that the old sailor had brought something home from the sea.",
    "Anna, who was eleven and afraid of nothing, decided to see for herself.",
    "On the first evening of autumn she took her lantern and went down the lane.",
)
NUM_FRESH = 20
LOADING = ("Starting the engine", "Checking the model", "Reading the model", "Trying its speed")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("room")
    process = real_server(home, {"Default": in_fp32(DEFAULT_FOLDER)}, MODELS).start()
    yield process
    process.stop()


@pytest.fixture
def room(chromium: Browser, server: ServerProcess) -> Iterator[Room]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_S * 1000)
    studio = Studio(server.data_dir, MODELS, url=f"{server.url}/?t={server.token}")
    made = Room(context.new_page(), studio)
    watch(made.page, made)
    made.open()
    yield made
    context.close()
    assert made.broken == []


def test_a_first_line_is_typed_write_is_pressed_and_the_default_model_goes_on(room: Room) -> None:
    line = "Nobody had opened the lighthouse door since the war, and"
    room.write(line)
    room.primary.click()
    said = [""]

    def written() -> object:
        if (words := room.page.locator("#status-words").inner_text()) != said[-1]:
            said.append(words)
        return re.match(rf"{re.escape(line)} \S+ \S+ \S+ ", room.text())

    until(room, written)
    assert any(words.startswith(LOADING) for words in said), said
    expect(room.page.locator("#speed")).to_contain_text("tokens/s")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    room.page.locator("#stop").click()
    room.state("Write")


def test_a_word_changed_three_paragraphs_up_while_it_writes_is_read(
    room: Room, server: ServerProcess, reader: InlineWorker
) -> None:
    room.page.keyboard.press("Alt+n")
    until(room, lambda: room.text() == "")
    room.page.keyboard.insert_text("\n\n".join(PARAGRAPHS))
    room.page.keyboard.press("Control+Enter")
    before = "\n\n".join(PARAGRAPHS)
    until(room, lambda: len(room.text()) > len(before) + 15)
    room.page.keyboard.press("Control+Home")
    room.page.keyboard.press("End")
    room.page.keyboard.press("Home")
    for _ in range(len("The boat was red")):
        room.page.keyboard.press("ArrowRight")
    for _ in range(len("red")):
        room.page.keyboard.press("Backspace")
    room.page.keyboard.type("green", delay=60)
    with StudioClient(server.url, server.token) as program:
        story = program.open(program.ok("stories")["stories"][0]["id"])
        assert str(story).startswith("The boat was green, and nobody")
        (run,) = story.runs
        writing = Writing(program, story, run)
        read = program.wait(lambda: writing.view["revision"], "the edit is read", PATIENCE_S)
        last = writing.wait_revision(read, 1)[-1]["revision"]
        while True:  # an edit may have been read in two parts
            found = writing.wait_revision(last, NUM_FRESH)
            if found[-1]["revision"] == last:
                break
            last = found[-1]["revision"]
        room.page.keyboard.press("Escape")
        room.state("Resume")
        writing.wait_state("paused")
        assert_fresh(writing, reader, last, at_least=NUM_FRESH)
        assert room.text() == str(story)


def until(room: Room, condition: Callable[[], object]) -> None:
    """Wait for what the page shows sooner or later."""
    for _ in range(int(PATIENCE_S * 10)):
        if condition():
            return
        room.page.wait_for_timeout(100)
    raise AssertionError(room.text())
