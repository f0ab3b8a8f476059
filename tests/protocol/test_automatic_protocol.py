"""The automatic writer over the protocol: it writes, is edited, paused, handed back, stopped; it survives."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from storygen.observed.choices import observe
from storygen.store.store import Store, file_url
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.protocol.test_candidates_protocol import take
from tests.protocol.test_fate_protocol import told_by_http
from tests.server_process import MODEL, ServerProcess, wait_until

TEMPERATURES = {
    "ranges": {
        "temperature": {"scale": "uniform", "low": 0.5, "high": 1.5},
        "max_tokens": {"scale": "uniform", "low": 3, "high": 3},
    }
}


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def various(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server whose model never says the same twice."""
    home = tmp_path_factory.mktemp("various")
    process = ServerProcess(home, async_mode=request.param, token_ms=5, script="named").start()
    yield process
    process.stop()
    assert " ERROR " not in process.log() and "Traceback" not in process.log()


@pytest.fixture
def writer(various: ServerProcess) -> Iterator[StudioClient]:
    with StudioClient(various.url, various.token) as client:
        yield client


def wrote(client: StudioClient, story: OpenStory) -> list[list[Any]]:
    """[units, run] of all that a model wrote."""
    spans = client.ok("provenance", story=story.id)["spans"]
    return [[units, who[0]] for units, who in spans if who != "human"]


def test_it_writes_so_many_steps_and_all_of_it_is_the_models(writer: StudioClient) -> None:
    story = writer.create("Once")
    begun = story.automate(steps=4, cards=3, ranges=TEMPERATURES, policy="random", picker="random")
    assert (begun["state"], begun["step"], begun["steps"]) == ("asking", 1, 4)
    ended = story.wait_auto("ended", "finished")
    assert (ended["step"], ended["message"], ended["id"]) == (4, "", begun["id"])
    text = str(story)
    assert text.startswith("Once w0:") and len(text.split()) == 1 + 4 * 3
    assert sum(units for units, _ in wrote(writer, story)) == len(text) - 4
    sets = writer.ok("candidates", story=story.id)["sets"]
    assert [one["origin"] for one in sets] == ["writer"] * 4
    assert [one["fate"]["auto"] for one in sets] == [
        {"step": n, "picker": "random"} for n in (1, 2, 3, 4)
    ]
    assert all(sum(card["taken"] > 0 for card in one["cards"]) == 1 for one in sets)
    assert all(len({c["params"]["temperature"] for c in one["cards"]}) == 3 for one in sets)
    kinds = [one["kind"] for one in writer.ok("checkpoints", story=story.id)["checkpoints"]]
    assert kinds.count("accepted") == 4
    assert writer.ok("story_open", story=story.id)["auto"] == ended


def test_the_same_seed_writes_the_same(browser: StudioClient) -> None:
    drawn = []
    for _ in range(2):
        story = browser.create("Once")
        story.automate(steps=2, picker="random", ranges=TEMPERATURES)
        story.wait_auto("ended", "finished")
        sets = browser.ok("candidates", story=story.id)["sets"]
        drawn.append([[(c["seed"], c["params"], c["taken"]) for c in one["cards"]] for one in sets])
    assert drawn[0] == drawn[1]


def test_without_steps_it_goes_on_until_it_is_stopped(writer: StudioClient) -> None:
    story = writer.create("Once")
    assert story.automate()["steps"] is None
    story.wait_auto("writing", step=9)
    stopped = writer.ok("auto_stop", story=story.id)["auto"]
    assert (stopped["state"], stopped["reason"]) == ("ended", "stopped")
    text = str(story)
    sets = writer.ok("candidates", story=story.id)["sets"]
    assert len(sets) <= 7, "older ones leave the page"
    assert all(one["state"] == "ended" for one in sets)
    assert str(story) == text
    assert writer.refused("auto_stop", story=story.id) == "conflict"


def test_it_is_paused_within_a_token_and_handed_back(writer: StudioClient) -> None:
    story = writer.create("Once")
    story.automate(steps=6, params={"max_tokens": 40})
    story.wait_auto("writing", step=2)
    paused = writer.ok("auto_pause", story=story.id)["auto"]
    assert (paused["state"], paused["message"]) == ("paused", "")
    assert story.wait_set(paused["set"])["state"] == "ended"
    assert writer.refused("auto_pause", story=story.id) == "conflict"
    assert writer.refused("auto_start", story=story.id, model=MODEL) == "conflict"
    story.append(" And then I said:")
    text = str(story)
    again = writer.ok("auto_resume", story=story.id)["auto"]
    assert (again["state"], again["step"]) == ("asking", paused["step"])
    assert writer.refused("auto_resume", story=story.id) == "conflict"
    story.wait_auto("writing", step=paused["step"] + 1)
    assert str(story).startswith(text + " w0:")
    writer.ok("auto_stop", story=story.id)


