"""Every element of the workbench: how it is drawn, what it tells Python, and that it can be done by keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.bench import BenchPage

pytestmark = pytest.mark.browser

MARKUP = "<b>bold</b> & <img src=x onerror=alert(1)>"
NEVER_250 = """() => {
  const real = window.setTimeout;
  window.setTimeout = (then, ms, ...more) => (ms === 250 ? 0 : real(then, ms, ...more));
}"""

# ---------------------------------------------------------------- inputs


def test_what_is_typed_is_told_once_a_moment_later(bench: BenchPage) -> None:
    bench.field("Name").press_sequentially("lamp", delay=5)
    bench.heard("name 'lamp'")
    assert bench.count() == 1


def test_enter_sends_a_line_and_control_enter_a_text(bench: BenchPage) -> None:
    bench.field("Name").fill("Anna")
    bench.page.keyboard.press("Enter")
    bench.heard("named 'Anna'")
    bench.go("talk")
    bench.field("Message").fill("two\nlines")
    bench.page.keyboard.press("Control+Enter")
    expect(bench.element("turn", 5)).to_contain_text("two lines")


def test_a_button_comes_after_what_was_typed_before_it(bench: BenchPage) -> None:
    bench.page.evaluate(NEVER_250)
    bench.field("Prompt").press_sequentially("!")
    bench.page.keyboard.press("Control+Enter")  # the button's key, not the field's
    bench.heard("generate")
    assert bench.count() == 2


def test_choices_are_told(bench: BenchPage) -> None:
    expect(bench.element("select")).to_contain_text("135 M weights")
    bench.field("Model").select_option("large")
    bench.heard("select 'large'")
    expect(bench.element("select").locator(".wb-note")).to_be_empty()
    bench.here.get_by_role("radio", name="Chat").click()
    bench.heard("form 'chat'")
    bench.here.get_by_role("checkbox", name="perplexity").click()
    bench.heard("metrics ('perplexity', 'bleu')")
    bench.here.get_by_role("switch", name="Show ids").click()
    bench.heard("switch True")
    bench.field("Key").fill("geheim")
    bench.heard("secret 'geheim'")
    expect(bench.field("Key")).to_have_attribute("type", "password")


def test_a_number_is_typed_or_dragged(bench: BenchPage) -> None:
    slider = bench.here.get_by_role("slider", name="Temperature")
    slider.press("ArrowRight")
    bench.heard("temperature 0.85")
    expect(bench.field("Temperature")).to_have_value("0.85")
    bench.field("Temperature").fill("1.5")
    bench.heard("temperature 1.5")
    expect(slider).to_have_value("1.5")


def test_a_number_on_its_way_to_another_is_no_mistake_one_that_stays_is(bench: BenchPage) -> None:
    sent: list[str] = []
    bench.page.on(
        "websocket", lambda wire: wire.on("framesent", lambda frame: sent.append(str(frame)))
    )
    bench.page.reload()
    field = bench.field("Most tokens")
    field.fill("")
    bench.page.clock.install()
    for digit in "50":
        field.press(digit)
        bench.page.clock.run_for(400)
    bench.page.clock.resume()
    bench.heard("tokens 50")
    assert [one for one in sent if '"change"' in one and '"value":5}' in one] == []
    assert [one for one in sent if '"change"' in one and '"value":50}' in one] != []
    refused = bench.here.get_by_role("alert")
    expect(refused).to_be_hidden()
    before = bench.field("Prompt").bounding_box()
    field.fill("5")
    field.blur()
    expect(refused).to_have_text("Most tokens: at least 10.")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert bench.field("Prompt").bounding_box() == before
    field.fill("12.5")
    expect(refused).to_have_text("Most tokens: this must be a whole number.")
    field.fill("64")
    expect(refused).to_be_hidden()
    field.fill("")
    field.blur()
    expect(field).to_have_value("64")


def test_the_server_sets_every_input(bench: BenchPage) -> None:
    bench.click("Set from the server")
    expect(bench.field("Name")).to_have_value("from Python")
    expect(bench.field("Prompt")).to_have_value("Another beginning")
    expect(bench.field("Most tokens")).to_have_value("128")
    expect(bench.here.get_by_role("slider", name="Temperature")).to_have_value("1.25")
    expect(bench.field("Model")).to_have_value("large")
    expect(bench.here.get_by_role("radio", name="Chat")).to_be_checked()
    expect(bench.here.get_by_role("checkbox", name="chrf")).to_be_checked()
    expect(bench.here.get_by_role("checkbox", name="bleu")).not_to_be_checked()
    expect(bench.here.get_by_role("switch", name="Show ids")).to_be_checked()
    assert bench.here.get_by_text("nothing yet").count() == 1  # and hears nothing of it


def test_what_is_typed_and_not_told_yet_stays_whatever_the_server_sets(bench: BenchPage) -> None:
    bench.page.evaluate(NEVER_250)
    bench.field("Name").press_sequentially("mine")
    asks = bench.here.get_by_role("switch", name="Set it meanwhile")
    asks.evaluate("(box) => { box.checked = true; box.dispatchEvent(new Event('change')); }")
    expect(bench.field("Prompt")).to_have_value("Another beginning")
    expect(bench.field("Name")).to_have_value("mine")
    bench.field("Name").blur()
    bench.heard("name 'mine'")


def test_a_button_that_can_not_be_pressed_says_why(bench: BenchPage) -> None:
    button = bench.button("Compare")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("aria-description", "Choose a second model first.")
    button.hover()
    expect(bench.page.get_by_role("tooltip")).to_have_text("Choose a second model first.")
    bench.page.mouse.move(600, 700)
    expect(bench.page.get_by_role("tooltip")).to_be_hidden()
    button.click(force=True)
    bench.page.keyboard.press("Alt+g")
    bench.heard("again")
    assert bench.count() == 1


def test_a_file_comes_whole_in_pieces_chosen_or_dropped(bench: BenchPage) -> None:
    data = b"abc" + b"x" * 700_000 + b"xyz"
    file = {"name": "much.jsonl", "mimeType": "application/json", "buffer": data}
    bench.here.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
    bench.heard(f"file 'much.jsonl' {len(data)} b'abc' b'xyz'")
    expect(bench.element("file-input")).to_contain_text("much.jsonl · 700 KB")
    expect(bench.here.get_by_role("progressbar")).to_be_hidden()
    bench.element("file-input").evaluate(
        """(place) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["a,b"], "small.csv"));
          for (const kind of ["dragover", "drop"])
            place.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )
    bench.heard("file 'small.csv' 3 b'a,b' b'a,b'")


