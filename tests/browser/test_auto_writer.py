"""The automatic writer on the page: started, edited meanwhile, paused, taken over, handed back, stopped."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.candidate_cards import BY_MODEL, Staged
from tests.browser.room import Room, violations
from tests.browser.staged import Stage

pytestmark = pytest.mark.browser


def opened(room: Room) -> None:
    room.page.keyboard.press("Alt+5")
    room.page.locator(".auto-writer > summary").click()


def line(room: Room, says: str) -> None:
    expect(room.page.locator("#auto-line")).to_have_text(re.compile(says))


def varied(stage: Stage, words: int = 12) -> None:
    """Cards of which no two say the same."""
    stage.cards(*([f" word{row}.{number}" for number in range(words)] for row in range(60)))


def short(room: Room) -> None:
    """Parameters whose length isn't drawn."""
    room.page.locator("#candidates-way").select_option("fate")
    room.page.locator(".fate-ranges summary").click()
    room.page.locator("#fate-max_tokens").select_option("fixed")
    room.page.locator("#candidates-way").select_option("same")


def test_it_writes_while_one_edits_and_is_paused_taken_over_and_handed_back(
    staged: Staged,
) -> None:
    room, stage = staged
    varied(stage)
    room.write("The end.")
    opened(room)
    short(room)
    room.page.locator("#auto-steps").fill("30")
    room.page.locator("#auto-steps").press("Tab")
    room.page.get_by_role("button", name="Write 30 steps").click()
    line(room, r"Step [2-9] of 30: ")
    expect(room.page.locator(BY_MODEL).first).to_be_visible()
    expect(room.page.locator("#auto-cards")).to_be_disabled()
    room.editor.click()
    room.page.keyboard.press("Control+Home")
    room.type("Not ")
    expect(room.editor).to_contain_text("Not The end.")
    room.page.keyboard.press("Alt+Shift+Enter")
    line(room, "paused")
    room.page.keyboard.press("Control+End")
    room.type(" I say so.")
    room.saved()
    text = room.text()
    assert text.startswith("Not The end. word") and text.endswith(" I say so.")
    room.page.get_by_role("button", name="Hand back").click()
    expect(room.editor).to_contain_text(re.compile(r"I say so\. word"))
    room.page.keyboard.press("Control+Alt+Enter")
    line(room, r"Stopped after \d+ steps?\.")
    room.saved()
    assert room.text().startswith(text + " word")
    expect(room.page.locator("section[aria-label='Automatic writer'] [role=status]")).to_have_text(
        re.compile("Stopped")
    )
    assert violations(room) == []


def test_what_is_typed_at_the_end_meanwhile_is_what_it_goes_on_from(staged: Staged) -> None:
    room, stage = staged
    varied(stage, words=40)
    room.write("Once")
    opened(room)
    short(room)
    room.page.get_by_role("switch", name="Until I stop it").click()
    room.page.get_by_role("button", name="Write until I stop it").click()
    line(room, "Step 1: writing")
    room.editor.click()
    room.page.keyboard.press("Control+End")
    room.type(" upon a time")
    expect(room.editor).to_have_text(re.compile(r"^Once upon a time word"))
    room.page.locator(".auto-writer").get_by_role("button", name="Stop").click()
    line(room, "Stopped")


def test_it_goes_on_being_there_after_a_reload(staged: Staged) -> None:
    room, stage = staged
    varied(stage)
    room.write("Once")
    opened(room)
    room.page.locator("#auto-steps").fill("3")
    room.page.locator("#auto-steps").press("Tab")
    room.page.get_by_role("button", name="Write 3 steps").click()
    line(room, "Finished: 3 steps")
    room.page.reload()
    room.ready()
    room.page.keyboard.press("Alt+5")
    line(room, "Finished: 3 steps")
    expect(room.page.locator("#auto-steps")).to_have_value("3")
