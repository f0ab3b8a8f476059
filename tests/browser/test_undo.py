"""Ctrl+Z after what the server did to the text: nothing doubles, and a command is undone like an edit."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.late_answers import hold_answers, let_come, may_be_late
from tests.browser.program_beside import only_text
from tests.browser.room import Room

pytestmark = pytest.mark.browser


def restore(room: Room, row: str) -> None:
    """Restore the newest state of that name from the history."""
    room.page.keyboard.press("Alt+2")
    room.page.locator("#panel-history .row-main", has_text=row).first.click()
    room.page.get_by_role("button", name="Restore").click()


def leave_a_checkpoint(room: Room, words: int = 4) -> None:
    """Let a run write and stop it, so that the history knows the text."""
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(rf"w{words}\b")
    room.page.locator("#stop").click()
    room.state("Write")
    expect(room.editor).to_have_text(only_text(room))  # the last tokens may come after the answer


def test_undo_after_a_restore_brings_no_text_back_twice(room: Room) -> None:
    room.write("Mine.")
    leave_a_checkpoint(room)
    stood = room.text()
    room.editor.focus()
    room.page.keyboard.press("Control+a")
    room.page.keyboard.press("Delete")
    restore(room, "After a run")
    expect(room.editor).to_have_text(stood)
    room.editor.focus()
    room.page.keyboard.press("Control+End")
    room.page.keyboard.type(" More.")
    for _ in range(4):  # past what was typed, into what was done before the restore
        room.page.keyboard.press("Control+z")
        room.saved()
        assert room.text().count("Mine.") <= 1
        assert room.text().count(" w3 ") <= 1


def test_undo_takes_a_restore_back_and_no_further(room: Room) -> None:
    room.write("Mine.")
    leave_a_checkpoint(room)
    room.editor.focus()
    room.page.keyboard.press("Control+a")
    room.page.keyboard.type("Other words.")
    restore(room, "After a run")
    room.wait_for_text("^Mine")
    room.editor.focus()
    room.page.keyboard.press("Control+z")
    expect(room.editor).to_have_text("Other words.")


def test_what_is_typed_before_a_restore_is_answered_is_undone_before_it(room: Room) -> None:
    may_be_late(room)
    room.write("Mine.")
    leave_a_checkpoint(room)
    stood = room.text()
    room.editor.focus()
    room.page.keyboard.press("Control+a")
    room.page.keyboard.type("Other words.")
    hold_answers(room.page, "checkpoint_restore")
    restore(room, "After a run")
    expect(room.editor).to_have_text(stood)
    room.editor.focus()
    room.page.keyboard.press("Control+End")
    room.page.keyboard.type(" More.")
    let_come(room.page)
    expect(room.page.locator(".toast")).to_contain_text("Restored.")
    room.page.keyboard.press("Control+z")
    expect(room.editor).to_have_text(stood)
    room.page.keyboard.press("Control+z")
    expect(room.editor).to_have_text("Other words.")


def test_a_restore_in_another_window_doubles_nothing_here(room: Room, second: Room) -> None:
    room.write("Mine.")
    leave_a_checkpoint(room)
    stood = room.text()
    room.editor.focus()
    room.page.keyboard.press("Control+a")
    room.page.keyboard.press("Delete")
    expect(second.editor).not_to_contain_text("Mine.")
    restore(second, "After a run")
    expect(room.editor).to_have_text(stood)
    room.editor.focus()
    room.page.keyboard.press("Control+z")
    room.saved()
    assert room.text() in (stood, "")
    expect(second.editor).to_have_text(re.compile(f"^({re.escape(room.text())})$"))


def test_undo_after_continue_from_here_brings_back_what_followed(room: Room) -> None:
    room.write("Kept. Set aside.")
    for _ in range(len(" Set aside.")):
        room.page.keyboard.press("ArrowLeft")
    room.page.keyboard.press("Alt+Enter")
    expect(room.editor).to_have_text("Kept.")
    room.page.keyboard.type(" New.")
    room.page.keyboard.press("Control+z")
    expect(room.editor).to_have_text("Kept.")
    room.page.keyboard.press("Control+z")
    expect(room.editor).to_have_text("Kept. Set aside.")


def test_the_history_lists_no_state_that_only_repeats_the_one_before(room: Room) -> None:
    room.write("Mine.")
    leave_a_checkpoint(room, 30)
    room.page.reload()  # the server has closed and opened the story in between
    room.ready()
    room.page.keyboard.press("Control+End")
    leave_a_checkpoint(room, 30)
    room.editor.focus()
    room.page.keyboard.press("Control+Home")
    room.page.keyboard.press("Delete")
    room.page.keyboard.type("P")  # as many words, and the same last ones: only the texts tell
    room.page.keyboard.press("Control+End")
    leave_a_checkpoint(room, 30)
    room.page.keyboard.press("Alt+2")
    kinds = room.page.locator("#panel-history .row-head span:first-child")
    expect(kinds).to_have_text(
        ["After a run", "Before a run", "After a run", "After a run", "Before a run", "Created"]
    )
    room.page.locator("#panel-history .row-main", has_text="Before a run").first.click()
    expect(room.page.locator(".preview-text")).to_contain_text("Pine.")
