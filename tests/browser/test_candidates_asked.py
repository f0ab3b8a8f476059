"""Candidates asked for: how many, in which way, and what is said while they come."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from storygen.link.messages import PrefillProgressed, RunEnded, SearchProgressed
from tests.browser.candidate_cards import (
    HALF,
    OTHER,
    Staged,
    ask,
    ask_for,
    button,
    cards,
    search_of,
    text_of,
    unfold,
    written,
)
from tests.browser.room import violations
from tests.browser.staged import CARDS

pytestmark = pytest.mark.browser


def test_quickgen_asks_again_behind_what_was_taken(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine.")
    room.page.keyboard.press("Alt+5")
    room.page.get_by_role("switch", name="Quickgen").click()
    ask_for(room, stage, HALF, OTHER, OTHER)
    stage.cards(OTHER, HALF, HALF)
    button(room, 1, "Take all").click()
    expect(room.page.locator(".candidate-set:not(.is-pinned)")).to_have_count(2)
    written(room)
    heading = room.page.locator(".candidate-set:not(.is-pinned) .set-heading").first
    expect(heading).to_contain_text("after 5 words")
    button(room, 1, "Take all").click()
    expect(room.editor).to_have_text("Mine. She knew the sound. Nobody came.")
    expect(room.page.locator(".candidate-set:not(.is-pinned)")).to_have_count(3)


def test_several_sets_follow_one_another_and_say_which_is_written(staged: Staged) -> None:
    room, stage = staged
    stage.hold("silent")
    room.page.keyboard.press("Alt+5")
    room.page.locator("#candidates-sets").fill("2")
    room.page.get_by_role("button", name="Start").click()
    expect(room.page.locator("#candidates-line")).to_have_text("Set 1 of 2")
    stage.hold("silent", False)
    expect(room.page.locator(".candidate-set:not(.is-pinned)")).to_have_count(2)
    written(room)
    expect(room.page.locator("#candidates-line")).to_have_text("From the end")


def test_stop_ends_what_is_written_and_what_was_to_follow(staged: Staged) -> None:
    room, stage = staged
    stage.cards([" on"] * 400)
    room.page.keyboard.press("Alt+5")
    room.page.locator("#candidates-tokens").fill("400")
    room.page.locator("#candidates-tokens").press("Tab")
    room.page.keyboard.press("Alt+r")
    expect(text_of(room, 1)).to_contain_text("on on")
    button(room, 1, "Stop").click()
    expect(cards(room).first.locator(".candidate-words")).to_have_text("Stopped")
    expect(cards(room).nth(1)).to_have_attribute("data-state", "running")
    room.page.locator(".candidates-asking").get_by_role("button", name="Stop").click()
    written(room)
    expect(room.page.locator(".candidate-set:not(.is-pinned)")).to_have_count(1)
    expect(room.page.locator(".candidate-words")).to_have_text(["Stopped"] * 3)


def test_reading_failing_and_dying_are_said(staged: Staged) -> None:
    room, stage = staged
    stage.hold("silent")
    room.page.keyboard.press("Alt+k")
    state = room.page.locator(".set-state").first
    expect(cards(room).first).to_have_attribute("data-state", "running")
    stage.say(PrefillProgressed("", 512, 1204, 0))
    expect(state).to_have_text("Reading 512 of 1,204 tokens")
    stage.say(RunEnded("", "failed", "", "The memory is full.", 0))
    failed = room.page.locator(".candidate-words", has_text="Failed: The memory is full.")
    expect(failed).to_have_count(1)
    stage.die()
    expect(room.page.locator(".candidate-words", has_text="Interrupted")).to_have_count(2)


def test_each_card_can_have_parameters_of_its_own_and_says_which(staged: Staged) -> None:
    room, stage = staged
    stage.cards(HALF, OTHER, HALF)
    room.page.keyboard.press("Alt+5")
    way = room.page.get_by_label("Written by")
    way.select_option("temperatures")
    expect(room.page.locator("#candidates-way-line")).to_contain_text("temperature rises")
    room.page.keyboard.press("Alt+k")
    said = room.page.locator(".candidate-words")
    expect(said).to_contain_text(["Temperature 0.4", "Temperature 0.8", "Temperature 1.2"])
    unfold(room)
    way.select_option("presets")
    room.page.keyboard.press("Alt+k")
    expect(said.nth(2)).to_contain_text("Adventurous")
    expect(said.nth(0)).to_contain_text("Balanced")
    way.select_option("same")
    room.page.keyboard.press("Alt+k")
    expect(said).to_have_count(9)
    expect(said.first).not_to_contain_text("Balanced")
    assert violations(room) == []


def test_a_search_says_how_far_it_is_and_then_what_it_found(staged: Staged) -> None:
    room, stage = staged
    stage.cards(HALF, OTHER, HALF)
    search_of(room, 10)
    expect(room.page.locator(".candidates-wishes > summary")).to_contain_text("The 3 best of 10")
    several = room.page.get_by_role("button", name="Start")
    expect(several).to_have_attribute("title", "A search would find the same again")
    expect(several).to_have_attribute("aria-disabled", "true")
    stage.hold("silent")
    room.page.keyboard.press("Alt+k")
    expect(cards(room).first).to_have_attribute("data-state", "running")
    stage.say(SearchProgressed("", 12, 40))
    expect(room.page.locator(".set-state").first).to_have_text("Searching, 12 of 40 tokens")
    expect(room.page.locator("#candidates-live")).to_contain_text("Stop keeps the best so far")
    assert violations(room) == []
    stage.hold("silent", False)
    written(room)
    expect(text_of(room, 1)).to_have_text("She knew the sound.")
    expect(text_of(room, 2)).to_have_text("Nobody came.")
    expect(room.page.locator("#candidates-live")).to_have_text("3 candidates are ready")


def test_a_search_that_is_stopped_leaves_the_best_so_far_and_retry_the_next_best(
    staged: Staged,
) -> None:
    room, stage = staged
    stage.cards(HALF, OTHER, HALF, [" Fourth."])
    search_of(room, 5)
    stage.hold("silent")
    room.page.keyboard.press("Alt+k")
    expect(cards(room).first).to_have_attribute("data-state", "running")
    stop = button(room, 2, "Stop")
    expect(stop).to_have_attribute("title", re.compile("the best so far is kept"))
    stage.hold("silent", False)
    expect(room.page.locator(".set-state").first).to_contain_text("Searching")
    stop.click()
    expect(room.page.locator(".candidate-words")).to_have_text(["Stopped"] * 3)
    expect(text_of(room, 1)).to_contain_text("She")
    button(room, 1, "Retry").click()
    written(room)
    expect(text_of(room, 1)).to_have_text("Fourth.")


def test_on_a_phone_the_way_they_are_written_fits_and_is_told(staged_phone: Staged) -> None:
    room, stage = staged_phone
    stage.cards(HALF, OTHER, HALF)
    room.page.locator("#panel-button").tap()
    expect(room.page.locator("#panel-candidates")).to_be_visible()
    search_of(room, 20)
    box = room.page.get_by_label("Written by").bounding_box()
    assert box is not None and box["x"] + box["width"] <= 390 and box["height"] >= 34
    assert room.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_is_asked_for_is_kept_with_the_story(staged: Staged) -> None:
    room, _ = staged
    room.page.keyboard.press("Alt+5")
    room.page.locator("#candidates-num").fill("99")
    room.page.locator("#candidates-tokens").fill("120")
    room.page.locator("#candidates-limit").select_option("sentence")
    room.page.get_by_role("switch", name="Quickgen").click()
    expect(room.page.locator("#candidates-num")).to_have_value("20")
    expect(room.page.locator(".candidates-asking .primary")).to_contain_text("20 candidates")
    room.page.keyboard.press("Alt+n")
    expect(room.page.locator("#candidates-num")).to_have_value("3")
    room.page.keyboard.press("Alt+1")
    room.page.locator("#left-panel .row-main", has_text="The lamp").click()
    expect(room.page.locator("#candidates-num")).to_have_value("20")
    room.page.reload()
    room.ready()
    expect(room.page.locator("#candidates-tokens")).to_have_value("120")
    expect(room.page.locator("#candidates-limit")).to_have_value("sentence")
    switch = room.page.locator("#quickgen")
    expect(switch).to_have_attribute("aria-checked", "true")
    room.page.keyboard.press("Alt+5")
    room.page.locator("#candidates-num").fill("3")
    room.page.locator("#candidates-num").press("Tab")
    ask(room)
    sentences = [text.split(".")[0].strip() + "." for text in CARDS[:2]]
    expect(text_of(room, 1)).to_have_text(sentences[0])
    expect(text_of(room, 2)).to_have_text(sentences[1])


def test_in_prompt_mode_an_empty_story_gets_several_stories(staged: Staged) -> None:
    room, stage = staged
    room.write("")
    room.page.keyboard.press("Alt+w")
    ask_button = room.page.locator(".candidates-asking .primary")
    room.page.keyboard.press("Alt+5")
    expect(ask_button).to_have_attribute("aria-disabled", "true")
    expect(room.page.locator("#candidates-line")).to_have_text("Type a prompt first")
    room.page.locator("#prompt").fill("A keeper finds a letter.")
    expect(ask_button).to_have_text(re.compile("Ask for 3 stories"))
    stage.cards(["Once."], ["Twice."], ["Thrice."])
    ask(room)
    button(room, 3, "Take all").click()
    expect(room.editor).to_have_text("Thrice.")


def test_nothing_moves_while_cards_are_written(staged: Staged) -> None:
    room, stage = staged
    stage.hold("silent")
    stage.cards(*([f" word{number}" for number in range(8)] for _ in range(3)))
    room.page.keyboard.press("Alt+k")
    expect(cards(room)).to_have_count(3)
    cards(room).nth(2).hover()
    page_before = room.editor.bounding_box()
    before = [card.bounding_box() for card in cards(room).all()]
    stage.hold("silent", False)
    expect(text_of(room, 3)).to_contain_text("word5")
    assert [card.bounding_box() for card in cards(room).all()] == before
    written(room)
    assert [card.bounding_box() for card in cards(room).all()] == before
    assert room.editor.bounding_box() == page_before
