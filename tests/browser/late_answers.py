"""Lets the server's answers come late, after the news of the same commit, as where much is going on."""

from __future__ import annotations

from playwright.sync_api import Page, Route

from tests.browser.room import ROOT, Room

CONNECTION = ROOT / "static" / "js" / "connection.js"
ANSWERED = "if (answer?.ok) return answer;"
HOLD_JS = (
    "(event) => { window.late = { [event]: new Promise((then) => (window.letCome = then)) }; }"
)


def may_be_late(room: Room) -> None:
    """From the next load on, which this waits for, answers can be held back."""
    source = CONNECTION.read_text("utf-8")
    assert ANSWERED in source
    late = source.replace(ANSWERED, f"await window.late?.[event];\n    {ANSWERED}")

    def serve(route: Route) -> None:
        route.fulfill(body=late, content_type="text/javascript")

    room.page.route("**/js/connection.js", serve)
    room.page.reload()
    room.ready()


def hold_answers(page: Page, event: str) -> None:
    """Those to this call, until `let_come`."""
    page.evaluate(HOLD_JS, event)


def let_come(page: Page) -> None:
    """What was held back, and all that follows."""
    page.evaluate("() => { window.late = {}; window.letCome(); }")
