"""What may happen to cards meanwhile: a reload, another window, a server that is away, any text on them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from storygen.link.messages import PrefillProgressed
from tests.browser.candidate_cards import (
    BY_MODEL,
    HALF,
    OTHER,
    Staged,
    ask_for,
    button,
    cards,
    text_of,
    written,
)
from tests.browser.room import Room, violations
from tests.browser.test_safety import ALIEN, CORPUS

pytestmark = pytest.mark.browser


def test_a_reload_shows_the_same_cards(staged: Staged) -> None:
    room, stage = staged
    ask_for(room, stage, HALF, OTHER, HALF)
    button(room, 3, "Pin Candidate").click()
    expect(room.page.locator(".is-pinned .candidate")).to_have_count(1)
    button(room, 1, "Dismiss Candidate").click()
    expect(cards(room)).to_have_count(2)
    texts = room.page.locator(".candidate-text")
    shown = texts.all_text_contents()
    room.page.reload()
    room.ready()
    assert cards(room).count() == 0
    room.page.keyboard.press("Alt+5")
    expect(texts).to_have_text(shown)
    room.studio.kill()
    expect(room.page.locator("#status-words")).to_have_text("Away from the server")
    room.studio.start()
    expect(room.page.locator("#status-words")).to_have_text("Ready", timeout=30_000)
    expect(texts).to_have_text(shown)


def test_a_window_that_comes_later_sees_what_is_being_written(staged: Staged) -> None:
    room, stage = staged
    stage.cards([f" w{number}" for number in range(100)])
    room.page.keyboard.press("Alt+5")
    room.page.locator("#candidates-tokens").fill("100")
    room.page.locator("#candidates-tokens").press("Tab")
    room.page.keyboard.press("Alt+k")
    expect(text_of(room, 1)).to_contain_text("w5 ")
    other = Room(room.page.context.new_page(), room.studio)
    other.open()
    other.page.keyboard.press("Alt+5")
    expect(text_of(other, 1)).to_have_text(" ".join(f"w{number}" for number in range(100)))
    expect(text_of(other, 3)).to_have_text(" ".join(f"w{number}" for number in range(100)))


def test_what_is_taken_while_the_server_is_away_is_told_when_it_is_back(staged: Staged) -> None:
    room, stage = staged
    before = ask_for(room, stage, HALF, OTHER, OTHER)
    room.studio.kill()
    expect(room.page.locator("#status-words")).to_have_text("Away from the server")
    expect(button(room, 1, "Edit")).to_have_attribute("aria-disabled", "true")
    button(room, 1, "Take all").click()
    expect(room.editor).to_have_text(f"{before} She knew the sound.")
    expect(room.page.locator(BY_MODEL)).to_have_text(" She knew the sound.")
    room.studio.start()
    expect(cards(room).first.locator(".candidate-words")).to_have_text("Taken", timeout=30_000)
    expect(room.page.locator(BY_MODEL)).to_have_text(" She knew the sound.")


def test_the_corpus_is_text_on_cards_too(staged: Staged) -> None:
    room, stage = staged
    room.write("Mine.")
    ask_for(room, stage, *[[text] for text in CORPUS])
    for number, text in enumerate(CORPUS, 1):
        expect(text_of(room, number)).to_have_text(text)
    button(room, 2, "Edit").click()
    room.page.get_by_role("button", name="Done").click()
    button(room, 2, "Take all").click()
    room.wait_for_text("onerror")
    assert room.text() == f"Mine.{CORPUS[1]}"
    assert room.page.evaluate(ALIEN) == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_candidates(staged: Staged, theme: str) -> None:
    room, stage = staged
    room.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    room.page.keyboard.press("Alt+5")
    assert violations(room) == []
    stage.hold("silent")
    room.page.keyboard.press("Alt+k")
    expect(cards(room).first).to_have_attribute("data-state", "running")
    stage.say(PrefillProgressed("", 512, 1204, 0))
    expect(room.page.locator(".set-state").first).to_contain_text("512")
    assert violations(room) == []
    stage.hold("silent", False)
    written(room)
    expect(room.page.locator("#candidates-live")).to_have_text("3 candidates are ready")
    button(room, 1, "Pin Candidate").click()
    room.page.keyboard.press("Alt+6")
    room.page.keyboard.press("Control+ArrowLeft")
    assert violations(room) == []
    button(room, 1, "Edit").click()
    assert violations(room) == []
    button(room, 2, "More for").click()
    assert violations(room) == []
    room.page.keyboard.press("Escape")
    room.page.keyboard.press("Control+/")
    assert violations(room) == []
