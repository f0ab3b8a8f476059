"""States of what is chosen: candidates, fate, the automatic writer, and the page of what is preferred."""

from __future__ import annotations

from library_of_choices import OPENINGS, fill, title_of
from playwright.sync_api import expect
from visit import Visit

from tests.protocol.studio_client import StudioClient


class Choices(Visit):
    """Part of `states.Tour`."""

    def candidates(self) -> None:
        self.press("Alt+5")
        self.shoot("candidates, none yet")
        self.room.editor.focus()
        self.stage.hold("silent")
        self.press("Control+End", "Alt+k")
        self.page.locator(".candidate").first.wait_for()
        self.shoot("candidates, to be written")
        self.stage.hold("silent", False)
        expect(self.page.locator('.candidate:not([data-state="ended"])')).to_have_count(0)
        self.press("Alt+6", "Control+ArrowLeft", "Control+ArrowLeft")
        self.shoot("candidates, one marked")
        self.press("p", "e")
        self.page.locator(".candidate-area").wait_for()
        self.shoot("candidates, one edited")
        self.press("Escape", "Alt+z")
        expect(self.page.locator(".candidate")).to_have_count(0)
        self.close_panels()

    def fate(self) -> None:
        self.press("Alt+5")
        wishes = self.page.locator(".candidates-wishes")
        if wishes.get_attribute("open") is None:
            wishes.locator("> summary").click()
        self.page.locator("#candidates-way").select_option("fate")
        self.shoot("fate, what is asked for")
        self.page.locator(".fate-ranges summary").click()
        self.page.locator(".fate-rows").scroll_into_view_if_needed()
        self.shoot("fate, ranges")
        self.page.locator("#fate-shared").scroll_into_view_if_needed()
        self.shoot("fate, what it learns")
        self.page.locator(".fate-ranges summary").click()
        wishes.locator("> summary").click()
        self.room.editor.focus()
        self.press("Control+End", "Alt+k")
        self._written()
        self.shoot("fate, hidden")
        self.press("Alt+6", "Enter")
        expect(self.page.locator(".candidate-drawn").first).to_contain_text("Temperature")
        self.shoot("fate, taken")
        self.page.locator("#candidates-way").evaluate(
            "(one) => (one.closest('details').open = true)"
        )
        self.page.locator("#candidates-way").select_option("same")
        self.press("Alt+z")
        expect(self.page.locator(".candidate")).to_have_count(0)
        self.close_panels()

    def _written(self) -> None:
        self.page.locator(".candidate").first.wait_for()
        expect(self.page.locator('.candidate:not([data-state="ended"])')).to_have_count(0)

    def automatic(self) -> None:
        self.press("Alt+5")
        self.page.locator(".auto-writer > summary").click()
        self.page.locator(".auto-next").scroll_into_view_if_needed()
        self.shoot("automatic writer")
        self.page.locator(".auto-next").click()
        expect(self.page.locator("#auto-line")).to_contain_text("Step 2")
        self.stage.hold("silent")
        self.shoot("automatic writer, at work")
        self.press("Alt+Shift+Enter")
        expect(self.page.locator("#auto-line")).to_contain_text("paused")
        self.shoot("automatic writer, paused")
        self.press("Control+Alt+Enter")
        self.stage.hold("silent", False)
        expect(self.page.locator("#auto-line")).to_contain_text("Stopped")
        self.shoot("automatic writer, stopped")
        self.page.locator(".auto-writer > summary").click()
        self.press("Alt+z")
        self.close_panels()

    def preferences(self) -> None:
        """The page beside the room, empty and full; the room's own tab waits."""
        url, token = self.studio.url.split("/?t=")
        room, self.page = self.page, self.page.context.new_page()
        self.page.goto(f"{url}/preferences?t={token}")
        self.page.locator(".pref-deeds").wait_for()
        self.shoot("preferences, little")
        with StudioClient(url, token) as browser:
            model = browser.ok("hello")["default_model"]
            fill(browser, model, num_stories=8, num_steps=6, tokens=(8, 20))
            titles = {title_of(number) for number in range(len(OPENINGS))}
            made = [one for one in browser.ok("stories")["stories"] if one["title"] in titles]
            self.page.reload()
            self.page.locator(".pref-deeds").wait_for()
            self.shoot("preferences, full")
        height = self.page.evaluate("document.documentElement.scrollHeight")
        for part in (1, 2, 3):
            self.page.evaluate("(at) => scrollTo(0, at)", height * part / 4)
            self.shoot(f"preferences, further down {part}")
        with StudioClient(url, token) as browser:
            for story in made:  # the library is to be as the tour left it
                browser.ok("story_bin", story=story["id"])
                browser.ok("story_delete", story=story["id"])
        self.page.close()
        self.page = room
        self.page.bring_to_front()
