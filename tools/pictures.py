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
        browser.close()
    writer.command("run_stop")
    writer.close()


def opened(browser: Any, url: str, size: dict[str, int], scheme: str, **options: Any) -> Page:
    """The room in a browser profile of its own, once one can type in it."""
    context = browser.new_context(viewport=size, color_scheme=scheme, **options)
    page: Page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".cm-content[contenteditable=true]")
    return page


if __name__ == "__main__":
    main()
