"""What the page costs in a real Chromium: until it can be used, and from a key to its paint.

Needs the Python package `playwright` and a Chromium; without them these lines are left out, and said.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
NUM_KEYS = 120
KEY_EVERY_MS = 120

# From the key's own time stamp to the moment after the frame that shows it was produced.
_WATCH = """() => {
  window.keyToPaint = [];
  document.addEventListener('keydown', (event) => {
    if (event.key.length !== 1) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.keyToPaint.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(null);
    });
  }, true);
}"""


def executable() -> str | None:
    """A Chromium on this machine, or None."""
    return os.environ.get("STORYGEN_CHROMIUM") or next(
        filter(None, map(shutil.which, BROWSERS)), None
    )


@contextmanager
def opened(url: str) -> Iterator[tuple[Any, float]]:
    """A page on which one can type, and the seconds from asking for it until then."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        start = time.perf_counter()
        page.goto(url)
        page.wait_for_selector(".cm-content[contenteditable=true]")
        yield page, time.perf_counter() - start
        browser.close()


def key_to_paint_ms(page: Any) -> dict[str, float]:
    """Milliseconds from a key to its paint, typing into the middle of what the page shows."""
    page.locator(".cm-line").first.click()
    page.evaluate(_WATCH)
    page.keyboard.type("x" * NUM_KEYS, delay=KEY_EVERY_MS)
    while (
        page.evaluate("window.keyToPaint.length") < NUM_KEYS
    ):  # the page's policy allows no polling inside it
        page.wait_for_timeout(20)
    took: list[float] = sorted(page.evaluate("window.keyToPaint"))
    return {"p50": took[len(took) // 2], "p95": took[int(len(took) * 0.95)]}
