"""What the page costs in a real Chromium: until it can be used, and from a key to its paint.

Needs the Python package `playwright` and a Chromium; without them these lines are left out, and said.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge"),
    "chromium-headless-shell",
)
NUM_KEYS = 120
KEY_EVERY_MS = 120

# For each key: from its own time stamp to the moment after the frame that shows it was produced, and how
# much of that was work: its handlers, and the frame. The rest is waiting for the frame.
_WATCH = """() => {
  window.keyTimes = [];
  let began = 0;
  let worked = 0;
  document.addEventListener('keydown', (event) => {
    if (event.key.length !== 1) return;
    began = performance.now();
    requestAnimationFrame(() => {
      const frame = performance.now();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const shown = performance.now();
        window.keyTimes.push([shown - event.timeStamp, worked + shown - frame]);
      };
      channel.port2.postMessage(null);
    });
  }, true);
  addEventListener('input', () => queueMicrotask(() => { worked = performance.now() - began; }));
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


def key_times_ms(page: Any) -> dict[str, float]:
    """Milliseconds from a key to its paint and of work in it, p50 and p95, typing into the middle of what the
    page shows; and from a key to its paint in a plain text field of an empty page.
    """
    page.locator(".cm-line").first.click()
    paint, work = zip(*_typed(page), strict=True)
    page.goto("about:blank")
    page.set_content("<textarea></textarea>")
    page.locator("textarea").click()
    plain, _ = zip(*_typed(page), strict=True)
    return {
        "key_to_paint_p50_ms": _share(paint, 0.5),
        "key_to_paint_p95_ms": _share(paint, 0.95),
        "key_work_p50_ms": _share(work, 0.5),
        "key_work_p95_ms": _share(work, 0.95),
        "plain_field_key_to_paint_p50_ms": _share(plain, 0.5),
        "plain_field_key_to_paint_p95_ms": _share(plain, 0.95),
    }


def _typed(page: Any) -> list[tuple[float, float]]:
    page.evaluate(_WATCH)
    page.keyboard.type("x" * NUM_KEYS, delay=KEY_EVERY_MS)
    # The page's policy allows no polling inside it.
    while page.evaluate("keyTimes.length") < NUM_KEYS:
        page.wait_for_timeout(20)
    times: list[tuple[float, float]] = page.evaluate("keyTimes")
    return times


def _share(values: Sequence[float], part: float) -> float:
    """The value that `part` of all values do not exceed."""
    return sorted(values)[int(len(values) * part)]