def test_clearing_the_candidates_pauses_it(writer: StudioClient) -> None:
    story = writer.create("Once")
    story.automate(params={"max_tokens": 100})
    found = story.wait_auto("writing")["set"]
    writer.wait(lambda: story.card_text(story.sets[found]["cards"][0]["id"]), "a token")
    writer.ok("candidates_clear", story=story.id)
    assert story.wait_auto("paused")["message"] == "Its candidates were stopped."
    assert str(story) == "Once"


def test_what_is_typed_where_it_writes_is_read_before_it_goes_on(writer: StudioClient) -> None:
    story = writer.create("Once")
    story.automate(steps=2, params={"max_tokens": 30})
    first = story.wait_auto("writing")["set"]
    story.append(" upon a time")
    story.wait_auto("writing", step=2)
    assert str(story).startswith("Once upon a time w0:")
    sets = {one["id"]: one for one in writer.ok("candidates", story=story.id)["sets"]}
    assert all(card["taken"] == 0 for card in sets[first]["cards"])
    story.wait_auto("ended", "finished")


def test_what_is_changed_far_before_does_not_hold_it_up(writer: StudioClient) -> None:
    story = writer.create("Chapter one.\n" + "It was a long and quiet day. " * 40)
    story.automate(steps=1, params={"max_tokens": 40})
    first = story.wait_auto("writing")["set"]
    story.insert(7, " twenty")
    story.wait_auto("ended", "finished")
    (found,) = writer.ok("candidates", story=story.id)["sets"]
    assert found["id"] == first and found["stale"]
    assert "Chapter twenty one.\n" in str(story) and " w0:" in str(story)


def test_a_story_that_repeats_itself_is_noticed_and_given_up(browser: StudioClient) -> None:
    story = browser.create("Once")
    story.automate(ranges=TEMPERATURES)
    ended = story.wait_auto("ended", "failed")
    assert "did not help" in ended["message"]
    told = [one["auto"]["reaction"] for one in browser.updates if one.get("auto")]
    assert "It repeats itself: warmer" in told
    sets = browser.ok("candidates", story=story.id)["sets"]
    levels = [one["fate"]["reaction"]["level"] for one in sets if "reaction" in one["fate"]]
    assert levels == sorted(levels) and levels[-1] == 5
    last = sets[-1]
    assert last["fate"]["ranges"]["ranges"]["temperature"]["low"] > 0.5
    assert all(card["params"]["dry_multiplier"] > 0 for card in last["cards"])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"steps": 0}, "bad_request"),
        ({"steps": 1001}, "bad_request"),
        ({"cards": 1}, "bad_request"),
        ({"cards": 10}, "bad_request"),
        ({"policy": "magic"}, "bad_request"),
        ({"picker": "magic"}, "bad_request"),
        ({"ranges": {"ranges": {}}}, "bad_request"),
        ({"params": {"heat": 1}}, "bad_request"),
        ({"model": "found:none"}, "not_found"),
    ],
)
def test_what_it_can_not_do_is_refused(
    browser: StudioClient, fields: dict[str, Any], code: str
) -> None:
    story = browser.create("Once")
    assert browser.refused("auto_start", **{"story": story.id, "model": MODEL, **fields}) == code
    assert browser.ok("story_open", story=story.id)["auto"] is None
    for call in ("auto_pause", "auto_resume", "auto_stop"):
        assert browser.refused(call, story=story.id) == "conflict"


def test_its_choices_are_not_counted_as_peoples(
    writer: StudioClient, various: ServerProcess
) -> None:
    before = told_by_http(various)["all"]["num_sets"]
    story = writer.create("Once")
    story.automate(steps=3, ranges=TEMPERATURES)
    story.wait_auto("ended", "finished")
    story.automate(params={"max_tokens": 200})
    passed_over = story.wait_auto("writing")["set"]
    writer.ok("auto_stop", story=story.id)
    dealt = {"policy": "random", "blind": False, "ranges": TEMPERATURES}
    asked = story.wait_set(story.ask(num=2, fate=dealt, params={"max_tokens": 3})["id"])
    card = asked["cards"][0]
    text = story.card_text(card["id"])
    take(story, card, text)
    shown = {one["id"]: len(text) for one in asked["cards"]}
    writer.ok("candidate_taken", candidate=card["id"], units=len(text), shown=shown)
    store = Store(file_url(various.data_dir / "storygen.db"))
    seen = observe(store, story.id)
    store.close()
    by = {one.set: one.by for one in seen}
    assert by[asked["id"]] == "human" and by.get(passed_over, "auto") == "auto"
    assert [one.by for one in seen].count("human") == 1
    assert [one.by for one in seen if one.chosen].count("auto") == 3
    assert told_by_http(various)["all"]["num_sets"] == before + 1


def test_a_card_that_a_person_takes_meanwhile_is_an_edit(writer: StudioClient) -> None:
    story = writer.create("Once")
    story.automate(steps=2, params={"max_tokens": 40})
    found = story.wait_auto("writing")["set"]
    card = story.sets[found]["cards"][0]
    writer.wait(lambda: story.card_text(card["id"]), "its first token")
    text = story.cards[card["id"]][0][1]
    take(story, card, text)
    writer.ok("candidate_taken", candidate=card["id"], units=len(text), shown={})
    story.wait_auto("ended", "finished")
    assert str(story).startswith("Once" + text + " w0:")


