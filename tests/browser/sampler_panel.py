"""The panel of samplers on the page, and what the server has of it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.program_beside import client
from tests.browser.room import Room


def open_tab(room: Room) -> None:
    """Open it, on a laptop or a phone."""
    if room.page.viewport_size == {"width": 390, "height": 844}:
        room.page.locator("#panel-button").tap()
        room.page.locator("#tab-sampling").tap()
    else:
        room.page.keyboard.press("Alt+3")
    expect(room.page.locator("#panel-sampling")).to_be_visible()


def row(room: Room, sampler: str) -> Locator:
    """A sampler's row, in the chain or below it."""
    return room.page.locator(f'[data-sampler="{sampler}"]')


def chain(room: Room) -> list[str | None]:
    """The samplers in the chain, from top to bottom."""
    rows = room.page.locator("ol.chain > li").all()
    return [one.get_attribute("data-sampler") for one in rows]


def switch(room: Room, sampler: str) -> Locator:
    """A sampler's switch."""
    return row(room, sampler).get_by_role("switch")


def switch_on(room: Room, sampler: str) -> None:
    """Switch on one that is folded away."""
    more = room.page.locator(".more-samplers")
    if more.get_attribute("open") is None:
        more.locator("summary").click()
    switch(room, sampler).click()
    expect(room.page.locator(f'ol.chain [data-sampler="{sampler}"]')).to_be_visible()


def stored(room: Room) -> dict[str, Any]:
    """The parameters of the story as the server has them."""
    with client(room) as program:
        (story,) = program.ok("stories")["stories"]
        return dict(program.ok("story_open", story=story["id"])["settings"].get("params") or {})


def wait_stored(room: Room, name: str, value: Any) -> None:
    """Wait until the server has this value."""
    for _ in range(100):
        if stored(room).get(name) == value:
            return
        room.page.wait_for_timeout(50)
    assert stored(room).get(name) == value
