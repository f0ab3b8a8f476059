"""The next tokens in lists: taken by mouse, by keys and by touch.

What the model would say is answered in the page (`token_stub`); the text, what is stored of it and its
identities are the real server's.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.room import Room, violations
from tests.browser.token_stub import calls
from tests.browser.tokens_on_page import (
    BY_MODEL,
    field,
    line,
    look,
    looked,
    rows,
    told,
)

pytestmark = pytest.mark.browser


def test_the_panel_says_what_it_is_for_before_anything_was_looked_at(tokens: Room) -> None:
    empty = tokens.page.locator(".tokens-empty")
    tokens.page.keyboard.press("Alt+t")
    expect(empty).to_contain_text("What could stand next, token by token")
    expect(tokens.page.locator(".tokens-lists")).to_be_hidden()
    tokens.write("Mine.")
    look(tokens)
    expect(empty).to_be_hidden()


def test_a_click_puts_a_token_into_the_story_as_the_models_and_it_is_undone_alone(
    tokens: Room,
) -> None:
    tokens.write("Mine.")
    look(tokens)
    expect(rows(tokens)).to_have_count(100)
    expect(rows(tokens, "drawn")).to_have_count(9)
    expect(rows(tokens).first.locator(".token-text")).to_have_text("·the")
    expect(rows(tokens).nth(2).locator(".token-text")).to_have_text("↵")
    hesitates = tokens.page.locator(".tokens-hesitates")
    expect(hesitates).to_have_text("The model hesitates between about 14 tokens, 5 after sampling")
    rows(tokens).first.click()
    rows(tokens, "drawn").nth(4).click()
    expect(tokens.editor).to_have_text("Mine. the nothing")
    expect(tokens.page.locator(BY_MODEL)).to_have_text(" the nothing")
    expect(line(tokens)).to_have_text("Before what you took")
    tokens.saved()
    assert told(tokens) == [(100, 4), (105, 8)]
    tokens.editor.focus()
    tokens.page.keyboard.press("Control+z")
    expect(tokens.editor).to_have_text("Mine. the")
    tokens.page.keyboard.press("Control+z")
    expect(tokens.editor).to_have_text("Mine.")
    tokens.page.keyboard.press("Control+y")
    expect(tokens.page.locator(BY_MODEL)).to_have_text(" the")


def test_a_double_click_takes_once(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    rows(tokens).nth(1).dblclick()
    expect(tokens.editor).to_have_text("Mine. a")
    assert told(tokens) == [(101, 2)]


def test_what_is_no_text_is_shown_and_says_why_it_cannot_be_taken(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    end = rows(tokens).nth(3)
    expect(end).to_have_attribute("aria-disabled", "true")
    expect(end).to_have_attribute("title", re.compile("no text: an end"))
    end.click(force=True)
    expect(tokens.page.locator(".toast")).to_contain_text("This is no text")
    expect(tokens.editor).to_have_text("Mine.")
    left_out = rows(tokens).nth(11)
    expect(left_out).to_have_attribute("title", re.compile("sampling leaves this one out"))
    left_out.click()
    expect(tokens.editor).to_have_text("Mine. word0")


def test_by_keys_alone_one_writes_token_by_token(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    expect(field(tokens)).to_be_focused()
    tokens.page.keyboard.press("Alt+q")
    expect(tokens.page.locator("#tokens-quickgen")).to_have_attribute("aria-checked", "true")
    press = tokens.page.keyboard.press
    press("Enter")
    looked(tokens, 2)
    press("2")
    looked(tokens, 3)
    tokens.page.keyboard.type("noth")
    expect(rows(tokens)).to_have_count(1)
    press("Enter")
    looked(tokens, 4)
    expect(field(tokens)).to_have_value("")
    press("ArrowDown")
    press("ArrowDown")
    press("ArrowUp")
    press("ArrowRight")
    press("ArrowDown")
    press("Enter")
    looked(tokens, 5)
    expect(tokens.editor).to_have_text("Mine. the a nothing a")
    expect(field(tokens)).to_be_focused()
    expect(line(tokens)).to_have_text("")
    places = [one["at"][1] for one in calls(tokens.page, "next_tokens")]
    assert places == sorted(places)
    press("Control+z")
    expect(tokens.editor).to_have_text("Mine. the a nothing")
    press("Escape")
    expect(tokens.editor).to_be_focused()
    expect(rows(tokens).first).to_be_visible()


def test_nothing_is_taken_of_lists_that_are_on_their_way_out(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    tokens.page.keyboard.press("Alt+q")
    tokens.page.evaluate("stub.hold = ['next_tokens']")
    tokens.page.keyboard.press("1")
    expect(tokens.editor).to_have_text("Mine. the")
    tokens.page.keyboard.press("1")
    rows(tokens).nth(1).click()
    tokens.page.keyboard.type("sh")
    tokens.page.evaluate("stub.release()")
    looked(tokens, 2)
    expect(tokens.editor).to_have_text("Mine. the")
    expect(rows(tokens).first.locator(".token-text")).to_have_text("·she")


def test_lists_of_an_older_place_say_so_and_go_where_they_belong(tokens: Room) -> None:
    tokens.write("One. Three.")
    for _ in range(len(" Three.")):
        tokens.page.keyboard.press("ArrowLeft")
    look(tokens)
    mark = tokens.page.locator(".looked-at-mark")
    expect(mark).to_have_count(1)
    tokens.editor.focus()
    tokens.page.keyboard.press("Control+End")
    expect(line(tokens)).to_have_text("These are for the marked place")
    tokens.page.keyboard.type(" Four.")
    expect(line(tokens)).to_have_text("These are for the marked place")
    tokens.page.keyboard.press("Control+Home")
    tokens.page.keyboard.type("Zero. ")
    expect(line(tokens)).to_have_text("The text before it has changed")
    rows(tokens).nth(1).click()
    expect(tokens.editor).to_have_text("Zero. One. a Three. Four.")
    tokens.page.get_by_role("button", name="Clear").click()
    expect(rows(tokens)).to_have_count(0)
    expect(mark).to_have_count(0)
    expect(tokens.editor).to_have_text("Zero. One. a Three. Four.")


def test_clearing_the_candidates_clears_the_lists_too_and_never_the_text(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    rows(tokens).first.click()
    tokens.page.keyboard.press("Alt+z")
    expect(rows(tokens)).to_have_count(0)
    expect(tokens.editor).to_have_text("Mine. the")


def test_what_was_taken_while_the_server_was_away_is_told_when_it_is_back(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    tokens.studio.kill()
    expect(line(tokens)).to_have_text("The server is away; what you type is kept")
    rows(tokens).first.click()
    expect(tokens.page.locator(BY_MODEL)).to_have_text(" the")
    assert told(tokens) == []
    tokens.studio.start()
    tokens.page.wait_for_function("() => stub.calls.some((one) => one.event === 'token_taken')")
    expect(tokens.page.locator("#saved")).to_have_text("Saved")
    assert told(tokens) == [(100, 4)]


def test_why_no_tokens_come_is_said(tokens: Room) -> None:
    tokens.write("Mine.")
    tokens.page.evaluate("stub.fail.next_tokens = 'The worker died.'")
    tokens.page.keyboard.press("Alt+b")
    expect(line(tokens)).to_have_text("The worker died.")
    expect(line(tokens)).to_have_attribute("data-kind", "error")
    expect(tokens.page.locator(".looked-at-mark")).to_have_count(0)
    tokens.page.evaluate("stub.fail = {}; stub.hold = ['next_tokens']")
    tokens.page.keyboard.press("Enter")
    expect(line(tokens)).to_have_text("Reading the story")
    model = {"stage": "reading weights", "done": 2, "total": 5, "unit": "steps"}
    tokens.page.evaluate(
        "(progress) => room.store.set({ models: room.store.state.models.map("
        "(one) => ({ ...one, state: 'loading', progress })) })",
        model,
    )
    expect(line(tokens)).to_have_text("Reading the model, 40 %")
    tokens.page.evaluate("room.store.set({ models: [] })")
    expect(line(tokens)).to_contain_text("No model yet")


def test_by_touch_a_tap_takes_and_one_list_is_shown_at_a_time(tokens_phone: Room) -> None:
    room = tokens_phone
    before = room.text()
    room.page.locator("#panel-button").tap()
    room.page.get_by_role("tab", name="Tokens").tap()
    room.page.get_by_role("button", name="Show next tokens").tap()
    expect(rows(room).first).to_be_visible()
    expect(rows(room, "drawn").first).to_be_hidden()
    expect(field(room)).not_to_be_focused()
    room.page.get_by_role("button", name="Drawn").tap()
    expect(rows(room).first).to_be_hidden()
    row = rows(room, "drawn").nth(1)
    box = row.bounding_box()
    assert box and box["height"] >= 44
    row.tap()
    expect(room.editor).to_have_text(f"{before} a")
    assert violations(room) == []