# ---------------------------------------------------------------- reading


def test_text_stays_text_wherever_it_stands(bench: BenchPage) -> None:
    for page in ("reading", "talk"):
        bench.go(page)
        expect(bench.here.get_by_text(MARKUP).first).to_be_visible()
    assert bench.page.locator("main b, main img, main script").count() == 0


def test_links_lead_to_the_web_and_nowhere_else(bench: BenchPage) -> None:
    bench.go("reading")
    links = bench.here.locator("a")
    assert links.evaluate_all("(all) => all.map((one) => one.getAttribute('href'))") == [
        "https://example.org/docs",
        "https://example.org/",
    ]
    expect(links.first).to_have_attribute("rel", "noreferrer")
    expect(bench.here.get_by_text("Not a link")).to_be_visible()


def test_words_have_their_tones_and_what_is_folded_opens(bench: BenchPage) -> None:
    bench.go("reading")
    story = bench.here.locator('.wb-text[data-tone="story"]')
    assert "Literata" in story.evaluate("(one) => getComputedStyle(one).fontFamily")
    expect(bench.element("facts").locator("dt")).to_have_text(["Weights", "Context", "Note"])
    expect(bench.here.get_by_text("Folded away.")).to_be_hidden()
    bench.here.get_by_text("More of it").click()
    expect(bench.here.get_by_text("Folded away.")).to_be_visible()
    bench.heard("opened")


