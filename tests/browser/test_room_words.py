"""What stands in sight, and what the panels do: meters, models with reasons, presets, taking a story away."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.program_beside import client, only_run
from tests.browser.room import Room, make_models
from tests.browser.test_authors import BY_MODEL

pytestmark = pytest.mark.browser


def test_model_speed_context_and_saved_are_in_sight_while_it_writes(room: Room) -> None:
    expect(room.page.locator("#model-name")).to_have_text("scripted")
    room.page.keyboard.press("Control+Enter")
    expect(room.page.locator("#status-words")).to_have_text("Writing")
    expect(room.page.locator("#speed")).to_have_text(re.compile(r"^\d+\.\d tokens/s$"))
    expect(room.page.locator("#context")).to_have_text(re.compile(r"^\d+ / 1,000$"))
    for one in ("#model-name", "#speed", "#context", "#saved"):
        assert room.page.locator(one).is_visible(), one
    room.page.keyboard.press("Escape")
    expect(room.page.locator("#status-words")).to_have_text("Paused")
    expect(room.page.locator("#speed")).to_have_text("")


def test_a_model_that_cannot_be_used_is_listed_with_its_reason_and_its_mend(room: Room) -> None:
    folder = room.studio.models_dir
    make_models(folder / "made")
    broken = folder / "broken"
    (folder / "made" / "scripted").rename(broken)
    (broken / "config.json").write_text('{\n "a": 1\n "b": 2}')
    room.page.reload()
    room.ready()
    room.page.locator("#model-button").click()
    item = room.page.get_by_role("menuitemradio", name="broken")
    expect(item).to_contain_text("line 3, column 2")
    expect(item).to_have_attribute("aria-disabled", "true")
    with client(room) as program:
        (entry,) = [m for m in program.ok("models")["models"] if m["name"] == "broken"]
    assert entry["mend"]
    expect(item).to_contain_text(entry["mend"])
    item.click(force=True)
    room.page.keyboard.press("Escape")
    expect(room.page.locator("#model-name")).to_have_text("scripted")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")


def test_each_preset_says_what_it_does_and_its_values_reach_the_run(room: Room) -> None:
    with client(room) as program:
        presets = program.ok("hello")["presets"]
    room.page.keyboard.press("Alt+3")
    panel = room.page.locator("#panel-sampling")
    for preset in presets:
        panel.get_by_role("button", name=preset["name"], exact=True).click()
        expect(panel.locator(".panel-line").first).to_have_text(preset["sentence"])
        temperature = float(room.page.locator("#parameter-temperature").input_value())
        assert temperature == preset["params"]["temperature"]
    room.page.locator("#parameter-temperature").fill("0.65")
    room.page.locator("#parameter-temperature").press("Tab")
    expect(panel.locator(".panel-line").first).to_have_text("Your own setting.")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    assert only_run(room)["params"] == {**presets[-1]["params"], "temperature": 0.65}


def test_a_prompt_and_its_mode_reach_the_run(room: Room) -> None:
    room.page.locator("#mode-button").click()
    room.page.get_by_role("menuitemradio", name="Writing prompt").click()
    room.page.locator("#prompt").fill("A lighthouse. 🙂")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    run = only_run(room)
    assert (run["mode"], run["prompt"]) == ("prompt", "A lighthouse. 🙂")


def test_the_whole_story_is_copied_and_downloaded_as_text(room: Room) -> None:
    room.page.locator("#title").fill("The Lamp")
    room.page.locator("#title").press("Enter")
    room.write("One *star* 猫🙂.\n\nTwo.")
    room.saved()
    room.page.locator("#more-button").click()
    room.page.get_by_role("menuitem", name="Copy the text").click()
    expect(room.page.locator(".toast")).to_contain_text("Copied")
    assert room.page.evaluate("navigator.clipboard.readText()") == "One *star* 猫🙂.\n\nTwo."
    room.page.locator("#more-button").click()
    with room.page.expect_download() as download:
        room.page.get_by_role("menuitem", name="Download as text").click()
    assert download.value.suggested_filename == "The Lamp.txt"
    assert download.value.path().read_text("utf-8") == "One *star* 猫🙂.\n\nTwo.\n"


def test_after_a_killed_server_a_new_browser_sees_the_story_and_its_authors_where_it_stopped(
    room: Room,
) -> None:
    room.write("Mine.")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w10\b")
    room.studio.kill()
    expect(room.page.locator("#notice")).to_be_visible()
    seen = room.text()
    room.page.goto("about:blank")
    room.studio.start()
    context = room.page.context.browser
    assert context
    fresh = Room(context.new_page(), room.studio)
    fresh.open()
    assert fresh.text().startswith(seen)  # nothing was shown that was not stored
    assert fresh.page.evaluate(BY_MODEL) == fresh.text().removeprefix("Mine.")
    fresh.state("Resume")
    fresh.page.context.close()


def test_stop_shows_only_while_a_run_lives(room: Room) -> None:
    stop = room.page.locator("#stop")
    expect(stop).to_be_hidden()
    room.page.keyboard.press("Control+Enter")
    expect(stop).to_be_visible()
    room.wait_for_text(r"w3\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    expect(stop).to_be_visible()
    stop.click()
    expect(stop).to_be_hidden()
    room.state("Write")
