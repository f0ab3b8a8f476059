"""Single tokens on the page: the lists, the colours, a token's card."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.room import Room
from tests.browser.token_stub import calls

MIXED = "The lamp 🦊 was lit. 灯台が見える。 Nobody 👩‍👩‍👧 came, he said."
BY_MODEL = ".cm-content .by-model"
COLOURED = ".cm-content .heat"
PAINTED_JS = (
    """() => [...document.querySelectorAll('.cm-content .heat')].map((one) => one.textContent)"""
)


def rows(room: Room, which: str = "likeliest") -> Locator:
    """The rows of a list, as many as are shown."""
    return room.page.locator(f"#tokens-{which} .token-row:not([hidden])")


def line(room: Room) -> Locator:
    """What is said under the button."""
    return room.page.locator("#tokens-line")


def field(room: Room) -> Locator:
    """Where one types to filter."""
    return room.page.locator(".tokens-field")


def look(room: Room) -> None:
    """Look at the caret's place, and wait for the lists."""
    before = len(calls(room.page, "next_tokens"))
    room.page.keyboard.press("Alt+b")
    looked(room, before + 1)


def looked(room: Room, num: int) -> None:
    """Wait until that many looks were asked for, and the newest is shown."""
    room.page.wait_for_function(
        "(num) => stub.calls.filter((one) => one.event === 'next_tokens').length === num"
        " && !room.store.state.looking",
        arg=num,
    )
    expect(rows(room).first).to_be_visible()


def told(room: Room) -> list[tuple[int, int]]:
    """Which tokens the server was told were taken: id and units."""
    return [(one["token"], one["units"]) for one in calls(room.page, "token_taken")]


def colour(room: Room) -> None:
    """Switch the colours on, and wait until the whole text is read."""
    room.page.keyboard.press("Alt+h")
    read(room)


def read(room: Room) -> None:
    """Wait until the whole text, as it stands now, is read."""
    room.page.wait_for_function(
        "() => room.store.state.scoring.is === 'over' && !room.store.state.scoring.behind"
    )


def token(room: Room, text: str) -> Locator:
    """A coloured token of the text."""
    return room.page.locator(COLOURED, has_text=re.compile(f"^{re.escape(text)}$")).first


def card(room: Room) -> Locator:
    """The card of a token."""
    return room.page.locator(".token-card")


def alternative(room: Room, text: str) -> Locator:
    """What could stand there, on the card."""
    return card(room).locator("button.token-row", has_text=text)
