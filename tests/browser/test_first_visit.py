"""What a newcomer meets: caret, loading, a browser that keeps nothing, a changed token, a long story."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.room import Room, Studio, watch

pytestmark = pytest.mark.browser

CARET_OFF_BY_PX = """() => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector(".cm-line:last-child"));
  const end = [...range.getClientRects()].at(-1).right;
  return Math.abs(document.querySelector(".cm-cursor-primary").getBoundingClientRect().left - end);
}"""
FAILS = """indexedDB.open = () => {
  const request = new EventTarget();
  setTimeout(() => request.onerror?.(new Event("error")));
  return request;
};"""
THROWS = "indexedDB.open = () => { throw new DOMException('No.', 'SecurityError'); };"
HALF_OPEN = """{
  const open = indexedDB.open.bind(indexedDB);
  indexedDB.open = (name, ...more) => {
    if (name === "storygen-probe") return open(name, ...more);
    throw new DOMException("The disk is full.", "QuotaExceededError");
  };
}"""


@pytest.fixture
def forgetful(context: BrowserContext, studio: Studio, request: pytest.FixtureRequest) -> Room:
    """The page in a browser whose IndexedDB does not work; a broken promise in it is no surprise."""
    context.add_init_script(request.param)
    made = Room(context.new_page(), studio)
    made.page.goto(studio.url)
    return made


@pytest.mark.parametrize("forgetful", [FAILS, THROWS, HALF_OPEN], indirect=True)
def test_what_is_typed_reaches_the_server_where_the_browser_keeps_nothing(
    forgetful: Room, context: BrowserContext
) -> None:
    forgetful.ready()
    forgetful.write("Typed without a copy here.")
    forgetful.saved()
    forgetful.page.reload()
    forgetful.ready()
    expect(forgetful.editor).to_have_text("Typed without a copy here.")
    forgetful.page.keyboard.press("Control+Enter")
    forgetful.wait_for_text(r"here\. w0 w1 w2")


def test_the_caret_stands_behind_the_last_word_in_the_books_type(room: Room) -> None:
    room.page.evaluate("document.fonts.ready")
    room.page.evaluate("new Promise((then) => requestAnimationFrame(() => setTimeout(then, 50)))")
    assert room.page.evaluate("document.fonts.check('19px Literata')")
    assert room.page.evaluate(CARET_OFF_BY_PX) < 3


@pytest.mark.parametrize("studio", [{"STORYGEN_LOAD_S": "3"}], indirect=True)
def test_loading_says_what_happens_and_for_how_long(room: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    expect(room.page.locator("#status-words")).to_have_text("Loading the model")
    expect(room.page.locator("#waited")).to_have_text(re.compile(r"^[12] s$"))
    room.wait_for_text(r"w3\b")
    expect(room.page.locator("#waited")).to_be_hidden()


@pytest.fixture
def locked(room: Room) -> Iterator[Room]:
    """An open page whose server was started again with another token; something was typed meanwhile."""
    room.write("Before.")
    room.saved()
    room.studio.kill()
    expect(room.page.locator("#notice")).to_contain_text("Away")
    room.page.keyboard.type(" Meanwhile.")
    room.studio.environ["STORYGEN_TOKEN"] = "another-token-that-is-long-enough"
    room.studio.start()
    expect(room.page.locator("#notice")).to_contain_text("The access has changed", timeout=15_000)
    expect(room.page.locator("#primary")).to_have_attribute("aria-disabled", "true")
    yield room
    room.broken[:] = [one for one in room.broken if "401" not in one]  # what is refused, is told


def test_a_changed_token_is_said_and_the_page_that_asks_for_it_is_one_step_away(
    locked: Room,
) -> None:
    locked.kept_here()
    locked.page.get_by_role("link", name="Enter the token").click()
    field = locked.page.get_by_label("Token")
    field.fill("not-this-one")
    field.press("Enter")
    expect(locked.page.get_by_role("alert")).to_be_visible()
    field.fill(locked.studio.environ["STORYGEN_TOKEN"])
    locked.page.get_by_role("button", name="Open").click()
    expect(locked.editor).to_have_text("Before. Meanwhile.")


def test_a_token_entered_in_another_tab_opens_this_page_too(
    locked: Room, context: BrowserContext
) -> None:
    other = context.new_page()
    other.goto(locked.studio.url)
    expect(locked.page.locator("#notice")).to_be_hidden(timeout=15_000)
    locked.saved()
    expect(locked.editor).to_have_text("Before. Meanwhile.")


def test_a_long_story_opens_where_it_was_left_and_is_followed(
    room: Room, context: BrowserContext
) -> None:
    paragraph = "The harbour lay still under a thin grey rain, and nobody spoke of the lamp. " * 5
    room.page.evaluate(
        "(text) => navigator.clipboard.writeText(text)", "\n\n".join([paragraph.strip()] * 200)
    )
    room.page.keyboard.press("Control+a")
    room.page.keyboard.press("Control+v")
    room.saved()
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w5\b")
    expect(room.page.locator("#follow")).to_be_hidden()
    for page in (room, Room(context.new_page(), room.studio)):
        watch(page.page, room)
        page.open()
        page.wait_for_text(r"w9\b")
        caret = page.page.locator(".remote-caret.is-run span")
        expect(caret).to_be_in_viewport()
        expect(page.page.locator("#follow")).to_be_hidden()
