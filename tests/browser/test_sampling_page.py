"""The chain of samplers on the page: switched, ordered and filled with values; by mouse, keys and touch."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from storygen.link.messages import RunEnded
from tests.browser.room import Room, violations
from tests.browser.staged import Stage
from tests.browser.test_room_words import client, only_run

pytestmark = pytest.mark.browser

Staged = tuple[Room, Stage]

SETTLED_JS = "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"

TOO_WIDE_JS = """[...document.querySelectorAll('#panel-sampling *')]
  .filter((one) => !one.closest('.visually-hidden') && one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 80))"""


def open_tab(room: Room) -> None:
    """Open it, on a laptop or a phone."""
    if room.page.viewport_size == {"width": 390, "height": 844}:
        room.page.locator("#panel-button").tap()
        room.page.locator("#tab-sampling").tap()
    else:
        room.page.keyboard.press("Alt+3")
    expect(room.page.locator("#panel-sampling")).to_be_visible()


def row(room: Room, sampler: str) -> Locator:
    """A sampler's row, in the chain or below it."""
    return room.page.locator(f'[data-sampler="{sampler}"]')


def chain(room: Room) -> list[str | None]:
    """The samplers in the chain, from top to bottom."""
    rows = room.page.locator("ol.chain > li").all()
    return [one.get_attribute("data-sampler") for one in rows]


def switch(room: Room, sampler: str) -> Locator:
    """A sampler's switch."""
    return row(room, sampler).get_by_role("switch")


def switch_on(room: Room, sampler: str) -> None:
    """Switch on one that is folded away."""
    more = room.page.locator(".more-samplers")
    if more.get_attribute("open") is None:
        more.locator("summary").click()
    switch(room, sampler).click()
    expect(room.page.locator(f'ol.chain [data-sampler="{sampler}"]')).to_be_visible()


def stored(room: Room) -> dict[str, Any]:
    """The parameters of the story as the server has them."""
    with client(room) as program:
        (story,) = program.ok("stories")["stories"]
        return dict(program.ok("story_open", story=story["id"])["settings"].get("params") or {})


def wait_stored(room: Room, name: str, value: Any) -> None:
    """Wait until the server has this value."""
    for _ in range(100):
        if stored(room).get(name) == value:
            return
        room.page.wait_for_timeout(50)
    assert stored(room).get(name) == value


# -------------------------------------------------------------------- switching


def test_a_sampler_that_is_switched_off_stays_in_its_place_and_remembers_its_value(
    room: Room,
) -> None:
    open_tab(room)
    assert chain(room) == ["repetition", "temperature", "min_p"]
    field = room.page.locator("#parameter-min_p")
    field.fill("0.12")
    field.press("Enter")
    place = row(room, "min_p").bounding_box()
    switch(room, "min_p").click()
    expect(switch(room, "min_p")).to_have_attribute("aria-checked", "false")
    expect(field).to_have_value("0")
    assert row(room, "min_p").bounding_box() == place
    wait_stored(room, "min_p", 0)
    switch(room, "min_p").click()
    expect(field).to_have_value("0.12")
    switch(room, "min_p").click()
    room.page.keyboard.press("Alt+3")
    room.page.keyboard.press("Alt+3")
    assert chain(room) == ["repetition", "temperature"]
    switch_on(room, "min_p")
    expect(field).to_have_value("0.12")
    room.page.reload()
    room.ready()
    open_tab(room)
    switch(room, "min_p").click()
    switch(room, "min_p").click()
    expect(field).to_have_value("0.12")


def test_one_that_is_off_is_found_switched_on_and_comes_to_its_place_with_the_focus(
    room: Room,
) -> None:
    open_tab(room)
    more = room.page.locator(".more-samplers")
    expect(more.locator("summary")).to_have_text("More samplers (21)")
    more.locator("summary").focus()
    room.page.keyboard.press("Enter")
    room.page.keyboard.press("Tab")
    room.page.keyboard.type("nucleus")
    expect(more.locator("li")).to_have_count(1)
    expect(more.locator("li")).to_contain_text("Top p")
    room.page.keyboard.press("Tab")
    room.page.keyboard.press("Space")
    expect(more.locator("summary")).to_have_text("More samplers (20)")
    assert chain(room) == ["repetition", "temperature", "top_p", "min_p"]
    expect(switch(room, "top_p")).to_be_focused()
    expect(room.page.locator("#parameter-top_p")).to_have_value("0.9")
    expect(room.page.locator(".samplers [role=status]")).to_have_text("Top p is on, 3 of 4.")
    more.get_by_role("searchbox").fill("zzz")
    expect(more).to_contain_text("No sampler is called that.")


def test_choosing_a_preset_folds_away_what_is_off_and_a_setting_of_ones_own_comes_back(
    room: Room,
) -> None:
    open_tab(room)
    switch_on(room, "dry")
    wait_stored(room, "dry_multiplier", 0.8)
    room.page.get_by_role("button", name="Untouched", exact=True).click()
    expect(switch(room, "temperature")).to_have_attribute("aria-checked", "false")
    assert chain(room) == ["temperature"]
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(switch(room, "dry")).to_have_attribute("aria-checked", "true")
    wait_stored(room, "dry_multiplier", 0.8)
    room.page.get_by_role("button", name="Back to Balanced").click()
    expect(room.page.get_by_role("button", name="Balanced", exact=True)).to_be_focused()
    assert chain(room) == ["repetition", "temperature", "min_p"]


