"""Lets a page look at tokens without a model: `tokens_stub.js` answers those calls in the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from tests.browser.room import ROOT

STUB = Path(__file__).with_name("tokens_stub.js")
CONNECTION = ROOT / "static" / "js" / "connection.js"
MAIN = ROOT / "static" / "js" / "main.js"
CALL = "async call(event, fields = {}, within_ms = ANSWER_WITHIN_MS) {"
STAGED = f"""{CALL}
    const staged = globalThis.stub.answer(this, event, fields);
    if (staged) return staged;"""


def answer_in_the_page(page: Page) -> None:
    """From the next load on."""
    connection = CONNECTION.read_text("utf-8")
    assert CALL in connection
    main = MAIN.read_text("utf-8") + "\nglobalThis.room = { session, store };\n"
    page.add_init_script(path=STUB)
    _instead(page, "**/js/connection.js", connection.replace(CALL, STAGED))
    _instead(page, "**/js/main.js", main)


def _instead(page: Page, url: str, source: str) -> None:
    def serve(route: Route) -> None:
        route.fulfill(body=source, content_type="text/javascript")

    page.route(url, serve)


def calls(page: Page, event: str) -> list[dict[str, Any]]:
    """The fields of the calls of that name, in order."""
    made: list[dict[str, Any]] = page.evaluate(
        "(event) => stub.calls.filter((one) => one.event === event).map((one) => one.fields)", event
    )
    return made
