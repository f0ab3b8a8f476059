"""Candidates over the protocol, in both kinds of event loop: asked for, stopped, taken, kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storygen.store.store import Store, file_url
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.server_process import MODEL, ServerProcess

Connect = Callable[..., StudioClient]


def own_place(story: OpenStory) -> tuple[int, int]:
    """The client and next clock of what this browser types."""
    from storygen.document.updates import parse_state

    return story.doc.client_id, parse_state(story.doc.get_state()).get(story.doc.client_id, 0)


def take(story: OpenStory, card: dict[str, Any], text: str) -> None:
    client, clock = own_place(story)
    update = story.edit(lambda root: root.insert(len(str(root).encode()), text))
    story.send(update, aliases=[[client, clock, len(text), card["client"], card["clock"]]])


def test_candidates_stream_to_every_browser_and_the_text_stays(
    browser: StudioClient, connect: Connect
) -> None:
    story = browser.create("Once")
    other = connect().open(story.id)
    asked = story.ask(num=4, params={"max_tokens": 5}, seed=9)
    assert len(asked["cards"]) == 4 and len({card["seed"] for card in asked["cards"]}) == 4
    for window in (story, other):
        found = window.wait_set(asked["id"])
        for card in found["cards"]:
            assert (card["state"], card["reason"], card["next_index"]) == ("ended", "finished", 5)
            assert window.card_text(card["id"]) == " w0 w1 w2 w3 w4"
        assert str(window) == "Once"


def test_each_card_may_have_parameters_of_its_own(browser: StudioClient) -> None:
    story = browser.create("Once")
    rows = [{"params": {"max_tokens": 2}, "seed": 77}, {"params": {"max_tokens": 4}}]
    asked = story.ask(num=3, rows=rows, params={"max_tokens": 3, "temperature": 0.5})
    story.wait_set(asked["id"])
    texts = [story.card_text(card["id"]) for card in asked["cards"]]
    assert texts == [" w0 w1", " w0 w1 w2 w3", " w0 w1 w2"]
    assert asked["cards"][0]["seed"] == 77
    assert {card["params"]["temperature"] for card in asked["cards"]} == {0.5}


def test_text_taken_up_to_a_letter_is_the_models_and_stays_so(
    browser: StudioClient, connect: Connect
) -> None:
    story = browser.create("Once")
    asked = story.ask(num=2, params={"max_tokens": 3})
    story.wait_set(asked["id"])
    card = asked["cards"][1]
    take(story, card, " w0 w")
    shown = {one["id"]: 9 for one in asked["cards"]}
    checkpoint = browser.ok("candidate_taken", candidate=card["id"], units=5, shown=shown)
    assert browser.ok("checkpoints", story=story.id)["head"] == checkpoint["checkpoint"]
    other = connect().open(story.id)
    assert str(other) == "Once w0 w"
    spans = browser.ok("provenance", story=story.id)["spans"]
    assert spans == [[4, "human"], [3, [card["id"], 0]], [2, [card["id"], 1]]]
    assert [token[:2] for token in other.tokens] == [[card["id"], index] for index in range(3)]
    sets = browser.ok("candidates", story=story.id)["sets"]
    assert [one["taken"] for one in sets[-1]["cards"]] == [0, 5]


def test_a_stop_ends_the_set_and_what_was_to_follow(browser: StudioClient) -> None:
    story = browser.create("Once")
    asked = story.ask(num=2, params={"max_tokens": 500}, sets=5, origin="auto")
    card = asked["cards"][0]["id"]
    browser.wait(lambda: len(story.cards.get(card, [])) > 3, "some tokens")
    browser.ok("candidates_stop", set=asked["id"])
    found = story.wait_set(asked["id"])
    assert {one["reason"] for one in found["cards"]} == {"stopped"} and found["sets_left"] == 0
    assert len(browser.ok("candidates", story=story.id)["sets"]) == 1


def test_one_card_is_stopped_and_goes_on_later(browser: StudioClient) -> None:
    story = browser.create("Once")
    asked = story.ask(num=2, params={"max_tokens": 30})
    first, second = (card["id"] for card in asked["cards"])
    browser.wait(lambda: len(story.cards.get(first, [])) > 2, "some tokens")
    browser.ok("candidates_stop", candidate=first)
    story.wait_set(asked["id"])
    count = len(story.cards[first])
    assert 2 < count < 30 and len(story.cards[second]) == 30
    browser.ok("candidates_more", candidate=first, tokens=4)
    browser.wait(lambda: len(story.cards[first]) == count + 4, "more of the card")
    assert story.card_text(first) == "".join(f" w{index}" for index in range(count + 4))


def test_sets_follow_each_other(browser: StudioClient) -> None:
    story = browser.create("Once")
    story.ask(num=1, params={"max_tokens": 2}, sets=3, origin="auto")
    browser.wait(lambda: [s["state"] for s in story.sets.values()] == ["ended"] * 3, "three sets")
    assert [s["sets_left"] for s in story.sets.values()] == [0, 0, 0]


def test_a_search_tells_how_far_it_is_and_fills_its_cards_with_the_best(
    browser: StudioClient,
) -> None:
    story = browser.create("Once")
    asked = story.ask(num=2, params={"max_tokens": 200}, beams=4)
    browser.wait(
        lambda: (story.sets.get(asked["id"], {}).get("searching") or {"done": 0})["done"] >= 2,
        "two tokens of the search",
    )
    searching = story.sets[asked["id"]]["searching"]
    assert searching["total"] == 200 and 0 < searching["done"] < 200
    browser.ok("candidates_stop", set=asked["id"])
    found = story.wait_set(asked["id"])
    assert {card["reason"] for card in found["cards"]} == {"stopped"}
    assert {card["params"]["num_beams"] for card in found["cards"]} == {4}
    assert story.card_text(found["cards"][1]["id"]).startswith(" b1w0 b1w1")


def test_clearing_empties_the_list_and_keeps_the_text(browser: StudioClient) -> None:
    story = browser.create("Once")
    story.wait_set(story.ask(num=1, params={"max_tokens": 2})["id"])
    browser.ok("candidates_clear", story=story.id)
    assert browser.ok("candidates", story=story.id)["sets"] == []
    assert str(story) == "Once"


def test_a_card_becomes_a_story_of_its_own(browser: StudioClient) -> None:
    story = browser.create("Once")
    asked = story.ask(num=1, params={"max_tokens": 2})
    story.wait_set(asked["id"])
    made = browser.ok("candidate_story", candidate=asked["cards"][0]["id"])["story"]
    assert str(browser.open(made["id"])) == "Once w0 w1"
    assert str(story) == "Once"


def test_settings_of_candidates_are_kept_and_checked(browser: StudioClient) -> None:
    story = browser.create("Once")
    patch: dict[str, Any] = {"num_candidates": 5, "candidate_tokens": 60, "quickgen": True}
    patch["candidate_beams"] = 8
    patch["candidate_limit"] = "sentence"
    patch["candidate_spread"] = "temperatures"
    settings = browser.ok("story_settings", story=story.id, patch=patch)["settings"]
    assert settings == patch
    for wrong in (
        {"num_candidates": 21},
        {"candidate_tokens": 0},
        {"candidate_limit": "endless"},
        {"candidate_spread": "wide"},
        {"candidate_beams": 21},
    ):
        assert browser.refused("story_settings", story=story.id, patch=wrong) == "bad_request"


@pytest.mark.parametrize(
    ("event", "fields", "code"),
    [
        ("candidates_ask", {"num": 21}, "bad_request"),
        ("candidates_ask", {"params": {"max_tokens": 501}}, "bad_request"),
        ("candidates_ask", {"rows": [{"temperature": 1}]}, "bad_request"),
        ("candidates_ask", {"rows": "many"}, "bad_request"),
        ("candidates_ask", {"sets": 51}, "bad_request"),
        ("candidates_ask", {"beams": 1}, "bad_request"),
        ("candidates_ask", {"beams": 21}, "bad_request"),
        ("candidates_ask", {"beams": 2, "num": 3}, "bad_request"),
        ("candidates_ask", {"beams": 4, "num": 3, "sets": 2}, "bad_request"),
        ("candidates_ask", {"beams": 4, "rows": [{"seed": 1}]}, "bad_request"),
        ("candidates_ask", {"params": {"num_beams": 2}, "num": 3}, "bad_request"),
        ("candidates_ask", {"model": "found:nothing"}, "not_found"),
        ("candidates_ask", {"at": [1, 2]}, "not_found"),
        ("candidates_add", {"set": "nothing"}, "not_found"),
        ("candidates_more", {"candidate": "nothing", "tokens": 3}, "not_found"),
        ("candidates_stop", {"set": "nothing"}, "not_found"),
        ("candidates_stop", {}, "bad_request"),
        ("candidate_change", {"candidate": "nothing", "pinned": True}, "not_found"),
        ("candidate_taken", {"candidate": "nothing", "units": 1}, "not_found"),
        ("candidate_taken", {"candidate": "x", "units": 1, "shown": {"a": "b"}}, "bad_request"),
        ("candidate_story", {"candidate": "nothing"}, "not_found"),
    ],
)
def test_what_cannot_be_is_refused(
    browser: StudioClient, event: str, fields: dict[str, Any], code: str
) -> None:
    if event == "candidates_ask":
        story = browser.create("Once")
        fields = {"story": story.id, "model": MODEL, "at": "end", **fields}
    assert browser.refused(event, **fields) == code


def test_a_run_is_no_candidate(browser: StudioClient) -> None:
    story = browser.create("Once")
    run = story.start(params={"max_tokens": 1})
    story.wait_state(run, "ended", "finished")
    assert browser.refused("candidates_more", candidate=run, tokens=1) == "not_found"
    assert browser.refused("candidate_change", candidate=run, pinned=True) == "not_found"


@pytest.mark.parametrize("async_mode", ["eventlet", "threading"])
def test_candidates_outlive_a_killed_server(tmp_path: Path, async_mode: str) -> None:
    server = ServerProcess(tmp_path / "data", async_mode=async_mode, token_ms=5)
    server.start()
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("Once")
        done = story.ask(num=2, params={"max_tokens": 3})
        story.wait_set(done["id"])
        card = done["cards"][0]
        take(story, card, " w0")
        browser.ok("candidate_taken", candidate=card["id"], units=3, shown={card["id"]: 9})
        under_way = story.ask(num=2, params={"max_tokens": 400})
        first = under_way["cards"][0]["id"]
        browser.wait(lambda: len(story.cards.get(first, [])) > 5, "some tokens")
        told = story.card_text(first)
        server.kill()
    server.start()
    with StudioClient(server.url, server.token) as browser:
        story = browser.open(story.id)
        assert str(story) == "Once w0"
        assert browser.ok("provenance", story=story.id)["spans"][1] == [3, [card["id"], 0]]
        sets = browser.ok("candidates", story=story.id)["sets"]
        assert [found["id"] for found in sets] == [done["id"], under_way["id"]]
        written = "".join(token[1] for token in sets[1]["cards"][0]["tokens"])
        assert written.startswith(told)  # what was told is stored
        assert sets[1]["cards"][0]["reason"] == "interrupted"
        browser.ok("candidates_more", candidate=first, tokens=2)
        count = len(sets[1]["cards"][0]["tokens"])
        story.cards[first] = sets[1]["cards"][0]["tokens"]
        browser.wait(lambda: len(story.cards[first]) == count + 2, "the card goes on")
    server.stop()
    store = Store(file_url(server.data_dir / "storygen.db"))
    (choice,) = store.choices(story.id)
    store.close()
    assert (choice.candidate, choice.units, choice.text) == (card["id"], 3, " w0")
