"""Whose words they are: colours by identity, through edits, undo, and cut and paste."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.room import Room

pytestmark = pytest.mark.browser

BY_MODEL = (
    "[...document.querySelectorAll('.cm-content .by-model')].map((one) => one.textContent).join('')"
)
BY_EDIT = (
    "[...document.querySelectorAll('.cm-content .by-edit')].map((one) => one.textContent).join('')"
)


def write_some(room: Room) -> str:
    """Let the model write after "Mine." and stop it; returns what it wrote."""
    room.write("Mine.")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w5\b")
    room.page.locator("#stop").click()
    room.state("Write")
    return room.text().removeprefix("Mine.")


def test_the_models_words_are_coloured_and_ones_own_are_not(room: Room) -> None:
    written = write_some(room)
    assert room.page.evaluate(BY_MODEL) == written


def test_colours_are_the_same_after_a_reload(room: Room) -> None:
    written = write_some(room)
    room.page.reload()
    room.ready()
    by_model = room.page.evaluate(BY_MODEL)
    assert by_model == room.text().removeprefix("Mine.")
    assert by_model.startswith(written)  # a token in flight may have come after it was read


def test_a_mend_within_the_models_words_is_marked_as_an_edit(room: Room) -> None:
    write_some(room)
    room.editor.focus()
    room.page.keyboard.press("Control+End")
    room.page.keyboard.press("Control+ArrowLeft")
    room.page.keyboard.type("and ")
    assert room.page.evaluate(BY_EDIT) == "and "


def test_the_models_words_keep_their_author_through_delete_undo_and_reload(room: Room) -> None:
    written = write_some(room)
    room.editor.focus()
    room.page.keyboard.press("Control+Shift+Home")
    room.page.keyboard.press("Delete")
    assert room.text() == ""
    room.page.keyboard.press("Control+z")
    assert room.text() == "Mine." + written
    assert room.page.evaluate(BY_MODEL) == written
    room.saved()
    room.forget_local_copies()
    room.page.reload()
    room.ready()
    assert room.page.evaluate(BY_MODEL) == written


def test_the_models_words_keep_their_author_through_cut_and_paste(room: Room) -> None:
    written = write_some(room)
    room.editor.focus()
    room.page.keyboard.press("Control+a")
    room.page.keyboard.press("Control+x")
    assert room.text() == ""
    room.page.keyboard.type("New: ")
    room.page.keyboard.press("Control+v")
    assert room.text() == "New: Mine." + written
    assert room.page.evaluate(BY_MODEL) == written


def test_restoring_an_earlier_state_keeps_whose_words_they_are(room: Room) -> None:
    written = write_some(room)
    room.editor.focus()
    room.page.keyboard.press("Control+a")
    room.page.keyboard.press("Delete")
    room.page.keyboard.press("Alt+2")
    row = room.page.locator("#panel-history .row-main", has_text="After a run").first
    row.click()
    expect(room.page.locator(".preview-text")).to_contain_text(f"Mine.{written}")
    room.page.get_by_role("button", name="Restore").click()
    expect(room.editor).to_have_text("Mine." + written)
    assert room.page.evaluate(BY_MODEL) == written


def test_colours_can_be_switched_off_and_stay_off(room: Room) -> None:
    write_some(room)
    colour = "getComputedStyle(document.querySelector('.by-model')).color"
    ink = "getComputedStyle(document.querySelector('.cm-content')).color"
    assert room.page.evaluate(colour) != room.page.evaluate(ink)
    room.page.keyboard.press("Alt+a")
    assert room.page.evaluate(colour) == room.page.evaluate(ink)
    room.page.reload()
    room.ready()
    assert room.page.evaluate(colour) == room.page.evaluate(ink)
