"""Candidates marked and taken letter by letter, by keys and by touch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.candidate_cards import (
    HALF,
    OTHER,
    Staged,
    ask_for,
    button,
    cards,
    spot,
    text_of,
    written,
)
from tests.browser.late_answers import hold_answers, let_come, may_be_late
from tests.browser.room import violations

pytestmark = pytest.mark.browser


# -------------------------------------------------------------------- by keys


def test_by_keys_a_candidate_is_found_marked_and_taken(staged: Staged) -> None:
    room, stage = staged
    before = ask_for(room, stage, OTHER, HALF, OTHER)
    press = room.page.keyboard.press
    press("Alt+6")
    expect(text_of(room, 1)).to_be_focused()
    press("ArrowDown")
    expect(text_of(room, 2)).to_be_focused()
    press("3")
    expect(text_of(room, 3)).to_be_focused()
    press("2")
    took = text_of(room, 2).locator(".candidate-took")
    press("ArrowLeft")
    expect(took).to_have_text("She knew the sound")
    press("Control+ArrowLeft")
    expect(took).to_have_text("She knew the")
    press("Alt+ArrowLeft")
    expect(took).to_have_text("She knew")
    press("ArrowRight")
    expect(took).to_have_text("She knew ")
    press("Home")
    expect(took).to_have_text("S")
    expect(room.page.locator("#candidates-live")).to_have_text("Up to: S")
    press("End")
    expect(took).to_have_text("")
    press("Control+ArrowLeft")
    press("Control+ArrowLeft")
    press("Enter")
    expect(room.editor).to_have_text(f"{before} She knew the")
    expect(text_of(room, 2)).to_be_focused()


def test_a_cards_own_keys(staged: Staged) -> None:
    room, stage = staged
    ask_for(room, stage, HALF, OTHER, HALF)
    press = room.page.keyboard.press
    press("Alt+6")
    press("p")
    expect(room.page.locator(".is-pinned .candidate-text")).to_be_focused()
    press("p")
    expect(room.page.locator(".is-pinned")).to_be_hidden()
    expect(text_of(room, 1)).to_be_focused()
    press("e")
    room.page.keyboard.type(" More.")
    press("Control+Enter")
    expect(text_of(room, 1)).to_have_text("She knew the sound. More.")
    expect(room.page.locator("#primary-label")).to_have_text("Write")
    expect(text_of(room, 1)).to_be_focused()
    press("e")
    room.page.keyboard.type(" Never.")
    press("Escape")
    expect(text_of(room, 1)).to_have_text("She knew the sound. More.")
    press("Delete")
    expect(cards(room)).to_have_count(2)
    expect(text_of(room, 1)).to_be_focused()
    expect(text_of(room, 1)).to_have_text("Nobody came.")
    press("m")
    expect(text_of(room, 1)).to_have_text(re.compile(r"^Nobody came\..+"))
    written(room)
    press("a")
    expect(cards(room)).to_have_count(5)
    written(room)
    press("r")
    expect(room.page.locator(".candidate-number").first).to_have_text("7")
    expect(text_of(room, 1)).to_be_focused()
    written(room)
    expect(cards(room)).to_have_count(5)
    press("Tab")
    press("Escape")
    expect(room.page.locator("#right-panel")).to_be_hidden()


def test_another_in_a_cards_place_has_the_focus_also_when_the_answer_comes_after_the_news(
    staged: Staged,
) -> None:
    room, stage = staged
    may_be_late(room)
    ask_for(room, stage, HALF, OTHER, HALF)
    room.page.keyboard.press("Alt+6")
    hold_answers(room.page, "candidates_add")
    room.page.keyboard.press("r")
    numbers = room.page.locator(".candidate-number")
    expect(numbers).to_have_text(["4", "2", "3"])
    expect(text_of(room, 1)).to_be_focused()
    let_come(room.page)
    expect(room.page.locator(".toast")).to_contain_text("Another is written in its place.")
    expect(numbers).to_have_text(["4", "2", "3"])
    expect(text_of(room, 1)).to_be_focused()


def test_in_text_from_the_right_the_left_arrow_marks_more(staged: Staged) -> None:
    room, stage = staged
    ask_for(room, stage, [" שלום", " עולם"], OTHER, OTHER)
    room.page.keyboard.press("Alt+6")
    took = text_of(room, 1).locator(".candidate-took")
    room.page.keyboard.press("Home")
    room.page.keyboard.press("ArrowLeft")
    expect(took).to_have_text("של")
    room.page.keyboard.press("ArrowRight")
    expect(took).to_have_text("ש")
    room.page.keyboard.press("Control+ArrowLeft")
    expect(took).to_have_text("שלום")
    x, y = spot(text_of(room, 1), 2)
    room.page.mouse.move(x, y)
    expect(took).to_have_text("שלו")


def test_an_emoji_is_never_cut(staged: Staged) -> None:
    room, stage = staged
    family = "👩‍👩‍👧"
    before = ask_for(room, stage, [" ab", family, "c"], OTHER, OTHER)
    room.page.keyboard.press("Alt+6")
    took = text_of(room, 1).locator(".candidate-took")
    room.page.keyboard.press("ArrowLeft")
    expect(took).to_have_text(f"ab{family}")
    room.page.keyboard.press("ArrowLeft")
    expect(took).to_have_text("ab")
    room.page.mouse.move(*spot(text_of(room, 1), 3))
    expect(took).to_have_text(f"ab{family}")
    room.page.mouse.click(*spot(text_of(room, 1), 3))
    expect(room.editor).to_have_text(f"{before} ab{family}")
    room.saved()


# -------------------------------------------------------------------- by touch


def test_a_tap_marks_and_take_takes(staged_phone: Staged) -> None:
    room, stage = staged_phone
    stage.cards(HALF, OTHER, OTHER)
    before = room.text()
    room.page.locator("#panel-button").tap()
    room.page.locator(".candidates-asking .primary").tap()
    written(room)
    text = text_of(room, 1)
    room.page.touchscreen.tap(*spot(text, len("She kne") - 1))
    expect(text.locator(".candidate-took")).to_have_text("She kne")
    expect(room.editor).to_have_text(before)
    button(room, 1, "Take").first.tap()
    expect(room.editor).to_have_text(f"{before} She kne")
    assert violations(room) == []


def test_a_long_press_follows_the_finger(staged_phone: Staged) -> None:
    room, stage = staged_phone
    stage.cards(HALF, OTHER, OTHER)
    room.page.locator("#panel-button").tap()
    room.page.locator(".candidates-asking .primary").tap()
    written(room)
    text = text_of(room, 1)
    session = room.page.context.new_cdp_session(room.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    touch("touchStart", spot(text, 1))
    expect(text.locator(".candidate-took")).to_have_text("Sh")
    touch("touchMove", spot(text, 6))
    expect(text.locator(".candidate-took")).to_have_text("She kne")
    touch("touchEnd")
    expect(text.locator(".candidate-took")).to_have_text("She kne")
    expect(button(room, 1, "Take").first).to_have_text("Take")
