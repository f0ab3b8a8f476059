"""Reloads, other windows, and a server that goes away: nothing typed is lost, everything merges."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.room import Room

pytestmark = pytest.mark.browser

COUNT_TRANSACTIONS = """() => {
  window.transactions = 0;
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...names) {
    window.transactions += 1;
    return transaction.apply(this, names);
  };
}"""


def written(room: Room) -> list[int]:
    return [int(number) for number in re.findall(r"\bw(\d+)", room.text())]


def test_a_reload_while_the_model_writes_shows_the_writing_go_on(room: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w5\b")
    room.page.reload()
    room.ready()
    room.state("Pause")
    room.wait_for_text(rf"w{written(room)[-1] + 10}\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    words = written(room)
    assert words == list(range(len(words)))


def test_two_windows_on_one_story_merge_what_is_typed_in_both(room: Room, second: Room) -> None:
    room.write("middle")
    expect(second.editor).to_have_text("middle")
    room.page.keyboard.press("Control+Home")
    room.page.keyboard.type("first ", delay=15)
    second.editor.click()
    second.page.keyboard.press("Control+End")
    second.page.keyboard.type(" last", delay=15)
    expect(room.editor).to_have_text("first middle last")
    expect(second.editor).to_have_text("first middle last")


def test_the_other_windows_caret_and_the_models_are_seen(room: Room, second: Room) -> None:
    second.editor.click()
    second.page.keyboard.press("Control+Home")
    expect(room.page.locator(".remote-caret.is-window span")).to_be_visible()
    room.primary.click()
    for one in (room, second):
        caret = one.page.locator(".remote-caret.is-run")
        expect(caret).to_have_count(1)
        box = caret.locator("span").bounding_box()
        assert box and box["height"] > 10 and box["width"] >= 2


def test_a_closed_windows_caret_goes_with_it(room: Room, second: Room) -> None:
    second.editor.click()
    expect(room.page.locator(".remote-caret.is-window")).to_have_count(1)
    second.page.close()
    expect(room.page.locator(".remote-caret.is-window")).to_have_count(0)


def test_pausing_in_one_window_shows_in_the_other(room: Room, second: Room) -> None:
    room.primary.click()
    second.state("Pause")
    second.page.keyboard.press("Escape")
    room.state("Resume")
    room.wait_for_text(re.escape(second.text()))


def test_what_is_typed_while_the_server_is_away_merges_when_it_returns(room: Room) -> None:
    room.write("Before.")
    room.saved()
    room.studio.kill()
    expect(room.page.locator("#notice")).to_contain_text("Away from the server")
    room.editor.click()
    room.page.keyboard.press("Control+End")
    room.page.keyboard.type(" Meanwhile.")
    expect(room.page.locator("#saved")).to_have_text("Kept in this browser")
    expect(room.primary).to_have_attribute("aria-disabled", "true")
    room.studio.start()
    expect(room.page.locator("#notice")).to_be_hidden(timeout=15_000)
    room.saved()
    room.forget_local_copies()
    room.page.reload()
    room.ready()
    assert room.text() == "Before. Meanwhile."


def test_what_was_typed_while_away_survives_a_closed_tab(room: Room) -> None:
    room.write("Before.")
    room.saved()
    room.studio.kill()
    expect(room.page.locator("#notice")).to_be_visible()
    room.editor.click()
    room.page.keyboard.press("Control+End")
    room.page.keyboard.type(" Kept.")
    expect(room.page.locator("#saved")).to_have_text("Kept in this browser")
    room.kept_here()
    room.page.goto("about:blank")
    room.studio.start()
    room.open()
    assert room.text() == "Before. Kept."


def test_a_run_that_a_dead_server_interrupted_is_taken_up_where_it_stopped(room: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w10\b")
    room.studio.kill()
    expect(room.page.locator("#notice")).to_be_visible()
    room.studio.start()
    expect(room.page.locator("#status-words")).to_have_text("Interrupted", timeout=15_000)
    room.state("Resume")
    stood = written(room)
    room.primary.click()
    room.wait_for_text(rf"w{stood[-1] + 10}\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    words = written(room)
    assert words == list(range(len(words)))


def test_the_browsers_copy_of_what_the_model_writes_is_written_a_few_times_a_second(
    room: Room,
) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w5\b")
    room.page.evaluate(COUNT_TRANSACTIONS)
    room.wait_for_text(r"w85\b")
    room.page.wait_for_function("transactions > 0")
    assert room.page.evaluate("transactions") <= 20
