"""The lorebook on the page, and memory as a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.memory_panel import (
    ENTRY,
    asked,
    entries,
    entry,
    fields,
    file_of,
    open_file,
    opened,
    text_field,
    with_entries,
)
from tests.browser.room import Room, violations

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("staged_contexts")]


# -------------------------------------------------------------------- lore


def test_an_entry_is_made_changed_copied_and_removed_with_a_way_back(room: Room) -> None:
    opened(room)
    expect(room.page.locator(".memory-part").nth(2)).to_contain_text("Nothing yet.")
    room.page.get_by_role("button", name="New entry").click()
    expect(fields(room).get_by_label("Name")).to_be_focused()
    room.page.keyboard.type("The harbourmaster")
    fields(room).get_by_label("Text").fill("Orin Tal is blind in one eye.")
    fields(room).get_by_label("Keys", exact=True).fill("harbourmaster\n\n pilot ")
    made = entry(room, "The harbourmaster")
    expect(made.locator(".lore-keys")).to_have_text("harbourmaster, pilot")
    room.saved()
    made.get_by_role("button", name="Duplicate").click()
    copy = entry(room, "The harbourmaster (copy)")
    expect(copy.get_by_label("Name")).to_be_focused()
    expect(copy.locator(".lore-keys")).to_have_text("harbourmaster, pilot")
    copy.get_by_role("button", name="Remove").click()
    expect(entries(room)).to_have_count(1)
    assert room.page.evaluate("document.activeElement.className") == "lore-open"
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(entries(room)).to_have_count(2)
    room.saved()
    room.page.reload()
    room.ready()
    opened(room)
    expect(entries(room)).to_have_count(2)


def test_an_entry_says_when_it_is_active_and_by_which_key(room: Room) -> None:
    room.write("Nobody is there.")
    room.page.keyboard.press("Control+Enter")  # the model loads
    room.wait_for_text(r"w3\b")
    room.page.keyboard.press("Control+.")
    room.state("Write")
    opened(room)
    with_entries(
        room,
        ENTRY,
        {"name": "Vael", "text": "A town.", "constant": True},
        {"name": "Broken", "keys": ["/(/"]},
        {"name": "Long", "keys": ["nobody"], "text": "So long. " * 300},
    )
    mark = entry(room, "The harbourmaster").locator(".lore-mark")
    expect(entry(room, "Vael").locator(".lore-mark")).to_have_text("Active")
    expect(entry(room, "Long").locator(".lore-mark")).to_have_text("Called, but the budget is full")
    expect(entry(room, "Broken").locator(".lore-mark")).to_contain_text("is broken")
    expect(mark).to_have_text("")
    room.editor.click()
    room.page.keyboard.press("Control+End")
    room.page.keyboard.type(" Only the harbourmaster.")
    expect(mark).to_have_text("Active, by “harbourmaster”")
    assert violations(room) == []
    entry(room, "The harbourmaster").get_by_role("switch").click()
    expect(mark).to_have_text("")


def test_an_entry_that_is_always_there_needs_no_keys_and_stands_before_the_story(
    room: Room,
) -> None:
    opened(room)
    with_entries(room, ENTRY)
    made = entry(room, "The harbourmaster")
    made.locator(".lore-open").click()
    expect(made.get_by_label("Stands")).to_have_value("back")
    made.get_by_label("Told").select_option("Always")
    expect(made.locator(".lore-keys")).to_have_text("Always there")
    expect(made.get_by_label("Keys", exact=True)).to_be_hidden()
    expect(made.get_by_label("Stands")).to_have_value("before")
    expect(made.get_by_label("How many lines back")).to_be_hidden()
    made.get_by_label("Stands").select_option("Lines back")
    made.get_by_label("How many lines back").fill("0")
    room.saved()
    stored = asked(room.page, "memory_set")[-1]["patch"]["entries"][0]
    assert (stored["constant"], stored["depth"], stored["keys"]) == (True, 0, ["harbourmaster"])


def test_the_list_is_in_order_again_when_the_focus_has_left_it(room: Room) -> None:
    opened(room)
    with_entries(room, {"name": "A"}, {"name": "B", "order": 200})
    names = room.page.locator(".lore-name")
    expect(names).to_have_text(["A", "B"])
    made = entry(room, "A")
    made.locator(".lore-open").click()
    made.get_by_label("Order").fill("300")
    room.saved()
    expect(names).to_have_text(["A", "B"])
    text_field(room).click()
    expect(names).to_have_text(["B", "A"])


def test_entries_are_found_among_many(room: Room) -> None:
    opened(room)
    many = [{"name": f"Entry {number}", "keys": [f"key{number}"]} for number in range(1000)]
    with_entries(room, *many)
    room.page.get_by_label("Find entries").fill("KEY77 entry")
    expect(entries(room)).to_have_count(11)
    expect(room.page.locator("#panel-memory")).to_contain_text("11 of 1000")
    room.page.get_by_label("Find entries").fill("whale")
    expect(room.page.locator("#panel-memory")).to_contain_text("None of 1000")
    room.page.get_by_label("Find entries").fill("")
    expect(entries(room)).to_have_count(1000)
    room.page.get_by_role("button", name="New entry").click()
    expect(room.page.locator(".toast.is-error")).to_have_text("1000 entries are the most.")


# -------------------------------------------------------------------- files


def test_the_memory_is_saved_as_a_file_and_opened_in_place_of_another(
    room: Room, tmp_path: Path
) -> None:
    opened(room)
    with_entries(room, ENTRY)
    text_field(room).fill("To keep")
    with room.page.expect_download() as download:
        room.page.get_by_role("button", name="Save as a file").click()
    path = tmp_path / "memory.json"
    download.value.save_as(path)
    assert json.loads(path.read_text("utf-8"))["memory"]["text"] == "To keep"
    text_field(room).fill("Something else")
    entry(room, "The harbourmaster").locator(".lore-open").click()
    room.page.get_by_role("button", name="Remove").click()
    room.page.locator(".memory-files input").set_input_files(path)
    expect(text_field(room)).to_have_value("To keep")
    expect(entries(room)).to_have_count(1)
    room.page.locator(".toast").filter(has_text="file").get_by_role("button", name="Undo").click()
    expect(text_field(room)).to_have_value("Something else")
    expect(entries(room)).to_have_count(0)
    room.saved()


def test_a_file_that_is_no_memory_is_refused_in_words_and_changes_nothing(room: Room) -> None:
    opened(room)
    text_field(room).fill("Stays")
    room.saved()
    file = {"name": "x.json", "mimeType": "application/json", "buffer": b'{"prompt": ""}'}
    open_file(room, file)
    expect(room.page.locator(".toast.is-error")).to_contain_text("no memory of StoryGen")
    open_file(room, file_of({"entries": [{}, {"order": 7000}]}))
    expect(room.page.locator(".toast.is-error").last).to_contain_text("Entry 2: “order”")
    expect(text_field(room)).to_have_value("Stays")