# -------------------------------------------------------------------- order


def test_dragging_a_grip_changes_the_order_which_reaches_the_run_and_is_reset(room: Room) -> None:
    open_tab(room)
    grip = row(room, "min_p").get_by_role("button", name="Move Min p").bounding_box()
    target = row(room, "repetition").bounding_box()
    assert grip and target
    room.page.mouse.move(grip["x"] + 8, grip["y"] + 20)
    room.page.mouse.down()
    room.page.mouse.move(grip["x"] + 8, target["y"] + 30, steps=5)
    room.page.mouse.move(grip["x"] + 8, target["y"] + 2, steps=5)
    assert chain(room) == ["repetition", "temperature", "min_p"]
    room.page.mouse.up()
    assert chain(room) == ["min_p", "repetition", "temperature"]
    usual = room.page.get_by_role("button", name="Usual order")
    expect(usual).to_be_visible()
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    order = only_run(room)["params"]["sampler_order"]
    assert next(name for name in order if name in ("min_p", "repetition")) == "min_p"
    usual.click()
    assert chain(room) == ["repetition", "temperature", "min_p"]
    expect(usual).to_be_hidden()
    wait_stored(room, "sampler_order", [])


def test_escape_lays_down_what_is_dragged_where_it_was(room: Room) -> None:
    open_tab(room)
    grip = row(room, "min_p").locator(".grip").bounding_box()
    assert grip
    room.page.mouse.move(grip["x"] + 8, grip["y"] + 20)
    room.page.mouse.down()
    room.page.mouse.move(grip["x"] + 8, grip["y"] - 300, steps=5)
    room.page.keyboard.press("Escape")
    room.page.mouse.up()
    assert chain(room) == ["repetition", "temperature", "min_p"]
    expect(room.page.locator("#panel-sampling")).to_be_visible()


def test_the_order_is_changed_by_keys_and_told_to_who_hears_it(room: Room) -> None:
    open_tab(room)
    said = room.page.locator(".samplers [role=status]")
    grip = row(room, "temperature").locator(".grip")
    grip.focus()
    room.page.keyboard.press("Alt+ArrowUp")
    expect(said).to_have_text("Temperature, 1 of 3.")
    assert chain(room) == ["temperature", "repetition", "min_p"]
    expect(grip).to_be_focused()
    room.page.keyboard.press("Alt+ArrowUp")
    expect(said).to_have_text("Temperature is first already.")
    switch(room, "temperature").focus()
    room.page.keyboard.press("Alt+ArrowDown")
    assert chain(room) == ["repetition", "temperature", "min_p"]
    grip.focus()
    room.page.keyboard.press("Space")
    expect(grip).to_have_attribute("aria-pressed", "true")
    expect(said).to_contain_text("Temperature is taken, 2 of 3. The arrows move it")
    room.page.keyboard.press("ArrowDown")
    expect(said).to_have_text("Temperature, 3 of 3.")
    room.page.keyboard.press("Escape")
    expect(said).to_have_text("Temperature is where it was.")
    assert chain(room) == ["repetition", "temperature", "min_p"]
    room.page.keyboard.press("Enter")
    room.page.keyboard.press("ArrowDown")
    room.page.keyboard.press("Space")
    expect(said).to_have_text("Temperature is laid down, 3 of 3.")
    expect(grip).to_have_attribute("aria-pressed", "false")
    room.page.keyboard.press("ArrowUp")
    assert chain(room) == ["repetition", "min_p", "temperature"]
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    order = only_run(room)["params"]["sampler_order"]
    assert "temperature" not in order[: order.index("min_p")]


def test_a_finger_drags_a_sampler_and_does_not_scroll_the_sheet(phone: Room) -> None:
    open_tab(phone)
    session = phone.page.context.new_cdp_session(phone.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    row(phone, "temperature").get_by_role("button", name="Temperature", exact=True).tap()
    grip = row(phone, "min_p").locator(".grip").bounding_box()
    target = row(phone, "repetition").bounding_box()
    scrolled = phone.page.locator("#panel-sampling").evaluate("(body) => body.scrollTop")
    assert grip and target
    x, y = grip["x"] + 12, grip["y"] + 22
    touch("touchStart", (x, y))
    for share in (0.3, 0.6, 1.0):
        touch("touchMove", (x, y + (target["y"] + 4 - y) * share))
    touch("touchEnd")
    phone.page.evaluate(SETTLED_JS)
    assert chain(phone) == ["min_p", "repetition", "temperature"]
    assert phone.page.locator("#panel-sampling").evaluate("(body) => body.scrollTop") == scrolled


def test_the_grammar_stands_first_and_has_no_grip(room: Room) -> None:
    open_tab(room)
    switch_on(room, "grammar")
    assert chain(room)[0] == "grammar"
    expect(row(room, "grammar").get_by_role("button", name="Move")).to_have_count(0)
    room.page.locator("#parameter-grammar").fill('root ::= "a"')
    room.page.locator("#parameter-grammar").press("Tab")
    expect(row(room, "grammar")).to_contain_text("always first")
    row(room, "repetition").locator(".grip").focus()
    room.page.keyboard.press("Alt+ArrowUp")
    assert chain(room)[:2] == ["grammar", "repetition"]


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
