"""The panel of memory, note and lore on the page: its fields, its files, and what the model sees."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.room import Room

ENTRY: dict[str, Any] = {
    "name": "The harbourmaster",
    "keys": ["harbourmaster"],
    "text": "Orin Tal is blind in one eye.",
}


def text_field(room: Room) -> Locator:
    """Where the memory is typed."""
    return room.page.locator("#memory-text")


def note_field(room: Room) -> Locator:
    """Where the note is typed."""
    return room.page.locator("#memory-note")


def entries(room: Room) -> Locator:
    """Those that are shown."""
    return room.page.locator(".lore-entry:not([hidden])")


def entry(room: Room, name: str) -> Locator:
    """The one of that name."""
    return entries(room).filter(has=room.page.locator(f'.lore-name:text-is("{name}")'))


def fields(room: Room) -> Locator:
    """Those of the entry that is open."""
    return room.page.locator(".lore-fields")


def cost(room: Room) -> Locator:
    """What reading it costs, in words."""
    return room.page.locator(".memory-cost-words")


def asked(page: Page, event: str) -> list[dict[str, Any]]:
    """What the page asked the server for so far."""
    told: list[Any] = page.evaluate("window.asked")
    return [fields for name, fields in told if name == event]


def opened(room: Room) -> Room:
    """The same, with the panel open."""
    room.page.keyboard.press("Alt+y")
    text_field(room).wait_for()
    return room


def file_of(memory: dict[str, Any]) -> dict[str, Any]:
    """A file of a memory, as the page takes it."""
    return {
        "name": "memory.json",
        "mimeType": "application/json",
        "buffer": json.dumps({"storygen_memory": 1, "memory": memory}).encode(),
    }


def open_file(room: Room, file: dict[str, Any]) -> None:
    """Put a file in the memory's place."""
    room.page.locator(".memory-files input").set_input_files(file)  # type: ignore[arg-type]


def with_entries(room: Room, *made: dict[str, Any]) -> None:
    """Put a memory with these entries in, as a file brings it."""
    open_file(room, file_of({"entries": list(made)}))
    expect(room.page.locator(".lore-entry")).to_have_count(len(made))
    room.saved()


def see(room: Room) -> Locator:
    """Open "What the model sees"; returns the dialog, once something is there."""
    room.page.keyboard.press("Alt+v")
    dialog = room.page.locator("dialog.context")
    expect(dialog).to_have_attribute("data-known", "true")
    return dialog
