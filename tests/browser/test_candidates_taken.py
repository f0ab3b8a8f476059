"""Candidates taken, changed, pinned and passed over, by mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.candidate_cards import (
    BY_MODEL,
    HALF,
    OTHER,
    Staged,
    ask,
    ask_for,
    button,
    cards,
    spot,
    text_of,
    written,
)
from tests.browser.room import Room

pytestmark = pytest.mark.browser

SHOWN_JS = """(item) => {
  const { left, right, top, bottom } = item.getBoundingClientRect();
  const ends = [top + 1, bottom - 1].map((y) => document.elementFromPoint((left + right) / 2, y));
  return ends.every((end) => item.contains(end));
}"""


def test_a_click_takes_everything_up_to_and_with_the_letter_under_it(staged: Staged) -> None:
    room, stage = staged
    before = ask_for(room, stage, HALF, OTHER, HALF)
    text = text_of(room, 1)
    x, y = spot(text, len("She kn") - 1)
    room.page.mouse.move(x, y)
    expect(text.locator(".candidate-took")).to_have_text("She kn")
    expect(text.locator(".candidate-rest")).to_have_text("ew the sound.")
    room.page.mouse.move(x, y - 300)
    expect(text.locator(".candidate-took")).to_have_text("")
    room.page.mouse.dblclick(x, y)
    room.saved()
    expect(room.editor).to_have_text(f"{before} She kn")
    expect(room.page.locator(BY_MODEL)).to_have_text(" She kn")
    room.page.keyboard.type("!")
    assert room.text() == f"{before} She kn!"
    expect(room.page.locator(BY_MODEL)).to_have_text(" She kn")
    expect(cards(room).first.locator(".candidate-words")).to_have_text("Taken")


def test_taking_is_undone_by_the_toast_or_the_key_and_comes_back_as_the_models(
    staged: Staged,
) -> None:
    room, stage = staged
    room.write("Mine.")
    ask_for(room, stage, HALF, OTHER, OTHER)
    button(room, 1, "Take all").click()
    expect(room.editor).to_have_text("Mine. She knew the sound.")
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(room.editor).to_have_text("Mine.")
    expect(room.page.locator(".toast")).to_have_count(0)
    room.editor.focus()
    room.page.keyboard.press("Control+y")
    expect(room.editor).to_have_text("Mine. She knew the sound.")
    expect(room.page.locator(BY_MODEL)).to_have_text(" She knew the sound.")
    room.page.keyboard.press("Control+z")
    expect(room.editor).to_have_text("Mine.")
    room.page.keyboard.press("Control+z")
    expect(room.editor).not_to_have_text("Mine.")


def test_what_was_taken_stays_the_models_after_a_reload_and_in_another_window(
    staged: Staged,
) -> None:
    room, stage = staged
    ask_for(room, stage, HALF, OTHER, OTHER)
    button(room, 2, "Take all").click()
    room.saved()
    other = Room(room.page.context.new_page(), room.studio)
    other.open()
    expect(other.page.locator(BY_MODEL)).to_have_text(" Nobody came.")
    room.forget_local_copies()
    room.page.reload()
    room.ready()
    expect(room.page.locator(BY_MODEL)).to_have_text(" Nobody came.")


def test_the_place_moves_along_with_the_text_and_a_stale_set_says_so(staged: Staged) -> None:
    room, stage = staged
    room.write("One. Three.")
    for _ in range(len(" Three.")):
        room.page.keyboard.press("ArrowLeft")
    ask_for(room, stage, [" Two."], [" Deux."], [" Zwei."])
    state = room.page.locator(".set-state").first
    expect(state).to_have_text("")
    room.page.keyboard.press("Control+Home")
    room.page.keyboard.type("Zero. ")
    expect(state).to_have_text("The text before it has changed since")
    button(room, 1, "Take all").click()
    expect(room.editor).to_have_text("Zero. One. Two. Three.")


def test_what_else_is_taken_from_a_set_follows_what_was_taken_first(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine. Theirs.")
    for _ in range(len(" Theirs.")):
        room.page.keyboard.press("ArrowLeft")
    ask_for(room, stage, HALF, OTHER, OTHER)
    button(room, 1, "Take all").click()
    expect(room.page.locator(".set-state").first).to_have_text("What else you take follows it")
    room.page.keyboard.press("Control+Home")
    button(room, 2, "Take all").click()
    expect(room.editor).to_have_text("Mine. She knew the sound. Nobody came. Theirs.")


def test_an_edited_card_is_taken_as_edited_and_only_the_models_words_are_its(
    staged: Staged,
) -> None:
    room, stage = staged
    before = ask_for(room, stage, HALF, OTHER, OTHER)
    button(room, 1, "Edit").click()
    area = room.page.get_by_label("Text of Candidate 1")
    expect(area).to_have_value(" She knew the sound.")
    area.fill(" She knew that low sound.")
    room.page.get_by_role("button", name="Done").click()
    expect(text_of(room, 1)).to_have_text("She knew that low sound.")
    button(room, 1, "Take all").click()
    expect(room.editor).to_have_text(f"{before} She knew that low sound.")
    expect(room.page.locator(BY_MODEL)).to_have_text([" She knew th", " sound."])
    room.page.reload()
    room.ready()
    room.page.keyboard.press("Alt+5")
    expect(room.page.locator(BY_MODEL)).to_have_text([" She knew th", " sound."])
    expect(text_of(room, 1)).to_have_text("She knew that low sound.")
    button(room, 1, "More for").click()
    room.page.get_by_role("menuitem", name="As it was written").click()
    expect(text_of(room, 1)).to_have_text("She knew the sound.")


def test_taking_while_a_run_writes_mixes_no_words(staged: Staged) -> None:
    room, stage = staged
    room.write("One. Three.")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text("lay flat")
    room.page.keyboard.press("Control+Home")
    for _ in range(len("One.")):
        room.page.keyboard.press("ArrowRight")
    ask_for(room, stage, [" Two."], [" Deux."], [" Zwei."])
    button(room, 1, "Take all").click()
    room.wait_for_text(r"^One\. Two\. Three\. The water lay flat as slate, and the gulls")
    room.page.locator("#stop").click()
    room.state("Write here")
    assert room.text().count("Two.") == 1


def test_what_is_pinned_stays_on_top_and_what_is_dismissed_comes_back(staged: Staged) -> None:
    room, stage = staged
    ask_for(room, stage, HALF, OTHER, HALF)
    button(room, 2, "Pin Candidate").click()
    pinned = room.page.locator(".is-pinned .candidate-text")
    expect(pinned).to_have_text("Nobody came.")
    ask(room)
    expect(pinned).to_have_text("Nobody came.")
    expect(cards(room).first.locator(".candidate-text")).to_have_text("Nobody came.")
    button(room, 1, "Dismiss Candidate").click()
    expect(cards(room)).to_have_count(5)
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(cards(room)).to_have_count(6)
    room.page.get_by_role("button", name="Clear").click()
    expect(cards(room)).to_have_count(0)
    expect(room.page.locator(".toast").last).to_contain_text("The story stays as it is.")
    expect(room.page.locator(".candidates-empty")).to_be_visible()


def test_retry_more_and_others_like_these(staged: Staged) -> None:
    room, stage = staged
    ask_for(room, stage, HALF, OTHER)
    expect(cards(room)).to_have_count(2)
    stage.cards([" Another."])
    button(room, 1, "Retry").click()
    expect(room.page.locator(".candidate-text")).to_have_text(["Another.", "Nobody came."])
    written(room)
    button(room, 2, "Go on").click()
    expect(text_of(room, 2)).to_have_text("Nobody came. Another.")
    written(room)
    button(room, 1, "More for").click()
    room.page.get_by_role("menuitem", name="More like these").click()
    expect(cards(room)).to_have_count(4)
    expect(room.page.locator(".candidate-number")).to_have_text(["3", "2", "4", "5"])
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(room.page.locator(".candidate-number")).to_have_text(["1", "3", "2", "4", "5"])


def test_a_candidate_becomes_a_story_of_its_own(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine.")
    ask_for(room, stage, HALF, OTHER, OTHER)
    button(room, 1, "More for").click()
    room.page.get_by_role("menuitem", name="Open as a story").click()
    expect(room.editor).to_have_text("Mine. She knew the sound.")
    expect(cards(room)).to_have_count(0)
    room.page.keyboard.press("Alt+1")
    expect(room.page.locator("#panel-library .rows").first.locator(".row")).to_have_count(2)


def test_the_menu_of_the_last_card_opens_where_there_is_room_for_it(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine.")
    ask_for(room, stage, HALF, OTHER, OTHER)
    button(room, 3, "More for").click()
    items = room.page.get_by_role("menuitem").all()
    assert len(items) == 2
    assert all(item.evaluate(SHOWN_JS) for item in items)
    room.page.keyboard.press("Escape")
    room.page.set_viewport_size({"width": 1280, "height": 600})
    button(room, 3, "More for").click()
    assert all(item.evaluate(SHOWN_JS) for item in room.page.get_by_role("menuitem").all())
