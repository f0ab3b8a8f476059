"""Write, pause, resume and edit, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.room import Room

pytestmark = pytest.mark.browser

QUOTE = {"STORYGEN_SCRIPT": "quote", "STORYGEN_TOKEN_MS": "40"}


def words_of(text: str) -> list[int]:
    """Indices of the scripted worker's words, in the text's order."""
    return [int(number) for number in re.findall(r"\bw(\d+)", text)]


def test_a_first_visit_offers_a_line_and_write_goes_on_from_it(room: Room) -> None:
    first_line = room.text()
    assert len(first_line.split()) > 5
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w8\b")
    assert room.text().startswith(first_line + " w0 w1 w2")


def test_pause_rests_and_resume_goes_on_without_a_gap_or_a_repeat(room: Room) -> None:
    room.primary.click()
    room.wait_for_text(r"w5\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    resting = room.text()
    room.primary.click()
    room.wait_for_text(rf"w{words_of(resting)[-1] + 10}\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    written = words_of(room.text())
    assert written == list(range(len(written)))
    assert room.text().startswith(resting)


def test_stop_ends_the_run_and_write_begins_another_at_the_end(room: Room) -> None:
    room.primary.click()
    room.wait_for_text(r"w3\b")
    room.page.locator("#stop").click()
    room.state("Write")
    room.primary.click()
    expect(room.page.locator("#primary-label")).to_have_text("Pause")
    room.wait_for_text(r"w\d+ w0 w1\b")


def test_typing_keeps_its_place_while_the_model_writes(room: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w2\b")
    room.editor.click()
    room.page.keyboard.press("Control+Home")
    room.page.keyboard.type("Once, long before all that: ", delay=20)
    room.page.keyboard.press("Escape")
    room.state("Resume")
    text = room.text()
    assert text.startswith("Once, long before all that: ")
    assert words_of(text) == list(range(len(words_of(text))))


def test_undo_reverts_only_ones_own_words(room: Room) -> None:
    line = room.text()
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w2\b")
    room.editor.click()
    room.page.keyboard.press("Control+Home")
    room.page.keyboard.type("Mine. ")
    room.wait_for_text(r"^Mine\. .*w20\b")
    room.page.keyboard.press("Control+z")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    text = room.text()
    assert text.startswith(line + " w0 w1")
    assert words_of(text) == list(range(len(words_of(text))))
    room.page.keyboard.press("Control+y")  # a last word may still have been on its way
    room.wait_for_text("^" + re.escape("Mine. " + text))


@pytest.mark.parametrize("studio", [QUOTE], indirect=True)
def test_a_word_changed_while_the_model_writes_is_read_and_changes_what_follows(room: Room) -> None:
    room.write("The fox\n")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text("«fox» «fox»")
    room.page.keyboard.press("Control+Home")
    room.page.keyboard.press("End")
    room.page.keyboard.press("Control+Backspace")
    room.page.keyboard.type("owl")
    room.wait_for_text("«owl» «owl»")
    text = room.text()
    assert text.startswith("The owl\n")
    assert text.rindex("«fox»") < text.index("«owl» «owl»")


def test_the_writers_caret_goes_along_with_the_writing_it_stands_at(room: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w5\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    room.page.locator("#stop").click()
    room.state("Write")
    room.editor.focus()
    room.page.keyboard.type("!")
    assert room.text().endswith(f"w{words_of(room.text())[-1]}!")


def test_write_begins_at_the_caret_when_it_is_not_at_the_end(room: Room) -> None:
    room.write("Before. After.")
    for _ in range(len(" After.")):
        room.page.keyboard.press("ArrowLeft")
    room.state("Write here")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"^Before\. w0 w1.* After\.$")


def test_continue_from_here_sets_aside_what_follows_and_undo_brings_it_back(room: Room) -> None:
    room.write("Kept. Set aside.")
    for _ in range(len(" Set aside.")):
        room.page.keyboard.press("ArrowLeft")
    room.page.keyboard.press("Alt+Enter")
    expect(room.editor).to_have_text("Kept.")
    room.page.get_by_role("button", name="Undo").click()
    expect(room.editor).to_have_text("Kept. Set aside.")


def test_a_composition_in_the_paragraph_being_written_survives(room: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w2\b")
    room.editor.click()
    room.page.keyboard.press("Control+Home")
    session = room.page.context.new_cdp_session(room.page)
    for text in ("に", "にほ", "にほん"):
        session.send(
            "Input.imeSetComposition",
            {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
        )
        seen = words_of(room.text())[-1]
        room.wait_for_text(rf"w{seen + 5}\b")
    session.send("Input.insertText", {"text": "日本"})
    room.wait_for_text("^日本")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    text = room.text()
    assert text.startswith("日本The")
    assert words_of(text) == list(range(len(words_of(text))))


def test_following_ends_when_one_scrolls_up_and_begins_again_on_request(room: Room) -> None:
    room.write("\n" * 60)
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    room.page.mouse.move(640, 400)
    room.page.mouse.wheel(0, -4000)
    follow = room.page.locator("#follow")
    follow.wait_for()
    top = "document.querySelector('.cm-scroller').scrollTop"
    resting = room.page.evaluate(top)
    room.page.locator("#context").wait_for()
    seen = room.page.locator("#context").text_content()
    expect(room.page.locator("#context")).not_to_have_text(seen or "")
    assert room.page.evaluate(top) == resting
    follow.click()
    expect(follow).to_be_hidden()
    assert room.page.evaluate(top) > resting


def test_pages_pasted_where_the_model_writes_do_not_end_the_following(room: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    room.page.keyboard.press("Control+End")
    room.page.keyboard.insert_text(("A page pasted in. " * 25 + "\n\n") * 150)
    room.page.wait_for_timeout(1500)
    expect(room.page.locator("#follow")).to_be_hidden()
    room.page.keyboard.press("Control+Enter")
    room.state("Pause")
    room.page.wait_for_timeout(1500)
    expect(room.page.locator("#follow")).to_be_hidden()
