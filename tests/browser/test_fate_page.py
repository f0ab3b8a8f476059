"""Fate on the page: what is drawn is hidden until a card is taken; ranges are set; the choice is told."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from storygen.observed.choices import observe_all
from storygen.preferences.picker.measures import NAMES
from storygen.preferences.picker.report import RULES
from storygen.preferences.picker.scoring import Picker
from storygen.server.picking import FILE
from storygen.store.store import Store, file_url
from tests.browser.candidate_cards import HALF, OTHER, Staged, ask, button
from tests.browser.room import Room, violations
from tests.browser.staged import Stage

EVEN = {"value": 0.5, "low": 0.4, "high": 0.6}
REPORT = {
    "version": 1,
    "num_sets": 40,
    "num_without": 0,
    "num_stories": 12,
    "grouped_by": "story",
    "num_folds": 5,
    "accuracy": EVEN,
    "rules": dict.fromkeys(RULES, EVEN),
    "differences": {rule: {"value": 0.0, "low": -0.1, "high": 0.1} for rule in RULES},
    "loss": EVEN,
    "even_loss": EVEN,
    "loss_saved": {"value": 0.0, "low": -0.1, "high": 0.1},
}

pytestmark = pytest.mark.browser


def deal(room: Room, stage: Stage, *texts: list[str]) -> None:
    stage.cards(*texts)
    ask(room)
    newest = room.page.locator(".candidate-set:not(.is-pinned)").first
    expect(newest.locator(".candidate")).to_have_count(len(texts))


def by_fate(room: Room) -> None:
    room.write("Mine.")
    room.page.keyboard.press("Alt+5")
    room.page.get_by_label("Written by").select_option("fate")
    room.page.locator(".fate-ranges summary").click()


def test_what_was_drawn_shows_when_a_card_is_taken(staged: Staged) -> None:
    room, stage = staged
    by_fate(room)
    deal(room, stage, HALF, OTHER, OTHER)
    expect(room.page.locator(".candidate-drawn")).to_have_text(["", "", ""])
    assert not violations(room)
    button(room, 1, "Take all").click()
    drawn = room.page.locator(".candidate-drawn")
    for number in range(3):
        expect(drawn.nth(number)).to_have_text(
            re.compile(r"Temperature \d.*Top k \d|Top k \d.*Temp")
        )
    expect(room.page.locator("#candidates-tokens")).to_be_disabled()


def test_a_hand_that_was_passed_over_and_a_choice_are_kept_with_its_time(staged: Staged) -> None:
    room, stage = staged
    by_fate(room)
    deal(room, stage, HALF, OTHER, OTHER)
    deal(room, stage, HALF, OTHER, OTHER)
    button(room, 1, "Take all").click()
    expect(room.editor).to_contain_text("Mine. ")
    room.saved()
    store = Store(file_url(room.studio.data_dir / "storygen.db"))
    passed_over, chosen = observe_all(store)
    store.close()
    assert passed_over.chosen is None and chosen.chosen is not None
    assert chosen.blind and chosen.policy == "random" and chosen.kept == 1.0
    assert chosen.seconds is not None and 0 <= chosen.seconds < 60


def test_ranges_are_set_and_what_can_not_be_is_said(staged: Staged) -> None:
    room, stage = staged
    by_fate(room)
    page = room.page
    edges = page.locator(".fate-range select").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().right)"
    )
    assert len(set(edges)) == 1, "a long name pushes its field out of the panel"
    low = page.get_by_label("Temperature, from")
    low.fill("9")
    low.press("Enter")
    expect(page.locator("#fate-temperature-problem")).to_have_text(re.compile("from 0 to 5"))
    low.fill("2")
    low.press("Enter")
    expect(page.locator("#fate-temperature-problem")).to_contain_text("above the upper")
    high = page.get_by_label("Temperature, to")
    high.fill("0.9")
    high.press("Enter")
    low.fill("0.9")
    low.press("Enter")
    page.get_by_role("switch", name="Blind").click()
    deal(room, stage, HALF, OTHER, OTHER)
    for number in range(3):
        drawn = room.page.locator(".candidate-drawn").nth(number)
        expect(drawn).to_contain_text("Temperature 0.9")
    page.get_by_role("button", name="As they were").click()
    expect(low).to_have_value("0.5")


def test_all_fixed_is_refused_in_words(staged: Staged) -> None:
    room, _ = staged
    by_fate(room)
    for select in room.page.locator(".fate-range select").all():
        select.select_option("fixed")
    room.page.keyboard.press("Alt+k")
    expect(room.page.locator(".toast")).to_contain_text("Nothing is drawn")


def test_it_learns_when_told_to_and_marks_what_it_expects(staged: Staged) -> None:
    room, stage = staged
    by_fate(room)
    page = room.page
    page.get_by_role("button", name="Learn from what I took").click()
    expect(page.locator("#fate-expects-line")).to_contain_text("more", timeout=20_000)
    kept = Picker((1.0,) * len(NAMES), tuple(float(name == "words") for name in NAMES), 1.0, 40)
    room.studio.stop()
    (room.studio.data_dir / FILE).write_text(
        json.dumps({"picker": kept.to_json(), "report": REPORT})
    )
    room.studio.start()
    page.goto(room.studio.url)
    room.ready()
    if not page.get_by_label("Written by").is_visible():
        page.keyboard.press("Alt+5")
    page.locator(".fate-ranges summary").click()
    expect(page.locator("#fate-expects-line")).to_contain_text("that it had not seen")
    page.get_by_role("switch", name="Expect my choice").click()
    deal(room, stage, OTHER, HALF, OTHER)
    notes = page.locator(".candidate-set:not(.is-pinned)").first.locator(".candidate-drawn")
    expect(notes.nth(1)).to_have_text(re.compile(r"^Expected, \d+ %"))
    expect(notes.nth(0)).to_have_text("")
    page.get_by_role("switch", name="Expect my choice").click()
    expect(notes.nth(1)).to_have_text("")
