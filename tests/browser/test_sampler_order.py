"""The chain of samplers on the page: switched and ordered, by mouse, keys and touch."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.program_beside import only_run
from tests.browser.room import Room
from tests.browser.sampler_panel import chain, open_tab, row, switch, switch_on, wait_stored

pytestmark = pytest.mark.browser

SETTLED_JS = "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"


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