def test_a_table_shows_numbers_shades_and_the_row_that_is_picked(bench: BenchPage) -> None:
    bench.go("reading")
    table = bench.element("table")
    cells = table.locator("tbody td")
    expect(cells.nth(1)).to_have_text("2.31")
    expect(cells.nth(5)).to_have_class(re.compile("heat-6"))
    expect(cells.nth(8)).to_have_text("–")
    expect(cells.nth(9)).to_have_text("−0.25")
    expect(cells.nth(10)).to_have_text("1,234,567")
    expect(table.locator("tr.is-picked")).to_have_attribute("aria-selected", "true")
    table.get_by_role("button", name="Loss").click()
    bench.heard("sort 1 True")
    head = table.get_by_role("columnheader", name="Loss")
    expect(head).to_have_attribute("aria-sort", "descending")
    table.get_by_role("button", name="Loss").click()
    bench.heard("sort 1 False")
    cells.nth(4).click()
    bench.heard("row 1 None")
    table.get_by_role("button", name="look").click()
    bench.heard("row 1 3")


def test_rows_and_their_cells_are_reached_by_arrows(bench: BenchPage) -> None:
    bench.go("reading")
    table = bench.element("table")
    table.get_by_role("button", name="Tokens").focus()
    bench.page.keyboard.press("Tab")
    expect(table.locator("tbody tr").first).to_be_focused()
    bench.page.keyboard.press("ArrowDown")
    bench.page.keyboard.press("Enter")
    bench.heard("row 1 None")
    bench.page.keyboard.press("ArrowRight")
    bench.page.keyboard.press("Enter")
    bench.heard("row 1 3")
    bench.page.keyboard.press("ArrowLeft")
    bench.page.keyboard.press("End")
    expect(table.locator("tbody tr").last).to_be_focused()


def test_tokens_are_a_text_whose_parts_can_be_picked(bench: BenchPage) -> None:
    bench.go("reading")
    tokens = bench.element("tokens")
    text = tokens.locator(".wb-token-text")
    shown = "The lamp burned low, and nobody in the house.↵Outside, a 👩‍🚀 waited for··rain."
    expect(text).to_have_text(shown, use_inner_text=False)
    expect(tokens.locator(".wb-paragraph")).to_have_count(2)
    tokens.get_by_role("option").nth(2).click()
    bench.heard("token 2")
    bench.page.keyboard.press("ArrowRight")
    bench.page.keyboard.press("ArrowRight")
    bench.page.keyboard.press("Enter")
    bench.heard("token 4")
    bench.page.keyboard.press("ArrowDown")  # the line below
    bench.page.keyboard.press("Enter")
    assert bench.here.locator(".wb-token:focus").evaluate("(one) => Number(one.dataset.at)") > 11
    bench.here.get_by_role("switch", name="Boundaries").click()
    expect(text).to_contain_text("The·lamp·burned")
    bench.here.get_by_role("switch", name="Ids").click()
    first = tokens.locator(".wb-token").nth(1)
    expect(text).to_have_class(re.compile("has-ids"))
    assert "1037" in first.evaluate("(one) => getComputedStyle(one, '::after').content")


def test_a_grid_is_moved_in_and_picked_from(bench: BenchPage) -> None:
    bench.go("reading")
    grid = bench.element("grid")
    expect(grid.get_by_role("columnheader")).to_have_text(
        ["Row", "The", "·lamp", "·burned", "·low", ","]
    )
    fields = grid.get_by_role("gridcell")
    expect(fields.nth(2)).to_have_text("↵")
    fields.first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        bench.page.keyboard.press(key)
    bench.heard("field 1 2")
    expect(bench.page.get_by_role("tooltip")).to_have_text("row 1, column 2")
    fields.nth(4).click()
    bench.heard("field 0 4")


# ---------------------------------------------------------------- charts


