"""A token's card, and the strip along the story; axe over all that shows tokens.

What the model would say is answered in the page (`token_stub`); the text, what is stored of it and its
identities are the real server's.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.room import Room, violations
from tests.browser.tokens_on_page import (
    BY_MODEL,
    MIXED,
    alternative,
    card,
    colour,
    look,
    read,
    token,
    told,
)

pytestmark = pytest.mark.browser

LONG_PRESS_MS = 700


# -------------------------------------------------------------------- a token's card


def test_resting_on_a_token_shows_its_card_which_covers_no_letter_of_it(tokens: Room) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    token(tokens, "two").hover()
    expect(card(tokens)).to_be_visible()
    facts = card(tokens).locator("dt")
    expect(facts).to_have_text(["Probability", "After sampling", "Rank", "Surprise", "Entropy"])
    expect(alternative(tokens, "window")).to_contain_text("15 %")
    covered, over = token(tokens, "two").bounding_box(), card(tokens).bounding_box()
    assert covered and over and over["y"] >= covered["y"] + covered["height"]
    token(tokens, "four").hover()
    expect(card(tokens).locator(".token-card-name")).to_have_text("·four")
    tokens.page.keyboard.press("Escape")
    expect(card(tokens)).to_be_hidden()
    expect(tokens.page.locator("#primary-label")).to_have_text("Write")


def test_an_alternative_takes_the_tokens_place_and_keeps_what_follows(tokens: Room) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    token(tokens, "two").hover()
    alternative(tokens, "window").click()
    expect(tokens.editor).to_have_text("One window three four.")
    expect(tokens.page.locator(BY_MODEL)).to_have_text(" window")
    expect(card(tokens)).to_be_hidden()
    tokens.saved()
    assert told(tokens) == [(101, 7)]
    tokens.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(tokens.editor).to_have_text("One two three four.")


def test_an_alternative_goes_on_from_there_and_what_followed_is_kept_in_the_history(
    tokens: Room,
) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    token(tokens, "two").hover()
    card(tokens).get_by_role("button", name="Go on from here").click()
    alternative(tokens, "window").click()
    tokens.wait_for_text(r"^One window ?w0 w1")
    tokens.page.keyboard.press("Escape")
    tokens.state("Resume")
    tokens.page.keyboard.press("Alt+2")
    kept = tokens.page.locator("#panel-history .row-main", has_text="three four")
    expect(kept.first).to_be_visible()


def test_by_keys_one_goes_from_token_to_token_and_chooses_another(tokens: Room) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    tokens.editor.focus()
    press = tokens.page.keyboard.press
    press("Control+End")
    press("Alt+i")
    name = card(tokens).locator(".token-card-name")
    expect(name).to_have_text(".")
    expect(card(tokens)).to_be_focused()
    press("ArrowLeft")
    press("ArrowLeft")
    expect(name).to_have_text("·three")
    press("ArrowRight")
    expect(name).to_have_text("·four")
    press("Enter")
    expect(alternative(tokens, "lamp")).to_be_focused()
    press("ArrowDown")
    expect(alternative(tokens, "window")).to_be_focused()
    press("Enter")
    expect(tokens.editor).to_have_text("One two three window.")
    expect(tokens.editor).to_be_focused()
    press("Alt+i")
    press("Escape")
    expect(card(tokens)).to_be_hidden()
    expect(tokens.editor).to_be_focused()


def test_a_key_for_a_token_says_how_to_begin_where_nothing_is_read(tokens: Room) -> None:
    tokens.editor.focus()
    tokens.page.keyboard.press("Alt+i")
    expect(tokens.page.locator(".toast")).to_contain_text("Colour the text by probability first")


def test_a_long_press_shows_a_tokens_card_and_the_token_stays_in_sight(tokens_phone: Room) -> None:
    room = tokens_phone
    room.page.evaluate("document.documentElement.dataset.heat = 'on'; room.store.set({heat: true})")
    read(room)
    spot = token(room, "lit").bounding_box()
    assert spot
    touch = room.page.context.new_cdp_session(room.page)
    point = {"x": spot["x"] + spot["width"] / 2, "y": spot["y"] + spot["height"] / 2}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(card(room)).to_be_visible(timeout=LONG_PRESS_MS * 10)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(alternative(room, "window")).to_be_visible()
    here, over = token(room, "lit").bounding_box(), card(room).bounding_box()
    assert here and over and here["y"] + here["height"] <= over["y"]
    assert violations(room) == []
    alternative(room, "window").tap()
    expect(room.editor).to_contain_text("window")
    expect(card(room)).to_be_hidden()


# -------------------------------------------------------------------- along the story


def test_the_strip_goes_to_the_place_by_click_and_by_arrow_keys(tokens: Room) -> None:
    tokens.write("")
    paragraph = "One two three four five six seven eight nine ten. " * 8
    tokens.page.keyboard.insert_text("\n\n".join([paragraph] * 24))
    tokens.saved()
    tokens.page.keyboard.press("Alt+s")
    chart = tokens.page.get_by_role("slider", name="Along the story")
    expect(chart).to_be_visible()
    read(tokens)
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"100 % of the story: surprise"))
    box = chart.bounding_box()
    assert box
    tokens.page.mouse.click(box["x"] + box["width"] / 4, box["y"] + 40)
    expect(chart).to_have_attribute("aria-valuenow", re.compile("^2[45]$"))
    expect(chart).to_be_focused()
    top = tokens.page.locator(".cm-scroller").evaluate("(one) => one.scrollTop")
    assert top > 0
    tokens.page.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-valuenow", "0")
    tokens.page.keyboard.press("PageDown")
    expect(chart).not_to_have_attribute("aria-valuenow", "0")
    tokens.page.locator(".strip-list summary").click()
    places = tokens.page.locator(".strip-places button")
    expect(places).to_have_count(10)
    expect(places.first).to_contain_text("bits")
    places.nth(9).click()
    expect(tokens.editor).to_be_focused()


# -------------------------------------------------------------------- looks


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_tokens(tokens: Room, theme: str) -> None:
    tokens.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    tokens.write("")
    tokens.page.keyboard.insert_text(f"{MIXED}\n\nOne two three four five six seven eight.")
    tokens.saved()
    tokens.page.keyboard.press("Alt+t")
    assert violations(tokens) == []
    look(tokens)
    colour(tokens)
    tokens.page.keyboard.press("Alt+s")
    tokens.page.locator(".strip-list summary").click()
    expect(tokens.page.locator(".strip-places button")).to_have_count(10)
    assert violations(tokens) == []
    token(tokens, "two").hover()
    expect(alternative(tokens, "window")).to_be_visible()
    assert violations(tokens) == []
