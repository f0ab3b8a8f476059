"""What someone meets who opens a panel for the first time, and goes on by the obvious key."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.candidate_cards import HALF, OTHER, Staged, ask_for, text_of, written
from tests.browser.room import Room

pytestmark = pytest.mark.browser

NEWEST = ".candidate-set:not(.is-pinned)"


def test_the_panel_of_tokens_says_what_it_is_for_before_it_was_used(tokens: Room) -> None:
    tokens.page.keyboard.press("Alt+t")
    words = tokens.page.locator(".tokens-empty")
    expect(words).to_contain_text("What could stand next, token by token")
    tokens.page.keyboard.press("Alt+b")
    expect(words).to_be_hidden()


def test_the_mark_in_the_text_is_seen_only_beside_its_lists(tokens: Room) -> None:
    tokens.write("Mine.")
    tokens.page.keyboard.press("Alt+b")
    mark = tokens.page.locator(".looked-at-mark")
    expect(mark).to_have_css("visibility", "visible")
    tokens.page.keyboard.press("Alt+y")
    expect(mark).to_have_css("visibility", "hidden")
    tokens.page.keyboard.press("Alt+t")
    expect(mark).to_have_css("visibility", "visible")


def test_a_card_of_a_text_that_is_read_anew_looks_again_by_itself(tokens: Room) -> None:
    tokens.write("One two three.")
    tokens.page.keyboard.press("Alt+h")
    expect(tokens.page.locator("#heat-bar")).to_contain_text("tokens read")
    tokens.page.evaluate(
        """() => {
          stub.kept = stub.score_look;
          stub.score_look = () => {
            throw Object.assign(new Error('No such score.'), { code: 'not_found' });
          };
        }"""
    )
    tokens.page.keyboard.press("Control+Home")
    tokens.page.keyboard.press("Alt+i")
    card = tokens.page.locator(".token-card")
    expect(card).to_contain_text("shown once the text has been read anew")
    tokens.page.evaluate(
        """() => {
          stub.score_look = stub.kept;
          room.session.page.view.dispatch({ changes: { from: 14, insert: ' Four.' } });
        }"""
    )
    expect(card.locator("button.token-row", has_text="lamp")).to_be_visible()
    expect(card).not_to_contain_text("read anew")
    expect(card).to_be_focused()


def test_with_quickgen_enter_after_enter_takes_from_set_after_set(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine.")
    room.page.keyboard.press("Alt+q")
    ask_for(room, stage, HALF, OTHER, OTHER)
    stage.cards(OTHER, HALF, HALF)
    room.page.keyboard.press("Alt+6")
    room.page.keyboard.press("Enter")
    expect(room.page.locator(NEWEST)).to_have_count(2)
    written(room)
    expect(text_of(room, 1)).to_be_focused()
    room.page.keyboard.press("Enter")
    expect(room.editor).to_have_text("Mine. She knew the sound. Nobody came.")


def test_going_to_the_candidates_opens_their_panel_and_types_nothing_into_the_story(
    staged: Staged,
) -> None:
    room, stage = staged
    room.write("Mine.")
    ask_for(room, stage, HALF, OTHER, OTHER)
    room.page.keyboard.press("Alt+5")
    expect(room.page.locator("#panel-candidates")).to_be_hidden()
    room.editor.focus()
    room.page.keyboard.press("Alt+6")
    expect(text_of(room, 1)).to_be_focused()
    room.page.keyboard.press("2")
    expect(text_of(room, 2)).to_be_focused()
    expect(room.editor).to_have_text("Mine.")


def test_a_card_that_gets_the_focus_lies_in_sight_under_the_button(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine.")
    ask_for(room, stage, *[HALF * 8] * 5)
    room.page.keyboard.press("Alt+6")
    room.page.keyboard.press("5")
    button = room.page.locator(".candidates-asking")
    for number in (4, 3, 2, 1):
        room.page.keyboard.press("ArrowUp")
        expect(text_of(room, number)).to_be_focused()
        assert top(text_of(room, number)) >= bottom(button)
    room.page.keyboard.press("e")
    expect(room.page.locator(".candidate-area")).to_be_focused()
    assert top(room.page.locator(".candidate-area")) >= bottom(button)


def top(one: Locator) -> float:
    """Where its upper edge is drawn."""
    box = one.bounding_box()
    assert box
    return box["y"]


def bottom(one: Locator) -> float:
    """Where its lower edge is drawn."""
    box = one.bounding_box()
    assert box
    return box["y"] + box["height"]