def test_bars_are_told_apart_and_picked(bench: BenchPage) -> None:
    bench.go("charts")
    bars = bench.element("bars")
    rows = bars.get_by_role("option")
    expect(rows.nth(0)).to_contain_text("·the")
    expect(rows.nth(2)).to_contain_text("↵")
    expect(rows.nth(1)).to_contain_text("what really came")
    expect(rows.nth(0)).to_have_attribute("aria-selected", "true")
    lengths = bars.locator(".wb-length").evaluate_all("(all) => all.map((one) => one.clientWidth)")
    assert lengths == sorted(lengths, reverse=True) and lengths[0] > 5 * lengths[5]
    bench.page.keyboard.press("3")  # from wherever nothing is typed
    bench.heard("bar 't2'")
    rows.nth(3).click()
    bench.heard("bar 't3'")
    bench.page.keyboard.press("ArrowDown")
    bench.page.keyboard.press("Enter")
    bench.heard("bar 't4'")
    bench.page.keyboard.press("2")
    bench.heard("bar 't1'")
    compared = bench.element("bars", 1)
    expect(compared.locator(".wb-legend")).to_have_text("SmolLM2n-gram")
    expect(compared.get_by_role("listitem").nth(2)).to_contain_text("–")
    expect(bench.element("bars", 3)).to_have_text("Nothing is here yet.")


def test_where_a_pick_brings_other_bars_the_next_pick_goes_on_there(bench: BenchPage) -> None:
    bench.go("charts")
    rows = bench.element("bars", 4).get_by_role("option")
    rows.first.focus()
    bench.page.keyboard.press("ArrowDown")
    bench.page.keyboard.press("Enter")
    bench.heard("chosen '0-1'")
    expect(rows.nth(1)).to_have_text("20-1.10.5", use_inner_text=False)
    expect(rows.nth(1)).to_be_focused()
    bench.page.keyboard.press("4")
    bench.heard("chosen '1-3'")


def test_a_plot_is_read_and_picked_from_by_keys_pointer_and_as_a_table(bench: BenchPage) -> None:
    bench.go("charts")
    plot = bench.element("plot")
    frame = plot.get_by_role("slider", name="surprise in bits over tokens read")
    assert plot.locator(".wb-picked-line").count() == 1
    frame.focus()
    bench.page.keyboard.press("ArrowRight")
    words = "tokens read 2: SmolLM2 4.539 (4.239 to 4.839) · n-gram 5.339"
    expect(frame).to_have_attribute("aria-valuetext", words)
    expect(plot.locator(".wb-readout")).to_have_text(words)
    bench.page.keyboard.press("Enter")
    bench.heard("point 0 1")
    bench.page.keyboard.press("ArrowDown")
    bench.page.keyboard.press("Enter")
    bench.heard("point 1 1")
    bench.page.keyboard.press("End")
    expect(frame).to_have_attribute("aria-valuenow", "20")
    plot.get_by_text("As a table").click()
    expect(plot.locator("tbody tr")).to_have_count(21)
    expect(plot.locator("tbody tr").nth(8).locator("td").last).to_have_text("–")
    points = bench.element("plot", 1).get_by_role("slider")
    points.scroll_into_view_if_needed()
    box = points.bounding_box()
    assert box
    bench.page.mouse.click(box["x"] + box["width"] - 14, box["y"] + 60)
    bench.heard("sample 0 59")
    expect(points).to_have_attribute("aria-valuetext", re.compile("sample 59$"))


# ---------------------------------------------------------------- talk


def test_a_turn_is_edited_leafed_through_and_asked_again(bench: BenchPage) -> None:
    bench.go("talk")
    answer = bench.element("turn", 2)
    expect(answer).to_contain_text("SmolLM2")
    expect(answer).to_contain_text("2/3")
    expect(answer).to_contain_text("12 tokens in 0.4 s")
    answer.get_by_role("button", name="Next version").click()
    bench.heard("leaf 1")
    answer.get_by_role("button", name="Again").click()
    bench.heard("again")
    user = bench.element("turn", 1)
    user.get_by_role("button", name="Delete").click()
    bench.heard("gone")
    user.get_by_role("button", name="Edit").click()
    expect(user.get_by_role("textbox")).to_be_focused()
    bench.page.keyboard.type("Please! ")
    bench.page.keyboard.press("Escape")
    expect(user).to_contain_text("Tell me of a lamp.")
    expect(user.get_by_role("button", name="Edit")).to_be_focused()
    bench.page.keyboard.press("Enter")
    bench.page.keyboard.press("Control+a")
    bench.page.keyboard.type("Of a boat.")
    bench.page.keyboard.press("Control+Enter")
    bench.heard("edited 'Of a boat.'")
    expect(bench.element("turn", 3)).to_contain_text("The model ran out of memory.")
