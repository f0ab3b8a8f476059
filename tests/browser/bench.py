"""What browser tests of the workbench hold in their hands: its demo's server, and a page of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.room import Room, Studio, watch


def demo(folder: Path) -> Studio:
    """A server of `tests/workbench_demo.py`, not yet started."""
    return Studio(folder / "data", folder / "models", module="tests.workbench_demo")


class BenchPage(Room):
    """The workbench in a browser; what is asked for is looked for on the page that is in sight."""

    @classmethod
    def opened(cls, context: BrowserContext, studio: Studio, page: str = "inputs") -> BenchPage:
        """In a new tab."""
        made = cls(context.new_page(), studio)
        watch(made.page, made)
        made.page.goto(studio.url.replace("/?t=", "/workbench?t="))
        made.go(page)
        return made

    def go(self, page: str) -> None:
        """To a page, by its place in the address."""
        self.page.evaluate("(page) => { location.hash = page; }", page)
        link = self.page.locator(f'.wb-nav a[href="#{page}"]')
        expect(link).to_have_attribute("aria-current", "page")
        self.here.locator(".wb").nth(2).wait_for(state="attached")

    @property
    def here(self) -> Locator:
        """The page that is in sight."""
        return self.page.locator(".wb-page:not([hidden])")

    def button(self, name: str) -> Locator:
        """A button by its words."""
        return self.here.get_by_role("button", name=re.compile(f"^{name}"))

    def click(self, name: str) -> None:
        """Press a button."""
        self.button(name).click()

    def field(self, label: str) -> Locator:
        """An input by its label."""
        return self.here.get_by_label(label, exact=True).last

    def heard(self, words: str) -> None:
        """The last callback was this; `words` are its name and what it got."""
        line = self.here.locator('.wb-text[data-tone="quiet"]').last
        expect(line).to_have_text(re.compile(rf"^\d+: {re.escape(words)}$"))

    def count(self) -> int:
        """How many callbacks there were."""
        line = self.here.locator('.wb-text[data-tone="quiet"]').last
        return int((line.text_content() or "").split(":")[0])

    @property
    def running(self) -> Locator:
        """What is said of work under way."""
        return self.page.get_by_role("region", name="What runs")

    @property
    def problem(self) -> Locator:
        """The notices of what went wrong."""
        return self.page.locator(".wb-problems:not([hidden]) .wb-problem")

    def element(self, kind: str, at: int = 0) -> Locator:
        """An element of a kind."""
        return self.here.locator(f".wb-{kind}").nth(at)

    def focused(self) -> Any:
        """What has the focus: its text, or what is typed in it."""
        return self.page.evaluate(
            "document.activeElement.value ?? document.activeElement.textContent"
        )

    def fits(self) -> bool:
        """Whether nothing reaches over the window's right edge."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
