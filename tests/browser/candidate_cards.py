"""The cards of candidates on the page: found, asked for, waited for.

Each says what `Stage.cards` was given.
"""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.room import Room
from tests.browser.staged import Stage

Staged = tuple[Room, Stage]

HALF = [" She", " knew", " the", " sound."]
OTHER = [" Nobody", " came."]
SPOT_JS = """(text, index) => {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let before = 0;
  while (walker.nextNode()) {
    const { length } = walker.currentNode;
    if (index < before + length) {
      const range = new Range();
      range.setStart(walker.currentNode, index - before);
      range.setEnd(walker.currentNode, index - before + 1);
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    }
    before += length;
  }
}"""
BY_MODEL = ".cm-content .by-model"


def cards(room: Room) -> Locator:
    """The cards on the page, as they stand."""
    return room.page.locator(".candidate")


def text_of(room: Room, number: int) -> Locator:
    """The text of the newest set's card of that number."""
    newest = room.page.locator(".candidate-set:not(.is-pinned)").first
    return newest.locator(".candidate").nth(number - 1).locator(".candidate-text")


def button(room: Room, number: int, name: str) -> Locator:
    """A button of the newest set's card of that number."""
    newest = room.page.locator(".candidate-set:not(.is-pinned)").first
    return newest.locator(".candidate").nth(number - 1).get_by_role("button", name=name)


def spot(text: Locator, index: int) -> tuple[float, float]:
    """Where a letter of a card is drawn; white space before the first is not."""
    text.scroll_into_view_if_needed()
    at = text.evaluate(SPOT_JS, index)
    return at["x"], at["y"]


def unfold(room: Room) -> None:
    """What is asked for, in full: it folds itself where cards need the room."""
    wishes = room.page.locator(".candidates-wishes")
    if wishes.get_attribute("open") is None:
        wishes.locator("> summary").click()


def ask(room: Room) -> None:
    """Open the panel, ask, and wait until the newest set is written."""
    before = room.page.locator(".candidate-set:not(.is-pinned)").count()
    room.page.keyboard.press("Alt+k")
    expect(room.page.locator(".candidate-set:not(.is-pinned)")).to_have_count(before + 1)
    written(room)


def written(room: Room) -> None:
    """Wait until every card is written."""
    expect(room.page.locator(".candidate")).not_to_have_count(0)
    expect(room.page.locator('.candidate:not([data-state="ended"])')).to_have_count(0)


def ask_for(room: Room, stage: Stage, *rows: list[str]) -> str:
    """Ask for as many candidates as there are rows; returns the text that stood before."""
    stage.cards(*rows)
    before = room.text()
    if len(rows) != 3:
        if not room.page.locator("#panel-candidates").is_visible():
            room.page.keyboard.press("Alt+5")
        unfold(room)
        room.page.locator("#candidates-num").fill(str(len(rows)))
        room.page.locator("#candidates-num").press("Tab")
        room.editor.focus()
    ask(room)
    return before


def search_of(room: Room, beams: int) -> None:
    """Have candidates searched for from now on."""
    if not room.page.locator("#panel-candidates").is_visible():
        room.page.keyboard.press("Alt+5")
    unfold(room)
    room.page.get_by_label("Written by").select_option(str(beams))
    expect(room.page.locator("#candidates-way-line")).to_contain_text("chance has no say")
