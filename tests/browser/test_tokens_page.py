"""Single tokens in a real browser: the next ones in lists, the text in colours, a token's card, the strip.

By mouse, by keys and by touch. What the model would say is answered in the page (`token_stub`); the text,
what is stored of it and its identities are the real server's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.room import Room, violations, watch
from tests.browser.token_stub import answer_in_the_page, calls

pytestmark = pytest.mark.browser

MIXED = "The lamp 🦊 was lit. 灯台が見える。 Nobody 👩‍👩‍👧 came, he said."
BY_MODEL = ".cm-content .by-model"
COLOURED = ".cm-content .heat"
PAINTED_JS = (
    """() => [...document.querySelectorAll('.cm-content .heat')].map((one) => one.textContent)"""
)
LONG_PRESS_MS = 700


@pytest.fixture
def tokens(room: Room) -> Iterator[Room]:
    """The page, with tokens answered in it."""
    answer_in_the_page(room.page)
    room.page.reload()
    room.ready()
    yield room


@pytest.fixture
def tokens_phone(phone: Room) -> Iterator[Room]:
    """The page on a phone, with tokens answered in it."""
    answer_in_the_page(phone.page)
    phone.page.reload()
    phone.ready()
    yield phone


def rows(room: Room, which: str = "likeliest") -> Locator:
    """The rows of a list, as many as are shown."""
    return room.page.locator(f"#tokens-{which} .token-row:not([hidden])")


def line(room: Room) -> Locator:
    """What is said under the button."""
    return room.page.locator("#tokens-line")


def field(room: Room) -> Locator:
    """Where one types to filter."""
    return room.page.locator(".tokens-field")


def look(room: Room) -> None:
    """Look at the caret's place, and wait for the lists."""
    before = len(calls(room.page, "next_tokens"))
    room.page.keyboard.press("Alt+b")
    looked(room, before + 1)


def looked(room: Room, num: int) -> None:
    """Wait until that many looks were asked for, and the newest is shown."""
    room.page.wait_for_function(
        "(num) => stub.calls.filter((one) => one.event === 'next_tokens').length === num"
        " && !room.store.state.looking",
        arg=num,
    )
    expect(rows(room).first).to_be_visible()


def told(room: Room) -> list[tuple[int, int]]:
    """Which tokens the server was told were taken: id and units."""
    return [(one["token"], one["units"]) for one in calls(room.page, "token_taken")]


def colour(room: Room) -> None:
    """Switch the colours on, and wait until the whole text is read."""
    room.page.keyboard.press("Alt+h")
    read(room)


def read(room: Room) -> None:
    """Wait until the whole text, as it stands now, is read."""
    room.page.wait_for_function(
        "() => room.store.state.scoring.is === 'over' && !room.store.state.scoring.behind"
    )


def token(room: Room, text: str) -> Locator:
    """A coloured token of the text."""
    return room.page.locator(COLOURED, has_text=re.compile(f"^{re.escape(text)}$")).first


def card(room: Room) -> Locator:
    """The card of a token."""
    return room.page.locator(".token-card")


def alternative(room: Room, text: str) -> Locator:
    """What could stand there, on the card."""
    return card(room).locator("button.token-row", has_text=text)


# -------------------------------------------------------------------- the lists


def test_a_click_puts_a_token_into_the_story_as_the_models_and_it_is_undone_alone(
    tokens: Room,
) -> None:
    tokens.write("Mine.")
    look(tokens)
    expect(rows(tokens)).to_have_count(100)
    expect(rows(tokens, "drawn")).to_have_count(9)
    expect(rows(tokens).first.locator(".token-text")).to_have_text("·the")
    expect(rows(tokens).nth(2).locator(".token-text")).to_have_text("↵")
    hesitates = tokens.page.locator(".tokens-hesitates")
    expect(hesitates).to_have_text("The model hesitates between about 14 tokens, 5 after sampling")
    rows(tokens).first.click()
    rows(tokens, "drawn").nth(4).click()
    expect(tokens.editor).to_have_text("Mine. the nothing")
    expect(tokens.page.locator(BY_MODEL)).to_have_text(" the nothing")
    expect(line(tokens)).to_have_text("These stood before what you took")
    tokens.saved()
    assert told(tokens) == [(100, 4), (105, 8)]
    tokens.editor.focus()
    tokens.page.keyboard.press("Control+z")
    expect(tokens.editor).to_have_text("Mine. the")
    tokens.page.keyboard.press("Control+z")
    expect(tokens.editor).to_have_text("Mine.")
    tokens.page.keyboard.press("Control+y")
    expect(tokens.page.locator(BY_MODEL)).to_have_text(" the")


