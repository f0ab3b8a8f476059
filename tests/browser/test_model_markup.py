"""What a model writes, and what it is called, is text: markup, in whole or in pieces of several tokens."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.room import Room, make_models
from tests.browser.test_safety import ALIEN, CORPUS

pytestmark = pytest.mark.browser

MARKUP = "".join(CORPUS)
PIECES = [MARKUP[at : at + 7] for at in range(0, len(MARKUP), 7)]
WRITES_MARKUP = {"STORYGEN_SCRIPT": json.dumps(PIECES)}
FOREIGN = "document.querySelectorAll('img, iframe, math, table:not([class]), b').length"


@pytest.mark.parametrize("studio", [WRITES_MARKUP], indirect=True)
def test_markup_that_the_model_writes_is_text_on_the_page_aloud_and_in_the_history(
    room: Room, second: Room
) -> None:
    room.write("Once.")
    room.page.keyboard.press("Control+Enter")
    expect(room.editor).to_contain_text(MARKUP[-20:] + MARKUP[:20])
    room.page.keyboard.press("Escape")
    room.state("Resume")
    assert room.text().startswith("Once." + MARKUP)
    expect(second.editor).to_contain_text("Once." + MARKUP)
    expect(room.page.locator("#live")).to_contain_text("alert(1)")
    room.page.keyboard.press("Alt+2")
    room.page.locator("#panel-history .row-main").first.click()
    expect(room.page.locator(".preview-text")).to_contain_text(MARKUP)
    for one in (room, second):
        assert one.page.evaluate(ALIEN) == one.page.evaluate(FOREIGN) == 0


def test_a_models_name_is_text_in_the_menu_and_in_the_bar(room: Room) -> None:
    folder = room.studio.models_dir
    make_models(folder / "made")
    (folder / "made" / "scripted").rename(folder / "<img src=x onerror=alert(1)>")
    room.page.reload()
    room.ready()
    room.page.locator("#model-button").click()
    item = room.page.get_by_role("menuitemradio", name="<img src=x onerror=alert(1)>")
    item.click(timeout=30_000)
    expect(room.page.locator("#model-name")).to_have_text("<img src=x onerror=alert(1)>")
    assert room.page.evaluate(FOREIGN) == 0
