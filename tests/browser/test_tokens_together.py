"""Tokens in a real browser with the real server: taken ones stay the model's, and the story is read.

The worker is the scripted one: the next word is one of a list, and the text is scored word by word.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.room import Room
from tests.browser.staged import Stage
from tests.browser.tokens_on_page import (
    BY_MODEL,
    PAINTED_JS,
    alternative,
    card,
    field,
    line,
    rows,
    token,
)

pytestmark = pytest.mark.browser


def look(room: Room) -> None:
    """Look at the caret's place, and wait for the lists."""
    room.page.keyboard.press("Alt+b")
    expect(rows(room).first).to_be_visible()
    expect(line(room)).to_have_text("")


def colour(room: Room, num: int) -> None:
    """Switch the colours on, and wait until so many tokens are read."""
    room.page.keyboard.press("Alt+h")
    expect(room.page.locator("#heat-bar")).to_contain_text(f"{num} tokens read")


def test_a_token_that_was_taken_stays_the_models_after_a_reload_and_in_another_window(
    room: Room, second: Room
) -> None:
    room.write("Mine.")
    look(room)
    rows(room).first.click()
    expect(room.editor).to_have_text("Mine. the")
    room.saved()
    expect(second.editor).to_have_text("Mine. the")
    expect(second.page.locator(BY_MODEL)).to_have_text(" the")
    second.page.close()  # it would miss its copy
    room.forget_local_copies()
    room.page.reload()
    room.ready()
    expect(room.page.locator(BY_MODEL)).to_have_text(" the")


def test_a_word_that_was_typed_to_its_middle_is_completed(room: Room) -> None:
    room.write("She said hel")
    look(room)
    expect(rows(room).first.locator(".token-text")).to_have_text("·hello")
    room.page.keyboard.press("1")
    expect(room.editor).to_have_text("She said hello")
    room.saved()


def test_with_quickgen_one_writes_by_tokens_and_each_stands_behind_the_other(room: Room) -> None:
    room.write("Mine.")
    look(room)
    room.page.keyboard.press("Alt+q")
    expect(room.page.locator("#tokens-quickgen")).to_have_attribute("aria-checked", "true")
    text = "Mine."
    for key, word in (("1", " the"), ("8", " sea"), ("Enter", " the")):
        room.page.keyboard.press(key)
        text += word
        expect(room.editor).to_have_text(text)
        room.saved()  # by then the line says that the next lists are awaited, until they are there
        expect(line(room)).to_have_text("")
        expect(rows(room).first).to_have_attribute("aria-selected", "true")
    expect(field(room)).to_be_focused()
    for _ in range(3):
        room.page.keyboard.press("Control+z")
    expect(room.editor).to_have_text("Mine.")


def test_the_story_is_read_as_it_stands_and_again_when_another_window_has_changed_it(
    room: Room, second: Room
) -> None:
    room.write("One 🦊 two 灯台 three four.")
    colour(room, 6)
    assert {"One", "🦊", "two", "灯台", "four."} <= set(room.page.evaluate(PAINTED_JS))
    second.editor.click()
    second.page.keyboard.press("Control+Home")
    second.page.keyboard.type("Zero. ")
    expect(room.page.locator("#heat-bar")).to_contain_text("7 tokens read")
    assert {"Zero.", "four."} <= set(room.page.evaluate(PAINTED_JS))


def test_an_alternative_is_the_models_and_undone_by_itself(room: Room) -> None:
    room.write("One two three four.")
    colour(room, 4)
    token(room, "two").hover()
    expect(card(room).locator(".token-card-name")).to_have_text("·two")
    alternative(room, "light").click()
    expect(room.editor).to_have_text("One light three four.")
    expect(room.page.locator(BY_MODEL).last).to_have_text("light")
    room.saved()
    room.page.keyboard.press("Control+z")
    expect(room.editor).to_have_text("One two three four.")
    expect(room.page.locator(BY_MODEL)).to_have_count(0)


def test_going_on_from_an_alternative_keeps_what_followed_in_the_history(room: Room) -> None:
    room.write("One two three four.")
    colour(room, 4)
    token(room, "two").hover()
    card(room).get_by_role("button", name="Go on from here").click()
    alternative(room, "light").click()
    room.wait_for_text(r"^One light w0 w1")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    expect(room.page.locator("#heat-bar")).to_contain_text("tokens read")
    room.page.keyboard.press("Alt+2")
    kept = room.page.locator("#panel-history .row-main", has_text="three four")
    expect(kept.first).to_be_visible()


def test_a_long_reading_is_cancelled_and_a_worker_that_dies_is_told(
    staged: tuple[Room, Stage],
) -> None:
    room, stage = staged
    room.write("One two three SLOW")
    room.page.keyboard.press("Alt+h")
    bar = room.page.locator("#heat-bar")
    expect(bar).to_contain_text("Reading 4 of 4 tokens")
    bar.get_by_role("button", name="Cancel").click()
    expect(bar).to_contain_text("Cancelled: 4 of 4 tokens read")
    bar.get_by_role("button", name="Go on").click()
    expect(bar).to_contain_text("Reading 4 of 4 tokens")
    stage.die()
    expect(bar.get_by_role("button", name="Try again")).to_be_visible()
    expect(bar.locator(".scoring")).to_have_attribute("data-kind", "error")
    room.editor.focus()
    room.page.keyboard.type(" no more.")
    bar.get_by_role("button", name="Try again").click()
    expect(bar).to_contain_text(re.compile("6 tokens read"))


def test_while_the_server_is_away_nothing_is_read_and_it_begins_anew_when_it_is_back(
    room: Room,
) -> None:
    room.write("One two three.")
    colour(room, 3)
    room.studio.kill()
    expect(room.page.locator("#heat-bar")).to_contain_text("The server is away")
    room.editor.focus()
    room.page.keyboard.press("Control+End")
    room.page.keyboard.type(" Four.")
    room.studio.start()
    expect(room.page.locator("#heat-bar")).to_contain_text("4 tokens read", timeout=30_000)