def test_a_double_click_takes_once(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    rows(tokens).nth(1).dblclick()
    expect(tokens.editor).to_have_text("Mine. a")
    assert told(tokens) == [(101, 2)]


def test_what_is_no_text_is_shown_and_says_why_it_cannot_be_taken(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    end = rows(tokens).nth(3)
    expect(end).to_have_attribute("aria-disabled", "true")
    expect(end).to_have_attribute("title", re.compile("no text: an end"))
    end.click(force=True)
    expect(tokens.page.locator(".toast")).to_contain_text("This is no text")
    expect(tokens.editor).to_have_text("Mine.")
    left_out = rows(tokens).nth(11)
    expect(left_out).to_have_attribute("title", re.compile("sampling leaves this one out"))
    left_out.click()
    expect(tokens.editor).to_have_text("Mine. word0")


def test_by_keys_alone_one_writes_token_by_token(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    expect(field(tokens)).to_be_focused()
    tokens.page.keyboard.press("Alt+q")
    expect(tokens.page.locator("#tokens-quickgen")).to_have_attribute("aria-checked", "true")
    press = tokens.page.keyboard.press
    press("Enter")
    looked(tokens, 2)
    press("2")
    looked(tokens, 3)
    tokens.page.keyboard.type("noth")
    expect(rows(tokens)).to_have_count(1)
    press("Enter")
    looked(tokens, 4)
    expect(field(tokens)).to_have_value("")
    press("ArrowDown")
    press("ArrowDown")
    press("ArrowUp")
    press("ArrowRight")
    press("ArrowDown")
    press("Enter")
    looked(tokens, 5)
    expect(tokens.editor).to_have_text("Mine. the a nothing a")
    expect(field(tokens)).to_be_focused()
    expect(line(tokens)).to_have_text("")
    places = [one["at"][1] for one in calls(tokens.page, "next_tokens")]
    assert places == sorted(places)
    press("Control+z")
    expect(tokens.editor).to_have_text("Mine. the a nothing")
    press("Escape")
    expect(tokens.editor).to_be_focused()
    expect(rows(tokens).first).to_be_visible()


def test_nothing_is_taken_of_lists_that_are_on_their_way_out(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    tokens.page.keyboard.press("Alt+q")
    tokens.page.evaluate("stub.hold = ['next_tokens']")
    tokens.page.keyboard.press("1")
    expect(tokens.editor).to_have_text("Mine. the")
    tokens.page.keyboard.press("1")
    rows(tokens).nth(1).click()
    tokens.page.keyboard.type("sh")
    tokens.page.evaluate("stub.release()")
    looked(tokens, 2)
    expect(tokens.editor).to_have_text("Mine. the")
    expect(rows(tokens).first.locator(".token-text")).to_have_text("·she")


def test_lists_of_an_older_place_say_so_and_go_where_they_belong(tokens: Room) -> None:
    tokens.write("One. Three.")
    for _ in range(len(" Three.")):
        tokens.page.keyboard.press("ArrowLeft")
    look(tokens)
    mark = tokens.page.locator(".looked-at-mark")
    expect(mark).to_have_count(1)
    tokens.editor.focus()
    tokens.page.keyboard.press("Control+End")
    expect(line(tokens)).to_have_text("These are for the marked place")
    tokens.page.keyboard.type(" Four.")
    expect(line(tokens)).to_have_text("These are for the marked place")
    tokens.page.keyboard.press("Control+Home")
    tokens.page.keyboard.type("Zero. ")
    expect(line(tokens)).to_have_text("The text before it has changed")
    rows(tokens).nth(1).click()
    expect(tokens.editor).to_have_text("Zero. One. a Three. Four.")
    tokens.page.get_by_role("button", name="Clear").click()
    expect(rows(tokens)).to_have_count(0)
    expect(mark).to_have_count(0)
    expect(tokens.editor).to_have_text("Zero. One. a Three. Four.")


def test_clearing_the_candidates_clears_the_lists_too_and_never_the_text(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    rows(tokens).first.click()
    tokens.page.keyboard.press("Alt+z")
    expect(rows(tokens)).to_have_count(0)
    expect(tokens.editor).to_have_text("Mine. the")


def test_what_was_taken_while_the_server_was_away_is_told_when_it_is_back(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    tokens.studio.kill()
    expect(line(tokens)).to_have_text("The server is away; what you type is kept")
    rows(tokens).first.click()
    expect(tokens.page.locator(BY_MODEL)).to_have_text(" the")
    assert told(tokens) == []
    tokens.studio.start()
    tokens.page.wait_for_function("() => stub.calls.some((one) => one.event === 'token_taken')")
    expect(tokens.page.locator("#saved")).to_have_text("Saved")
    assert told(tokens) == [(100, 4)]


def test_why_no_tokens_come_is_said(tokens: Room) -> None:
    tokens.write("Mine.")
    tokens.page.evaluate("stub.fail.next_tokens = 'The worker died.'")
    tokens.page.keyboard.press("Alt+b")
    expect(line(tokens)).to_have_text("The worker died.")
    expect(line(tokens)).to_have_attribute("data-kind", "error")
    expect(tokens.page.locator(".looked-at-mark")).to_have_count(0)
    tokens.page.evaluate("stub.fail = {}; stub.hold = ['next_tokens']")
    tokens.page.keyboard.press("Enter")
    expect(line(tokens)).to_have_text("Reading the story")
    model = {"stage": "reading weights", "done": 2, "total": 5, "unit": "steps"}
    tokens.page.evaluate(
        "(progress) => room.store.set({ models: room.store.state.models.map("
        "(one) => ({ ...one, state: 'loading', progress })) })",
        model,
    )
    expect(line(tokens)).to_have_text("Reading the model, 40 %")
    tokens.page.evaluate("room.store.set({ models: [] })")
    expect(line(tokens)).to_contain_text("No model yet")


# -------------------------------------------------------------------- colours


def test_every_token_is_coloured_also_emoji_and_what_is_not_latin(tokens: Room) -> None:
    tokens.write("")
    tokens.page.keyboard.insert_text(MIXED)
    tokens.saved()
    colour(tokens)
    painted = tokens.page.evaluate(PAINTED_JS)
    assert "".join(painted).replace(" ", "") == MIXED.replace(" ", "")
    for one in ("🦊", "灯台が見える", "👩‍👩‍👧", "lamp"):
        assert one in painted, one
    bar = tokens.page.locator("#heat-bar")
    expect(bar).to_contain_text("tokens read")
    expect(bar.locator(".legend-step")).to_have_count(7)
    tokens.page.keyboard.press("Alt+h")
    expect(tokens.page.locator(COLOURED)).to_have_count(0)
    expect(bar).to_be_hidden()


def test_author_colours_give_way_while_the_text_is_coloured(tokens: Room) -> None:
    tokens.write("Mine.")
    look(tokens)
    rows(tokens).first.click()
    of_model = tokens.page.locator(BY_MODEL).last
    inked = "(one) => getComputedStyle(one).color === getComputedStyle(document.body).color"
    assert not of_model.evaluate(inked)
    colour(tokens)
    assert of_model.evaluate(inked)


def test_an_edit_takes_its_tokens_colour_until_the_hand_has_rested(tokens: Room) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    tokens.editor.focus()
    tokens.page.keyboard.press("Control+Home")
    for _ in range(len("One tw")):
        tokens.page.keyboard.press("ArrowRight")
    tokens.page.keyboard.type("x")
    assert "two" not in tokens.page.evaluate(PAINTED_JS)
    assert {"One", "three", "four"} <= set(tokens.page.evaluate(PAINTED_JS))
    expect(tokens.page.locator("#heat-bar")).to_contain_text("when your hand rests")
    read(tokens)
    assert "twxo" in tokens.page.evaluate(PAINTED_JS)
    assert len(calls(tokens.page, "score_start")) == 2


def test_reading_can_be_cancelled_and_gone_on_with(tokens: Room) -> None:
    tokens.write("One two three four five six seven eight nine ten.")
    tokens.page.evaluate("stub.part = 2; stub.parts = 0")
    tokens.page.keyboard.press("Alt+h")
    bar = tokens.page.locator("#heat-bar")
    expect(bar).to_contain_text("Reading the story")
    tokens.page.evaluate("stub.parts = 1; stub.release()")
    expect(bar).to_contain_text("Reading 2 of 11 tokens")
    bar.get_by_role("button", name="Cancel").click()
    expect(bar).to_contain_text("Cancelled: 2 of 11 tokens read")
    assert tokens.page.evaluate("stub.stopped.length") == 1
    assert "One" in tokens.page.evaluate(PAINTED_JS)
    assert "ten" not in tokens.page.evaluate(PAINTED_JS)
    tokens.editor.focus()
    tokens.page.keyboard.type(" Eleven.")
    tokens.saved()
    expect(bar).to_contain_text("Cancelled")
    tokens.page.evaluate("stub.parts = Infinity")
    bar.get_by_role("button", name="Go on").click()
    read(tokens)
    assert "Eleven" in tokens.page.evaluate(PAINTED_JS)


def test_a_reading_that_fails_says_why_and_is_tried_again_when_asked(tokens: Room) -> None:
    tokens.page.evaluate("stub.fail.score_start = 'The memory is full.'")
    tokens.page.keyboard.press("Alt+h")
    bar = tokens.page.locator("#heat-bar")
    expect(bar).to_contain_text("The memory is full.")
    tokens.page.evaluate("stub.fail = {}")
    bar.get_by_role("button", name="Try again").click()
    read(tokens)


def test_the_switch_is_kept_in_this_browser_and_the_text_is_read_again_after_a_reload(
    tokens: Room,
) -> None:
    tokens.write("One two three.")
    colour(tokens)
    tokens.page.reload()
    tokens.ready()
    read(tokens)
    assert {"One", "two", "three"} <= set(tokens.page.evaluate(PAINTED_JS))


def test_another_windows_edits_move_the_colours_and_are_read(
    tokens: Room, context: BrowserContext
) -> None:
    tokens.write("One two three.")
    colour(tokens)
    other = Room(context.new_page(), tokens.studio)
    watch(other.page, other)
    other.open()
    other.editor.click()
    other.page.keyboard.press("Control+Home")
    other.page.keyboard.type("Zero. ")
    other.saved()
    expect(tokens.editor).to_have_text("Zero. One two three.")
    assert {"two", "three"} <= set(tokens.page.evaluate(PAINTED_JS))
    read(tokens)
    assert "Zero" in tokens.page.evaluate(PAINTED_JS)


# -------------------------------------------------------------------- a token's card


def test_resting_on_a_token_shows_its_card_which_covers_no_letter_of_it(tokens: Room) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    token(tokens, "two").hover()
    expect(card(tokens)).to_be_visible()
    facts = card(tokens).locator("dt")
    expect(facts).to_have_text(["Probability", "After sampling", "Rank", "Surprise", "Entropy"])
    expect(alternative(tokens, "window")).to_contain_text("15 %")
    covered, over = token(tokens, "two").bounding_box(), card(tokens).bounding_box()
    assert covered and over and over["y"] >= covered["y"] + covered["height"]
    token(tokens, "four").hover()
    expect(card(tokens).locator(".token-card-name")).to_have_text("·four")
    tokens.page.keyboard.press("Escape")
    expect(card(tokens)).to_be_hidden()
    expect(tokens.page.locator("#primary-label")).to_have_text("Write")


def test_an_alternative_takes_the_tokens_place_and_keeps_what_follows(tokens: Room) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    token(tokens, "two").hover()
    alternative(tokens, "window").click()
    expect(tokens.editor).to_have_text("One window three four.")
    expect(tokens.page.locator(BY_MODEL)).to_have_text(" window")
    expect(card(tokens)).to_be_hidden()
    tokens.saved()
    assert told(tokens) == [(101, 7)]
    tokens.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(tokens.editor).to_have_text("One two three four.")


def test_an_alternative_goes_on_from_there_and_what_followed_is_kept_in_the_history(
    tokens: Room,
) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    token(tokens, "two").hover()
    card(tokens).get_by_role("button", name="Go on from here").click()
    alternative(tokens, "window").click()
    tokens.wait_for_text(r"^One window ?w0 w1")
    tokens.page.keyboard.press("Escape")
    tokens.state("Resume")
    tokens.page.keyboard.press("Alt+2")
    kept = tokens.page.locator("#panel-history .row-main", has_text="three four")
    expect(kept.first).to_be_visible()


def test_by_keys_one_goes_from_token_to_token_and_chooses_another(tokens: Room) -> None:
    tokens.write("One two three four.")
    colour(tokens)
    tokens.editor.focus()
    press = tokens.page.keyboard.press
    press("Control+End")
    press("Alt+i")
    name = card(tokens).locator(".token-card-name")
    expect(name).to_have_text(".")
    expect(card(tokens)).to_be_focused()
    press("ArrowLeft")
    press("ArrowLeft")
    expect(name).to_have_text("·three")
    press("ArrowRight")
    expect(name).to_have_text("·four")
    press("Enter")
    expect(alternative(tokens, "lamp")).to_be_focused()
    press("ArrowDown")
    expect(alternative(tokens, "window")).to_be_focused()
    press("Enter")
    expect(tokens.editor).to_have_text("One two three window.")
    expect(tokens.editor).to_be_focused()
    press("Alt+i")
    press("Escape")
    expect(card(tokens)).to_be_hidden()
    expect(tokens.editor).to_be_focused()


def test_a_key_for_a_token_says_how_to_begin_where_nothing_is_read(tokens: Room) -> None:
    tokens.editor.focus()
    tokens.page.keyboard.press("Alt+i")
    expect(tokens.page.locator(".toast")).to_contain_text("Colour the text by probability first")


# -------------------------------------------------------------------- along the story


def test_the_strip_goes_to_the_place_by_click_and_by_arrow_keys(tokens: Room) -> None:
    tokens.write("")
    paragraph = "One two three four five six seven eight nine ten. " * 8
    tokens.page.keyboard.insert_text("\n\n".join([paragraph] * 24))
    tokens.saved()
    tokens.page.keyboard.press("Alt+s")
    chart = tokens.page.get_by_role("slider", name="Along the story")
    expect(chart).to_be_visible()
    read(tokens)
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"100 % of the story: surprise"))
    box = chart.bounding_box()
    assert box
    tokens.page.mouse.click(box["x"] + box["width"] / 4, box["y"] + 40)
    expect(chart).to_have_attribute("aria-valuenow", re.compile("^2[45]$"))
    expect(chart).to_be_focused()
    top = tokens.page.locator(".cm-scroller").evaluate("(one) => one.scrollTop")
    assert top > 0
    tokens.page.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-valuenow", "0")
    tokens.page.keyboard.press("PageDown")
    expect(chart).not_to_have_attribute("aria-valuenow", "0")
    tokens.page.locator(".strip-list summary").click()
    places = tokens.page.locator(".strip-places button")
    expect(places).to_have_count(10)
    expect(places.first).to_contain_text("bits")
    places.nth(9).click()
    expect(tokens.editor).to_be_focused()


# -------------------------------------------------------------------- by touch, by everybody


def test_by_touch_a_tap_takes_and_one_list_is_shown_at_a_time(tokens_phone: Room) -> None:
    room = tokens_phone
    before = room.text()
    room.page.locator("#panel-button").tap()
    room.page.get_by_role("tab", name="Tokens").tap()
    room.page.get_by_role("button", name="Show next tokens").tap()
    expect(rows(room).first).to_be_visible()
    expect(rows(room, "drawn").first).to_be_hidden()
    expect(field(room)).not_to_be_focused()
    room.page.get_by_role("button", name="Drawn").tap()
    expect(rows(room).first).to_be_hidden()
    row = rows(room, "drawn").nth(1)
    box = row.bounding_box()
    assert box and box["height"] >= 44
    row.tap()
    expect(room.editor).to_have_text(f"{before} a")
    assert violations(room) == []


def test_a_long_press_shows_a_tokens_card_and_the_token_stays_in_sight(tokens_phone: Room) -> None:
    room = tokens_phone
    room.page.evaluate("document.documentElement.dataset.heat = 'on'; room.store.set({heat: true})")
    read(room)
    spot = token(room, "lit").bounding_box()
    assert spot
    touch = room.page.context.new_cdp_session(room.page)
    point = {"x": spot["x"] + spot["width"] / 2, "y": spot["y"] + spot["height"] / 2}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(card(room)).to_be_visible(timeout=LONG_PRESS_MS * 10)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(alternative(room, "window")).to_be_visible()
    here, over = token(room, "lit").bounding_box(), card(room).bounding_box()
    assert here and over and here["y"] + here["height"] <= over["y"]
    assert violations(room) == []
    alternative(room, "window").tap()
    expect(room.editor).to_contain_text("window")
    expect(card(room)).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_tokens(tokens: Room, theme: str) -> None:
    tokens.page.emulate_media(
        color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce"
    )
    tokens.write("")
    tokens.page.keyboard.insert_text(f"{MIXED}\n\nOne two three four five six seven eight.")
    tokens.saved()
    tokens.page.keyboard.press("Alt+t")
    assert violations(tokens) == []
    look(tokens)
    colour(tokens)
    tokens.page.keyboard.press("Alt+s")
    tokens.page.locator(".strip-list summary").click()
    expect(tokens.page.locator(".strip-places button")).to_have_count(10)
    assert violations(tokens) == []
    token(tokens, "two").hover()
    expect(alternative(tokens, "window")).to_be_visible()
    assert violations(tokens) == []
