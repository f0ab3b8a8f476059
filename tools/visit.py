"""One visit of the room, and how pictures of it are made: what every part of `tools/states.py` needs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pictures import ROOT
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(ROOT))

from tests.browser.room import Room, Studio
from tests.browser.staged import Stage

SETTLES_MS = 250
PATIENT_MS = 30_000


class Visit:
    """The real server with a staged worker, and a page of it on one device."""

    def __init__(self, browser: Browser, folder: Path, into: Path, device: str) -> None:
        self.browser, self.into, self.device = browser, into, device
        self.stage = Stage(folder / "stage")
        models = folder / "models"
        models.mkdir()
        self.studio = Studio(folder / "data", models, {"STORYGEN_STAGE": str(self.stage.folder)})
        self.studio.module = "tests.browser.staged"
        self.num = 0
        self.page: Page
        self.room: Room

    # ------------------------------------------------------------ how it is done

    def shoot(self, name: str, again: Any = None) -> None:
        """A picture in each theme; `again` is done before each, where the state does not last."""
        self.num += 1
        for theme in ("light", "dark"):
            self.page.emulate_media(
                color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
            )
            self.page.wait_for_timeout(SETTLES_MS)
            if again:
                again()
            path = self.into / f"{self.num:02}-{name}-{self.device}-{theme}.png"
            self.page.screenshot(path=path)

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def status(self, words: str) -> None:
        """Wait until the status says this."""
        expect(self.page.locator("#status-words")).to_contain_text(words)

    def start(self) -> None:
        """Write, until the run is there."""
        self.room.editor.focus()
        self.press("Control+End", "Control+Enter")
        self.room.state("Pause")

    def stop(self) -> None:
        """End the run."""
        self.press("Control+.")
        expect(self.page.locator("#stop")).to_be_hidden()

    def close_panels(self) -> None:
        """Both, where they lie over the page."""
        for panel in ("#left-panel", "#right-panel"):
            close = self.page.locator(panel).get_by_role("button", name="Close")
            if close.is_visible():
                close.click()
