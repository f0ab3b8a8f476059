"""Looking inside over the protocol, in both kinds of event loop: lists of tokens, and a text's scores."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storygen.store.store import Store, file_url
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.protocol.test_candidates_protocol import own_place
from tests.scripted_looks import PART_TOKENS, SLOW
from tests.server_process import MODEL, ServerProcess, wait_until

Connect = Callable[..., StudioClient]
TEXT = "She had kept the light for forty years. 🙂 It went out on a Tuesday."


def look(story: OpenStory, browser: StudioClient, **fields: Any) -> dict[str, Any]:
    asked = {"story": story.id, "model": MODEL, "at": "end", "seed": 5, **fields}
    found: dict[str, Any] = browser.ok("next_tokens", **asked)["look"]
    return found


def put_in(story: OpenStory, found: dict[str, Any], row: list[Any], at: int | None = None) -> int:
    """What the page does: the token's text as one's own edit, an alias of the token's; returns its units."""
    client, clock = own_place(story)
    text = row[1]
    units = len(text.encode("utf-16-le")) // 2
    place = len(str(story)) if at is None else at

    def insert(root: Any) -> None:
        root.insert(len(str(root)[:place].encode()), text)

    story.send(story.edit(insert), aliases=[[client, clock, units, found["client"], row[4]]])
    return units


def score(story: OpenStory, browser: StudioClient, **fields: Any) -> str:
    answer = browser.ok("score_start", story=story.id, model=MODEL, **fields)
    return str(answer["score"])


def covered(told: list[dict[str, Any]]) -> int:
    return sum(units for message in told for _, _, units in message["stretches"])


def test_a_list_has_the_likeliest_first_and_every_row_a_place_of_its_own(
    browser: StudioClient,
) -> None:
    story = browser.create(TEXT)
    found = look(story, browser, params={"temperature": 1.0})
    assert (found["story"], found["model"], found["heals"]) == (story.id, MODEL, 0)
    assert found["client"] in browser.ok("story_open", story=story.id)["clients"]
    chances = [row[2] for row in found["tokens"]]
    assert chances == sorted(chances, reverse=True)
    clocks = [row[4] for row in found["tokens"]]
    assert clocks == [clocks[0] + 256 * number for number in range(len(clocks))]
    assert 90 <= sum(row[5] for row in found["tokens"]) <= 110
    assert any(row[1] is None and row[6] for row in found["tokens"])
    again = look(story, browser, params={"temperature": 1.0})
    assert again["id"] != found["id"] and again["tokens"][0][4] != found["tokens"][0][4]
    assert [row[:4] for row in again["tokens"]] == [row[:4] for row in found["tokens"]]


def test_a_typed_word_is_completed(browser: StudioClient) -> None:
    story = browser.create("She said hel")
    found = look(story, browser)
    assert found["heals"] == 3
    assert {row[1] for row in found["tokens"]} == {"lo", "p", "d"}


def test_a_look_in_the_midst_of_the_text_reads_what_stands_before(browser: StudioClient) -> None:
    story = browser.create("One two three")
    (start,) = browser.ok("story_open", story=story.id)["clients"][:1]
    middle = look(story, browser, at=[start, 2])
    assert (middle["at"], middle["used"]) == ([start, 2], 1)
    assert look(story, browser, at=None)["at"] is None
    assert look(story, browser)["used"] == 3


def test_a_token_that_was_taken_is_the_models_for_everybody_and_a_choice(
    browser: StudioClient, connect: Connect
) -> None:
    story = browser.create("Once")
    other = connect().open(story.id)
    found = look(story, browser)
    row = next(row for row in found["tokens"] if row[1] == " light")
    units = put_in(story, found, row)
    taken = browser.ok("token_taken", look=found["id"], token=row[0], units=units)
    nodes = browser.ok("checkpoints", story=story.id)
    assert nodes["head"] == taken["checkpoint"]
    assert nodes["checkpoints"][-1]["kind"] == "accepted"
    other.wait_text(lambda text: text == "Once light", "the token")
    browser.wait(lambda: story.tokens, "the token's range")
    run = story.tokens[0][0]
    assert story.tokens[0][1:] == [0, row[0], found["client"], row[4], units]
    assert browser.ok("provenance", story=story.id)["spans"] == [[4, "human"], [6, [run, 0]]]
    details = browser.ok("token_details", run=run, **{"from": 0, "to": 1})["tokens"]
    assert details[0]["text"] == " light" and len(details[0]["alternatives"]) == 10
    assert browser.ok("candidates", story=story.id)["sets"] == []
    assert story.sets == {}


