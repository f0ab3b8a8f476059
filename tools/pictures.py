"""Makes the README's pictures in images/: a real server, the real default model, a real Chromium.

    python tools/pictures.py [room] [fate] [workbench] [--data-dir FOLDER]

`room`: the writing room's. `fate`: a session of fate, and what was preferred: a reader chooses for some
minutes first, unless FOLDER is a library in which somebody has (it is written into). `workbench`: a token
explained, and texts beside their target. All, unless some are named.
Needs requirements-dev.txt and a Chromium (STORYGEN_CHROMIUM names it where it is not found).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

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


SENTENCE = "The lighthouse keeper climbed the stairs because the lamp had"
NEXT = " gone out again."
FEWEST_CHOICES = 40
PATIENT_MS = 300_000


def main() -> None:
    """Start a server, write, and take the pictures."""
    options = argparse.ArgumentParser(description=__doc__)
    all_of_it = ["room", "fate", "workbench"]
    options.add_argument("what", nargs="*", choices=all_of_it, default=all_of_it)
    options.add_argument("--data-dir", type=Path)
    given = options.parse_args()
    for what in given.what:
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=executable(), args=["--no-sandbox"]
            )
            kept = given.data_dir if what == "fate" else None
            with _server(kept or Path(folder)) as (url, token):
                if what == "room":
                    _take(f"{url}/?t={token}", Writer(url, token), browser)
                elif what == "fate":
                    _fate(url, token, browser)
                else:
                    _workbench(url, token, browser, Path(folder) / "datasets")
            browser.close()


@contextlib.contextmanager
def _server(data_dir: Path) -> Iterator[tuple[str, str]]:
    """Its address and its token."""
    command = [sys.executable, str(ROOT / "server.py"), "--port", "0", "--no-browser"]
    server = subprocess.Popen(
        [*command, "--data-dir", str(data_dir)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert server.stdout
        found = URL.search(server.stdout.readline())
        assert found, "the server did not start"
        yield found.group(1), found.group(2)
    finally:
        server.terminate()
        server.wait(60)


def _fate(url: str, token: str, browser: Any) -> None:
    """Cards that fate dealt, one of which was taken; and the page of what was preferred."""
    from library_of_choices import fill

    from tests.protocol.studio_client import StudioClient

    with StudioClient(url, token) as reader:
        model = reader.ok("hello")["default_model"]
        if _num_choices(url, token) < FEWEST_CHOICES:
            fill(reader, model, tokens=(8, 24))
        story = reader.create(OPENING)
        reader.ok("story_rename", story=story.id, title=TITLE)
        reader.ok("model_load", model=model)
    page = opened(browser, f"{url}/?t={token}", {"width": 1280, "height": 800}, "light")
    page.set_default_timeout(PATIENT_MS)
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Alt+5")
    page.get_by_label("Each ends").select_option("sentence")
    page.get_by_label("Written by").select_option("fate")
    page.locator(".fate-ranges summary").click()
    page.get_by_label("Most tokens, from").fill("12")
    page.get_by_label("Most tokens, to").fill("40")
    page.get_by_label("Most tokens, to").press("Enter")
    page.locator("#status-words").get_by_text("Ready").wait_for()
    page.get_by_role("button", name="Learn from what I took").click()
    page.get_by_role("button", name="Stop learning").wait_for()
    page.get_by_role("button", name="Learn from what I took").wait_for()
    page.locator("#fate-expects-line").get_by_text("that it had not seen").wait_for()
    page.get_by_role("switch", name="Expect my choice").click()
    page.locator(".fate-ranges summary").click()
    page.locator(".cm-content").focus()
    _deal(page)
    page.keyboard.press("Alt+6")
    page.keyboard.press("Enter")
    page.locator(".candidate.is-taken").wait_for()
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+End")
    _deal(page)
    newest = page.locator(".candidate-set:not(.is-pinned)").first
    expected = newest.locator(".candidate", has=page.get_by_text("Expected"))
    expected.locator(".candidate-text").focus()
    page.keyboard.press("Enter")
    newest.locator(".candidate-drawn").get_by_text("Temperature").first.wait_for()
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+End")
    page.locator(".candidates").evaluate("(panel) => panel.scrollTo(0, 0)")
    page.mouse.move(640, 100)  # not on the toast, which would stay
    page.locator(".toast").first.wait_for(state="hidden")
    page.wait_for_timeout(600)
    page.screenshot(path=ROOT / "images" / "fate.png")
    page.goto(f"{url}/preferences")
    page.locator(".pref-figure").first.wait_for()
    page.wait_for_timeout(600)
    page.screenshot(path=ROOT / "images" / "preferences.png")
    page.context.close()


def _deal(page: Page) -> None:
    """Ask for a hand, and wait until it is written."""
    before = page.locator(".candidate-set:not(.is-pinned)").count()
    page.keyboard.press("Alt+k")
    page.wait_for_function(
        "(before) => document.querySelectorAll('.candidate-set:not(.is-pinned)').length > before",
        arg=before,
    )
    page.wait_for_function(
        "() => !document.querySelector('.candidate:not([data-state=ended])')", timeout=PATIENT_MS
    )


def _num_choices(url: str, token: str) -> int:
    asked = Request(f"{url}/api/preferences/steps", headers={"Authorization": f"Bearer {token}"})
    with urlopen(asked, timeout=60) as answer:
        counted = json.load(answer)["all"]
    return int(counted["num_sets"] - counted["num_without_choice"])


def _take(url: str, writer: Writer, browser: Any) -> None:
    writer.open(OPENING)
    writer.call("story_rename", story=writer.story, title=TITLE)
    model = writer.call("hello")["default_model"]
    writer.start(model, temperature=0.8, min_p=0.05, repetition_penalty=1.1)
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


def _workbench(url: str, token: str, browser: Any, datasets: Path) -> None:
    """The next token of a text with what the layers would have said, and texts beside their target."""
    datasets.mkdir(exist_ok=True)
    shutil.copy(ROOT / "examples" / "data" / "instructions.jsonl", datasets)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
    page: Page = context.new_page()
    page.set_default_timeout(PATIENT_MS)
    page.goto(f"{url}/workbench?t={token}#next-token")
    view = page.locator(".wb-page:not([hidden])")
    view.get_by_label("Text to go on from").fill(SENTENCE)
    view.get_by_label("Target, what should come").fill(NEXT)
    view.get_by_role("button", name="Begin").click()
    view.locator(".wb-bars button, .wb-bars [role=option]").first.wait_for()
    layers = view.locator("summary", has_text="Layers")
    layers.click()
    view.get_by_role("button", name="Show layers").click()
    view.get_by_role("table").or_(view.get_by_role("grid")).last.wait_for()
    page.wait_for_timeout(2000)
    view.get_by_role("heading", name="What could come next").evaluate(
        "(heading) => heading.scrollIntoView({block: 'start'})"
    )
    page.evaluate("scrollBy(0, -80)")
    page.wait_for_timeout(600)
    page.screenshot(path=ROOT / "images" / "next_token.png")
    page.goto(f"{url}/workbench#generation")
    page.reload()
    view.get_by_label("Texts", exact=True).fill("2")
    view.get_by_role("button", name="Generate").click()
    view.get_by_role("button", name="Download").wait_for()
    view.get_by_role("button", name="Generate").wait_for()
    page.wait_for_timeout(2000)
    page.screenshot(path=ROOT / "images" / "generation.png", full_page=True)
    context.close()


def opened(browser: Any, url: str, size: dict[str, int], scheme: str, **options: Any) -> Page:
    """The room in a browser profile of its own, once one can type in it."""
    context = browser.new_context(viewport=size, color_scheme=scheme, **options)
    page: Page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".cm-content[contenteditable=true]")
    return page


if __name__ == "__main__":
    main()
