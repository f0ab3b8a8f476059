"""The chat page in a real browser: with the real default model, a real server, and with what goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import openai_server
import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.bench import BenchPage
from tests.browser.room import Studio

pytestmark = pytest.mark.browser

MANY_WORDS = re.compile(r"(\S+\s+){3,}")


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("talks")
    made = Studio(folder / "data", folder / "models", module="tests.workbench_chat")
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with openai_server.running() as address:
        yield address


@pytest.fixture
def chat(context: BrowserContext, talks: Studio) -> Iterator[BenchPage]:
    made = BenchPage.opened(context, talks, "chat")
    made.field("Most tokens").fill("12")
    yield made
    assert made.broken == []


def say(chat: BenchPage, text: str) -> None:
    chat.field("Your turn").fill(text)
    chat.page.keyboard.press("Control+Enter")


def turn(chat: BenchPage, at: int) -> Locator:
    return chat.element("turn", at)


def words(chat: BenchPage, at: int) -> Locator:
    return turn(chat, at).locator(".wb-turn-text")


def over(chat: BenchPage, at: int) -> None:
    """The turn is written to its end."""
    expect(turn(chat, at)).to_have_attribute("data-state", "", timeout=120_000)


def act(chat: BenchPage, at: int, name: str) -> None:
    turn(chat, at).get_by_role("button", name=name).click()


@pytest.mark.model
def test_the_real_model_is_talked_with(chat: BenchPage) -> None:
    chat.field("Model").select_option("real")
    chat.field("System prompt").fill("You are a friendly fox.")
    say(chat, "Good morning!")
    expect(words(chat, 0)).to_have_text("Good morning!")
    over(chat, 1)
    expect(words(chat, 1)).to_have_text(MANY_WORDS)
    expect(turn(chat, 1)).to_contain_text("12 tokens in")
    chat.here.get_by_text("What is sent").click()
    sent = chat.here.locator(".wb-collapsible", has_text="What is sent").locator(".wb-text")
    expect(sent).to_contain_text("<|im_start|>system\nYou are a friendly fox.<|im_end|>")
    expect(sent).to_contain_text("<|im_start|>user\nGood morning!<|im_end|>")


def test_a_turn_is_edited_answered_again_and_leafed_through(chat: BenchPage) -> None:
    say(chat, "Hello")
    over(chat, 1)
    first = words(chat, 1).text_content()
    act(chat, 1, "Again")
    expect(turn(chat, 1)).to_contain_text("2/2")
    over(chat, 1)
    act(chat, 1, "Version before")
    expect(words(chat, 1)).to_have_text(first or "")
    act(chat, 0, "Edit")
    chat.page.keyboard.press("Control+a")
    chat.page.keyboard.type("Good evening")
    chat.page.keyboard.press("Control+Enter")
    expect(words(chat, 0)).to_have_text("Good evening")
    expect(turn(chat, 0)).to_contain_text("2/2")
    over(chat, 1)
    act(chat, 0, "Version before")
    expect(words(chat, 0)).to_have_text("Hello")
    expect(words(chat, 1)).to_have_text(first or "")
    act(chat, 1, "Delete")
    expect(turn(chat, 1)).to_contain_text("Again")


def test_an_answer_is_seen_as_it_comes_and_stopped(chat: BenchPage) -> None:
    chat.field("Model").select_option("endless")
    say(chat, "Hello")
    expect(words(chat, 1)).to_contain_text("word5 ")
    expect(turn(chat, 1)).to_have_attribute("data-state", "writing")
    chat.click("Stop")
    expect(turn(chat, 1)).to_have_attribute("data-state", "stopped")
    expect(words(chat, 1)).to_contain_text("word1 word2")
    expect(chat.button("Send")).to_be_enabled()


def test_what_breaks_is_told_in_the_turn_and_tried_again(chat: BenchPage) -> None:
    chat.field("Model").select_option("breaking")
    say(chat, "Hello")
    expect(turn(chat, 1)).to_contain_text("ValueError: <i>It broke.</i>")
    expect(words(chat, 1)).to_have_text(re.compile(r"^\S+ \S+$"))
    chat.field("Model").select_option("words")
    act(chat, 1, "Again")
    over(chat, 1)
    expect(turn(chat, 1)).to_contain_text("2/2")


def test_a_talk_begins_with_a_sample(chat: BenchPage) -> None:
    chat.here.get_by_text("Begin with a sample").click()
    chat.click("Begin a talk with it")
    expect(words(chat, 0)).to_have_text("Where is the fox?")
    over(chat, 1)
    expect(chat.here.get_by_text("It sleeps under <b>the</b> hedge.").first).to_be_visible()


def test_a_talk_is_saved_and_opened_again(chat: BenchPage, tmp_path: Path) -> None:
    say(chat, "Hello")
    over(chat, 1)
    answer = words(chat, 1).text_content() or ""
    with chat.page.expect_download() as download:
        chat.click("Save talk")
    file = tmp_path / "talk.json"
    download.value.save_as(file)
    assert json.loads(file.read_text("utf-8"))["turns"][1]["text"] == answer
    chat.click("New talk")
    expect(turn(chat, 0)).to_have_count(0)
    chat.here.locator("input[type=file]").set_input_files(file)
    expect(words(chat, 1)).to_have_text(answer)


def test_a_server_is_added_by_url_and_key_and_talked_with(chat: BenchPage, url: str) -> None:
    chat.here.get_by_text("Servers", exact=True).click()
    chat.field("URL of a server").fill(f"{url}/keyed/v1")
    chat.click("Look")
    expect(chat.problem).to_contain_text("asks for a key")
    chat.field("Key, if it wants one").fill(openai_server.KEY)
    chat.click("Look")
    chat.click("Add it")
    expect(chat.field("Model")).to_have_value(f"words at {url.removeprefix('http://')}")
    say(chat, "the cat")
    over(chat, 1)
    expect(words(chat, 1)).to_have_text(MANY_WORDS)
    chat.page.reload()
    expect(chat.here.get_by_text(f"words at {url}/keyed/v1, with a key")).to_be_visible()
    assert openai_server.KEY not in chat.page.content()
    chat.click("Remove")
    expect(chat.here.get_by_text("with a key")).to_have_count(0)


def test_a_server_that_drops_the_line_leaves_what_came(chat: BenchPage, url: str) -> None:
    chat.here.get_by_text("Servers", exact=True).click()
    chat.field("URL of a server").fill(f"{url}/drop/v1")
    chat.page.keyboard.press("Enter")
    chat.click("Add it")
    say(chat, "the cat")
    expect(turn(chat, 1)).to_contain_text("cut off")
    expect(words(chat, 1)).not_to_be_empty()
    expect(turn(chat, 1).get_by_role("button", name="Again")).to_be_visible()
    chat.click("Remove")


def test_the_page_fits_a_narrow_window(chat: BenchPage) -> None:
    say(chat, "Hello")
    over(chat, 1)
    chat.page.set_viewport_size({"width": 390, "height": 800})
    assert chat.fits()