def test_the_next_list_follows_the_token_that_was_taken(browser: StudioClient) -> None:
    story = browser.create("Once")
    for number in range(3):
        found = look(story, browser)
        assert found["used"] == 1 + number
        row = next(row for row in found["tokens"] if row[1] == " sea")
        units = put_in(story, found, row)
        browser.ok("token_taken", look=found["id"], token=row[0], units=units)
    assert str(story) == "Once sea sea sea"
    assert [token[1] for token in story.tokens] == [0, 0, 0]


def test_the_same_token_may_be_taken_twice(browser: StudioClient) -> None:
    story = browser.create("Once")
    found = look(story, browser)
    row = next(row for row in found["tokens"] if row[1] == " sea")
    for _ in range(2):
        units = put_in(story, found, row)
        browser.ok("token_taken", look=found["id"], token=row[0], units=units)
    spans = browser.ok("provenance", story=story.id)["spans"]
    run = spans[1][1][0]
    assert spans == [[4, "human"], [8, [run, 0]]]


def test_a_newer_list_takes_the_place_of_one_under_way(browser: StudioClient) -> None:
    slow, story = browser.create("It was " + SLOW), browser.create("Once")
    answers: list[Any] = []

    def answered(answer: Any) -> None:
        with browser.changed:
            answers.append(answer)
            browser.changed.notify_all()

    fields = {"story": slow.id, "model": MODEL, "at": "end"}
    look(story, browser)  # the model is there now
    browser.send("next_tokens", fields, answered)
    quick = browser.call("next_tokens", {**fields, "story": story.id})
    browser.wait(lambda: answers, "the first list's answer")
    # With threads either may be taken up first; whichever that is gives way.
    one, other = (quick, answers[0]) if quick["ok"] else (answers[0], quick)
    assert one["ok"] and other["error"]["code"] == "conflict"
    assert one is not quick or one["look"]["used"] == 1


def test_a_text_is_scored_in_parts_and_every_unit_of_it_is_named(browser: StudioClient) -> None:
    story = browser.create(TEXT * 400)
    told = browser.wait_scored(score(story, browser))
    tokens = [token for message in told for token in message["tokens"]]
    assert len(told) > 1
    assert covered(told) == sum(token[0] for token in tokens)
    assert covered(told) == len((TEXT * 400).encode("utf-16-le")) // 2
    assert told[-1]["done"] == told[-1]["total"] == len(tokens)
    assert all(message["error"] == "" for message in told)
    assert [message["over"] for message in told] == [False] * (len(told) - 1) + [True]
    assert tokens[0][1] is None and all(token[1] <= 0 for token in tokens[1:])
    assert all(len(token) == 5 for token in tokens)


def test_stretches_say_by_identity_what_was_scored(browser: StudioClient) -> None:
    story = browser.create("Once ")
    story.append("upon 🙂 a time")
    opened = browser.ok("story_open", story=story.id)
    told = browser.wait_scored(score(story, browser))
    stretches = [stretch for message in told for stretch in message["stretches"]]
    client, clock = own_place(story)
    assert stretches[0][0] == opened["clients"][0]
    assert stretches[-1][0] == client and sum(stretches[-1][1:]) == clock


def test_a_slow_browser_is_told_in_few_messages(server: ServerProcess, connect: Connect) -> None:
    browser = connect(slow_s=0.3)
    story = browser.create(TEXT * 60)
    told = browser.wait_scored(score(story, browser))
    assert len(told) < told[-1]["total"] // PART_TOKENS
    assert told[-1]["done"] == told[-1]["total"] == sum(len(m["tokens"]) for m in told)


