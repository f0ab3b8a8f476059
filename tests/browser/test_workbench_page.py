"""The workbench around its elements: what runs, what fails, what streams, the way back after a break."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.bench import BenchPage
from tests.browser.conftest import PHONE
from tests.browser.room import Room, Studio, violations

pytestmark = pytest.mark.browser

PAGES = ("inputs", "reading", "charts", "talk", "work")
MARKUP = "<b>bold</b> & <img src=x onerror=alert(1)>"


# ---------------------------------------------------------------- pages


def test_pages_are_gone_to_by_a_click_an_address_or_a_key_and_stay_as_they_were(
    bench: BenchPage,
) -> None:
    page = bench.page
    expect(page).to_have_title("Inputs · A demo")
    expect(page.locator("h1")).to_have_text("Inputs")
    bench.field("Name").fill("kept")
    bench.heard("name 'kept'")
    page.get_by_role("link", name="Charts").click()
    expect(page).to_have_url(re.compile("#charts$"))
    expect(page.locator("h1")).to_have_text("Charts")
    page.keyboard.press("Alt+1")
    expect(page.locator("h1")).to_have_text("Inputs")
    expect(bench.field("Name")).to_have_value("kept")
    page.reload()
    expect(bench.field("Name")).to_have_value("kept")  # its visit goes on
    bench.page.evaluate("location.hash = 'no-such-page'")
    expect(page.locator("h1")).to_have_text("Inputs")
    expect(page.get_by_role("link", name="The writing room")).to_be_hidden()


def test_keys_are_listed(bench: BenchPage) -> None:
    bench.page.keyboard.press("Control+/")
    dialog = bench.page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Generate")
    expect(dialog).to_contain_text("Alt G")
    expect(dialog).to_contain_text("Alt 5")
    bench.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    bench.page.get_by_role("button", name="Keys").click()
    expect(dialog).to_be_visible()


def test_the_room_opens_the_workbench_beside_itself(room: Room) -> None:
    with room.page.context.expect_page() as opened:
        room.page.keyboard.press("Alt+Shift+w")
    page = opened.value
    page.wait_for_url("**/workbench")
    expect(page.locator(".wb-nav a").first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="The writing room")).to_be_visible()
    room.page.bring_to_front()
    room.page.locator("#more-button").click()
    room.page.get_by_role("menuitem", name="The workbench").click()
    assert len(room.page.context.pages) == 2


# ---------------------------------------------------------------- what runs


def test_what_runs_is_told_and_stopped_and_moves_nothing(bench: BenchPage) -> None:
    bench.go("work")
    before = bench.field("Note").bounding_box()
    bench.click("Count")
    expect(bench.running).to_contain_text("Counting")
    bench.click("Go on")
    expect(bench.running).to_contain_text("1 of 10")
    line = bench.running.get_by_role("progressbar")
    expect(line).to_have_attribute("aria-valuenow", "10")
    expect(bench.element("progress")).to_contain_text("step 1")
    expect(bench.page.get_by_role("link", name="Work")).to_have_class(re.compile("is-at-work"))
    assert bench.field("Note").bounding_box() == before
    bench.page.keyboard.press("Escape")
    expect(bench.running).to_be_hidden()
    bench.click("Count")
    bench.running.get_by_role("button", name="Stop").click()
    expect(bench.running).to_be_hidden()
    assert bench.here.get_by_text("counted").count() == 0


def test_progress_is_spoken_in_quarters_not_in_every_step(bench: BenchPage) -> None:
    bench.go("work")
    bench.page.evaluate(
        """() => {
          window.said = [];
          const live = document.getElementById("live");
          new MutationObserver(() => window.said.push(live.textContent)).observe(live, {
            childList: true, characterData: true, subtree: true });
        }"""
    )
    bench.click("Count")
    expect(bench.running).to_contain_text("0 of 10")
    for step in range(1, 11):
        bench.click("Go on")
        if step < 10:
            expect(bench.running).to_contain_text(f"{step} of 10")
    bench.heard("counted")
    expect(bench.page.locator("#live")).to_have_text("Done.")
    said = bench.page.evaluate("window.said")
    assert said[-4:] == [*(f"Counting: {n} percent" for n in (30, 50, 80)), "Done."]
    assert len(said) <= 5


def test_an_error_is_a_sentence_with_where_it_happened_for_who_wants_it(bench: BenchPage) -> None:
    bench.go("work")
    bench.click("Refuse")
    expect(bench.problem).to_have_text("Choose a model first.")
    bench.click("Fail")
    expect(bench.problem).to_have_count(1)  # what was said before is not true for ever
    expect(bench.problem).to_contain_text(f"ValueError: No such thing: {MARKUP}")
    trace = bench.problem.locator("pre")
    expect(trace).to_be_hidden()
    bench.problem.get_by_text("Where it happened").click()
    expect(trace).to_contain_text("in fail")
    bench.problem.get_by_role("button", name="Copy").click()
    expect(bench.problem).to_contain_text("Copied.")
    copied = bench.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Traceback") and MARKUP in copied
    assert bench.page.locator(".wb-problem b, .wb-problem img").count() == 0
    bench.go("inputs")
    expect(bench.problem).to_have_count(0)
    bench.go("work")
    bench.problem.get_by_role("button", name="Put it away").click()
    expect(bench.problem).to_have_count(0)


def test_a_file_is_saved(bench: BenchPage) -> None:
    bench.go("work")
    with bench.page.expect_download() as download:
        bench.click("Save")
    assert download.value.suggested_filename == "words.txt"
    assert download.value.path().read_text("utf-8") == "The lamp & <b>"


# ---------------------------------------------------------------- what streams, and much


def test_what_is_written_is_appended_and_nothing_drawn_again(bench: BenchPage) -> None:
    bench.go("work")
    bench.click("Write")
    tokens = bench.element("tokens")
    expect(tokens.locator(".wb-token")).to_have_count(600)
    bench.heard("written")
    bench.here.locator(".wb-token, .wb-block, tr").evaluate_all(
        "(all) => all.forEach((one) => one.setAttribute('data-old', ''))"
    )
    bench.click("Write")
    expect(tokens.locator(".wb-token")).to_have_count(1200)
    expect(tokens.locator(".wb-token[data-old]")).to_have_count(600)
    text = bench.element("text").text_content() or ""
    assert text.split() == [f"word{n}" for n in range(600)] * 2
    assert text.count("\n") == 60
    expect(bench.element("text").locator(".wb-block[data-old]")).not_to_have_count(0)
    expect(bench.element("table").locator("tbody tr[data-old]")).to_have_count(150)


def test_thousands_of_rows_and_tokens_are_reached(bench: BenchPage) -> None:
    bench.go("work")
    bench.click("Much")
    bench.heard("much")
    table = bench.element("table")
    expect(table).to_contain_text("more rows")
    assert table.locator("tbody tr").count() < 1000
    table.locator("tbody tr").first.focus()
    bench.page.keyboard.press("End")
    expect(table.locator("tbody tr:focus")).to_have_text("4999row 4999")
    bench.page.keyboard.press("Enter")
    bench.heard("row 4999 None")
    expect(bench.here.locator(".wb-token")).to_have_count(8000)


def test_a_long_table_goes_on_as_it_is_scrolled(bench: BenchPage) -> None:
    bench.go("work")
    bench.click("Much")
    bench.heard("much")
    table = bench.element("table")
    rows = table.locator("tbody tr")
    before = rows.count()
    table.locator(".wb-scroller").evaluate("(one) => { one.scrollTop = one.scrollHeight; }")
    table.scroll_into_view_if_needed()
    expect(rows.nth(before + 20)).to_be_attached()


@pytest.mark.parametrize("at_end", [True, False])
def test_an_answer_is_followed_only_by_who_is_at_the_end(bench: BenchPage, at_end: bool) -> None:
    page = bench.page
    bench.go("talk")
    page.set_viewport_size({"width": 1280, "height": 600})
    long = " ".join(["word"] * 1500)
    bench.field("Message").fill(long)
    page.evaluate(f"scrollTo(0, {10_000 if at_end else 0})")
    page.keyboard.press("Control+Enter")
    answer = bench.element("turn", 5)
    expect(answer).to_contain_text(long, timeout=20_000)
    expect(answer).to_have_attribute("data-state", "")
    root = "document.documentElement"
    left = page.evaluate(f"{root}.scrollHeight - innerHeight - {root}.scrollTop")
    where = page.evaluate("scrollY")
    assert left < 5 if at_end else where == 0


def test_other_fields_come_and_go_and_what_stays_keeps_its_caret(bench: BenchPage) -> None:
    bench.go("work")
    bench.click("Add")
    bench.field("Field 0").fill("a lamp")
    bench.page.keyboard.press("ArrowLeft")
    bench.page.keyboard.press("ArrowLeft")
    for name, labels in (("Add", ["Field 1", "Field 0"]), ("Turn around", ["Field 0", "Field 1"])):
        bench.button(name).evaluate("(one) => one.click()")  # without taking the focus
        expect(bench.here.locator(".wb-column .wb-column .wb-column .wb-label")).to_have_text(
            labels
        )
        assert bench.focused() == "a lamp"
        assert bench.page.evaluate("document.activeElement.selectionStart") == 4


# ---------------------------------------------------------------- everybody


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_on_any_page(bench: BenchPage, theme: str) -> None:
    bench.page.emulate_media(color_scheme="light" if theme == "light" else "dark")
    for page in PAGES:
        bench.go(page)
        assert violations(bench) == [], page
    bench.click("Fail")
    expect(bench.problem).to_be_visible()
    bench.click("Count")
    bench.problem.get_by_text("Where it happened").click()
    expect(bench.running).to_be_visible()
    assert violations(bench) == []
    bench.go("reading")
    bench.here.get_by_role("switch", name="Boundaries").click()
    bench.here.get_by_role("switch", name="Ids").click()
    expect(bench.here.locator(".has-ids.has-boundaries")).to_be_visible()
    bench.go("inputs")
    bench.field("Most tokens").fill("5000")
    bench.field("Most tokens").blur()
    expect(bench.here.get_by_role("alert")).to_be_visible()
    assert violations(bench) == []
    bench.page.keyboard.press("Control+/")
    assert violations(bench) == []


def test_on_a_phone_all_fits_and_is_reached_by_a_thumb(bench_phone: BenchPage) -> None:
    bench = bench_phone
    for page in PAGES:
        bench.go(page)
        assert bench.fits(), page
        controls = bench.here.locator(
            ".wb-button:visible, .field:visible, .wb-option:visible, summary:visible, .wb-turn button:visible"
        )
        small = controls.evaluate_all(
            "(all) => all.filter((one) => one.getBoundingClientRect().height < 44)"
            ".map((one) => one.outerHTML.slice(0, 80))"
        )
        assert small == [], page
    bench.click("Much")
    bench.heard("much")
    bench.click("Count")
    stop = bench.running.get_by_role("button", name="Stop")
    box = stop.bounding_box()
    assert box and box["y"] > 760 and box["height"] >= 44
    stop.tap()
    bench.click("Fail")
    bench.problem.get_by_text("Where it happened").tap()
    assert bench.fits()
    bench.go("reading")
    box = bench.element("table").bounding_box()
    assert box and box["x"] + box["width"] <= 390


def test_a_long_press_says_what_resting_the_mouse_would(
    chromium: Browser, demo_studio: Studio
) -> None:
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    bench = BenchPage.opened(context, demo_studio)
    button = bench.button("Compare")
    button.scroll_into_view_if_needed()
    button.dispatch_event("pointerdown", {"pointerType": "touch", "bubbles": True})
    expect(bench.page.get_by_role("tooltip")).to_have_text("Choose a second model first.")
    context.close()
    assert bench.broken == []
