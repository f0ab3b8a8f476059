"""Both themes, both widths: reachable by everybody, nothing out of place, nothing moving the text."""

from __future__ import annotations

import sqlite3

import pytest
from playwright.sync_api import expect

from storygen.link.messages import LoadFailed, LoadProgressed
from tests.browser.room import Room, violations
from tests.browser.staged import Stage

pytestmark = pytest.mark.browser

LEAST_TOUCH_PX = 44


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_in_any_state(room: Room, theme: str) -> None:
    room.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    assert violations(room) == []
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w5\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    room.page.keyboard.press("Alt+1")
    room.page.keyboard.press("Alt+3")
    for group in room.page.locator("#panel-sampling summary").all():
        group.click()
    assert violations(room) == []
    room.page.keyboard.press("Alt+2")
    room.page.locator("#panel-history .row-main").first.wait_for()
    room.page.keyboard.press("Alt+4")
    room.page.locator("#right-panel dd").first.wait_for()
    assert violations(room) == []
    room.page.locator("#model-button").click()
    assert violations(room) == []
    room.page.keyboard.press("Escape")
    room.page.locator("#more-button").click()
    assert violations(room) == []
    room.page.keyboard.press("Escape")
    room.page.keyboard.press("Control+k")
    assert violations(room) == []
    room.page.keyboard.press("Escape")
    room.page.keyboard.press("Control+/")
    assert violations(room) == []
    room.page.keyboard.press("Escape")
    room.page.locator("#panel-history .row-main").first.click()
    room.page.locator(".preview-text").wait_for()
    assert violations(room) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_where_something_is_awaited_or_amiss(
    staged: tuple[Room, Stage], theme: str
) -> None:
    room, stage = staged
    room.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    status = room.page.locator("#status-words")
    stage.hold("unloaded")
    room.page.keyboard.press("Control+Enter")
    stage.say(LoadProgressed("downloading", 41e6, 270e6, "bytes"))
    expect(status).to_contain_text("Downloading")
    assert violations(room) == []
    stage.say(LoadFailed("memory", "It needs 5.2 GB, and 3.1 GB are free.", "Close a program."))
    expect(room.page.locator("#notice")).to_contain_text("free. Close a program.")
    assert violations(room) == []
    locked = sqlite3.connect(room.studio.data_dir / "storygen.db", isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    room.editor.click()
    room.page.keyboard.type(" He said nothing.")
    expect(status).to_have_text("Not stored", timeout=30_000)
    assert violations(room) == []
    locked.execute("ROLLBACK")
    locked.close()
    expect(status).not_to_have_text("Not stored", timeout=30_000)
    room.studio.kill()
    expect(status).to_have_text("Away from the server")
    assert violations(room) == []
    room.studio.environ["STORYGEN_TOKEN"] = "another-token-that-is-long-enough"
    room.studio.start()
    expect(status).to_have_text("The access has changed", timeout=30_000)
    assert violations(room) == []


def test_opening_panels_leaves_the_text_where_it_is(room: Room) -> None:
    before = room.editor.bounding_box()
    primary = room.primary.bounding_box()
    room.page.keyboard.press("Alt+1")
    room.page.keyboard.press("Alt+3")
    expect(room.page.locator("#right-panel")).to_be_visible()
    assert room.editor.bounding_box() == before
    panel = room.page.locator("#left-panel").bounding_box()
    assert panel and before and panel["x"] + panel["width"] <= before["x"]
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    assert room.primary.bounding_box() == primary


def test_what_the_model_wrote_is_told_to_screen_readers_when_it_rests(room: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w5\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    expect(room.page.locator("#live p").first).to_contain_text("w0 w1 w2 w3 w4 w5")


def test_every_action_is_found_in_the_palette_and_shows_its_key(room: Room) -> None:
    room.page.keyboard.press("Control+k")
    room.page.keyboard.type("samp")
    option = room.page.get_by_role("option", name="Sampling")
    expect(option).to_contain_text("Alt 3")
    room.page.keyboard.press("Enter")
    expect(room.page.locator("#panel-sampling")).to_be_visible()


def test_every_action_in_the_palette_shows_a_key_and_the_key_does_it(room: Room) -> None:
    room.page.keyboard.press("Control+k")
    options = room.page.get_by_role("option")
    assert options.count() > 20
    assert options.filter(has_not=room.page.locator("kbd")).all_text_contents() == []
    room.page.keyboard.press("Escape")
    room.page.keyboard.press("Alt+8")
    expect(room.page.locator("html")).to_have_attribute("data-theme", "dark")
    with room.page.expect_download() as download:
        room.page.keyboard.press("Alt+p")
    assert download.value.suggested_filename.endswith(".txt")
    room.page.keyboard.press("F2")
    room.page.keyboard.type("The Lamp")
    room.page.keyboard.press("Enter")
    expect(room.page).to_have_title("The Lamp · StoryGen")
    room.page.keyboard.press("Alt+u")
    expect(room.page.locator("#title")).to_have_value("The Lamp (copy)")
    room.page.keyboard.press("Alt+x")
    expect(room.page.locator("#title")).to_have_value("The Lamp")
    room.page.keyboard.press("Alt+w")
    expect(room.page.locator("#prompt-area")).to_be_visible()
    room.page.keyboard.press("Alt+l")
    expect(room.page.get_by_role("menuitemradio", name="scripted")).to_be_focused()


def test_a_narrow_window_keeps_every_control(room: Room) -> None:
    for width in (1280, 1000, 800):
        room.page.set_viewport_size({"width": width, "height": 700})
        for control in ("#mode-button", "#model-button", "#primary", "#panel-button"):
            box = room.page.locator(control).bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= width, (control, width)


def test_the_search_lies_below_the_panels(room: Room) -> None:
    room.page.keyboard.press("Alt+1")
    room.editor.focus()
    room.page.keyboard.press("Control+f")
    expect(room.page.get_by_role("button", name="Next", exact=True)).to_be_visible()
    covering = "document.elementFromPoint(140, 75).closest('.panel') !== null"
    assert room.page.evaluate(covering)


def test_a_parameter_is_remembered_with_its_story(room: Room) -> None:
    room.page.keyboard.press("Alt+3")
    field = room.page.locator("#parameter-temperature")
    field.fill("1.35")
    field.press("Tab")
    slider = room.page.get_by_role("slider", name="Temperature")
    expect(slider).to_have_attribute("aria-valuetext", "1.35")
    room.page.get_by_role("button", name="Save as preset").wait_for()
    room.page.keyboard.press("Alt+n")
    expect(field).to_have_value("0.8")
    room.page.keyboard.press("Alt+1")
    room.page.locator("#left-panel .row-main", has_text="The lamp").click()
    expect(field).to_have_value("1.35")


def test_a_story_is_renamed_duplicated_binned_and_put_back(room: Room) -> None:
    room.page.locator("#title").fill("The Lamp")
    room.page.locator("#title").press("Enter")
    expect(room.page).to_have_title("The Lamp · StoryGen")
    room.page.keyboard.press("Alt+1")
    rows = room.page.locator("#panel-library .rows").first.locator(".row")
    rows.first.get_by_role("button", name="More for").click()
    room.page.get_by_role("menuitem", name="Duplicate").click()
    expect(rows).to_have_count(2)
    expect(room.page.locator("#title")).to_have_value("The Lamp (copy)")
    rows.filter(has_text="copy").get_by_role("button", name="More for").click()
    room.page.get_by_role("menuitem", name="Move to the bin").click()
    expect(rows).to_have_count(1)
    expect(room.page.locator("#title")).to_have_value("The Lamp")
    room.page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(2)


def test_the_story_downloads_as_markdown(room: Room) -> None:
    room.page.locator("#title").fill("The Lamp")
    room.page.locator("#title").press("Enter")
    room.write("One *star*.\nTwo.")
    room.page.locator("#more-button").click()
    with room.page.expect_download() as download:
        room.page.get_by_role("menuitem", name="Download as Markdown").click()
    assert download.value.suggested_filename == "The Lamp.md"
    assert download.value.path().read_text("utf-8") == "# The Lamp\n\nOne \\*star\\*.\n\nTwo.\n"


def test_a_phone_shows_the_whole_width_and_puts_the_controls_within_reach(phone: Room) -> None:
    page = phone.page
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for control in (
        "#primary",
        "#library-button",
        "#panel-button",
        "#more-button",
        "#model-button",
    ):
        box = page.locator(control).bounding_box()
        assert box, control
        assert box["height"] >= LEAST_TOUCH_PX, control
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390, control
    primary = phone.primary.bounding_box()
    assert primary and primary["y"] > 844 * 0.75
    assert violations(phone) == []


def test_a_phones_panels_are_sheets_from_below_and_close_again(phone: Room) -> None:
    page = phone.page
    page.locator("#panel-button").tap()
    sheet = page.locator("#right-panel")
    expect(sheet).to_be_visible()
    box = sheet.bounding_box()
    assert box and (box["x"], box["width"]) == (0, 390)
    assert round(box["y"] + box["height"]) == 844
    assert violations(phone) == []
    sheet.get_by_role("button", name="Close").tap()
    expect(sheet).to_be_hidden()
    phone.primary.tap()
    phone.wait_for_text(r"w3\b")
    phone.primary.tap()
    phone.state("Resume")
