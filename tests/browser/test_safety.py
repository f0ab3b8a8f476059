"""What a story may contain never becomes anything but text; the page loads nothing from elsewhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Request, expect

from tests.browser.room import Room

pytestmark = pytest.mark.browser

CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "javascript:alert(1)",
    "<style>*{display:none}</style>",
    "{{constructor.constructor('alert(1)')()}}",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "\u202e<b>right to left</b>\u202c",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)
ALIEN = (
    "document.querySelectorAll('main img, main iframe, main script, main style, main b, main math,"
    " main table:not([class]), dialog img, dialog script, .toast img').length"
)


def test_the_corpus_is_text_in_the_story_its_title_its_prompt_and_its_history(room: Room) -> None:
    corpus = "\n".join(CORPUS)
    room.write("x")
    room.page.keyboard.press("Control+a")
    room.page.keyboard.insert_text(corpus)
    room.saved()
    assert room.text() == corpus
    room.page.locator("#title").fill(CORPUS[1])
    room.page.locator("#title").press("Enter")
    room.page.locator("#mode-button").click()
    room.page.get_by_role("menuitemradio", name="Writing prompt").click()
    room.page.locator("#prompt").fill(corpus)
    room.page.keyboard.press("Control+Shift+Enter")
    room.wait_for_text(r"w3\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    room.page.keyboard.press("Alt+1")
    expect(room.page.locator("#left-panel .row-title").first).to_have_text(CORPUS[1])
    room.page.keyboard.press("Control+k")
    room.page.keyboard.press("Escape")
    room.page.keyboard.press("Alt+2")
    room.page.locator("#panel-history .row-main").first.click()
    expect(room.page.locator(".preview-text")).to_contain_text(CORPUS[0])
    assert room.page.evaluate(ALIEN) == 0


def test_what_the_model_writes_is_text_too(room: Room) -> None:
    room.write("<img src=x onerror=alert(1)>")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w10\b")
    assert room.page.evaluate(ALIEN) == 0


def test_pasted_line_ends_of_windows_become_line_feeds(room: Room) -> None:
    room.write("x")
    room.page.evaluate("navigator.clipboard.writeText('one\\r\\ntwo\\rthree')")
    room.page.keyboard.press("Control+a")
    room.page.keyboard.press("Control+v")
    assert room.text() == "one\ntwo\nthree"
    room.saved()


def test_nothing_is_asked_of_another_host(room: Room) -> None:
    asked: list[str] = []

    def heard(request: Request) -> None:
        asked.append(request.url)

    room.page.on("request", heard)
    room.page.reload()
    room.ready()
    origin = room.studio.url.split("?")[0]
    assert asked
    assert [url for url in asked if not url.startswith((origin, "data:", "blob:"))] == []
