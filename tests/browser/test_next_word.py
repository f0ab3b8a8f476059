"""The picture of what the chain does to the next token; the looks themselves are `looked`'s."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.looked import BROKEN
from tests.browser.room import Room, Studio, make_models, violations, watch
from tests.browser.sampler_panel import open_tab, row, switch_on
from tests.browser.staged import Stage

pytestmark = pytest.mark.browser

Looked = tuple[Room, Stage]

STARTS_WITHIN_MS = 30_000
"""A worker is a process of its own, and starts slowly where many others run."""

SAYS_8 = "After this chain 8 of 49,152 tokens can come; the likeliest takes 35 %."


@pytest.fixture
def looked(tmp_path: Path, stage: Stage, context: BrowserContext) -> Iterator[Looked]:
    """The page, and a server that can be looked into."""
    environ = {"STORYGEN_STAGE": str(stage.folder)}
    models = make_models(tmp_path / "models")
    studio = Studio(tmp_path / "data", models, environ, module="tests.browser.looked")
    studio.start()
    room = Room(context.new_page(), studio)
    watch(room.page, room)
    room.open()
    yield room, stage
    assert room.broken == []
    if studio.process:
        studio.stop()


def looks(stage: Stage) -> list[dict[str, Any]]:
    """What was looked at, as it began and ended."""
    file = stage.folder / "looks.jsonl"
    return (
        [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    )


def picture(room: Room) -> Locator:
    """All of it."""
    return room.page.locator(".next-word")


def unfold(room: Room, load: bool = True) -> None:
    """Open the tab and the picture, and load the model where that is wished for."""
    open_tab(room)
    picture(room).locator("summary").click()
    if load:
        room.page.get_by_role("button", name="Load it to look").click()
        rows = picture(room).locator("tbody tr")
        expect(rows).not_to_have_count(0, timeout=STARTS_WITHIN_MS)


def test_it_says_what_it_shows_and_names_the_numbers_before_and_after(looked: Looked) -> None:
    room, stage = looked
    unfold(room)
    expect(picture(room).locator(".next-words")).to_have_text(SAYS_8)
    rows = picture(room).get_by_role("row")
    expect(rows.nth(1)).to_have_text("␣lit28 %35 %")
    expect(rows.nth(4)).to_have_text("↵↵10 %10 %")
    gone = rows.nth(12)
    expect(gone).to_contain_text("cannot come")
    expect(gone).to_have_class("is-gone")
    asked = looks(stage)[0]
    assert (asked["num"], asked["params"]["min_p"]) == (30, 0.05)
    assert asked["at"]  # where the caret is, by identity


def test_it_follows_the_sliders_and_the_caret_without_moving_anything(looked: Looked) -> None:
    room, stage = looked
    unfold(room)
    words = picture(room).locator(".next-words")
    expect(words).to_have_text(SAYS_8)
    before = row(room, "temperature").bounding_box()
    field = room.page.locator("#parameter-temperature")
    field.fill("0")
    field.press("Enter")
    expect(words).to_have_text("After this chain only one of 49,152 tokens can come.")
    bar = picture(room).locator(".next-bar b").first
    expect(bar).to_be_visible()
    assert row(room, "temperature").bounding_box() == before
    places = {json.dumps(one["at"]) for one in looks(stage) if one["what"] == "asked"}
    room.editor.focus()
    room.page.keyboard.press("Home")
    room.page.keyboard.press("Control+ArrowRight")
    picture(room).page.wait_for_function(
        "() => document.querySelector('.next-words').textContent.includes('only one')"
    )
    for _ in range(100):
        now = {json.dumps(one["at"]) for one in looks(stage) if one["what"] == "asked"}
        if now != places:
            break
        room.page.wait_for_timeout(50)
    assert len(now) > len(places)


def test_never_two_looks_at_once_and_only_the_newest_wish_is_asked_for(looked: Looked) -> None:
    room, stage = looked
    unfold(room)
    expect(picture(room).locator(".next-words")).to_have_text(SAYS_8)
    stage.hold("unseen")
    slider = room.page.get_by_role("slider", name="Temperature")
    num = len(looks(stage))
    slider.focus()
    room.page.keyboard.press("ArrowRight")
    for _ in range(100):
        if len(looks(stage)) > num:
            break
        room.page.wait_for_timeout(50)
    for _ in range(6):
        room.page.keyboard.press("ArrowRight")
        room.page.wait_for_timeout(
            300
        )  # longer than the hand's rest: each would be a look of its own
    assert [one["what"] for one in looks(stage)[num:]] == ["asked"]
    stage.hold("unseen", on=False)
    expect(picture(room).locator(".next-words")).to_contain_text("After this chain 11 of")
    told = looks(stage)[num:]
    assert [one["what"] for one in told] == ["asked", "seen", "asked", "seen"]
    assert told[2]["params"]["temperature"] == 1.15


def test_a_look_that_another_one_replaced_is_asked_for_again(looked: Looked) -> None:
    room, stage = looked
    unfold(room)
    expect(picture(room).locator(".next-words")).to_have_text(SAYS_8)
    stage.hold("replaced")
    field = room.page.locator("#parameter-temperature")
    field.fill("0")
    field.press("Enter")
    num = len(looks(stage))
    for _ in range(200):
        if len(looks(stage)) >= num + 8:  # four looks, each begun and ended
            break
        room.page.wait_for_timeout(50)
    expect(picture(room).locator(".next-words")).to_have_text(SAYS_8)
    stage.hold("replaced", on=False)
    only = "After this chain only one of 49,152 tokens can come."
    expect(picture(room).locator(".next-words")).to_have_text(only)
    assert len(looks(stage)) >= num + 8


def test_it_loads_no_model_unasked_and_looks_at_nothing_while_it_is_folded_or_away(
    looked: Looked,
) -> None:
    room, stage = looked
    unfold(room, load=False)
    words = picture(room).locator(".next-words")
    expect(words).to_have_text("scripted is not loaded yet.")
    assert looks(stage) == []
    stage.hold("unloaded")
    room.page.get_by_role("button", name="Load it to look").click()
    expect(words).to_have_text("Loading the model…")
    stage.hold("unloaded", on=False)
    expect(words).to_have_text(SAYS_8, timeout=STARTS_WITHIN_MS)
    picture(room).locator("summary").click()
    num = len(looks(stage))
    room.page.locator("#parameter-temperature").fill("1.3")
    room.page.locator("#parameter-temperature").press("Enter")
    room.page.locator("#saved").wait_for()
    room.page.wait_for_timeout(600)  # nothing is to happen, however long the hand rests
    assert len(looks(stage)) == num
    room.page.reload()
    room.ready()
    open_tab(room)
    picture(room).locator("summary").click()
    expect(words).to_contain_text("After this chain")
    room.page.keyboard.press("Control+Enter")
    expect(words).to_have_text("Waits while the model writes.")
    room.studio.kill()
    expect(words).to_have_text("The server is away; what you type is kept.")
    room.broken.clear()


def test_what_was_seen_in_another_story_is_not_shown_of_this_one(looked: Looked) -> None:
    room, stage = looked
    unfold(room)
    expect(picture(room).locator(".next-words")).to_have_text(SAYS_8)
    stage.hold("unseen")
    room.page.keyboard.press("Alt+n")
    expect(room.editor).to_have_text("Once upon a time")  # on the empty page
    expect(picture(room).locator(".next-words")).to_have_text("Looking…")
    expect(picture(room).locator("tbody tr")).to_have_count(0)
    stage.hold("unseen", on=False)
    expect(picture(room).locator(".next-words")).to_have_text(SAYS_8)


def test_a_broken_grammar_is_said_in_the_picture_and_at_its_field(looked: Looked) -> None:
    room, _ = looked
    unfold(room)
    switch_on(room, "grammar")
    area = room.page.locator("#parameter-grammar")
    area.fill("root ::= broken")
    area.press("Tab")
    expect(picture(room).locator(".next-words")).to_have_text(BROKEN)
    expect(row(room, "grammar").locator(".form-problem").first).to_have_text(BROKEN)
    area.fill('root ::= "a"')
    area.press("Tab")
    expect(picture(room).locator(".next-words")).to_have_text(SAYS_8)
    expect(row(room, "grammar").locator(".form-problem").first).to_have_text("")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_picture(looked: Looked, theme: str) -> None:
    room, _ = looked
    room.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    unfold(room)
    expect(picture(room).locator(".next-words")).to_have_text(SAYS_8)
    assert violations(room) == []
    room.page.keyboard.press("Control+Enter")
    expect(picture(room).locator(".next-words")).to_have_text("Waits while the model writes.")
    assert violations(room) == []
