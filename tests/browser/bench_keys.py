"""Key to paint in a story of 100,000 words while a run writes: `python -m tests.browser.bench_keys`.

Prints milliseconds from a key's event to the end of the frame that shows it, which includes the wait for
the next frame (up to 16.7 ms at 60 Hz), and the share of it that is the page's own work.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import socketio
from playwright.sync_api import sync_playwright

from tests.browser.room import Room, Studio, make_models

NUM_WORDS = 100_000
NUM_KEYS = 200
KEY_EVERY_MS = 60
MEASURE = """() => {
  window.keys = [];
  addEventListener("keydown", (event) => {
    const from = event.timeStamp;
    const began = performance.now();
    setTimeout(() => { window.worked = performance.now() - began; }, 0);
    requestAnimationFrame(() => {
      const frame = performance.now();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const painted = performance.now();
        window.keys.push([painted - from, (window.worked ?? 0) + (painted - frame)]);
      };
      channel.port2.postMessage(0);
    });
  }, true);
}"""


def share(values: list[float], part: float) -> float:
    """The value that `part` of all values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def create_long_story(url: str) -> None:
    """A story of 100,000 words in paragraphs, made as a program would."""
    parts = urlsplit(url)
    client = socketio.SimpleClient()
    token = parse_qs(parts.query)["t"][0]
    client.connect(f"{parts.scheme}://{parts.netloc}", namespace="/studio", auth={"token": token})
    paragraph = " ".join(f"word{number}" for number in range(100))
    text = "\n".join([paragraph] * (NUM_WORDS // 100))
    answer = client.call("story_create", {"title": "Long", "text": text}, timeout=60)
    assert answer["ok"], answer
    client.disconnect()


def measure(room: Room) -> dict[str, float]:
    """Type in the middle of the story while a run writes at its end."""
    room.page.goto(room.studio.url)
    room.editor.wait_for()
    room.page.locator("#saved", has_text="Saved").wait_for(timeout=60_000)
    room.page.keyboard.press("Control+Enter")
    room.page.locator("#primary-label", has_text="Pause").wait_for()
    room.editor.focus()
    room.page.keyboard.press("Control+Home")
    for _ in range(3):
        room.page.keyboard.press("PageDown")
    room.page.evaluate(MEASURE)
    room.page.keyboard.type("a" * NUM_KEYS, delay=KEY_EVERY_MS)
    keys: list[list[float]] = room.page.evaluate("keys")
    total, work = [key[0] for key in keys], [key[1] for key in keys]
    return {
        "keys": len(keys),
        "paint_p50_ms": round(share(total, 0.5), 1),
        "paint_p95_ms": round(share(total, 0.95), 1),
        "work_p50_ms": round(share(work, 0.5), 1),
        "work_p95_ms": round(share(work, 0.95), 1),
    }


def main() -> int:
    """Print one line of JSON."""
    folder = Path(tempfile.mkdtemp(prefix="storygen-bench-"))
    environ = {"STORYGEN_TOKEN_MS": "25"}
    studio = Studio(folder / "data", make_models(folder / "models"), environ)
    studio.start()
    create_long_story(studio.url)
    browser_path = os.environ.get("STORYGEN_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        print(json.dumps(measure(Room(page, studio))))
        browser.close()
    studio.kill()
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
