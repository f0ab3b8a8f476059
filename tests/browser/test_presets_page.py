"""Presets on the page: kept, renamed, removed, given away and taken in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.room import Room, violations
from tests.browser.sampler_panel import chain, open_tab, switch, switch_on, wait_stored

pytestmark = pytest.mark.browser

OURS = {
    "storygen_preset": 1,
    "name": "Tide",
    "sentence": "Slow and wet.",
    "params": {"temperature": 1.2, "top_k": 60, "sampler_order": ["temperature"]},
}
THEIRS = {"temp": 0.9, "top_k": 40, "rep_pen": 1.15, "min_p": 4, "skew": 0, "guidance_scale": 1}
DROP_JS = """([text, name]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name, { type: "application/json" }));
  const row = document.querySelector("#panel-sampling .sampler");
  for (const type of ["dragover", "drop"])
    row.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
}"""


def button(room: Room, name: str) -> Locator:
    """A button of the shelf, or what is unfolded under it."""
    return room.page.locator(".preset-shelf").get_by_role("button", name=name, exact=True)


def sentence(room: Room) -> Locator:
    """What is said of the present setting."""
    return room.page.locator("#panel-sampling .panel-line").first


def save(room: Room, name: str, words: str = "") -> None:
    """Keep the present setting, with the keys alone."""
    button(room, "Save as preset").focus()
    room.page.keyboard.press("Enter")
    expect(room.page.locator("#preset-name")).to_be_focused()
    room.page.locator("#preset-name").fill(name)
    room.page.locator("#preset-about").fill(words)
    room.page.keyboard.press("Enter")


def test_a_preset_is_kept_with_a_sentence_renamed_and_removed_with_a_way_back(room: Room) -> None:
    open_tab(room)
    switch_on(room, "dry")
    save(room, "Mine", "No loops.")
    expect(button(room, "Mine")).to_be_focused()
    expect(button(room, "Mine")).to_have_attribute("aria-pressed", "true")
    expect(sentence(room)).to_have_text("No loops.")
    button(room, "Edit").click()
    expect(room.page.locator("#preset-about")).to_have_value("No loops.")
    room.page.locator("#preset-name").fill("Balanced")
    room.page.locator("#preset-name").press("Enter")
    expect(room.page.locator("#preset-problem")).to_contain_text("belongs to a built-in preset")
    expect(room.page.locator("#preset-name")).to_have_value("Balanced")
    room.page.locator("#preset-name").fill("Ours")
    room.page.locator("#preset-name").press("Enter")
    expect(button(room, "Ours")).to_have_attribute("aria-pressed", "true")
    expect(button(room, "Mine")).to_have_count(0)
    button(room, "Remove").click()
    expect(button(room, "Ours")).to_have_count(0)
    expect(sentence(room)).to_have_text("Your own setting.")
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(button(room, "Ours")).to_have_attribute("aria-pressed", "true")
    expect(sentence(room)).to_have_text("No loops.")
    room.page.reload()
    room.ready()
    open_tab(room)
    expect(sentence(room)).to_have_text("No loops.")


def test_one_that_was_changed_is_offered_under_its_name_and_its_old_values_come_back(
    room: Room,
) -> None:
    open_tab(room)
    switch_on(room, "top_k")
    save(room, "Mine")
    expect(sentence(room)).to_have_text("Your own.")
    room.page.locator("#parameter-top_k").fill("7")
    room.page.locator("#parameter-top_k").press("Enter")
    expect(sentence(room)).to_have_text("Your own setting.")
    button(room, "Save as preset").click()
    expect(room.page.locator("#preset-name")).to_have_value("Mine")
    room.page.locator("#preset-name").press("Enter")
    expect(button(room, "Mine")).to_have_attribute("aria-pressed", "true")
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(sentence(room)).to_have_text("Your own setting.")
    room.page.get_by_role("button", name="Back to Mine").click()
    expect(room.page.locator("#parameter-top_k")).to_have_value("40")


def test_a_preset_is_given_away_as_json_copied_and_downloaded(room: Room) -> None:
    open_tab(room)
    room.page.locator("#parameter-temperature").fill("1.2")
    room.page.locator("#parameter-temperature").press("Enter")
    save(room, "Tide", "Slow and wet.")
    expect(button(room, "Tide")).to_be_focused()
    button(room, "Share").click()
    wanted = {**OURS, "params": {"temperature": 1.2}}
    assert json.loads(room.page.locator("#preset-text").input_value()) == wanted
    button(room, "Copy").click()
    expect(room.page.locator(".toast", has_text="Copied")).to_be_visible()
    assert json.loads(room.page.evaluate("navigator.clipboard.readText()")) == wanted
    with room.page.expect_download() as download:
        button(room, "Download").click()
    assert download.value.suggested_filename == "Tide.json"
    assert json.loads(download.value.path().read_text("utf-8")) == wanted


def test_a_file_is_taken_in_and_undone(room: Room, tmp_path: Path) -> None:
    open_tab(room)
    file = tmp_path / "some.json"
    file.write_text(json.dumps(OURS), "utf-8")
    button(room, "Import").first.click()
    with room.page.expect_file_chooser() as chooser:
        button(room, "Choose a file").click()
    chooser.value.set_files(file)
    expect(button(room, "Tide")).to_be_focused()
    expect(sentence(room)).to_have_text("Slow and wet.")
    assert chain(room) == ["temperature", "repetition", "top_k", "min_p"]
    wait_stored(room, "top_k", 60)
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(button(room, "Tide")).to_have_count(0)
    expect(button(room, "Balanced")).to_have_attribute("aria-pressed", "true")
    wait_stored(room, "top_k", 0)


def test_what_is_wrong_or_unknown_in_a_pasted_preset_is_named_field_by_field(room: Room) -> None:
    open_tab(room)
    button(room, "Import").first.click()
    room.page.locator("#preset-paste").fill(json.dumps(THEIRS))
    room.page.locator("#preset-import").get_by_role("button", name="Import", exact=True).click()
    told = room.page.locator(".import-told")
    expect(told).to_contain_text("“Pasted” is imported. Left out:")
    expect(told.locator("li")).to_have_text(
        ["min_p: must be between 0 and 1.", "skew, guidance_scale: no counterpart here."]
    )
    expect(room.page.locator("#parameter-repetition_penalty")).to_have_value("1.15")
    assert chain(room)[:1] == ["repetition"] and "top_k" in chain(room)
    assert violations(room) == []


def test_what_is_no_preset_is_said_and_stays_in_the_field(room: Room) -> None:
    open_tab(room)
    button(room, "Import").first.click()
    field = room.page.locator("#preset-paste")
    field.fill('{"storygen_preset": 1, "params": {"warmth": 1')
    room.page.locator("#preset-import").get_by_role("button", name="Import", exact=True).click()
    expect(room.page.locator(".import-told")).to_contain_text("It is no JSON")
    expect(field).to_have_value('{"storygen_preset": 1, "params": {"warmth": 1')
    field.fill('{"storygen_preset": 1, "name": "Warm", "params": {"warmth": 1}}')
    room.page.locator("#preset-import").get_by_role("button", name="Import", exact=True).click()
    expect(room.page.locator(".import-told li")).to_have_text(
        "warmth: There is no sampling parameter 'warmth'."
    )


def test_a_file_that_is_dropped_anywhere_on_the_panel_is_taken_in(room: Room) -> None:
    open_tab(room)
    room.page.evaluate(DROP_JS, ["temperature: 0.61\ntop_p: 0.31\n", "Asterism.yaml"])
    expect(button(room, "Asterism")).to_have_attribute("aria-pressed", "true")
    expect(switch(room, "top_p")).to_have_attribute("aria-checked", "true")
    assert chain(room) == ["temperature", "top_p"]


def test_all_of_it_can_be_done_with_a_thumb(phone: Room) -> None:
    open_tab(phone)
    button(phone, "Careful").tap()
    expect(sentence(phone)).to_contain_text("plain, consistent")
    for name in ("Save as preset", "Share", "Import"):
        button(phone, name).first.tap()
        assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
        assert violations(phone) == []