def test_a_browser_that_acknowledges_nothing_is_told_once(connect: Connect) -> None:
    silent = connect(silent=True)
    story = silent.create(TEXT * 60)
    name = score(story, silent)
    silent.wait(lambda: silent.scored, "the first part")
    silent.ok("stories")
    assert [message["score"] for message in silent.scored] == [name]


def test_a_stopped_scoring_says_nothing_more(browser: StudioClient) -> None:
    story = browser.create(TEXT + " " + SLOW)
    name = score(story, browser)
    browser.wait(lambda: browser.scored, "the first part")
    assert not browser.scored[-1]["over"]
    browser.ok("score_stop", score=name)
    assert browser.refused("score_stop", score=name) == "not_found"
    assert not any(message["over"] for message in browser.scored)
    browser.wait_scored(score(browser.create(TEXT), browser))


def test_a_new_scoring_ends_the_one_before(browser: StudioClient) -> None:
    slow = score(browser.create(TEXT + " " + SLOW), browser)
    browser.wait(lambda: browser.scored, "the first part")
    second = score(browser.create(TEXT), browser)
    browser.wait_scored(second)
    assert not any(m["over"] for m in browser.scored if m["score"] == slow)
    assert browser.refused("score_look", score=slow, index=0) == "not_found"


def test_a_scored_token_can_be_looked_at_and_another_put_there(browser: StudioClient) -> None:
    story = browser.create("Once upon a time")
    name = score(story, browser)
    browser.wait_scored(name)
    found = browser.ok("score_look", score=name, index=1)["look"]
    assert any(row[1] == " upon" for row in found["tokens"])
    start = max(browser.ok("story_open", story=story.id)["clients"])
    assert found["at"] == [start, 3]
    row = next(row for row in found["tokens"] if row[1] == " light")
    story.delete(4, 9)
    units = put_in(story, found, row, 4)
    browser.ok("token_taken", look=found["id"], token=row[0], units=units)
    assert str(story) == "Once light a time"
    assert browser.ok("provenance", story=story.id)["spans"][1][0] == 6
    assert browser.ok("score_look", score=name, index=0)["look"]["at"] is None
    assert browser.refused("score_look", score=name, index=99) == "not_found"


def test_looking_and_scoring_work_while_a_run_writes_and_is_paused(browser: StudioClient) -> None:
    story = browser.create("Once")
    run = story.start(params={"max_tokens": 500})
    story.wait_tokens(3)
    assert look(story, browser)["tokens"]
    told = browser.wait_scored(score(story, browser))
    assert told[-1]["total"] >= 3
    browser.ok("run_pause", run=run)
    story.wait_state(run, "paused")
    assert look(story, browser)["tokens"]
    browser.wait_scored(score(story, browser))
    browser.ok("run_resume", run=run)
    count = len(story.tokens)
    story.wait_tokens(count + 3)
    browser.ok("run_stop", run=run)
    written = "".join(f" w{number}" for number in range(len(story.tokens)))
    assert str(story) == "Once" + written


@pytest.mark.parametrize(
    ("event", "fields", "code"),
    [
        ("next_tokens", {"num": 0}, "bad_request"),
        ("next_tokens", {"num": 101}, "bad_request"),
        ("next_tokens", {"draws": 101}, "bad_request"),
        ("next_tokens", {"model": "found:nothing"}, "not_found"),
        ("next_tokens", {"at": [1, 2]}, "not_found"),
        ("next_tokens", {"params": {"temperature": -1}}, "bad_request"),
        ("next_tokens", {"story": "nothing"}, "not_found"),
        ("score_start", {"mode": "sing"}, "bad_request"),
        ("score_start", {"story": "nothing"}, "not_found"),
    ],
)
def test_what_cannot_be_is_refused(
    browser: StudioClient, event: str, fields: dict[str, Any], code: str
) -> None:
    story = browser.create("Once")
    assert browser.refused(event, **{"story": story.id, "model": MODEL, **fields}) == code


@pytest.mark.parametrize(
    ("token", "units", "code"),
    [(1, 1, "conflict"), (100, 5, "conflict"), (100, 0, "bad_request"), (77, 1, "not_found")],
)
def test_only_what_a_listed_token_says_can_be_taken(
    browser: StudioClient, token: int, units: int, code: str
) -> None:
    found = look(browser.create("Once"), browser)
    assert browser.refused("token_taken", look=found["id"], token=token, units=units) == code
    assert browser.refused("token_taken", look="nothing", token=token, units=1) == "not_found"


