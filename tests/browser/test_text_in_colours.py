"""The text in colours by probability.

What the model would say is answered in the page (`token_stub`); the text, what is stored of it and its
identities are the real server's.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.room import Room, watch
from tests.browser.token_stub import calls
from tests.browser.tokens_on_page import (
    BY_MODEL,
    COLOURED,
    MIXED,
    PAINTED_JS,
    colour,
    look,
    read,
    rows,
)

pytestmark = pytest.mark.browser


def test_every_token_is_coloured_also_emoji_and_what_is_not_latin(tokens: Room) -> None:
    tokens.write("")
    tokens.page.keyboard.insert_text(MIXED)
    tokens.saved()
    colour(tokens)
    painted = tokens.page.evaluate(PAINTED_JS)
    assert "".join(painted).replace(" ", "") == MIXED.replace(" ", "")
    for one in ("🦊", "灯台が見える", "👩‍👩‍👧", "lamp"):
        assert one in painted, one
    bar = tokens.page.locator("#heat-bar")
    expect(bar).to_contain_text("tokens read")
    expect(bar.locator(".legend-step")).to_have_count(7)
    tokens.page.keyboard.press("Alt+h")
    expect(tokens.page.locator(COLOURED)).to_have_count(0)
    expect(bar).to_be_hidden()


def test_author_colours_give_way_while_the_text_is_coloured(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    rows(tokens).first.click()
    of_model = tokens.page.locator(BY_MODEL).last
    inked = "(one) => getComputedStyle(one).color === getComputedStyle(document.body).color"
    assert not of_model.evaluate(inked)
    colour(tokens)
    assert of_model.evaluate(inked)


def test_an_edit_takes_its_tokens_colour_until_the_hand_has_rested(tokens: Room) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    tokens.editor.focus()
    tokens.page.keyboard.press("Control+Home")
    for _ in range(len("One tw")):
        tokens.page.keyboard.press("ArrowRight")
    tokens.page.keyboard.type("x")
    assert "two" not in tokens.page.evaluate(PAINTED_JS)
    assert {"One", "three", "four"} <= set(tokens.page.evaluate(PAINTED_JS))
    expect(tokens.page.locator("#heat-bar")).to_contain_text("when your hand rests")
    read(tokens)
    assert "twxo" in tokens.page.evaluate(PAINTED_JS)
    assert len(calls(tokens.page, "score_start")) == 2


def test_what_the_reading_says_moves_nothing(tokens: Room) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    bar = tokens.page.locator("#heat-bar")
    expect(bar).to_contain_text("tokens read")
    place = tokens.page.locator("#heat-bar .legend").bounding_box()
    tokens.page.evaluate("stub.part = 2; stub.parts = 1")
    tokens.page.keyboard.type(" Five.")
    expect(bar).to_contain_text("when your hand rests")
    assert tokens.page.locator("#heat-bar .legend").bounding_box() == place
    expect(bar).to_contain_text("Reading 2 of")
    assert tokens.page.locator("#heat-bar .legend").bounding_box() == place


def test_reading_can_be_cancelled_and_gone_on_with(tokens: Room) -> None:
    tokens.write("One two three four five six seven eight nine ten.")
    tokens.page.evaluate("stub.part = 2; stub.parts = 0")
    tokens.page.keyboard.press("Alt+h")
    bar = tokens.page.locator("#heat-bar")
    expect(bar).to_contain_text("Reading the story")
    tokens.page.evaluate("stub.parts = 1; stub.release()")
    expect(bar).to_contain_text("Reading 2 of 11 tokens")
    bar.get_by_role("button", name="Cancel").click()
    expect(bar).to_contain_text("Cancelled: 2 of 11 tokens read")
    assert tokens.page.evaluate("stub.stopped.length") == 1
    assert "One" in tokens.page.evaluate(PAINTED_JS)
    assert "ten" not in tokens.page.evaluate(PAINTED_JS)
    tokens.editor.focus()
    tokens.page.keyboard.type(" Eleven.")
    tokens.saved()
    expect(bar).to_contain_text("Cancelled")
    tokens.page.evaluate("stub.parts = Infinity")
    bar.get_by_role("button", name="Go on").click()
    read(tokens)
    assert "Eleven" in tokens.page.evaluate(PAINTED_JS)


def test_a_reading_that_fails_says_why_and_is_tried_again_when_asked(tokens: Room) -> None:
    tokens.page.evaluate("stub.fail.score_start = 'The memory is full.'")
    tokens.page.keyboard.press("Alt+h")
    bar = tokens.page.locator("#heat-bar")
    expect(bar).to_contain_text("The memory is full.")
    tokens.page.evaluate("stub.fail = {}")
    bar.get_by_role("button", name="Try again").click()
    read(tokens)


def test_the_switch_is_kept_in_this_browser_and_the_text_is_read_again_after_a_reload(
    tokens: Room,
) -> None:
    tokens.write("One two three.")
    colour(tokens)
    tokens.page.reload()
    tokens.ready()
    read(tokens)
    assert {"One", "two", "three"} <= set(tokens.page.evaluate(PAINTED_JS))


def test_another_windows_edits_move_the_colours_and_are_read(
    tokens: Room, context: BrowserContext
) -> None:
    tokens.write("One two three.")
    colour(tokens)
    other = Room(context.new_page(), tokens.studio)
    watch(other.page, other)
    other.open()
    other.editor.click()
    other.page.keyboard.press("Control+Home")
    other.page.keyboard.type("Zero. ")
    other.saved()
    expect(tokens.editor).to_have_text("Zero. One two three.")
    assert {"two", "three"} <= set(tokens.page.evaluate(PAINTED_JS))
    read(tokens)
    assert "Zero" in tokens.page.evaluate(PAINTED_JS)
