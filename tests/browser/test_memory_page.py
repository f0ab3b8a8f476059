"""Memory, note and lore in a real browser: typed, stored, shared by windows, and what reading them costs.

By mouse, by keys and by touch. The server stores and shares; what the model would read is `staged_context`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.room import Room, Studio, violations, watch
from tests.browser.staged_context import stage_context
from tests.browser.test_safety import ALIEN, CORPUS

pytestmark = pytest.mark.browser

LEAST_TOUCH_PX = 44
ENTRY: dict[str, Any] = {
    "name": "The harbourmaster",
    "keys": ["harbourmaster"],
    "text": "Orin Tal is blind in one eye.",
}


@pytest.fixture(autouse=True)
def staged_contexts(context: BrowserContext) -> None:
    """What the model would read, in every page of the test."""
    stage_context(context)


@pytest.fixture
def pocket(chromium: Browser, studio: Studio) -> Iterator[Room]:
    """The page on a phone."""
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    stage_context(context)
    made = Room(context.new_page(), studio)
    watch(made.page, made)
    made.open()
    yield made
    context.close()
    assert made.broken == []


def text_field(room: Room) -> Locator:
    return room.page.locator("#memory-text")


def note_field(room: Room) -> Locator:
    return room.page.locator("#memory-note")


def entries(room: Room) -> Locator:
    return room.page.locator(".lore-entry:not([hidden])")


def entry(room: Room, name: str) -> Locator:
    return entries(room).filter(has=room.page.locator(f'.lore-name:text-is("{name}")'))


def fields(room: Room) -> Locator:
    """Those of the entry that is open."""
    return room.page.locator(".lore-fields")


def cost(room: Room) -> Locator:
    return room.page.locator(".memory-cost-words")


def asked(page: Page, event: str) -> list[dict[str, Any]]:
    """What the page asked the server for so far."""
    told: list[Any] = page.evaluate("window.asked")
    return [fields for name, fields in told if name == event]


def opened(room: Room) -> Room:
    room.page.keyboard.press("Alt+y")
    text_field(room).wait_for()
    return room


def file_of(memory: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "memory.json",
        "mimeType": "application/json",
        "buffer": json.dumps({"storygen_memory": 1, "memory": memory}).encode(),
    }


def open_file(room: Room, file: dict[str, Any]) -> None:
    room.page.locator(".memory-files input").set_input_files(file)  # type: ignore[arg-type]


def with_entries(room: Room, *made: dict[str, Any]) -> None:
    """Put a memory with these entries in, as a file brings it."""
    open_file(room, file_of({"entries": list(made)}))
    expect(room.page.locator(".lore-entry")).to_have_count(len(made))
    room.saved()


def see(room: Room) -> Locator:
    """Open "What the model sees"; returns the dialog, once something is there."""
    room.page.keyboard.press("Alt+v")
    dialog = room.page.locator("dialog.context")
    expect(dialog).to_have_attribute("data-known", "true")
    return dialog


# -------------------------------------------------------------------- typing and storing


def test_what_is_typed_is_stored_when_the_hand_rests_and_there_after_a_reload(room: Room) -> None:
    opened(room)
    text_field(room).click()
    room.page.keyboard.type("Ada is a pilot’s daughter.")
    note_field(room).click()
    room.page.keyboard.type("Calm.")
    lines = room.page.locator("#memory-note-lines")
    lines.fill("7")
    expect(room.page.locator("#saved")).to_have_text("Saved")
    for patch in (one["patch"] for one in asked(room.page, "memory_set")):
        assert not {"share", "lore_range", "lore_budget", "entries"} & set(patch)
    room.page.reload()
    room.ready()
    opened(room)
    expect(text_field(room)).to_have_value("Ada is a pilot’s daughter.")
    expect(note_field(room)).to_have_value("Calm.")
    expect(lines).to_have_value("7")


def test_typing_is_stored_by_one_call_at_a_time_and_nothing_of_it_is_lost(room: Room) -> None:
    opened(room)
    room.page.evaluate("localStorage['staged.slow'] = 1500")
    note_field(room).click()
    room.page.keyboard.type("First")
    room.page.wait_for_function("() => window.asked.some(([event]) => event === 'memory_set')")
    room.page.keyboard.type(", then more, then still more")
    text_field(room).fill("And this.")
    expect(room.page.locator("#saved")).to_have_text("Saving")
    expect(room.page.locator("#saved")).to_have_text("Saved")
    sent = [one["patch"] for one in asked(room.page, "memory_set")]
    assert sent == [
        {"note": "First"},
        {"note": "First, then more, then still more", "text": "And this."},
    ]


def test_a_number_that_is_no_number_or_too_large_is_brought_into_its_bounds(room: Room) -> None:
    opened(room)
    budget = room.page.locator("#memory-budget")
    budget.fill("90000")
    budget.press("Tab")
    expect(budget).to_have_value("8192")
    budget.fill("")
    budget.press("Tab")
    expect(budget).to_have_value("400")
    room.saved()
    assert asked(room.page, "memory_set")[-1]["patch"] == {"lore_budget": 400}


def test_what_is_typed_while_the_server_is_away_is_kept_and_sent_when_it_returns(
    room: Room, second: Room
) -> None:
    opened(second)
    opened(room)
    room.studio.kill()
    expect(cost(room)).to_contain_text("away")
    note_field(room).click()
    room.page.keyboard.type("Typed meanwhile.")
    expect(room.page.locator("#saved")).to_have_text("Kept in this browser")
    room.page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => key.startsWith('storygen.memory.'))"
    )
    room.studio.start()
    expect(room.page.locator("#saved")).to_have_text("Saved", timeout=30_000)
    expect(note_field(second)).to_have_value("Typed meanwhile.")
    assert not room.page.evaluate(
        "Object.keys(localStorage).some((key) => key.startsWith('storygen.memory.'))"
    )


def test_what_could_not_be_sent_before_the_window_closed_is_sent_by_the_next(
    room: Room, context: BrowserContext
) -> None:
    opened(room)
    room.studio.kill()
    expect(cost(room)).to_contain_text("away")
    note_field(room).click()
    room.page.keyboard.type("Not lost.")
    room.page.close()
    room.studio.start()
    other = Room(context.new_page(), room.studio)
    other.open()
    opened(other)
    expect(note_field(other)).to_have_value("Not lost.")
    other.page.reload()
    other.ready()
    opened(other)
    expect(note_field(other)).to_have_value("Not lost.")


def test_a_refused_change_says_why_and_is_tried_again_once_it_is_another(room: Room) -> None:
    opened(room)
    with_entries(room, *({"name": f"Large {number}", "text": "x" * 19_900} for number in range(97)))
    text_field(room).fill("x" * 99_000)
    expect(cost(room)).to_contain_text("Not stored. Memory, note and lorebook are larger than")
    expect(room.page.locator("#saved")).to_have_text("Memory not stored")
    assert text_field(room).input_value() == "x" * 99_000
    assert violations(room) == []
    text_field(room).fill("Shorter")
    expect(room.page.locator("#saved")).to_have_text("Saved")
    expect(cost(room)).not_to_contain_text("Not stored")


def test_two_windows_that_change_different_fields_lose_nothing(room: Room, second: Room) -> None:
    opened(room)
    opened(second)
    with_entries(room, ENTRY)
    entry(second, "The harbourmaster").wait_for()
    text_field(room).click()
    second.page.locator("#memory-note").click()
    room.page.keyboard.type("From one.", delay=10)
    second.page.keyboard.type("From the other.", delay=10)
    expect(note_field(room)).to_have_value("From the other.")
    expect(text_field(second)).to_have_value("From one.")
    entry(second, "The harbourmaster").get_by_role("switch").click()
    expect(entry(room, "The harbourmaster").get_by_role("switch")).to_have_attribute(
        "aria-checked", "false"
    )


def test_the_field_that_has_the_focus_is_not_disturbed_by_another_window(
    room: Room, second: Room
) -> None:
    opened(room)
    opened(second)
    note_field(room).click()
    room.page.keyboard.type("Mine")
    room.saved()
    note_field(second).fill("Theirs")
    text_field(second).fill("Also theirs")
    expect(text_field(room)).to_have_value("Also theirs")
    expect(note_field(room)).to_have_value("Mine")
    assert room.page.evaluate("document.activeElement.selectionStart") == 4
    text_field(room).click()
    expect(note_field(room)).to_have_value("Theirs")


def test_another_story_has_a_memory_of_its_own_even_while_a_field_has_the_focus(
    room: Room,
) -> None:
    opened(room)
    note_field(room).fill("Of this story")
    room.saved()
    note_field(room).focus()
    room.page.keyboard.press("Alt+n")
    expect(note_field(room)).to_have_value("")


# -------------------------------------------------------------------- lore


def test_an_entry_is_made_changed_copied_and_removed_with_a_way_back(room: Room) -> None:
    opened(room)
    expect(room.page.locator(".memory-part").nth(2)).to_contain_text("Nothing yet.")
    room.page.get_by_role("button", name="New entry").click()
    expect(fields(room).get_by_label("Name")).to_be_focused()
    room.page.keyboard.type("The harbourmaster")
    fields(room).get_by_label("Text").fill("Orin Tal is blind in one eye.")
    fields(room).get_by_label("Keys", exact=True).fill("harbourmaster\n\n pilot ")
    made = entry(room, "The harbourmaster")
    expect(made.locator(".lore-keys")).to_have_text("harbourmaster, pilot")
    room.saved()
    made.get_by_role("button", name="Duplicate").click()
    copy = entry(room, "The harbourmaster (copy)")
    expect(copy.get_by_label("Name")).to_be_focused()
    expect(copy.locator(".lore-keys")).to_have_text("harbourmaster, pilot")
    copy.get_by_role("button", name="Remove").click()
    expect(entries(room)).to_have_count(1)
    assert room.page.evaluate("document.activeElement.className") == "lore-open"
    room.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(entries(room)).to_have_count(2)
    room.saved()
    room.page.reload()
    room.ready()
    opened(room)
    expect(entries(room)).to_have_count(2)


def test_an_entry_says_when_it_is_active_and_by_which_key(room: Room) -> None:
    room.write("Nobody is there.")
    room.page.keyboard.press("Control+Enter")  # the model loads
    room.wait_for_text(r"w3\b")
    room.page.keyboard.press("Control+.")
    room.state("Write")
    opened(room)
    with_entries(
        room,
        ENTRY,
        {"name": "Vael", "text": "A town.", "constant": True},
        {"name": "Broken", "keys": ["/(/"]},
        {"name": "Long", "keys": ["nobody"], "text": "So long. " * 300},
    )
    mark = entry(room, "The harbourmaster").locator(".lore-mark")
    expect(entry(room, "Vael").locator(".lore-mark")).to_have_text("Active")
    expect(entry(room, "Long").locator(".lore-mark")).to_have_text("Called, but the budget is full")
    expect(entry(room, "Broken").locator(".lore-mark")).to_contain_text("is broken")
    expect(mark).to_have_text("")
    room.editor.click()
    room.page.keyboard.press("Control+End")
    room.page.keyboard.type(" Only the harbourmaster.")
    expect(mark).to_have_text("Active, by “harbourmaster”")
    assert violations(room) == []
    entry(room, "The harbourmaster").get_by_role("switch").click()
    expect(mark).to_have_text("")


def test_an_entry_that_is_always_there_needs_no_keys_and_stands_before_the_story(
    room: Room,
) -> None:
    opened(room)
    with_entries(room, ENTRY)
    made = entry(room, "The harbourmaster")
    made.locator(".lore-open").click()
    expect(made.get_by_label("Stands")).to_have_value("back")
    made.get_by_label("Told").select_option("Always")
    expect(made.locator(".lore-keys")).to_have_text("Always there")
    expect(made.get_by_label("Keys", exact=True)).to_be_hidden()
    expect(made.get_by_label("Stands")).to_have_value("before")
    expect(made.get_by_label("How many lines back")).to_be_hidden()
    made.get_by_label("Stands").select_option("Lines back")
    made.get_by_label("How many lines back").fill("0")
    room.saved()
    stored = asked(room.page, "memory_set")[-1]["patch"]["entries"][0]
    assert (stored["constant"], stored["depth"], stored["keys"]) == (True, 0, ["harbourmaster"])


def test_the_list_is_in_order_again_when_the_focus_has_left_it(room: Room) -> None:
    opened(room)
    with_entries(room, {"name": "A"}, {"name": "B", "order": 200})
    names = room.page.locator(".lore-name")
    expect(names).to_have_text(["A", "B"])
    made = entry(room, "A")
    made.locator(".lore-open").click()
    made.get_by_label("Order").fill("300")
    room.saved()
    expect(names).to_have_text(["A", "B"])
    text_field(room).click()
    expect(names).to_have_text(["B", "A"])


def test_entries_are_found_among_many(room: Room) -> None:
    opened(room)
    many = [{"name": f"Entry {number}", "keys": [f"key{number}"]} for number in range(1000)]
    with_entries(room, *many)
    room.page.get_by_label("Find entries").fill("KEY77 entry")
    expect(entries(room)).to_have_count(11)
    expect(room.page.locator("#panel-memory")).to_contain_text("11 of 1000")
    room.page.get_by_label("Find entries").fill("whale")
    expect(room.page.locator("#panel-memory")).to_contain_text("None of 1000")
    room.page.get_by_label("Find entries").fill("")
    expect(entries(room)).to_have_count(1000)
    room.page.get_by_role("button", name="New entry").click()
    expect(room.page.locator(".toast.is-error")).to_have_text("1000 entries are the most.")


# -------------------------------------------------------------------- what it costs


def test_a_run_that_has_not_read_a_change_says_what_it_costs_and_reads_it_when_told(
    room: Room,
) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    opened(room)
    expect(cost(room)).to_have_text("The run has read what stands here.")
    now = room.page.get_by_role("button", name="Read now")
    expect(now).to_be_hidden()
    text_field(room).fill("12345678")
    expect(cost(room)).to_have_text(
        "The run has not read this yet. Reading it re-reads 482 tokens, about 0.6 s."
    )
    room.state("Pause")
    now.click()
    expect(cost(room)).to_have_text("The run has read what stands here.")
    expect(now).to_be_hidden()
    assert len(asked(room.page, "run_memory")) == 1


def test_control_and_enter_in_a_field_lets_the_run_read_it_and_elsewhere_writes(
    room: Room,
) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    room.page.keyboard.press("Escape")
    room.state("Resume")
    opened(room)
    note_field(room).click()
    room.page.keyboard.type("Calm.")
    room.page.keyboard.press("Control+Enter")
    expect(cost(room)).to_have_text("The run has read what stands here.")
    assert asked(room.page, "memory_set")[-1]["patch"] == {"note": "Calm."}
    room.state("Resume")
    room.page.keyboard.press("Control+Enter")  # nothing is unread
    room.state("Pause")


def test_while_typing_the_cost_of_the_change_in_hand_is_shown_before_it_is_stored(
    room: Room,
) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    opened(room)
    expect(cost(room)).to_have_text("The run has read what stands here.")
    room.page.evaluate("localStorage['staged.slow'] = 800")
    text_field(room).fill("x" * 400)
    expect(cost(room)).to_contain_text("580 tokens")
    assert "text" in asked(room.page, "context_show")[-1].get("patch", {})


def test_without_a_run_it_says_what_the_next_write_reads(room: Room) -> None:
    opened(room)
    expect(cost(room)).to_contain_text("The model loads when you press Write")
    assert asked(room.page, "context_show") == []
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    room.page.keyboard.press("Control+.")
    expect(cost(room)).to_have_text("The next Write reads 480 tokens, about 0.6 s.")


def test_what_is_being_typed_is_stored_before_a_run_begins(room: Room) -> None:
    opened(room)
    note_field(room).click()
    room.page.keyboard.type("Calm.")
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    expect(cost(room)).to_have_text("The run has read what stands here.")


# -------------------------------------------------------------------- what the model sees


def test_the_context_is_shown_piece_by_piece_with_its_tokens(room: Room) -> None:
    room.write("It was lit. The harbourmaster slept.")
    opened(room)
    text_field(room).fill("Ada.")
    with_entries(room, ENTRY)
    text_field(room).fill("Ada.")
    note_field(room).fill("Calm.")
    room.saved()
    dialog = see(room)
    headings = dialog.get_by_role("heading", level=3)
    for name in ("Memory", "Lore: The harbourmaster", "Note", "Story", "Prompt format"):
        expect(headings.filter(has_text=name).first).to_be_visible()
    expect(dialog.locator("[data-origin=memory] .context-words")).to_have_text("Ada.")
    legend = dialog.locator(".context-legend")
    expect(legend.locator("[data-origin=lore] dd")).to_have_text("8")
    expect(legend.locator("[data-origin=reserve] dd")).to_have_text("200")
    expect(dialog.locator(".context-side")).to_contain_text("1,204 tokens of the story")
    expect(dialog.locator(".context-side")).to_contain_text("called by “harbourmaster”")
    assert violations(room) == []
    room.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    note_field(room).focus()
    expect(room.page.locator("#panel-memory")).to_be_visible()


def test_white_space_and_the_format_are_seen_by_choice_and_the_exact_text_is_copied(
    room: Room,
) -> None:
    room.write("One two\nthree")
    dialog = see(room)
    words = dialog.locator("[data-origin=story] .context-words")
    expect(dialog.locator("[data-origin=format] .context-words")).to_have_text("Go on:")
    dialog.get_by_label("White space").check()
    expect(words.first).to_have_text("One·\u200btw")
    expect(words.last).to_contain_text("o↵")
    dialog.get_by_label("Prompt format").uncheck()
    expect(dialog.locator("[data-origin=format] .context-words")).to_have_count(0)
    dialog.get_by_role("button", name="Copy the exact text").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert room.page.evaluate("navigator.clipboard.readText()") == "<s>Go on:\nOne two\nthree"


def test_it_shows_by_itself_what_has_changed_while_it_is_open(room: Room, second: Room) -> None:
    room.page.keyboard.press("Control+Enter")
    room.wait_for_text(r"w3\b")
    dialog = see(room)
    expect(dialog).to_contain_text("Where the run writes.")
    second.page.keyboard.press("Escape")
    expect(dialog).to_contain_text("Where the run rests.")
    expect(dialog.locator(".context-words").last).to_contain_text(second.text()[-4:])
    opened(second)
    text_field(second).fill("News.")
    expect(dialog.locator("[data-origin=memory] .context-words")).to_have_text("News.")


def test_a_story_of_many_pages_is_shown_whole_in_few_elements(room: Room) -> None:
    story = "A line of the story that is about eighty letters long, as lines mostly are.\n" * 400
    room.page.evaluate("(text) => localStorage.setItem('staged.story', text)", story)
    dialog = see(room)
    words = dialog.locator("[data-origin=story] .context-words")
    assert "".join(words.all_text_contents()) == story
    assert dialog.locator(".context-stretch").count() < 20
    assert room.page.evaluate("document.querySelectorAll('dialog.context *').length") < 200


def test_without_a_server_or_a_model_it_says_why_there_is_nothing(room: Room) -> None:
    room.studio.kill()
    expect(room.page.locator("#notice")).to_contain_text("Away")
    room.page.keyboard.press("Alt+v")
    dialog = room.page.locator("dialog.context")
    expect(dialog).to_contain_text("The server is away")
    expect(dialog.locator(".context-side")).to_be_hidden()
    expect(dialog.locator(".context-text")).to_be_focused()
    assert violations(room) == []


# -------------------------------------------------------------------- files


def test_the_memory_is_saved_as_a_file_and_opened_in_place_of_another(
    room: Room, tmp_path: Path
) -> None:
    opened(room)
    with_entries(room, ENTRY)
    text_field(room).fill("To keep")
    with room.page.expect_download() as download:
        room.page.get_by_role("button", name="Save as a file").click()
    path = tmp_path / "memory.json"
    download.value.save_as(path)
    assert json.loads(path.read_text("utf-8"))["memory"]["text"] == "To keep"
    text_field(room).fill("Something else")
    entry(room, "The harbourmaster").locator(".lore-open").click()
    room.page.get_by_role("button", name="Remove").click()
    room.page.locator(".memory-files input").set_input_files(path)
    expect(text_field(room)).to_have_value("To keep")
    expect(entries(room)).to_have_count(1)
    room.page.locator(".toast").filter(has_text="file").get_by_role("button", name="Undo").click()
    expect(text_field(room)).to_have_value("Something else")
    expect(entries(room)).to_have_count(0)
    room.saved()


def test_a_file_that_is_no_memory_is_refused_in_words_and_changes_nothing(room: Room) -> None:
    opened(room)
    text_field(room).fill("Stays")
    room.saved()
    file = {"name": "x.json", "mimeType": "application/json", "buffer": b'{"prompt": ""}'}
    open_file(room, file)
    expect(room.page.locator(".toast.is-error")).to_contain_text("no memory of StoryGen")
    open_file(room, file_of({"entries": [{}, {"order": 7000}]}))
    expect(room.page.locator(".toast.is-error").last).to_contain_text("Entry 2: “order”")
    expect(text_field(room)).to_have_value("Stays")


# -------------------------------------------------------------------- looks


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_memory_full_or_empty(room: Room, theme: str) -> None:
    room.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    opened(room)
    assert violations(room) == []
    room.write("The harbourmaster.")
    with_entries(
        room,
        ENTRY,
        {"name": "Off", "on": False},
        {"name": "Broken", "keys": ["/(/"]},
        {"name": "Long", "keys": ["harbourmaster"], "text": "So long. " * 300},
        *({"name": str(number)} for number in range(5)),
    )
    text_field(room).fill("Ada.")
    note_field(room).fill("Calm.")
    entry(room, "The harbourmaster").locator(".lore-open").click()
    room.saved()
    assert violations(room) == []
    dialog = see(room)
    expect(dialog.locator("[data-origin=memory] .context-words")).to_have_text("Ada.")
    assert violations(room) == []


def test_on_a_phone_memory_is_a_sheet_and_the_context_fills_the_screen(pocket: Room) -> None:
    page = pocket.page
    page.locator("#panel-button").tap()
    page.get_by_role("tab", name="Memory").tap()
    page.get_by_role("button", name="New entry").tap()
    fields(pocket).get_by_label("Name").fill("Ada")
    switch = page.get_by_role("switch", name="Ada: in use")
    switch.tap()
    expect(switch).to_have_attribute("aria-checked", "false")
    for control in page.locator("#panel-memory").get_by_role("button").all():
        box = control.bounding_box()
        assert box and box["height"] >= LEAST_TOUCH_PX, control.inner_text()
    assert violations(pocket) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="What the model sees").tap()
    dialog = page.locator("dialog.context")
    expect(dialog).to_have_attribute("data-known", "true")
    assert dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert violations(pocket) == []
    dialog.get_by_role("button", name="Close").tap()
    expect(dialog).to_be_hidden()


def test_text_that_runs_from_right_to_left_does_so_in_every_field(room: Room) -> None:
    room.write("كان الفانوس")
    opened(room)
    text_field(room).fill("كان الفانوس في نافذة الميناء")
    with_entries(room, {"name": "آدا", "text": "ابنة الملاح", "keys": ["الفانوس"]})
    text_field(room).fill("كان الفانوس في نافذة الميناء")
    room.saved()
    entry(room, "آدا").locator(".lore-open").click()
    dialog = see(room)
    expect(dialog.locator("[data-origin=lore] .context-words")).to_have_text("ابنة الملاح")
    directions = room.page.evaluate(
        """["#memory-text", ".lore-fields textarea", ".lore-name", ".context-stretch:last-child"]
          .map((one) => getComputedStyle(document.querySelector(one)).direction)"""
    )
    assert directions[:3] == ["rtl"] * 3
    origin = "[data-origin=lore] .context-stretch"
    assert dialog.locator(origin).evaluate("(e) => getComputedStyle(e).direction") == "rtl"


def test_whatever_is_in_a_memory_is_text(room: Room) -> None:
    opened(room)
    own = room.page.evaluate(ALIEN)
    corpus = "\n".join(CORPUS)
    with_entries(
        room, {"name": CORPUS[1], "text": corpus, "keys": list(CORPUS)[:3], "constant": True}
    )
    text_field(room).fill(corpus)
    note_field(room).fill(corpus)
    room.saved()
    entries(room).locator(".lore-open").click()
    dialog = see(room)
    expect(dialog.locator("[data-origin=memory] .context-words")).to_contain_text(CORPUS[1])
    assert room.page.evaluate(ALIEN) == own


def test_the_panel_leaves_the_text_where_it_is(room: Room) -> None:
    before = room.editor.bounding_box()
    opened(room)
    assert room.editor.bounding_box() == before
    room.page.keyboard.press("Alt+y")
    expect(room.page.locator("#right-panel")).to_be_hidden()