@pytest.mark.parametrize("async_mode", ["eventlet", "threading"])
def test_a_killed_worker_is_an_answer_and_the_next_look_loads_the_model_again(
    tmp_path: Path, async_mode: str
) -> None:
    server = ServerProcess(tmp_path / "data", async_mode=async_mode, token_ms=5)
    server.start()
    with StudioClient(server.url, server.token) as browser:
        story, slow = browser.create("Once"), browser.create("It was " + SLOW)
        answers: list[Any] = []

        def answered(answer: Any) -> None:
            with browser.changed:
                answers.append(answer)
                browser.changed.notify_all()

        look(story, browser)
        name = score(slow, browser)
        browser.wait(lambda: browser.scored, "the first part")
        browser.send("next_tokens", {"story": slow.id, "model": MODEL, "at": "end"}, answered)
        browser.ok("stories")
        (worker,) = server.worker_pids()
        os.kill(worker, signal.SIGKILL)
        browser.wait(lambda: answers, "the answer of the look")
        assert answers[0]["error"]["code"] == "model"
        assert browser.wait_scored(name)[-1]["error"]
        assert browser.refused("score_look", score=name, index=0) in ("not_found", "model")
        assert look(story, browser)["tokens"]
    server.stop()


@pytest.mark.parametrize("async_mode", ["eventlet", "threading"])
def test_a_taken_token_outlives_a_killed_server(tmp_path: Path, async_mode: str) -> None:
    server = ServerProcess(tmp_path / "data", async_mode=async_mode, token_ms=5, script="quote")
    server.start()
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("Once")
        found = look(story, browser)
        row = next(row for row in found["tokens"] if row[1] == " sea")
        units = put_in(story, found, row)
        browser.ok("token_taken", look=found["id"], token=row[0], units=units)
        server.kill()
    server.start()
    with StudioClient(server.url, server.token) as browser:
        story = browser.open(story.id)
        assert str(story) == "Once sea"
        ((run, *_),) = story.tokens
        assert browser.ok("provenance", story=story.id)["spans"] == [[4, "human"], [4, [run, 0]]]
        assert (
            browser.refused("token_taken", look=found["id"], token=row[0], units=4) == "not_found"
        )
        client, clock = own_place(story)  # cut and pasted: it is still the model's
        update = story.edit(lambda root: root.insert(8, " sea"))
        story.send(update, aliases=[[client, clock, 4, found["client"], row[4]]])
        assert browser.ok("provenance", story=story.id)["spans"] == [[4, "human"], [8, [run, 0]]]
        copy = browser.ok("story_duplicate", story=story.id)["story"]["id"]
        spans = browser.ok("provenance", story=copy)["spans"]
        assert [span[0] for span in spans] == [4, 8] and spans[1][1] != "human"
    server.stop()
    store = Store(file_url(server.data_dir / "storygen.db"))
    (choice,) = store.choices(story.id)
    store.close()
    assert (choice.candidate, choice.units, choice.text) == (run, 4, " sea")


@pytest.mark.parametrize("async_mode", ["eventlet", "threading"])
def test_a_browser_that_leaves_ends_what_it_looked_at(tmp_path: Path, async_mode: str) -> None:
    server = ServerProcess(tmp_path / "data", async_mode=async_mode, token_ms=5)
    server.start()
    with StudioClient(server.url, server.token) as stays:
        with StudioClient(server.url, server.token) as leaves:
            slow = leaves.create("It was " + SLOW)
            score(slow, leaves)
            leaves.wait(lambda: leaves.scored, "the first part")
            asked = {"story": slow.id, "model": MODEL, "at": "end"}
            leaves.send("next_tokens", asked, lambda answer: None)
            leaves.ok("stories")

        def unloaded() -> bool:
            answer = stays.call("model_unload", {"model": MODEL})
            return bool(answer["ok"])

        wait_until(unloaded, "nothing uses the model any more")
    server.stop()
    assert " ERROR " not in server.log() and "Traceback" not in server.log()
