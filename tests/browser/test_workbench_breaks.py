"""A break between the workbench and its server: what was there stays, what was typed is told afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.bench import BenchPage, demo
from tests.browser.room import Studio

pytestmark = pytest.mark.browser


@dataclass
class Wire:
    """The page's connection, to be cut and mended."""

    cut: bool = False
    open: list[WebSocketRoute] = field(default_factory=list)

    def lay(self, page: Page) -> None:
        """Before the page is loaded."""
        page.route(
            "**/socket.io/**", lambda route: route.abort() if self.cut else route.continue_()
        )
        page.route_web_socket("**/socket.io/**", self._opened)

    def _opened(self, route: WebSocketRoute) -> None:
        if self.cut:
            route.close()
            return
        route.connect_to_server()
        self.open.append(route)

    def sever(self) -> None:
        """The connection is lost, and no other can be made."""
        self.cut = True
        for route in self.open:
            route.close()
        self.open.clear()


@pytest.fixture
def wire(context: BrowserContext) -> Wire:
    made = Wire()
    context.on("page", made.lay)
    return made


@pytest.fixture
def own_studio(tmp_path: Path) -> Iterator[Studio]:
    """A server of the test's own."""
    made = demo(tmp_path)
    made.start()
    yield made
    if made.process:
        made.stop()


def test_after_a_break_the_page_stands_as_it_was_and_what_was_typed_is_told(
    wire: Wire, context: BrowserContext, demo_studio: Studio
) -> None:
    bench = BenchPage.opened(context, demo_studio, "work")
    bench.click("Write")
    bench.heard("written")
    bench.field("Note").fill("a lamp")
    bench.heard("note 'a lamp'")
    bench.page.evaluate("scrollTo(0, 30)")
    mark = "(one) => one.setAttribute('data-old', '')"
    bench.here.locator(".wb-token").first.evaluate(mark)
    notice = bench.page.locator("#notice")
    expect(notice).to_be_hidden()
    wire.sever()
    expect(notice).to_contain_text("The workbench is away.")
    bench.field("Note").press("ArrowLeft")
    bench.page.keyboard.type("X")
    bench.button("Add").evaluate("(one) => one.click()")  # before which it is tried, in vain
    wire.cut = False
    expect(notice).to_be_hidden()
    bench.heard("note 'a lamXp'")
    assert bench.focused() == "a lamXp"
    assert bench.page.evaluate("document.activeElement.selectionStart") == 6
    assert bench.page.evaluate("scrollY") == 30
    expect(bench.here.locator(".wb-token[data-old]")).to_have_count(1)
    bench.click("Count")
    expect(bench.running).to_contain_text("Counting")
    bench.page.keyboard.press("Escape")
    expect(bench.running).to_be_hidden()


def test_what_ran_meanwhile_is_there_after_a_break(
    wire: Wire, context: BrowserContext, demo_studio: Studio
) -> None:
    bench = BenchPage.opened(context, demo_studio, "work")
    bench.click("Count")
    expect(bench.running).to_contain_text("0 of 10")
    wire.sever()
    expect(bench.page.locator("#notice")).to_be_visible()
    expect(bench.running).to_be_hidden()
    wire.cut = False
    expect(bench.running).to_be_visible()
    bench.click("Go on")
    expect(bench.running).to_contain_text("1 of 10")


def test_a_server_that_was_started_anew_opens_the_page_anew(
    context: BrowserContext, own_studio: Studio
) -> None:
    bench = BenchPage.opened(context, own_studio)
    bench.field("Name").fill("lost")
    bench.heard("name 'lost'")
    own_studio.kill()
    expect(bench.page.locator("#notice")).to_contain_text("away")
    own_studio.start()
    expect(bench.page.locator("#notice")).to_be_hidden(timeout=20_000)
    expect(bench.problem).to_contain_text("started anew")
    expect(bench.field("Name")).to_have_value("")
    bench.field("Name").fill("found")
    bench.heard("name 'found'")


def test_news_that_the_tree_has_already_are_not_applied_again(bench: BenchPage) -> None:
    told = bench.page.evaluate(
        """async () => {
          const { Page } = await import("/static/js/workbench/page.js");
          const done = [];
          const news = (number, more) => [
            { visit: "v", number, ops: [{ op: "grow", id: "e1", name: "text", more }] },
            () => done.push(number),
          ];
          const link = {
            call: async () => ({ visit: "v", number: 5, busy: false,
                                 tree: { id: "e1", kind: "text", text: "the lamp" } }),
            listen: (visit, heard) => [news(5, " lamp"), news(6, " burned")].forEach((one) => heard(...one)),
          };
          const page = new Page("", { key: "k", title: "T" }, link, { busy() {}, problem() {} });
          await page.open();
          while (done.length < 2) await new Promise(requestAnimationFrame);
          return [page.element.textContent, done];
        }"""
    )
    assert told == ["the lamp burned", [5, 6]]  # both are answered, or nothing more would come


def test_pages_of_a_process_that_ended_are_opened_anew_but_not_over_and_over(
    wire: Wire, context: BrowserContext, demo_studio: Studio
) -> None:
    bench = BenchPage.opened(context, demo_studio)
    bench.field("Name").fill("kept")
    bench.heard("name 'kept'")
    gone = '42/workbench,["gone",{"bench":""}]'
    wire.open[-1].send(gone)
    bench.field("Name").fill("still kept")
    bench.heard("name 'still kept'")
    expect(bench.problem).to_have_count(0)
    wire.open[-1].send(gone)
    expect(bench.problem).to_have_text(
        "The workbench’s process ended again. Load this page to start it."
    )
    bench.page.reload()
    expect(bench.field("Name")).to_have_value("still kept")


def test_a_changed_token_is_asked_for(context: BrowserContext, own_studio: Studio) -> None:
    bench = BenchPage.opened(context, own_studio)
    own_studio.stop()
    own_studio.environ["STORYGEN_TOKEN"] = "another-token-that-is-long-enough"
    own_studio.start()
    bench.page.get_by_role("link", name="Enter the new one").click(timeout=20_000)
    expect(bench.page.get_by_label("Token")).to_be_visible()
