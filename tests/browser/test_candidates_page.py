"""Candidates in a real browser: asked for, read as they come, and taken letter by letter.

By mouse, by keys and by touch; each of `staged`'s cards says what `Stage.cards` was given.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from storygen.link.messages import PrefillProgressed, RunEnded, SearchProgressed
from tests.browser.room import Room, violations
from tests.browser.staged import CARDS, Stage
from tests.browser.test_safety import ALIEN, CORPUS

pytestmark = pytest.mark.browser

Staged = tuple[Room, Stage]

HALF = [" She", " knew", " the", " sound."]
OTHER = [" Nobody", " came."]
SPOT_JS = """(text, index) => {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let before = 0;
  while (walker.nextNode()) {
    const { length } = walker.currentNode;
    if (index < before + length) {
      const range = new Range();
      range.setStart(walker.currentNode, index - before);
      range.setEnd(walker.currentNode, index - before + 1);
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    }
    before += length;
  }
}"""
BY_MODEL = ".cm-content .by-model"


def cards(room: Room) -> Locator:
    """The cards on the page, as they stand."""
    return room.page.locator(".candidate")


def text_of(room: Room, number: int) -> Locator:
    """The text of the newest set's card of that number."""
    newest = room.page.locator(".candidate-set:not(.is-pinned)").first
    return newest.locator(".candidate").nth(number - 1).locator(".candidate-text")


def button(room: Room, number: int, name: str) -> Locator:
    """A button of the newest set's card of that number."""
    newest = room.page.locator(".candidate-set:not(.is-pinned)").first
    return newest.locator(".candidate").nth(number - 1).get_by_role("button", name=name)


def spot(text: Locator, index: int) -> tuple[float, float]:
    """Where a letter of a card is drawn; white space before the first is not."""
    text.scroll_into_view_if_needed()
    at = text.evaluate(SPOT_JS, index)
    return at["x"], at["y"]


def ask(room: Room) -> None:
    """Open the panel, ask, and wait until the newest set is written."""
    before = room.page.locator(".candidate-set:not(.is-pinned)").count()
    room.page.keyboard.press("Alt+k")
    expect(room.page.locator(".candidate-set:not(.is-pinned)")).to_have_count(before + 1)
    written(room)


def written(room: Room) -> None:
    """Wait until every card is written."""
    expect(room.page.locator(".candidate")).not_to_have_count(0)
    expect(room.page.locator('.candidate:not([data-state="ended"])')).to_have_count(0)


def ask_for(room: Room, stage: Stage, *rows: list[str]) -> str:
    """Ask for as many candidates as there are rows; returns the text that stood before."""
    stage.cards(*rows)
    before = room.text()
    if len(rows) != 3:
        room.page.keyboard.press("Alt+5")
        room.page.locator("#candidates-num").fill(str(len(rows)))
        room.page.locator("#candidates-num").press("Tab")
        room.editor.focus()
    ask(room)
    return before


# -------------------------------------------------------------------- by mouse


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


# -------------------------------------------------------------------- asking


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


def search_of(room: Room, beams: int) -> None:
    """Have candidates searched for from now on."""
    if not room.page.locator("#panel-candidates").is_visible():
        room.page.keyboard.press("Alt+5")
    wishes = room.page.locator(".candidates-wishes")
    if wishes.get_attribute("open") is None:
        wishes.locator("summary").click()
    room.page.get_by_label("Written by").select_option(str(beams))
    expect(room.page.locator("#candidates-way-line")).to_contain_text("chance has no say")


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
    expect(room.page.locator(".candidates-wishes summary")).to_contain_text("The 3 best of 10")
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
    expect(room.page.locator("#panel-candidates .primary")).to_contain_text("20 candidates")
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
    ask_button = room.page.locator("#panel-candidates .primary")
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
    room.page.locator("#panel-candidates .primary").tap()
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
    room.page.locator("#panel-candidates .primary").tap()
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


# -------------------------------------------------------------------- what may happen meanwhile


