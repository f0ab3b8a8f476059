"""The page "What you prefer": from nothing chosen to much, a file beside it, everybody's way around in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from storygen.engine.sampling.parameters import PARAMETERS
from storygen.preferences.dataset.rows import raw_rows
from tests.browser.conftest import PHONE
from tests.browser.room import Room, Studio, violations, watch
from tests.browser.tastes_made import read_by, told
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.protocol.test_candidates_protocol import take

pytestmark = pytest.mark.browser

STEPS = "**/api/preferences/steps"
RANGES = {
    "ranges": {
        "temperature": {"scale": "uniform", "low": 0.5, "high": 1.5},
        "top_k": {"scale": "log", "low": 10, "high": 300},
        "max_tokens": {"scale": "uniform", "low": 2, "high": 2},
    },
    "couplings": [],
}
REFUSED = re.compile(r"status of 40[01]")  # what the browser says of an answer that the page tells


@cache
def much() -> dict[str, Any]:
    return told()


@pytest.fixture
def beside(context: BrowserContext, studio: Studio) -> Iterator[Room]:
    """The page, opened by its own address; nothing was chosen."""
    made = Room(context.new_page(), studio)
    watch(made.page, made)
    made.page.goto(studio.url.replace("/?t=", "/preferences?t="))
    made.page.locator(".pref-lead").wait_for()
    yield made
    assert [one for one in made.broken if not REFUSED.search(one)] == []


@pytest.fixture
def chooser(studio: Studio) -> Iterator[StudioClient]:
    url, token = studio.url.split("/?t=")
    with StudioClient(url, token) as client:
        yield client


def choose(client: StudioClient, story: OpenStory, num: int) -> None:
    """Take the coolest card of three, letter by letter, `num` times."""
    for _ in range(num):
        asked = client.ok(
            "candidates_ask",
            story=story.id,
            model="found:scripted",
            at="end",
            num=3,
            params={"temperature": 1.0},
            fate={"policy": "random", "blind": True, "ranges": RANGES},
        )
        cards = story.wait_set(asked["set"]["id"])["cards"]
        coolest = min(cards, key=lambda card: card["params"]["temperature"])
        take(story, coolest, " w0")
        shown = {one["id"]: 6 for one in cards}
        client.ok("candidate_taken", candidate=coolest["id"], units=3, shown=shown)


def show(room: Room, statistics: dict[str, Any]) -> None:
    """The page as it would be after the choices of `statistics`."""
    room.page.route(STEPS, lambda route: route.fulfill(json=statistics))
    room.page.reload()
    panel(room.page).locator("rect").first.wait_for(state="attached")


def come_back(page: Page) -> None:
    """As a tab does that is shown again."""
    with page.expect_response(STEPS):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def panel(page: Page, name: str = "temperature", part: str = "each") -> Locator:
    heading = f"section[aria-labelledby={part}-heading]"
    return page.locator(f"{heading} .pref-panel[data-parameter={name}]")


def open_file(page: Page, path: Path, content: Any) -> None:
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    page.locator("input[type=file]").set_input_files(path)


# ---------------------------------------------------------------- the way there and back


def test_the_room_opens_it_in_one_tab_and_the_way_back_is_the_room_as_it_was(room: Room) -> None:
    with room.page.context.expect_page() as opened:
        room.page.keyboard.press("Alt+Shift+e")
    page = opened.value
    expect(page).to_have_title("What you prefer · StoryGen")
    page.locator(".pref-lead").wait_for()
    page.locator("#theme").focus()
    room.page.bring_to_front()
    room.page.locator("#more-button").click()
    room.page.get_by_role("menuitem", name="What you prefer").click()
    expect(page.locator("#theme")).to_be_focused()  # it was not loaded anew
    assert len(room.page.context.pages) == 2
    with page.expect_event("close"):
        expect(page.get_by_role("link", name="The writing room", exact=True)).to_be_visible()
        # Playwright's own click would go on to wait for a page that is gone by then.
        page.evaluate("() => void setTimeout(() => document.querySelector('a.back').click())")
    assert len(room.page.context.pages) == 1
    expect(room.editor).to_be_visible()


def test_without_a_room_behind_it_the_way_back_opens_one(beside: Room) -> None:
    beside.page.get_by_role("link", name="To the writing room").click()
    beside.ready()


def test_light_or_dark_is_the_rooms(beside: Room, context: BrowserContext) -> None:
    window = Room(context.new_page(), beside.studio)
    window.open()
    beside.page.get_by_label("Light or dark").select_option("Dark")
    for page in (beside.page, window.page):
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    window.page.keyboard.press("Alt+7")
    expect(beside.page.locator("html")).to_have_attribute("data-theme", "light")
    expect(beside.page.get_by_label("Light or dark")).to_have_value("light")


def test_without_the_token_a_visitor_is_asked_and_led_here(
    chromium: Browser, studio: Studio
) -> None:
    url, token = studio.url.split("/?t=")
    page = chromium.new_page()
    page.goto(f"{url}/preferences")
    expect(page.get_by_role("heading")).to_have_text("Your stories are locked.")
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    page.wait_for_url("**/preferences")
    expect(page.locator(".pref-lead")).to_have_text("You have chosen nothing yet.")
    page.close()


# ---------------------------------------------------------------- real choices


def test_from_nothing_to_a_preference(beside: Room, chooser: StudioClient) -> None:
    page = beside.page
    expect(page.locator(".pref-begin")).to_contain_text("Set Written by to fate")
    expect(page.get_by_role("button", name="Save as a file")).to_be_hidden()
    story = chooser.create("Once")
    choose(chooser, story, 5)
    come_back(page)
    expect(page.locator(".pref-lead")).to_contain_text("5 choices in one story.")
    expect(page.locator(".pref-few")).to_contain_text("7 more choices")
    expect(page.locator(".pref-begin")).to_be_hidden()
    words = panel(page).locator(".pref-words")
    expect(words).to_be_hidden()
    assert panel(page, part="along").locator(".chart-line").count() == 0
    table = panel(page).locator(".chart-details")
    table.locator("summary").click()
    place = panel(page).locator(".chart-frame")
    place.focus()
    page.keyboard.press("End")
    choose(chooser, chooser.create("Twice"), 7)
    come_back(page)
    expect(page.locator(".pref-lead")).to_contain_text("12 choices in 2 stories.")
    expect(words).to_have_text(
        re.compile(r"You took cooler ones: 0\.\d+ lower, 0\.\d+ to 0\.\d+ lower, than what you")
    )
    expect(page.locator(".pref-few")).to_be_hidden()
    expect(table).to_have_attribute("open", "")
    expect(place).to_be_focused()
    expect(place).to_have_attribute("aria-valuenow", "11")
    expect(page.get_by_text("The same on every card")).to_contain_text("Most tokens 2")
    assert panel(page, part="along").locator(".chart-line").count() == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    assert re.fullmatch(
        r"storygen-preferences-\d{4}-\d\d-\d\d\.json", download.value.suggested_filename
    )
    saved = json.loads(download.value.path().read_text("utf-8"))
    assert saved["all"]["num_sets"] == 12 and len(saved["steps"]) == 7


# ---------------------------------------------------------------- charts


def test_parameters_are_called_as_in_the_room(beside: Room) -> None:
    show(beside, much())
    titles = {one.name: one.title for one in PARAMETERS}
    for name in much()["all"]["parameters"]:
        heading = panel(beside.page, name).locator("h3")
        assert heading.text_content() == titles[name]


def test_every_value_is_reached_by_keys_by_pointer_and_as_a_table(beside: Room) -> None:
    show(beside, much())
    page = beside.page
    here = panel(page)
    chart, readout = here.locator(".chart-frame"), here.locator(".chart-readout")
    expect(readout).to_contain_text("On average")
    before = here.bounding_box()
    chart.focus()
    bins = much()["all"]["parameters"]["temperature"]["bins"]["edges"]
    page.keyboard.press("ArrowRight")
    value = f"{bins[1]:.2f} to {bins[2]:.2f}:"
    expect(chart).to_have_attribute("aria-valuetext", re.compile(re.escape(value)))
    expect(readout).to_contain_text(value)
    page.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuenow", "11")
    page.keyboard.press("ArrowRight")
    expect(chart).to_have_attribute("aria-valuenow", "11")
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + 15, box["y"] + 40)
    expect(chart).to_have_attribute("aria-valuenow", "0")
    assert here.bounding_box() == before
    here.get_by_text("As a table").click()
    expect(here.locator("tbody tr")).to_have_count(12)
    expect(here.locator("tbody th").nth(1)).to_have_text(value.rstrip(":"))


def test_along_a_story_by_step_and_by_what_else_there_is(beside: Room) -> None:
    show(beside, much())
    page = beside.page
    here = panel(page, part="along")
    chart = here.locator(".chart-frame")
    expect(chart).to_have_attribute("aria-valuemax", "17")
    expect(here.locator(".chart-dot.is-few")).to_have_count(1)
    shrunk = much()["steps"]["1"]["parameters"]["temperature"]["shrunk"]
    expect(chart).to_have_attribute("aria-valuetext", re.compile(rf"^Step 1: {shrunk:.2f},"))
    for by, places in (("phases", 3), ("repetition", 2), ("entropy", 2)):
        page.get_by_label("How it is grouped").select_option(by)
        expect(chart).to_have_attribute("aria-valuemax", str(places - 1))
        expect(here.locator(".chart-line")).to_have_count(0)
    expect(chart).to_have_attribute("aria-valuetext", re.compile("^Steady: "))


def test_two_hundred_steps_are_drawn_within_the_page(beside: Room) -> None:
    steps = {str(at): much()["steps"]["3"] for at in range(1, 201)}
    show(beside, {**much(), "steps": steps})
    chart = panel(beside.page, part="along").locator(".chart-frame")
    chart.focus()
    beside.page.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^Step 200\+: "))
    assert fits(beside.page)


# ---------------------------------------------------------------- files


def test_a_file_is_shown_beside_ones_own_and_put_away(beside: Room, tmp_path: Path) -> None:
    show(beside, much())
    page = beside.page
    figures = panel(page).locator(".pref-figure")
    expect(figures).to_have_count(1)
    open_file(page, tmp_path / "Anna & <b>.json", told(seed=4, num_stories=12, temperature=0.7))
    expect(page.locator(".pref-shown")).to_contain_text("Beside yours: “Anna & <b>.json”")
    expect(figures).to_have_count(2)
    expect(figures.locator(".pref-owner")).to_have_text(["You", "Anna & <b>.json"])
    expect(figures.nth(1).locator(".pref-words")).to_contain_text("They took warmer ones")
    expect(panel(page, part="along").locator(".pref-figure")).to_have_count(2)
    labels = figures.nth(1).locator(".chart-frame")
    expect(labels).to_have_attribute("aria-label", re.compile("Anna & <b>.json$"))
    page.get_by_role("button", name="Close it").click()
    expect(figures).to_have_count(1)
    expect(page.locator(".pref-beside")).to_be_hidden()
    expect(page.get_by_role("button", name="Open a file")).to_be_focused()


def test_a_file_is_shown_also_where_nothing_was_chosen_here(beside: Room, tmp_path: Path) -> None:
    page = beside.page
    open_file(page, tmp_path / "anna.json", much())
    expect(page.locator(".pref-their-lead")).to_contain_text("choices in 30 stories")
    expect(page.locator(".pref-begin")).to_be_visible()
    expect(panel(page).locator(".pref-words").first).to_have_text("Nothing is known of it here.")
    expect(panel(page).locator(".pref-words").nth(1)).to_contain_text("They took")


def test_a_dataset_that_somebody_exported_is_counted_and_shown_beside(
    beside: Room, tmp_path: Path
) -> None:
    page = beside.page
    seen = read_by(num_stories=12, temperature=0.7)
    rows = "\n".join(json.dumps(row) for row in raw_rows(seen))
    open_file(page, tmp_path / "train.jsonl", rows)
    expect(page.locator(".pref-their-lead")).to_contain_text("choices in 12 stories")
    expect(page.locator(".pref-shown")).to_contain_text("Beside yours: “train.jsonl”")
    expect(panel(page).locator(".pref-words").nth(1)).to_contain_text("They took warmer ones")
    page.get_by_role("button", name="Close it").click()
    open_file(page, tmp_path / "renamed.json", rows)
    expect(page.locator(".pref-their-lead")).to_contain_text("choices in 12 stories")
    open_file(page, tmp_path / "broken.jsonl", rows[:-50])
    expect(page.locator(".pref-problem")).to_contain_text("“broken.jsonl” is not shown. Line ")
    expect(page.locator(".pref-shown")).to_contain_text("renamed.json")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no json", "This is no JSON: no file of statistics."),
        ("{}", "it must be an object with a version"),
        ('{"version": 9}', "another version than 1"),
        ('{"version": 1, "all": {"num_sets": "many"}}', "all.parameters must be an object"),
        (" " * (4 * 2**20 + 1), "more than 4 MB"),
    ],
)
def test_a_broken_file_is_refused_with_what_is_wrong_and_nothing_else_changes(
    beside: Room, tmp_path: Path, content: str, words: str
) -> None:
    show(beside, much())
    page = beside.page
    open_file(page, tmp_path / "broken.json", content)
    problem = page.locator(".pref-problem")
    expect(problem).to_contain_text("“broken.json” is not shown.")
    expect(problem).to_contain_text(words)
    expect(panel(page).locator(".pref-figure")).to_have_count(1)
    open_file(page, tmp_path / "right.json", much())
    expect(panel(page).locator(".pref-figure")).to_have_count(2)
    expect(problem).to_be_empty()


# ---------------------------------------------------------------- away, and everybody


def test_a_server_that_is_away_is_told_and_what_was_known_stays(beside: Room) -> None:
    page = beside.page
    beside.studio.kill()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#notice")).to_contain_text("StoryGen does not answer.")
    expect(page.locator(".pref-lead")).to_be_visible()
    before = page.locator(".pref-lead").bounding_box()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#notice")).to_contain_text("StoryGen does not answer.")
    beside.studio.start()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#notice")).to_be_hidden()
    assert page.locator(".pref-lead").bounding_box() == before


def test_a_changed_token_is_asked_for(beside: Room) -> None:
    page = beside.page
    beside.studio.stop()
    beside.studio.environ["STORYGEN_TOKEN"] = "another-token-that-is-long-enough"
    beside.studio.start()
    come_back(page)
    page.get_by_role("link", name="Enter the token").click()
    expect(page.get_by_role("heading")).to_have_text("Your stories are locked.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_nothing_much_or_a_file(
    beside: Room, tmp_path: Path, theme: str
) -> None:
    page = beside.page
    page.emulate_media(color_scheme="light" if theme == "light" else "dark")
    assert violations(beside) == []
    show(beside, much())
    panel(page).get_by_text("As a table").click()
    panel(page).locator(".chart-frame").focus()
    assert violations(beside) == []
    open_file(page, tmp_path / "broken.json", "{")
    expect(page.locator(".pref-problem")).to_contain_text("no JSON")
    assert violations(beside) == []
    open_file(page, tmp_path / "anna.json", told(seed=4, num_stories=2, num_steps=4))
    page.locator(".pref-beside").wait_for()
    page.get_by_label("How it is grouped").select_option("phases")
    assert violations(beside) == []


def test_on_a_phone_all_fits_and_a_finger_reads_values(
    chromium: Browser, studio: Studio, tmp_path: Path
) -> None:
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    phone = Room(context.new_page(), studio)
    watch(phone.page, phone)
    page = phone.page
    page.goto(studio.url.replace("/?t=", "/preferences?t="))
    page.locator(".pref-begin").wait_for()
    assert fits(page)
    show(phone, much())
    assert fits(page)
    chart = panel(page).locator(".chart-frame")
    chart.tap(position={"x": 15, "y": 40})
    expect(chart).to_have_attribute("aria-valuenow", "0")
    expect(panel(page).locator(".chart-readout")).to_contain_text("of those taken")
    panel(page, part="along").get_by_text("As a table").tap()
    open_file(page, tmp_path / f"{'a-very-long-name' * 8}.json", told(seed=4, num_stories=2))
    page.locator(".pref-beside").wait_for()
    assert fits(page)
    assert violations(phone) == []
    for name in ("Save as a file", "Open a file", "Close it"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box and box["height"] >= 44, name
    context.close()
    assert phone.broken == []


def fits(page: Page) -> bool:
    """Whether nothing reaches over the window's right edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
