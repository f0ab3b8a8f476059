"""What reading the memory costs, and what the model sees of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.memory_panel import (
    ENTRY,
    asked,
    cost,
    note_field,
    opened,
    see,
    text_field,
    with_entries,
)
from tests.browser.room import Room, violations

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("staged_contexts")]


# -------------------------------------------------------------------- what it costs


def test_a_run_that_has_not_read_a_change_says_what_it_costs_and_reads_it_when_told(
    room: Room,
) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    opened(room)
    expect(cost(room)).to_have_text("The run has read what stands here.")
    now = room.page.get_by_role("button", name="Read now")
    expect(now).to_be_hidden()
    text_field(room).fill("12345678")
    expect(cost(room)).to_have_text(
        "The run has not read this yet. Reading it re-reads 482 tokens, about 0.6 s."
    )
    room.state("Pause")
    now.click()
    expect(cost(room)).to_have_text("The run has read what stands here.")
    expect(now).to_be_hidden()
    assert len(asked(room.page, "run_memory")) == 1


def test_control_and_enter_in_a_field_lets_the_run_read_it_and_elsewhere_writes(
    room: Room,
) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    opened(room)
    note_field(room).click()
    room.page.keyboard.type("Calm.")
    room.page.keyboard.press("Control+Enter")
    expect(cost(room)).to_have_text("The run has read what stands here.")
    assert asked(room.page, "memory_set")[-1]["patch"] == {"note": "Calm."}
    room.state("Resume")
    room.page.keyboard.press("Control+Enter")  # nothing is unread
    room.state("Pause")


def test_while_typing_the_cost_of_the_change_in_hand_is_shown_before_it_is_stored(
    room: Room,
) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    opened(room)
    expect(cost(room)).to_have_text("The run has read what stands here.")
    room.page.evaluate("localStorage['staged.slow'] = 800")
    text_field(room).fill("x" * 400)
    expect(cost(room)).to_contain_text("580 tokens")
    assert "text" in asked(room.page, "context_show")[-1].get("patch", {})


def test_without_a_run_it_says_what_the_next_write_reads(room: Room) -> None:
    opened(room)
    expect(cost(room)).to_contain_text("The model loads when you press Write")
    assert asked(room.page, "context_show") == []
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    room.page.keyboard.press("Control+.")
    expect(cost(room)).to_have_text("The next Write reads 480 tokens, about 0.6 s.")


def test_what_is_being_typed_is_stored_before_a_run_begins(room: Room) -> None:
    opened(room)
    note_field(room).click()
    room.page.keyboard.type("Calm.")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    expect(cost(room)).to_have_text("The run has read what stands here.")


# -------------------------------------------------------------------- what the model sees


def test_the_context_is_shown_piece_by_piece_with_its_tokens(room: Room) -> None:
    room.write("It was lit. The harbourmaster slept.")
    opened(room)
    text_field(room).fill("Ada.")
    with_entries(room, ENTRY)
    text_field(room).fill("Ada.")
    note_field(room).fill("Calm.")
    room.saved()
    dialog = see(room)
    headings = dialog.get_by_role("heading", level=3)
    for name in ("Memory", "Lore: The harbourmaster", "Note", "Story", "Prompt format"):
        expect(headings.filter(has_text=name).first).to_be_visible()
    expect(dialog.locator("[data-origin=memory] .context-words")).to_have_text("Ada.")
    legend = dialog.locator(".context-legend")
    expect(legend.locator("[data-origin=lore] dd")).to_have_text("8")
    expect(legend.locator("[data-origin=reserve] dd")).to_have_text("200")
    expect(dialog.locator(".context-side")).to_contain_text("1,204 tokens of the story")
    expect(dialog.locator(".context-side")).to_contain_text("called by “harbourmaster”")
    assert violations(room) == []
    room.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    note_field(room).focus()
    expect(room.page.locator("#panel-memory")).to_be_visible()


def test_white_space_and_the_format_are_seen_by_choice_and_the_exact_text_is_copied(
    room: Room,
) -> None:
    room.write("One two\nthree")
    dialog = see(room)
    words = dialog.locator("[data-origin=story] .context-words")
    expect(dialog.locator("[data-origin=format] .context-words")).to_have_text("Go on:")
    dialog.get_by_label("White space").check()
    expect(words.first).to_have_text("One·\u200btw")
    expect(words.last).to_contain_text("o↵")
    dialog.get_by_label("Prompt format").uncheck()
    expect(dialog.locator("[data-origin=format] .context-words")).to_have_count(0)
    dialog.get_by_role("button", name="Copy the exact text").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert room.page.evaluate("navigator.clipboard.readText()") == "<s>Go on:\nOne two\nthree"


def test_it_shows_by_itself_what_has_changed_while_it_is_open(room: Room, second: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    dialog = see(room)
    expect(dialog).to_contain_text("Where the run writes.")
    second.page.keyboard.press("Escape")
    expect(dialog).to_contain_text("Where the run rests.")
    expect(dialog.locator(".context-words").last).to_contain_text(second.text()[-4:])
    opened(second)
    text_field(second).fill("News.")
    expect(dialog.locator("[data-origin=memory] .context-words")).to_have_text("News.")


def test_a_story_of_many_pages_is_shown_whole_in_few_elements(room: Room) -> None:
    story = "A line of the story that is about eighty letters long, as lines mostly are.\n" * 400
    room.page.evaluate("(text) => localStorage.setItem('staged.story', text)", story)
    dialog = see(room)
    words = dialog.locator("[data-origin=story] .context-words")
    assert "".join(words.all_text_contents()) == story
    assert dialog.locator(".context-stretch").count() < 20
    assert room.page.evaluate("document.querySelectorAll('dialog.context *').length") < 200


def test_without_a_server_or_a_model_it_says_why_there_is_nothing(room: Room) -> None:
    room.studio.kill()
    expect(room.page.locator("#notice")).to_contain_text("Away")
    room.page.keyboard.press("Alt+v")
    dialog = room.page.locator("dialog.context")
    expect(dialog).to_contain_text("The server is away")
    expect(dialog.locator(".context-side")).to_be_hidden()
    expect(dialog.locator(".context-text")).to_be_focused()
    assert violations(room) == []