def test_a_reload_shows_the_same_cards(staged: Staged) -> None:
    room, stage = staged
    ask_for(room, stage, HALF, OTHER, HALF)
    button(room, 3, "Pin Candidate").click()
    expect(room.page.locator(".is-pinned .candidate")).to_have_count(1)
    button(room, 1, "Dismiss Candidate").click()
    expect(cards(room)).to_have_count(2)
    texts = room.page.locator(".candidate-text")
    shown = texts.all_text_contents()
    room.page.reload()
    room.ready()
    assert cards(room).count() == 0
    room.page.keyboard.press("Alt+5")
    expect(texts).to_have_text(shown)
    room.studio.kill()
    expect(room.page.locator("#status-words")).to_have_text("Away from the server")
    room.studio.start()
    expect(room.page.locator("#status-words")).to_have_text("Ready", timeout=30_000)
    expect(texts).to_have_text(shown)


def test_a_window_that_comes_later_sees_what_is_being_written(staged: Staged) -> None:
    room, stage = staged
    stage.cards([f" w{number}" for number in range(100)])
    room.page.keyboard.press("Alt+5")
    room.page.locator("#candidates-tokens").fill("100")
    room.page.locator("#candidates-tokens").press("Tab")
    room.page.keyboard.press("Alt+k")
    expect(text_of(room, 1)).to_contain_text("w5 ")
    other = Room(room.page.context.new_page(), room.studio)
    other.open()
    other.page.keyboard.press("Alt+5")
    expect(text_of(other, 1)).to_have_text(" ".join(f"w{number}" for number in range(100)))
    expect(text_of(other, 3)).to_have_text(" ".join(f"w{number}" for number in range(100)))


def test_what_is_taken_while_the_server_is_away_is_told_when_it_is_back(staged: Staged) -> None:
    room, stage = staged
    before = ask_for(room, stage, HALF, OTHER, OTHER)
    room.studio.kill()
    expect(room.page.locator("#status-words")).to_have_text("Away from the server")
    expect(button(room, 1, "Edit")).to_have_attribute("aria-disabled", "true")
    button(room, 1, "Take all").click()
    expect(room.editor).to_have_text(f"{before} She knew the sound.")
    expect(room.page.locator(BY_MODEL)).to_have_text(" She knew the sound.")
    room.studio.start()
    expect(cards(room).first.locator(".candidate-words")).to_have_text("Taken", timeout=30_000)
    expect(room.page.locator(BY_MODEL)).to_have_text(" She knew the sound.")


def test_the_corpus_is_text_on_cards_too(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine.")
    ask_for(room, stage, *[[text] for text in CORPUS])
    for number, text in enumerate(CORPUS, 1):
        expect(text_of(room, number)).to_have_text(text)
    button(room, 2, "Edit").click()
    room.page.get_by_role("button", name="Done").click()
    button(room, 2, "Take all").click()
    room.wait_for_text("onerror")
    assert room.text() == f"Mine.{CORPUS[1]}"
    assert room.page.evaluate(ALIEN) == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_candidates(staged: Staged, theme: str) -> None:
    room, stage = staged
    room.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    room.page.keyboard.press("Alt+5")
    assert violations(room) == []
    stage.hold("silent")
    room.page.keyboard.press("Alt+k")
    expect(cards(room).first).to_have_attribute("data-state", "running")
    stage.say(PrefillProgressed("", 512, 1204, 0))
    expect(room.page.locator(".set-state").first).to_contain_text("512")
    assert violations(room) == []
    stage.hold("silent", False)
    written(room)
    expect(room.page.locator("#candidates-live")).to_have_text("3 candidates are ready")
    button(room, 1, "Pin Candidate").click()
    room.page.keyboard.press("Alt+6")
    room.page.keyboard.press("Control+ArrowLeft")
    assert violations(room) == []
    button(room, 1, "Edit").click()
    assert violations(room) == []
    button(room, 2, "More for").click()
    assert violations(room) == []
    room.page.keyboard.press("Escape")
    room.page.keyboard.press("Control+/")
    assert violations(room) == []