# ---------------------------------------------------------------- what it survives


@pytest.fixture(params=["eventlet", "threading"])
def own(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[ServerProcess]:
    """A server that a test may harm."""
    process = ServerProcess(tmp_path, async_mode=request.param, token_ms=15, script="named")
    process.grace_s = 0.2
    process.start()
    yield process
    if process.process is not None:
        process.stop()


def test_a_worker_that_dies_has_its_step_written_anew(own: ServerProcess) -> None:
    with StudioClient(own.url, own.token) as client:
        story = client.create("Once")
        story.automate(steps=3, params={"max_tokens": 20})
        died = story.wait_auto("writing", step=2)["set"]
        for pid in own.worker_pids():
            os.kill(pid, signal.SIGKILL)
        story.wait_auto("ended", "finished")
        sets = {one["id"]: one for one in client.ok("candidates", story=story.id)["sets"]}
        assert {card["reason"] for card in sets[died]["cards"]} == {"interrupted"}
        assert len(sets) == 4 and len(str(story).split()) == 1 + 3 * 20


def test_its_model_stays_while_it_is_at_work_and_may_go_while_it_is_paused(
    own: ServerProcess,
) -> None:
    with StudioClient(own.url, own.token) as client:
        story = client.create("Once")
        story.automate(steps=2, params={"max_tokens": 40})
        story.wait_auto("writing")
        assert client.refused("model_unload", model=MODEL) == "conflict"
        client.ok("auto_pause", story=story.id)
        client.ok("model_unload", model=MODEL)
        client.ok("auto_resume", story=story.id)
        story.wait_auto("ended", "finished")


def test_it_pauses_when_the_last_window_closes_unless_it_may_go_on(own: ServerProcess) -> None:
    with StudioClient(own.url, own.token) as client:
        left = client.create("Once")
        kept = client.create("Once", keep_writing=True)
        for story in (left, kept):
            story.automate(params={"max_tokens": 10})
            story.wait_auto("writing")
    with StudioClient(own.url, own.token) as client:
        wait_until(lambda: _auto(client, left)["state"] == "paused", "it pauses")
        assert _auto(client, left)["message"] == "Nobody was looking."
        steps = _auto(client, kept)["step"]
        wait_until(lambda: _auto(client, kept)["step"] > steps + 1, "the other goes on")
        client.ok("auto_stop", story=kept.id)


def _auto(client: StudioClient, story: OpenStory) -> dict[str, Any]:
    found: dict[str, Any] = client.ok("story_open", story=story.id)["auto"]
    client.ok("story_close", story=story.id)
    return found


def test_after_a_restart_it_was_interrupted_and_goes_on(own: ServerProcess) -> None:
    with StudioClient(own.url, own.token) as client:
        story = client.create("Once")
        story.automate(steps=4, params={"max_tokens": 10})
        story.wait_auto("writing", step=3)
        text, story_id = str(story), story.id
        own.kill()
    own.start()
    with StudioClient(own.url, own.token) as client:
        story = client.open(story_id)
        assert str(story).startswith(text)
        assert story.auto is not None
        assert (story.auto["state"], story.auto["reason"]) == ("ended", "interrupted")
        assert story.auto["step"] >= 2
        again = client.ok("auto_resume", story=story.id)["auto"]
        assert (again["id"], again["state"]) == (story.auto["id"], "asking")
        story.wait_auto("ended", "finished")
        assert str(story).startswith(text) and len(str(story).split()) == 1 + 4 * 10
        assert len(wrote(client, story)) == 4 * 10


def test_binning_its_story_stops_it_and_a_copy_has_none(own: ServerProcess) -> None:
    with StudioClient(own.url, own.token) as client:
        story = client.create("Once")
        story.automate(params={"max_tokens": 10})
        story.wait_auto("writing", step=2)
        copy = client.ok("story_duplicate", story=story.id)["story"]["id"]
        assert client.ok("story_open", story=copy)["auto"] is None
        assert "auto" not in client.ok("story_open", story=story.id)["settings"]
        client.ok("story_bin", story=story.id)
        story.wait_auto("ended", "stopped")


def test_a_model_that_has_nothing_to_add_ends_it(tmp_path: Any) -> None:
    server = ServerProcess(tmp_path, token_ms=2, script='["", ""]').start()
    try:
        with StudioClient(server.url, server.token) as client:
            story = client.create("Once")
            story.automate(steps=5)
            ended = story.wait_auto("ended", "finished")
            assert ended["message"] == "The model has nothing to add." and ended["step"] == 0
            assert str(story) == "Once"
            told = [one["auto"]["reaction"] for one in client.updates if one.get("auto")]
            assert "It has nothing to add: warmer" in told
    finally:
        server.stop()
