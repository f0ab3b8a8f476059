"""Memory, note and lore typed, stored, and shared by windows."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.memory_panel import (
    ENTRY,
    asked,
    cost,
    entry,
    note_field,
    opened,
    text_field,
    with_entries,
)
from tests.browser.room import Room, violations

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("staged_contexts")]


def test_what_is_typed_is_stored_when_the_hand_rests_and_there_after_a_reload(room: Room) -> None:
    opened(room)
    text_field(room).click()
    room.page.keyboard.type("Ada is a pilot’s daughter.")
    note_field(room).click()
    room.page.keyboard.type("Calm.")
    lines = room.page.locator("#memory-note-lines")
    lines.fill("7")
    expect(room.page.locator("#saved")).to_have_text("Saved")
    for patch in (one["patch"] for one in asked(room.page, "memory_set")):
        assert not {"share", "lore_range", "lore_budget", "entries"} & set(patch)
    room.page.reload()
    room.ready()
    opened(room)
    expect(text_field(room)).to_have_value("Ada is a pilot’s daughter.")
    expect(note_field(room)).to_have_value("Calm.")
    expect(lines).to_have_value("7")


def test_typing_is_stored_by_one_call_at_a_time_and_nothing_of_it_is_lost(room: Room) -> None:
    opened(room)
    room.page.evaluate("localStorage['staged.slow'] = 1500")
    note_field(room).click()
    room.page.keyboard.type("First")
    room.page.wait_for_function("() => window.asked.some(([event]) => event === 'memory_set')")
    room.page.keyboard.type(", then more, then still more")
    text_field(room).fill("And this.")
    expect(room.page.locator("#saved")).to_have_text("Saving")
    expect(room.page.locator("#saved")).to_have_text("Saved")
    sent = [one["patch"] for one in asked(room.page, "memory_set")]
    assert sent == [
        {"note": "First"},
        {"note": "First, then more, then still more", "text": "And this."},
    ]


def test_a_number_that_is_no_number_or_too_large_is_brought_into_its_bounds(room: Room) -> None:
    opened(room)
    budget = room.page.locator("#memory-budget")
    budget.fill("90000")
    budget.press("Tab")
    expect(budget).to_have_value("8192")
    budget.fill("")
    budget.press("Tab")
    expect(budget).to_have_value("400")
    room.saved()
    assert asked(room.page, "memory_set")[-1]["patch"] == {"lore_budget": 400}


def test_what_is_typed_while_the_server_is_away_is_kept_and_sent_when_it_returns(
    room: Room, second: Room
) -> None:
    opened(second)
    opened(room)
    room.studio.kill()
    expect(cost(room)).to_contain_text("away")
    note_field(room).click()
    room.page.keyboard.type("Typed meanwhile.")
    expect(room.page.locator("#saved")).to_have_text("Kept in this browser")
    room.page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => key.startsWith('storygen.memory.'))"
    )
    room.studio.start()
    expect(room.page.locator("#saved")).to_have_text("Saved", timeout=30_000)
    expect(note_field(second)).to_have_value("Typed meanwhile.")
    assert not room.page.evaluate(
        "Object.keys(localStorage).some((key) => key.startsWith('storygen.memory.'))"
    )


def test_what_could_not_be_sent_before_the_window_closed_is_sent_by_the_next(
    room: Room, context: BrowserContext
) -> None:
    opened(room)
    room.studio.kill()
    expect(cost(room)).to_contain_text("away")
    note_field(room).click()
    room.page.keyboard.type("Not lost.")
    room.page.close()
    room.studio.start()
    other = Room(context.new_page(), room.studio)
    other.open()
    opened(other)
    expect(note_field(other)).to_have_value("Not lost.")
    other.page.reload()
    other.ready()
    opened(other)
    expect(note_field(other)).to_have_value("Not lost.")


def test_a_refused_change_says_why_and_is_tried_again_once_it_is_another(room: Room) -> None:
    opened(room)
    with_entries(room, *({"name": f"Large {number}", "text": "x" * 19_900} for number in range(97)))
    text_field(room).fill("x" * 99_000)
    expect(cost(room)).to_contain_text("Not stored. Memory, note and lorebook are larger than")
    expect(room.page.locator("#saved")).to_have_text("Memory not stored")
    assert text_field(room).input_value() == "x" * 99_000
    assert violations(room) == []
    text_field(room).fill("Shorter")
    expect(room.page.locator("#saved")).to_have_text("Saved")
    expect(cost(room)).not_to_contain_text("Not stored")


def test_two_windows_that_change_different_fields_lose_nothing(room: Room, second: Room) -> None:
    opened(room)
    opened(second)
    with_entries(room, ENTRY)
    entry(second, "The harbourmaster").wait_for()
    text_field(room).click()
    second.page.locator("#memory-note").click()
    room.page.keyboard.type("From one.", delay=10)
    second.page.keyboard.type("From the other.", delay=10)
    expect(note_field(room)).to_have_value("From the other.")
    expect(text_field(second)).to_have_value("From one.")
    entry(second, "The harbourmaster").get_by_role("switch").click()
    expect(entry(room, "The harbourmaster").get_by_role("switch")).to_have_attribute(
        "aria-checked", "false"
    )


def test_the_field_that_has_the_focus_is_not_disturbed_by_another_window(
    room: Room, second: Room
) -> None:
    opened(room)
    opened(second)
    note_field(room).click()
    room.page.keyboard.type("Mine")
    room.saved()
    note_field(second).fill("Theirs")
    text_field(second).fill("Also theirs")
    expect(text_field(room)).to_have_value("Also theirs")
    expect(note_field(room)).to_have_value("Mine")
    assert room.page.evaluate("document.activeElement.selectionStart") == 4
    text_field(room).click()
    expect(note_field(room)).to_have_value("Theirs")


def test_another_story_has_a_memory_of_its_own_even_while_a_field_has_the_focus(
    room: Room,
) -> None:
    opened(room)
    note_field(room).fill("Of this story")
    room.saved()
    note_field(room).focus()
    room.page.keyboard.press("Alt+n")
    expect(note_field(room)).to_have_value("")
