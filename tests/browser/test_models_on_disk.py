"""Models that come, change and go on the disk while the page is open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.room import Room
from tests.unit.registry.registry_made import model_folder

pytestmark = pytest.mark.browser

LOOKS_AT_THE_WINDOW = "window.dispatchEvent(new Event('focus'))"
SPOT = "document.querySelector('.menu').scrollTop"


def folder_of(room: Room, name: str) -> Path:
    return room.studio.models_dir / name


def test_a_model_folder_dropped_in_and_taken_away_shows_in_the_open_pages_menu(room: Room) -> None:
    entry = room.page.get_by_role("menuitemradio", name="dropped in")
    model_folder(folder_of(room, "dropped in"))
    room.page.locator("#model-button").click()
    expect(entry).to_be_visible()
    entry.click()
    expect(room.page.locator("#model-name")).to_have_text("dropped in")
    room.page.locator("#model-button").click()
    room.page.get_by_role("menuitemradio", name="scripted").click()
    shutil.rmtree(folder_of(room, "dropped in"))
    room.page.locator("#model-button").click()
    expect(entry).to_have_count(0)
    expect(room.page.get_by_role("menuitemradio", name="scripted")).to_be_focused()


def test_the_open_menu_shows_the_news_when_the_window_gets_the_focus_and_stays_where_it_was(
    room: Room,
) -> None:
    for number in range(30):
        model_folder(folder_of(room, f"model {number:02}"))
    room.page.locator("#model-button").click()
    last = room.page.get_by_role("menuitemradio", name="model 29")
    expect(last).to_be_visible()
    last.focus()
    spot = room.page.evaluate(SPOT)
    assert spot > 0
    model_folder(folder_of(room, "a new one"))
    room.page.evaluate(LOOKS_AT_THE_WINDOW)
    expect(room.page.get_by_role("menuitemradio", name="a new one")).to_have_count(1)
    expect(last).to_be_focused()
    assert room.page.evaluate(SPOT) == spot
    shutil.rmtree(folder_of(room, "model 29"))
    room.page.evaluate(LOOKS_AT_THE_WINDOW)
    expect(last).to_have_count(0)
    assert room.page.evaluate("document.activeElement.closest('.menu') !== null")


def test_the_first_model_that_comes_is_the_one_to_write_with(room: Room) -> None:
    shutil.move(folder_of(room, "scripted"), room.studio.data_dir)
    room.page.locator("#model-button").click()
    expect(room.page.locator("#model-name")).to_have_text("No model")
    room.page.keyboard.press("Escape")
    shutil.move(room.studio.data_dir / "scripted", folder_of(room, "scripted"))
    room.page.evaluate(LOOKS_AT_THE_WINDOW)
    expect(room.page.locator("#model-name")).to_have_text("scripted")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
