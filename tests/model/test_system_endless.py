"""Endless writing far past a model's window, and stories in every script, through the whole system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.model.system_made import Writing, in_fp32, real_server, start, write
from tests.protocol.studio_client import StudioClient
from tests.server_process import ServerProcess
from tests.tiny_models import WINDOW, make_tiny_model

MODEL = "continue:Tiny"
SCRIPTS = {
    "emoji": "She waved 👋🏽 at the 👩‍👩‍👧‍👦 and the 🏳️‍🌈",
    "chinese": "她走了。你好，世界！猫は海を見ていた。そして",
    "right to left": "مرحبا بالعالم، كان هناك بيت. שלום עולם",
    "combining": "Z̸̛͓a̶l̴g̵o, e\u0301te\u0301, n\u0303, Å, 각",
    "astral": "𝒪𝓃𝒸𝑒 𐍈 𠜎𠜱",
    "spaces": "a  b\u00a0c\u2003d\n\n\te \n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("endless")
    process = real_server(home, {"Tiny": in_fp32("tiny")})
    make_tiny_model("gpt2", home / "models" / "tiny")
    process.start()
    yield process
    process.stop()
    assert " ERROR " not in process.log() and "Traceback" not in process.log()


@pytest.fixture
def browser(server: ServerProcess) -> Iterator[StudioClient]:
    with StudioClient(server.url, server.token) as client:
        yield client


def test_endless_writing_goes_on_through_many_windows(browser: StudioClient) -> None:
    params = {"temperature": 0.9, "alternatives": 2}
    writing = start(browser, browser.create("Once upon a time"), MODEL, seed=5, params=params)
    writing.wait_tokens(12 * WINDOW)
    assert writing.command("stop")["reason"] == "stopped"
    assert 0 < writing.view["used"] <= writing.view["window"] == WINDOW
    assert_whole(writing, "Once upon a time")


def test_an_edit_far_behind_the_window_changes_no_token(browser: StudioClient) -> None:
    params = {"temperature": 0.9, "repetition_penalty": 1.1}
    undisturbed = write(browser, MODEL, "Once upon a time", 12 * WINDOW, seed=5, params=params)
    params |= {"max_tokens": 12 * WINDOW}
    writing = start(browser, browser.create("Once upon a time"), MODEL, seed=5, params=params)
    writing.wait_tokens(6 * WINDOW)
    writing.command("pause")
    writing.story.insert(0, "Long ago: ")
    assert writing.command("resume")["revision"] > 0
    writing.wait_state("ended", "finished")
    assert writing.ids() == undisturbed.ids()
    assert_whole(writing, "Long ago: Once upon a time")


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_a_story_in_any_script_goes_on_in_whole_characters(
    browser: StudioClient, text: str
) -> None:
    writing = write(browser, MODEL, text, 80, seed=2, params={"temperature": 1.0})
    assert_whole(writing, text)


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_an_edit_among_such_characters_while_the_model_writes_lands_where_it_was_made(
    browser: StudioClient, text: str
) -> None:
    writing = start(browser, browser.create(text + ". " + text), MODEL, params={"temperature": 1.0})
    writing.wait_tokens(3)
    writing.story.delete(1, 3)
    writing.story.insert(1, "猫🙂é")
    writing.wait_revision(1, 5)
    writing.command("stop")
    assert_whole(writing, text[0] + "猫🙂é" + text[3:] + ". " + text)


def assert_whole(writing: Writing, beginning: str) -> None:
    """The story begins so and goes on with its tokens' texts, no character of which is a half."""
    text = beginning + "".join(token["text"] for token in writing.details())
    writing.wait(lambda: str(writing.story) == text, text)  # the last update may be on its way
    assert "\ufffd" not in text
    text.encode()  # a lone surrogate could not be
    assert browser_and_server_agree(writing)


def browser_and_server_agree(writing: Writing) -> bool:
    """A second browser that opens the story now has the same text."""
    other = writing.browser.open(writing.story.id)
    same = str(other) == str(writing.story)
    writing.browser.stories[writing.story.id] = writing.story
    return same
