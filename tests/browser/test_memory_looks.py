"""The panel of memory in both themes, on a phone, from right to left, and with any text in it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.memory_panel import (
    ENTRY,
    entries,
    entry,
    fields,
    note_field,
    opened,
    see,
    text_field,
    with_entries,
)
from tests.browser.room import Room, violations
from tests.browser.test_safety import ALIEN, CORPUS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("staged_contexts")]

LEAST_TOUCH_PX = 44


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_memory_full_or_empty(room: Room, theme: str) -> None:
    room.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    opened(room)
    assert violations(room) == []
    room.write("The harbourmaster.")
    with_entries(
        room,
        ENTRY,
        {"name": "Off", "on": False},
        {"name": "Broken", "keys": ["/(/"]},
        {"name": "Long", "keys": ["harbourmaster"], "text": "So long. " * 300},
        *({"name": str(number)} for number in range(5)),
    )
    text_field(room).fill("Ada.")
    note_field(room).fill("Calm.")
    entry(room, "The harbourmaster").locator(".lore-open").click()
    room.saved()
    assert violations(room) == []
    dialog = see(room)
    expect(dialog.locator("[data-origin=memory] .context-words")).to_have_text("Ada.")
    assert violations(room) == []


def test_on_a_phone_memory_is_a_sheet_and_the_context_fills_the_screen(pocket: Room) -> None:
    page = pocket.page
    page.locator("#panel-button").tap()
    page.get_by_role("tab", name="Memory").tap()
    page.get_by_role("button", name="New entry").tap()
    fields(pocket).get_by_label("Name").fill("Ada")
    switch = page.get_by_role("switch", name="Ada: in use")
    switch.tap()
    expect(switch).to_have_attribute("aria-checked", "false")
    for control in page.locator("#panel-memory").get_by_role("button").all():
        box = control.bounding_box()
        assert box and box["height"] >= LEAST_TOUCH_PX, control.inner_text()
    assert violations(pocket) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="What the model sees").tap()
    dialog = page.locator("dialog.context")
    expect(dialog).to_have_attribute("data-known", "true")
    assert dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert violations(pocket) == []
    dialog.get_by_role("button", name="Close").tap()
    expect(dialog).to_be_hidden()


def test_text_that_runs_from_right_to_left_does_so_in_every_field(room: Room) -> None:
    room.write("كان الفانوس")
    opened(room)
    text_field(room).fill("كان الفانوس في نافذة الميناء")
    with_entries(room, {"name": "آدا", "text": "ابنة الملاح", "keys": ["الفانوس"]})
    text_field(room).fill("كان الفانوس في نافذة الميناء")
    room.saved()
    entry(room, "آدا").locator(".lore-open").click()
    dialog = see(room)
    expect(dialog.locator("[data-origin=lore] .context-words")).to_have_text("ابنة الملاح")
    directions = room.page.evaluate(
        """["#memory-text", ".lore-fields textarea", ".lore-name", ".context-stretch:last-child"]
          .map((one) => getComputedStyle(document.querySelector(one)).direction)"""
    )
    assert directions[:3] == ["rtl"] * 3
    origin = "[data-origin=lore] .context-stretch"
    assert dialog.locator(origin).evaluate("(e) => getComputedStyle(e).direction") == "rtl"


def test_whatever_is_in_a_memory_is_text(room: Room) -> None:
    opened(room)
    own = room.page.evaluate(ALIEN)
    corpus = "\n".join(CORPUS)
    with_entries(
        room, {"name": CORPUS[1], "text": corpus, "keys": list(CORPUS)[:3], "constant": True}
    )
    text_field(room).fill(corpus)
    note_field(room).fill(corpus)
    room.saved()
    entries(room).locator(".lore-open").click()
    dialog = see(room)
    expect(dialog.locator("[data-origin=memory] .context-words")).to_contain_text(CORPUS[1])
    assert room.page.evaluate(ALIEN) == own


def test_the_panel_leaves_the_text_where_it_is(room: Room) -> None:
    before = room.editor.bounding_box()
    opened(room)
    assert room.editor.bounding_box() == before
    room.page.keyboard.press("Alt+y")
    expect(room.page.locator("#right-panel")).to_be_hidden()
