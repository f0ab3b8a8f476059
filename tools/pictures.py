"""Makes the README's pictures in images/: a real server, the real default model, a real Chromium.

    python tools/pictures.py

Needs requirements-dev.txt and a Chromium (STORYGEN_CHROMIUM names it where it is not found).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from storygen.bench.page import executable  # noqa: E402
from storygen.bench.writer import Writer  # noqa: E402

URL = re.compile(r"(http://\S+?)/\?t=(\S+)")
TITLE = "The lamp"
OPENING = (
    "The lamp in the harbourmaster’s window had been dark for eleven years, and tonight it was lit.\n\n"
    "Ada saw it from the ferry. She had come back to sell the house and had meant to be gone by Sunday, "
    "but now she stood at the rail with her coat open and counted the windows twice, to be sure.\n\n"
    "“Who lives there?” she asked the pilot, and he looked at her for a long time before he answered."
)
NUM_TOKENS = 70
MEMORY = {
    "text": "Ada is a pilot’s daughter. She has not been on the island since the fire, eleven years ago.",
    "note": "Calm, exact sentences. It is late in October.",
}
NEW_ENTRY = {"constant": False, "on": True, "depth": 4}
ENTRIES = {
    "The harbourmaster": (
        ["harbourmaster", "window"],
        "Orin Tal, the harbourmaster, is blind in one eye and keeps the books of three drowned ships.",
    ),
    "The ferry": (["ferry", "pilot"], "The ferry goes twice a day; the last one leaves at dusk."),
    "The mainland": (["mainland"], "On the mainland nobody believes in the lamp."),
}


def main() -> None:
    """Start a server, write, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "server.py"), "--port", "0", "--no-browser"]
        server = subprocess.Popen(
            [*command, "--data-dir", folder], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        try:
            assert server.stdout
            found = URL.search(server.stdout.readline())
            assert found, "the server did not start"
            _take(found.group(0), Writer(found.group(1), found.group(2)))
        finally:
            server.terminate()
            server.wait(20)


def _take(url: str, writer: Writer) -> None:
    writer.open(OPENING)
    writer.call("story_rename", story=writer.story, title=TITLE)
    model = writer.call("hello")["default_model"]
    writer.start(model, temperature=0.8, min_p=0.05, repetition_penalty=1.1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        wide = opened(browser, url, {"width": 1280, "height": 800}, "light")
        writer.wait(lambda: len(writer.came) > NUM_TOKENS)
        wide.wait_for_timeout(400)  # let the last words fade in
        wide.screenshot(path=ROOT / "images" / "writing.png")
        wide.keyboard.press("Alt+3")
        wide.wait_for_timeout(600)
        wide.keyboard.press("Alt+2")
        wide.wait_for_timeout(600)
        wide.screenshot(path=ROOT / "images" / "panels.png")
        wide.context.close()
        narrow = opened(browser, url, {"width": 390, "height": 844}, "dark")
        narrow.wait_for_timeout(1500)
        narrow.screenshot(path=ROOT / "images" / "phone.png")
        narrow.context.close()
        writer.command("run_stop")
        _tokens(opened(browser, url, {"width": 1280, "height": 800}, "light"))
        _memory(opened(browser, url, {"width": 1280, "height": 800}, "light"), writer)
        browser.close()
    writer.close()


def _tokens(page: Page) -> None:
    """The text in colours, the lists of what could come next beside it."""
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Alt+h")
    page.keyboard.press("Alt+b")
    page.locator("#tokens-likeliest .token-row").first.wait_for()
    page.locator("#heat-bar").get_by_text("tokens read").wait_for()
    page.wait_for_timeout(600)
    page.screenshot(path=ROOT / "images" / "tokens.png")
    page.context.close()


def _memory(page: Page, writer: Writer) -> None:
    """What the model sees of a story with memory, note and lore, the lorebook behind it."""
    entries = [
        {**NEW_ENTRY, "id": f"{num:032x}", "name": name, "keys": keys, "text": text, "order": num}
        for num, (name, (keys, text)) in enumerate(ENTRIES.items(), 1)
    ]
    writer.call("memory_set", story=writer.story, patch={**MEMORY, "entries": entries})
    page.keyboard.press("Alt+y")
    page.locator(".lore-entry").first.wait_for()
    page.keyboard.press("Alt+v")
    page.locator("dialog.context[data-known=true]").wait_for()
    page.wait_for_timeout(600)
    page.screenshot(path=ROOT / "images" / "memory.png")
    page.context.close()


def opened(browser: Any, url: str, size: dict[str, int], scheme: str, **options: Any) -> Page:
    """The room in a browser profile of its own, once one can type in it."""
    context = browser.new_context(viewport=size, color_scheme=scheme, **options)
    page: Page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".cm-content[contenteditable=true]")
    return page


if __name__ == "__main__":
    main()
