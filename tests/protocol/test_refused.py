"""Malformed, unknown, oversized and too fast calls: an error is answered, and nothing has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import socketio
from pycrdt import Array, Doc, Map, Text

from storygen.document.live import MAX_STRUCTS, ROOT
from storygen.document.updates import parse_update
from storygen.server.calls.checks import (
    MAX_ALIASES,
    MAX_PROMPT,
    MAX_TITLE,
)
from storygen.server.calls.pace import BURST_S, RATES
from storygen.server.calls.studio import Studio
from storygen.web.bounds import MAX_PACKET_BYTES
from tests.protocol.studio_client import NAMESPACE, OpenStory, StudioClient
from tests.server_process import MODEL, ServerProcess

Connect = Callable[..., StudioClient]
CALLS: dict[str, tuple[str, ...]] = Studio._KNOWN
NEEDED = {
    "story": tuple(
        event for event, known in CALLS.items() if "story" in known and event != "story_close"
    ),
    "run": ("run_pause", "run_resume", "run_stop", "run_params", "run_memory", "token_details"),
    "model": ("run_start", "context_show", "model_load", "model_unload"),
    "name": ("preset_save", "preset_delete"),
}

NAMELESS = ("bad_request", "not_found", "too_large", "conflict", "not_open")


@pytest.fixture
def story(browser: StudioClient) -> Iterator[OpenStory]:
    """A story with a run that was paused; afterwards it must be as it was."""
    opened = browser.create("Once 😀 upon")
    run = opened.start()
    opened.wait_tokens(2)
    browser.ok("run_pause", run=run)
    browser.wait(
        lambda: any(node["kind"] == "run_paused" for node in opened.checkpoints), "it rests"
    )
    before = _state(browser, opened)
    yield opened
    assert _state(browser, opened) == before
    browser.ok("run_stop", run=run)


def test_an_unknown_call_is_refused(browser: StudioClient) -> None:
    for event in ("", "nonsense", "__init__", "call_hello", "_answer", "on_connect", "update"):
        assert browser.refused(event) == "bad_request"


@pytest.mark.parametrize("message", ["text", 7, True, [1], [[{"story": "x"}]], b"bytes"], ids=str)
def test_a_message_must_be_an_object(browser: StudioClient, message: Any) -> None:
    for event in CALLS:
        assert browser.refused(event, message) == "bad_request", event


def test_a_field_that_a_call_does_not_know_is_refused(
    story: OpenStory, browser: StudioClient
) -> None:
    for event, known in CALLS.items():
        fields = {"story": story.id} if "story" in known else {}
        assert browser.refused(event, {**fields, "stroy": 1}) == "bad_request", event


def test_a_call_carries_one_message(browser: StudioClient) -> None:
    for event in CALLS:
        assert browser.refused(event, {}, {}) == "bad_request", event


@pytest.mark.parametrize(
    "value", [None, 5, "gone", "x" * 1000, {"a": 1}, ["x"], "a\x00b", b"x"], ids=str
)
def test_a_name_of_nothing_is_refused(browser: StudioClient, value: Any) -> None:
    for field, event in [(name, event) for name in NEEDED for event in NEEDED[name]]:
        if value == "gone" and event in ("token_details", "preset_save"):
            continue  # a run that is gone has no tokens; a good name
        code = browser.refused(event, {**_plausible(event), field: value})
        assert code in NAMELESS, (event, field)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 1.5, -1, "1", True, [0], 2**60, 1e300, {}], ids=str
)
def test_a_number_is_a_whole_number_in_its_range(
    story: OpenStory, browser: StudioClient, value: Any
) -> None:
    (run,) = story.runs
    start = {"story": story.id, "model": MODEL, "at": "end"}
    assert browser.refused("token_details", {"run": run, "from": value, "to": 5}) == "bad_request"
    assert browser.refused("run_start", {**start, "seed": value}) == "bad_request"
    assert browser.refused("continue_here", story=story.id, at=[value, 0]) == "bad_request"
    assert browser.refused("continue_here", story=story.id, at=[5, value]) == "bad_request"


@pytest.mark.parametrize(
    "at", ["start", 5, [], [1], [1, 2, 3], {"client": 1}, [None, None], b"x"], ids=str
)
def test_a_place_is_an_identity(story: OpenStory, browser: StudioClient, at: Any) -> None:
    assert browser.refused("run_start", story=story.id, model=MODEL, at=at) == "bad_request"
    assert browser.refused("continue_here", story=story.id, at=at) == "bad_request"
    assert browser.refused("caret", story=story.id, anchor=at, head=None) == "bad_request"


@pytest.mark.parametrize(
    "params",
    [
        {"temperature": "hot"}, {"temperature": float("nan")}, {"temperature": -1}, {"top_k": 1.5},
        {"stop": "x"}, {"stop": [1]}, {"stop": ["x"] * 17}, {"stop": ["x" * 101]}, {"limit": "soon"},
        {"unknown": 1}, {"max_tokens": 10**9}, {"alternatives": 101}, [], "x",
    ],
    ids=str,
)  # fmt: skip
def test_parameters_are_checked(story: OpenStory, browser: StudioClient, params: Any) -> None:
    (run,) = story.runs
    start = {"story": story.id, "model": MODEL, "at": "end"}
    assert browser.refused("run_start", {**start, "params": params}) == "bad_request"
    assert browser.refused("run_params", run=run, params=params) == "bad_request"
    assert browser.refused("preset_save", name="Mine", params=params) == "bad_request"
    if not isinstance(params, dict):
        assert browser.refused("preset_check", params=params) == "bad_request"


def test_text_that_is_too_long_is_refused(story: OpenStory, browser: StudioClient) -> None:
    assert (
        browser.refused("story_rename", story=story.id, title="x" * (MAX_TITLE + 1)) == "too_large"
    )
    start = {"story": story.id, "model": MODEL, "at": "end"}
    assert browser.refused("run_start", {**start, "prompt": "x" * (MAX_PROMPT + 1)}) == "too_large"
    assert browser.refused("story_create", title="\ud800") == "bad_request"


def test_a_message_beyond_all_bounds_ends_only_its_own_connection(
    story: OpenStory, browser: StudioClient, connect: Connect
) -> None:
    greedy = connect()
    greedy.send(
        "doc_update", {"story": story.id, "update": bytes(MAX_PACKET_BYTES + 1)}, lambda _: None
    )
    greedy.wait(lambda: not greedy.connected, "the greedy connection ends")
    assert browser.ok("hello")


def _foreign(story: OpenStory) -> bytes:
    doc = Doc(client_id=story.clients[0])
    doc.apply_update(story.doc.get_update())
    before = doc.get_state()
    doc.get(ROOT, type=Text).insert(0, "x")
    return bytes(doc.get_update(before))


def _other_root(_: OpenStory) -> bytes:
    doc = Doc()
    doc.get("other", type=Text).insert(0, "x")
    return bytes(doc.get_update())


def _nested(_: OpenStory) -> bytes:
    doc = Doc()
    doc.get(ROOT, type=Array).append(Map({"a": 1}))
    return bytes(doc.get_update())


def _formatted(_: OpenStory) -> bytes:
    doc = Doc()
    doc.get(ROOT, type=Text).insert(0, "x", {"bold": True})
    return bytes(doc.get_update())


def _carriage_return(_: OpenStory) -> bytes:
    doc = Doc()
    doc.get(ROOT, type=Text).insert(0, "x\ry")
    return bytes(doc.get_update())


def _unknown_history(story: OpenStory) -> bytes:
    story.edit(lambda text: text.insert(0, "never sent"))
    return story.edit(lambda text: text.insert(0, "x"))


def _many_structs(_: OpenStory) -> bytes:
    doc = Doc()
    text = doc.get(ROOT, type=Text)
    for _index in range(MAX_STRUCTS + 1):
        text.insert(0, "x")
    return bytes(doc.get_update())


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_foreign, "refused"),
        (_other_root, "bad_request"),
        (_nested, "bad_request"),
        (_formatted, "bad_request"),
        (_carriage_return, "bad_request"),
        (_unknown_history, "missing_history"),
        (_many_structs, "too_large"),
        (lambda story: story.edit(lambda text: text.insert(0, "x"))[:-3], "bad_request"),
        (lambda story: story.edit(lambda text: text.insert(0, "x")) + b"\x00", "bad_request"),
        (lambda _: b"", "bad_request"),
        (lambda _: b"\xff" * 50, "bad_request"),
    ],
)  # fmt: skip
def test_an_update_that_is_none_of_plain_text_is_refused(
    story: OpenStory, browser: StudioClient, make: Callable[[OpenStory], bytes], code: str
) -> None:
    assert browser.refused("doc_update", story=story.id, update=make(story)) == code


@pytest.mark.parametrize(
    "aliases",
    [
        [[1, 0, 1, None]],
        [[1, 0, 1, None, 0, 0]],
        ["x"],
        "x",
        [[1, 0, 1, None, 0]] * (MAX_ALIASES + 1),
        [[1, 0, 0, None, 0]],
        [[1, 0, 1, "x", 0]],
    ],
    ids=lambda aliases: str(aliases)[:30],
)
def test_aliases_are_checked(story: OpenStory, browser: StudioClient, aliases: Any) -> None:
    update = story.edit(lambda text: text.insert(0, "x"))
    assert (
        browser.refused("doc_update", story=story.id, update=update, aliases=aliases)
        == "bad_request"
    )


def test_an_alias_speaks_only_of_new_text_and_points_only_to_known_text(
    story: OpenStory, browser: StudioClient
) -> None:
    server = story.clients[0]
    update = story.edit(lambda text: text.insert(0, "xy"))
    (struct,) = parse_update(update, ROOT).structs
    own, clock = struct.client, struct.clock
    for alias in (
        [own, clock, 3, server, 0],  # longer than the new text
        [server, 0, 2, own, clock],  # of another's text
        [own, clock, 2, server, 10_000],  # to text that nobody wrote
        [own, clock, 2, 999, 0],  # to a client that nobody knows
    ):
        assert (
            browser.refused("doc_update", story=story.id, update=update, aliases=[alias])
            == "bad_request"
        )


def test_calling_too_fast_is_refused_and_harms_nobody_else(
    connect: Connect, browser: StudioClient
) -> None:
    hasty = connect()
    story = hasty.create("Once")
    update = story.edit(lambda text: text.insert(0, "x"))
    answers = _at_once(
        hasty,
        "doc_update",
        {"story": story.id, "update": update},
        int(RATES["doc_update"] * BURST_S) + 50,
    )
    codes = {answer["error"]["code"] for answer in answers if not answer["ok"]}
    assert codes == {"too_fast"}
    assert sum(answer["ok"] for answer in answers) >= RATES["doc_update"] * BURST_S
    answers = _at_once(hasty, "nonsense", {}, 5 * int(RATES[""] * BURST_S))
    assert {answer["error"]["code"] for answer in answers} == {"bad_request", "too_fast"}
    assert browser.ok("hello")


@pytest.mark.parametrize("event", ["connect", "disconnect"])
def test_the_words_of_the_protocol_itself_are_no_calls(server: ServerProcess, event: str) -> None:
    client = socketio.Client(reconnection=False, handle_sigint=False)
    client.connect(
        server.url, namespaces=[NAMESPACE], auth={"token": server.token}, transports=["websocket"]
    )
    try:
        answer = client.call(event, {"token": server.token}, namespace=NAMESPACE, timeout=20)
        assert answer["error"]["code"] == "bad_request"
        assert client.call("hello", {}, namespace=NAMESPACE, timeout=20)["ok"]
    finally:
        client.disconnect()


def _at_once(browser: StudioClient, event: str, fields: Any, count: int) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    done = threading.Event()

    def answered(answer: dict[str, Any]) -> None:
        answers.append(answer)
        if len(answers) == count:
            done.set()

    for _ in range(count):
        browser.send(event, fields, answered)
    assert done.wait(20), len(answers)
    return answers


def _plausible(event: str) -> dict[str, Any]:
    """Fields that would be right, if what they name existed."""
    given = {"story": "gone", "run": "gone", "model": MODEL, "name": "gone", "checkpoint": "gone"}
    given |= {
        "title": "x",
        "at": "end",
        "update": b"",
        "from": 0,
        "to": 1,
        "anchor": None,
        "head": None,
    }
    given |= {"patch": {}, "params": {}}
    if event == "continue_here":
        given["at"] = None
    return {name: given[name] for name in CALLS[event] if name in given}


def _state(browser: StudioClient, story: OpenStory) -> tuple[Any, ...]:
    answer = browser.ok("story_open", story=story.id)
    spans = browser.ok("provenance", story=story.id)["spans"]
    runs = [(run["id"], run["state"], run["params"], run["next_index"]) for run in answer["runs"]]
    return (
        answer["state"],
        answer["settings"],
        answer["story"]["title"],
        answer["head"],
        spans,
        runs,
    )
