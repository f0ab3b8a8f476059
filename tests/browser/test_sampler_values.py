"""What is filled into the samplers, what is wrong with it, and how it looks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from storygen.link.messages import RunEnded
from tests.browser.program_beside import only_run
from tests.browser.room import Room, violations
from tests.browser.sampler_panel import chain, open_tab, row, stored, switch, switch_on, wait_stored
from tests.browser.staged import Stage

pytestmark = pytest.mark.browser

Staged = tuple[Room, Stage]

TOO_WIDE_JS = """[...document.querySelectorAll('#panel-sampling *')]
  .filter((one) => !one.closest('.visually-hidden') && one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 80))"""


# -------------------------------------------------------------------- values


def test_a_number_that_cannot_be_is_not_taken_said_at_the_field_and_not_lost(room: Room) -> None:
    open_tab(room)
    field = room.page.locator("#parameter-repetition_penalty")
    expect(row(room, "repetition").locator(".sampler-body")).to_be_hidden()
    field.fill("12")
    field.press("Tab")
    problem = room.page.locator("#range-repetition_penalty")
    expect(problem).to_have_text("Type a number from 0.5 to 3.")
    expect(problem).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("12")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    assert only_run(room)["params"]["repetition_penalty"] == 1.1
    expect(field).to_have_value("12")
    field.fill("1,2")
    field.press("Enter")
    expect(field).to_have_value("1.2")
    expect(problem).to_have_text("0.5 to 3, default 1.1")
    row(room, "repetition").get_by_role("button", name="Reset Repetition penalty").click()
    expect(field).to_have_value("1.1")


def test_arrow_keys_go_by_the_parameters_own_step(room: Room) -> None:
    open_tab(room)
    field = room.page.locator("#parameter-temperature")
    field.focus()
    room.page.keyboard.press("ArrowUp")
    expect(field).to_have_value("0.85")
    slider = room.page.get_by_role("slider", name="Temperature")
    slider.focus()
    room.page.keyboard.press("ArrowLeft")
    room.page.keyboard.press("ArrowLeft")
    expect(field).to_have_value("0.75")
    room.page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "5")


def test_what_is_typed_counts_when_a_key_writes(room: Room) -> None:
    open_tab(room)
    room.page.locator("#parameter-temperature").fill("1.4")
    room.page.keyboard.press("Control+e")
    room.wait_for_text(r"w3\b")
    assert only_run(room)["params"]["temperature"] == 1.4


def test_tokens_are_banned_by_text_and_by_number_and_let_go_again(room: Room) -> None:
    open_tab(room)
    switch_on(room, "banned_tokens")
    expect(row(room, "banned_tokens")).to_contain_text("empty")
    field = room.page.locator("#parameter-banned_tokens")
    for typed in ("suddenly", "#17", "  ", "a\\nb"):
        field.fill(typed)
        field.press("Enter")
    names = row(room, "banned_tokens").locator(".entry-name")
    expect(names).to_have_text(["suddenly", "#17", "␣␣", "a↵b"])
    field.fill("suddenly")
    row(room, "banned_tokens").get_by_role("button", name="Add").click()
    expect(row(room, "banned_tokens")).to_contain_text("It is in the list already.")
    expect(field).to_have_value("suddenly")
    wait_stored(room, "banned_tokens", ["suddenly", 17, "  ", "a\nb"])
    row(room, "banned_tokens").get_by_role("button", name="Remove #17").click()
    expect(names).to_have_text(["suddenly", "␣␣", "a↵b"])
    expect(row(room, "banned_tokens").get_by_role("button", name="Remove ␣␣")).to_be_focused()
    row(room, "banned_tokens").get_by_role("button", name="Remove all").click()
    expect(names).to_have_count(0)
    wait_stored(room, "banned_tokens", [])
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(names).to_have_text(["suddenly", "␣␣", "a↵b"])


def test_texts_that_never_appear_stand_behind_the_chain(room: Room) -> None:
    open_tab(room)
    switch_on(room, "banned_strings")
    assert chain(room)[-1] == "banned_strings"
    expect(row(room, "banned_strings").locator("button.grip")).to_have_count(0)
    field = room.page.locator("#parameter-banned_strings")
    field.fill("shivers down")
    field.press("Enter")
    wait_stored(room, "banned_strings", ["shivers down"])


def test_biases_have_a_slider_and_a_number_and_phrases_two_of_each(room: Room) -> None:
    open_tab(room)
    switch_on(room, "logit_bias")
    field = room.page.locator("#parameter-logit_bias")
    field.fill("dark")
    field.press("Enter")
    number = room.page.get_by_role("textbox", name="Bias: dark")
    expect(number).to_have_value("1")
    number.fill("-200")
    number.press("Enter")
    expect(row(room, "logit_bias")).to_contain_text("Type a number from -100 to 100.")
    expect(number).to_have_value("-200")
    number.fill("-2.5")
    number.press("Enter")
    wait_stored(room, "logit_bias", [["dark", -2.5]])
    slider = room.page.get_by_role("slider", name="Bias: dark")
    expect(slider).to_have_attribute("aria-valuetext", "-2.5")
    slider.focus()
    room.page.keyboard.press("Home")
    expect(number).to_have_value("-100")
    expect(slider).to_be_focused()
    switch_on(room, "phrase_bias")
    field = room.page.locator("#parameter-phrase_bias")
    field.fill("in the harbour")
    field.press("Enter")
    room.page.get_by_role("textbox", name="To go on: in the harbour").fill("3")
    field.focus()
    wait_stored(room, "phrase_bias", [["in the harbour", 1, 3]])
    switch(room, "phrase_bias").click()
    wait_stored(room, "phrase_bias", [])
    switch(room, "phrase_bias").click()
    wait_stored(room, "phrase_bias", [["in the harbour", 1, 3]])


def test_texts_to_stop_at_may_be_line_breaks(room: Room) -> None:
    open_tab(room)
    room.page.locator("#panel-sampling summary", has_text="Where it ends").click()
    field = room.page.locator("#parameter-stop")
    field.fill("\\n\\n")
    field.press("Enter")
    expect(room.page.get_by_role("button", name="Remove ↵↵")).to_be_visible()
    field.fill("x" * 101)
    field.press("Enter")
    expect(room.page.locator("#range-stop")).to_have_text("At most 100 signs; this has 101.")
    wait_stored(room, "stop", ["\n\n"])


def test_a_grammar_or_a_pattern_holds_one_at_a_time_and_keeps_what_was_typed(room: Room) -> None:
    open_tab(room)
    switch_on(room, "grammar")
    room.page.locator("#parameter-grammar").fill('root ::= "a"')
    row(room, "grammar").get_by_role("button", name="Regular expression").click()
    room.page.locator("#parameter-regex").fill("a+")
    room.page.locator("#parameter-regex").press("Tab")
    wait_stored(room, "regex", "a+")
    assert stored(room)["grammar"] == ""
    row(room, "grammar").get_by_role("button", name="Grammar", exact=True).click()
    expect(room.page.locator("#parameter-grammar")).to_have_value('root ::= "a"')
    wait_stored(room, "grammar", 'root ::= "a"')
    assert stored(room)["regex"] == ""


def test_what_a_run_finds_wrong_with_a_grammar_stands_at_its_field_until_it_is_changed(
    staged: Staged,
) -> None:
    room, stage = staged
    open_tab(room)
    switch_on(room, "grammar")
    area = room.page.locator("#parameter-grammar")
    area.fill("root ::= broken")
    stage.hold("silent")
    room.page.keyboard.press("Control+Enter")
    expect(room.page.locator("#status-words")).to_have_text("Reading the story")
    broken = "The grammar is broken in line 1, column 10: there is no rule broken."
    stage.say(RunEnded("", "failed", message=broken))
    problem = row(room, "grammar").locator(".form-problem").first
    expect(problem).to_have_text(broken)
    expect(area).to_have_attribute("aria-invalid", "true")
    expect(row(room, "grammar").locator(".sampler-short")).to_have_text("amiss")
    area.press_sequentially(" | 'b'")
    expect(problem).to_have_text("")
    expect(area).to_have_value("root ::= broken | 'b'")


# -------------------------------------------------------------------- looks


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_anything_unfolded(phone: Room, theme: str) -> None:
    phone.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    open_tab(phone)
    for name in ("grammar", "banned_tokens", "phrase_bias", "dry", "dynamic_temperature"):
        switch_on(phone, name)
    phone.page.locator("#parameter-phrase_bias").fill("in the harbour")
    phone.page.locator("#parameter-phrase_bias").press("Enter")
    phone.page.locator("#parameter-banned_tokens").fill("dragon")
    phone.page.locator("#parameter-banned_tokens").press("Enter")
    phone.page.locator("#parameter-temperature").fill("hot")
    phone.page.locator("#parameter-temperature").press("Tab")
    phone.page.locator("#panel-sampling summary", has_text="Where it ends").click()
    assert violations(phone) == []
    assert phone.page.evaluate(TOO_WIDE_JS) == []


def test_every_control_of_the_chain_can_be_met_with_a_thumb(phone: Room) -> None:
    open_tab(phone)
    for control in phone.page.locator("ol.chain .grip, ol.chain .sampler-title").all():
        box = control.bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 24
    assert re.match("Move ", row(phone, "min_p").locator(".grip").get_attribute("aria-label") or "")
