"""Pictures of every state of the room, to be looked at: wide and narrow, light and dark.

    python tools/states.py FOLDER

The real server with a worker that does what it is told (`tests/browser/staged.py`), in a real Chromium;
nothing of the user's is touched. A state is reached as a writer reaches it. Needs what `tools/pictures.py`
needs.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

from choices_shown import Choices
from pictures import OPENING, ROOT, TITLE, opened
from playwright.sync_api import expect, sync_playwright
from visit import PATIENT_MS, SETTLES_MS

sys.path.insert(0, str(ROOT))

from storygen.bench.page import executable
from storygen.link.messages import (
    LoadFailed,
    LoadProgressed,
    PrefillProgressed,
    RunEnded,
)
from tests.browser.room import Room, make_models

DEVICES: dict[str, dict[str, Any]] = {
    "wide": {"size": {"width": 1280, "height": 800}},
    "phone": {
        "size": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    },
}
ENDS = ("max_tokens", "sentence", "paragraph", "stop_string", "end_of_text", "banned_strings")
LONG_TITLE = "What the Harbourmaster’s Daughter Wrote in the Margins of the Tide Tables " * 2
ARABIC = "كان الفانوس في نافذة الميناء مطفأً منذ أحد عشر عامًا، وفي هذه الليلة أُضيء.\n\nرأته Ada من العبّارة."


class Tour(Choices):
    """A visit through every state, each with its pictures."""

    def go(self) -> None:
        """Take every picture."""
        self.studio.start()
        options = dict(DEVICES[self.device])
        size = options.pop("size")
        self.page = opened(
            self.browser, self.studio.url, size, "light", reduced_motion="reduce", **options
        )
        self.page.set_default_timeout(PATIENT_MS)
        expect.set_options(timeout=PATIENT_MS)
        self.room = Room(self.page, self.studio)
        self.room.ready()
        self._models()
        self._runs()
        self._endings()
        self._panels()
        self.candidates()
        self.fate()
        self.automatic()
        self.preferences()
        self._tokens()
        self._stories()
        self._absences()
        self.page.context.close()
        self.studio.stop()

    def _models(self) -> None:
        self.shoot("no model that can be used")
        self.page.locator("#model-button").click()
        self.shoot("no model, the menu")
        self.press("Escape")
        make_models(self.studio.models_dir.parent / "made")
        made = self.studio.models_dir.parent / "made" / "scripted"
        made.rename(self.studio.models_dir / "lighthouse-135m")
        self.page.evaluate("window.dispatchEvent(new Event('focus'))")
        expect(self.page.locator("#model-name")).to_have_text("lighthouse-135m")
        self.shoot("first visit")
        self.stage.hold("unloaded")
        self.start()
        for progress in (
            LoadProgressed("downloading", 41_300_000, 270_900_000, "bytes"),
            LoadProgressed("reading weights", 163, 272, "tensors"),
        ):
            self.stage.say(progress)
            self.status(", ")
            self.shoot(progress.stage)
            self.page.wait_for_timeout(SETTLES_MS)
        self.stage.say(
            LoadFailed("memory", "It needs 5.2 GB, and 3.1 GB are free.", "Close something.")
        )
        self.status("failed")
        self.shoot("model did not load, the run failed")
        self.stage.hold("unloaded", False)

    def _runs(self) -> None:
        self.room.write(OPENING)
        self.page.locator("#title").fill(TITLE)
        self.press("Enter")
        self.stage.hold("silent")
        self.start()
        self.status("Reading")
        self.page.wait_for_timeout(SETTLES_MS)
        self.stage.say(PrefillProgressed("", 512, 1_893, 0))
        self.status("512 of")
        self.shoot("reading")
        self.stage.say(PrefillProgressed("", 1_893, 1_893, 0))
        self.stage.hold("silent", False)
        self.status("Writing")
        self.room.wait_for_text("slate")
        self.shoot("writing")
        self.stage.hold("silent")  # a word that is on its way would come behind what is typed
        self.shoot("holding", lambda: (self.page.keyboard.type(" so"), self.status("Waiting")))
        self.stage.hold("silent", False)
        self.status("Writing")
        self._windows()
        self.press("Escape")
        self.room.state("Resume")
        self.shoot("paused")
        self.press("Control+Enter")
        self.status("Writing")
        self.stage.die()
        self.status("Interrupted")
        self.shoot("worker died")
        self.press("Control+Enter")
        self.status("Writing")
        self.shoot("worker came back")
        self.stop()
        self.shoot("stopped")

    def _windows(self) -> None:
        other = Room(self.page.context.new_page(), self.studio)
        other.open()
        other.editor.click()
        for key in ("Control+End", "ArrowUp", "ArrowUp", "Home"):
            other.page.keyboard.press(key)
        expect(self.page.locator(".remote-caret.is-window")).to_have_count(1)
        self.page.bring_to_front()
        self.shoot("two windows")
        other.page.close()

    def _endings(self) -> None:
        for detail in ENDS:
            self.start()
            self.status("Writing")
            self.stage.say(RunEnded("", "finished", detail))
            self.room.state("Write")
            self.shoot(f"ended, {detail}")
        self.start()
        self.status("Writing")
        self.stage.say(
            RunEnded("", "failed", "memory", "The memory is full. Close another program.")
        )
        self.status("failed")
        self.shoot("failed")

    def _panels(self) -> None:
        self.press("Alt+2")
        self.page.locator("#panel-history .row-main").first.wait_for()
        self.shoot("history")
        self.page.locator("#panel-history .row-main").nth(1).click()
        self.page.locator(".preview-text").wait_for()
        self.shoot("history, preview")
        self.press("Escape")
        for key, name in (("Alt+1", "library"), ("Alt+3", "sampling"), ("Alt+4", "numbers")):
            self.press(key)
            self.shoot(name)
            if name == "sampling":
                for group in self.page.locator("#panel-sampling summary").all():
                    group.click()
                self.page.locator("#panel-sampling summary").nth(1).scroll_into_view_if_needed()
                self.shoot("sampling, all of it")
        self.close_panels()
        self._memory()
        for keys, name in ((("Control+k",), "palette"), (("Control+/",), "keys")):
            self.press(*keys)
            self.shoot(name)
            self.press("Escape")
        self.room.editor.focus()
        self.press("Control+f")
        self.page.keyboard.type("lamp")
        self.shoot("search")
        self.press("Escape")
        broken = self.studio.models_dir / "broken"
        broken.mkdir()
        (broken / "config.json").write_text('{\n "a": 1\n "b": 2}')
        for button, name in (("#model-button", "model menu"), ("#more-button", "more menu")):
            self.page.locator(button).click()
            self.page.wait_for_timeout(1200)
            self.shoot(name)
            self.press("Escape")
        self.page.locator("#mode-button").click()
        self.page.get_by_role("menuitemradio", name="Writing prompt").click()
        self.shoot("prompt")
        self.press("Alt+w")

    def _tokens(self) -> None:
        self.press("Alt+t")
        self.shoot("tokens, none yet")
        self.room.editor.focus()
        self.press("Control+End", "Alt+b")
        self.page.locator("#tokens-likeliest .token-row").first.wait_for()
        self.shoot("tokens")
        self.page.locator(".tokens-field").fill("s")
        self.shoot("tokens, filtered")
        self.page.locator(".tokens-field").fill("")
        self.press("Alt+h", "Alt+s")
        expect(self.page.locator("#heat-bar")).to_contain_text("tokens read")
        self.shoot("along the story")
        self.close_panels()
        self.shoot("colours by probability")
        self.room.editor.focus()
        self.press("Alt+i")
        self.page.locator(".token-card button.token-row").first.wait_for()
        self.shoot("a token's card")
        self.press("Escape", "Alt+h")

    def _memory(self) -> None:
        self.press("Alt+y")
        self.page.locator("#memory-text").wait_for()
        self.shoot("memory, empty")
        self.start()
        self.status("Writing")
        self.page.locator("#memory-text").fill(
            "Ada is a pilot’s daughter. Nobody speaks of the lamp."
        )
        self.page.locator("#memory-note").fill("Calm, exact sentences.")
        self.page.get_by_role("button", name="New entry").click()
        self.page.locator(".lore-fields").get_by_label("Name").fill("The harbourmaster")
        self.page.locator(".lore-fields").get_by_label("Keys").fill("harbourmaster")
        expect(self.page.locator(".memory-cost-words")).to_contain_text("re-reads")
        self.shoot("memory, not read yet")
        self.page.locator(".lore-deeds").scroll_into_view_if_needed()
        self.shoot("memory, an entry")
        self.press("Alt+v")
        expect(self.page.locator("dialog.context")).to_have_attribute("data-known", "true")
        self.shoot("what the model sees")
        self.press("Escape")
        self.stop()
        self.close_panels()

    def _stories(self) -> None:
        self.press("Alt+u")
        expect(self.page.locator("#title")).to_have_value(f"{TITLE} (copy)")
        self.page.locator("#title").fill(LONG_TITLE.strip())
        self.press("Enter")
        self.press("Alt+1")
        self.shoot("long title")
        self.close_panels()
        self.press("Alt+n")
        expect(self.page.locator("#title")).to_have_value("")
        self.shoot("empty story")
        self.room.write(ARABIC)
        self.start()
        self.room.wait_for_text("slate")
        self.stop()
        self.shoot("right to left")
        for _ in range(3):
            before = self.page.evaluate("localStorage['storygen.story']")
            self.press("Alt+x")
            self.page.wait_for_function(
                "(before) => localStorage['storygen.story'] !== before", arg=before
            )
        self.press("Alt+1")
        self.shoot("empty library")
        self.page.locator(".bin summary").click()
        self.shoot("bin")
        self.close_panels()
        self.room.write(OPENING)
        self.room.saved()

    def _absences(self) -> None:
        locked = sqlite3.connect(self.studio.data_dir / "storygen.db", isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        self.page.keyboard.type(" He said nothing.")
        self.status("Not stored")
        self.shoot("not stored")
        locked.execute("ROLLBACK")
        locked.close()
        expect(self.page.locator("#notice")).to_be_hidden()
        self.start()
        self.room.wait_for_text("slate")
        self.studio.kill()
        self.status("Away")
        self.page.keyboard.type(" Then he did.")
        self.shoot("away")
        self.studio.start()
        self.status("Interrupted")
        self.shoot("server came back")
        self.studio.kill()
        self.status("Away")
        self.studio.environ["STORYGEN_TOKEN"] = "another-token-that-is-long-enough"
        self.studio.start()
        self.status("access")
        self.shoot("locked")
        self.page.get_by_role("link", name="Enter the token").click()
        self.page.get_by_label("Token").wait_for()
        self.shoot("the token is asked for")


def main() -> int:
    """Both devices, one after the other."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    into = Path(sys.argv[1])
    into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        for device in DEVICES:
            with tempfile.TemporaryDirectory() as folder:
                tour = Tour(browser, Path(folder), into, device)
                try:
                    tour.go()
                finally:
                    if tour.studio.process:
                        tour.studio.kill()
        browser.close()
    print(f"{len(list(into.glob('*.png')))} pictures in {into}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
