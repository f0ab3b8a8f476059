"""Candidates on the page stay as they are: taken back, retried while pinned, told late, folded."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.candidate_cards import HALF, OTHER, Staged, ask, ask_for, button, cards, unfold
from tests.browser.late_answers import hold_answers, let_come, may_be_late
from tests.browser.room import violations

pytestmark = pytest.mark.browser
WORDS = ".candidate-words"


def test_what_is_undone_is_not_taken_any_more_and_redone_it_is(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine.")
    ask_for(room, stage, HALF, OTHER, OTHER)
    button(room, 1, "Take all").click()
    first = cards(room).first.locator(WORDS)
    expect(first).to_contain_text("Taken")
    room.page.keyboard.press("Control+z")
    expect(room.editor).to_have_text("Mine.")
    expect(first).not_to_contain_text("Taken")
    expect(cards(room).first).not_to_have_class(re.compile("is-taken"))
    room.saved()
    room.page.reload()
    room.ready()
    if not room.page.locator("#panel-candidates").is_visible():
        room.page.keyboard.press("Alt+5")
    expect(cards(room)).to_have_count(3)
    expect(cards(room).first.locator(WORDS)).not_to_contain_text("Taken")
    button(room, 1, "Take all").click()
    expect(cards(room).first.locator(WORDS)).to_contain_text("Taken")
    room.page.keyboard.press("Control+z")
    expect(cards(room).first.locator(WORDS)).not_to_contain_text("Taken")
    room.page.keyboard.press("Control+y")
    expect(room.editor).to_have_text("Mine. She knew the sound.")
    expect(cards(room).first.locator(WORDS)).to_contain_text("Taken")


def test_what_is_written_in_a_pinned_cards_place_is_pinned(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine.")
    ask_for(room, stage, HALF, OTHER, OTHER)
    cards(room).first.locator(".candidate-text").focus()
    room.page.keyboard.press("p")
    pinned = room.page.locator(".candidate-set.is-pinned .candidate")
    expect(pinned).to_have_count(1)
    stage.cards(["Another."])
    pinned.locator(".candidate-text").focus()
    room.page.keyboard.press("r")
    expect(pinned.locator(".candidate-number")).to_have_text("4")
    expect(pinned).to_have_count(1)


def test_a_late_answer_puts_a_set_back_to_nothing_older(staged: Staged) -> None:
    room, stage = staged
    may_be_late(room)
    room.write("Mine.")
    ask_for(room, stage, HALF, OTHER, OTHER)
    hold_answers(room.page, "candidate_change")
    cards(room).nth(1).locator(".candidate-text").focus()
    room.page.keyboard.press("p")
    expect(room.page.locator(".candidate-set.is-pinned .candidate")).to_have_count(1)
    button(room, 1, "Take all").click()
    taken = room.page.locator(".candidate.is-taken")
    expect(taken).to_have_count(1)
    room.page.evaluate(
        "() => { window.seen = 0; new MutationObserver(() => {"
        " window.seen ||= document.querySelectorAll('.candidate.is-taken').length ? 0 : 1;"
        "}).observe(document.querySelector('.candidates'), {subtree: true, attributes: true}); }"
    )
    let_come(room.page)
    room.page.wait_for_timeout(300)
    expect(taken).to_have_count(1)
    assert room.page.evaluate("window.seen") == 0


def test_what_is_asked_for_folds_while_cards_stand_unless_the_writer_opens_it(
    staged: Staged,
) -> None:
    room, stage = staged
    room.page.set_viewport_size({"width": 1280, "height": 800})
    room.write("Mine.")
    room.page.keyboard.press("Alt+5")
    num = room.page.locator("#candidates-num")
    expect(num).to_be_visible()
    room.editor.focus()
    stage.cards(HALF, OTHER, OTHER)
    ask(room)
    expect(num).to_be_hidden()
    bottom = cards(room).first.bounding_box()
    assert bottom is not None and bottom["y"] < 330
    room.page.keyboard.press("Alt+z")
    expect(num).to_be_visible()
    stage.cards(HALF, OTHER, OTHER)
    ask(room)
    unfold(room)
    stage.cards(HALF, OTHER, OTHER)
    ask(room)
    expect(num).to_be_visible()
    room.page.set_viewport_size({"width": 1600, "height": 1200})
    room.page.evaluate("localStorage.removeItem('storygen.candidate_wishes')")
    room.page.reload()
    room.ready()
    if not room.page.locator("#panel-candidates").is_visible():
        room.page.keyboard.press("Alt+5")
    expect(cards(room)).not_to_have_count(0)
    expect(num).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 800), (1000, 700), (700, 900), (390, 844)])
def test_all_tabs_are_in_sight_and_have_names(staged: Staged, size: tuple[int, int]) -> None:
    room, _ = staged
    room.page.set_viewport_size({"width": size[0], "height": size[1]})
    for name in ("Candidates", "Tokens", "Memory", "Sampling", "Numbers"):
        if not room.page.locator("#right-panel").is_visible():
            room.page.keyboard.press("Alt+5")
        room.page.get_by_role("tab", name=name).click()
        expect(room.page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        strip = room.page.locator("#right-panel .tabs")
        assert strip.evaluate("(one) => one.scrollWidth <= one.clientWidth"), name
        shown = strip.get_by_text(name, exact=True)
        expect(shown).to_be_visible()
    assert not violations(room)


def test_the_list_of_keys_names_the_sign_that_opens_it(staged: Staged) -> None:
    room, _ = staged
    room.page.locator("#panel-button").focus()
    room.page.keyboard.press("?")
    listed = room.page.locator("dialog.keys")
    expect(listed).to_be_visible()
    row = listed.locator("dl.numbers > div").filter(has_text=re.compile("^Keys"))
    expect(row.locator("kbd")).to_have_text("Ctrl /, ?")
    room.page.keyboard.press("Escape")
    room.editor.focus()
    room.page.keyboard.type("Who?")
    expect(room.editor).to_contain_text("Who?")
    expect(listed).to_be_hidden()
