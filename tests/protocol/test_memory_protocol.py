"""Memory, note and lore over the protocol, in both kinds of event loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.studio_client import StudioClient
from tests.server_process import MODEL, ServerProcess

Connect = Callable[..., StudioClient]
ENTRY = {"id": "mill", "keys": ["mill"], "text": "It is haunted.", "constant": True}


def put(browser: StudioClient, story: str, *removed: str, **patch: Any) -> int:
    answer = browser.ok("memory_set", story=story, patch=patch, removed=list(removed))
    return int(answer["memory_version"])


def test_every_window_learns_of_a_new_memory_and_it_stays(
    browser: StudioClient, connect: Connect
) -> None:
    story = browser.create("Once")
    assert (story.memory_version, story.memory["share"], story.memory["entries"]) == (0, 0.75, [])
    other = connect().open(story.id)
    version = put(browser, story.id, text="Ann is tall.", entries=[ENTRY])
    for window in (story, other):
        browser.wait(lambda window=window: window.memory_version == version, "the memory")
        assert window.memory["text"] == "Ann is tall."
        assert window.memory["entries"][0]["order"] == 100
    opened = connect().open(story.id)
    assert (opened.memory, opened.memory_version) == (story.memory, version)
    put(browser, story.id, "mill")
    browser.wait(lambda: other.memory["entries"] == [], "that an entry is gone")


def test_a_run_reads_the_memory_it_began_with_and_the_present_one_when_asked(
    browser: StudioClient,
) -> None:
    story = browser.create("Once")
    version = put(browser, story.id, entries=[ENTRY])
    run = story.start()
    story.wait_tokens(2)
    browser.wait(lambda: story.runs[run]["lore"] == ["mill"], "its lore")
    later = put(browser, story.id, text="Ann.", entries=[{**ENTRY, "id": "sea"}])
    assert later > version and story.runs[run]["memory_version"] == version
    assert browser.ok("run_memory", run=run)["run"]["memory_version"] == later
    browser.wait(lambda: story.runs[run]["lore"] == ["mill", "sea"], "more lore")
    story.wait_tokens(len(story.tokens) + 3)
    browser.ok("run_pause", run=run)
    browser.ok("run_memory", run=run)
    browser.ok("run_stop", run=run)
    assert browser.refused("run_memory", run=run) == "conflict"


def test_what_the_model_sees_is_shown_with_a_change_that_is_not_kept(browser: StudioClient) -> None:
    story = browser.create("Once upon")
    put(browser, story.id, text="Ann is tall.", entries=[ENTRY])
    asked = {"story": story.id, "model": MODEL, "at": "end", "params": {"max_tokens": 30}}
    patch = {"note": "[N]", "entries": [{**ENTRY, "id": "sea", "keys": []}]}
    context = browser.ok("context_show", **asked, patch=patch, removed=["mill"])["context"]
    assert [(piece["origin"], piece["text"]) for piece in context["pieces"]] == [
        ("memory", "Ann is tall."),
        ("story", "Once upon"),
        ("note", "[N]"),
    ]
    assert (context["reserve"], context["used"], context["cut"]["lore"]) == (30, 6, [])
    assert context["active"] == [{"entry": "sea", "key": None}]
    assert context["reread"] == {"tokens": 6, "seconds": None}
    assert story.memory["note"] == ""
    assert browser.refused("context_show", {**asked, "removed": ["sea"]}) == "not_found"


def test_what_a_live_run_sees_is_shown(browser: StudioClient) -> None:
    story = browser.create("Once")
    run = story.start()
    story.wait_tokens(3)
    browser.ok("run_pause", run=run)
    context = browser.ok("context_show", story=story.id, run=run)["context"]
    assert context["pieces"][0]["text"].startswith("Once w0 w1 w2")
    browser.ok("run_stop", run=run)
    assert browser.refused("context_show", story=story.id, run="gone") == "not_found"


def test_a_large_lorebook_goes_in_one_call(browser: StudioClient, connect: Connect) -> None:
    story = browser.create("Once")
    entries = [
        {
            "id": str(n),
            "name": f"Number {n}",
            "keys": [f"key {n}", f"/other {n}/"],
            "text": "x" * 1500,
        }
        for n in range(1000)
    ]
    put(browser, story.id, entries=entries)
    assert len(connect().open(story.id).memory["entries"]) == 1000
    code = browser.refused("memory_set", story=story.id, patch={"entries": [{"id": "more"}]})
    assert code == "too_large"


@pytest.mark.parametrize(
    "patch",
    [{"share": 2}, {"nonsense": 1}, {"entries": [{"id": 5}]}, {"text": "\0"}, [], "x"],
    ids=str,
)
def test_a_wrong_patch_is_refused(browser: StudioClient, patch: Any) -> None:
    story = browser.create("Once")
    asked = {"story": story.id, "patch": patch}
    assert browser.refused("memory_set", asked) == "bad_request"
    assert browser.refused("context_show", {**asked, "model": MODEL}) == "bad_request"
    assert story.memory_version == 0


def test_a_copy_has_the_memory_and_its_versions(browser: StudioClient) -> None:
    story = browser.create("Once")
    put(browser, story.id, text="Ann is tall.")
    run = story.start(params={"max_tokens": 2})
    story.wait_state(run, "ended", "finished")
    put(browser, story.id, note="[N]")
    copy = browser.open(browser.ok("story_duplicate", story=story.id)["story"]["id"])
    assert (copy.memory, copy.memory_version) == (story.memory, 2)
    assert [run["memory_version"] for run in copy.runs.values()] == [1]


def test_a_story_made_of_a_card_has_the_memory(browser: StudioClient) -> None:
    story = browser.create("Once")
    put(browser, story.id, text="Ann is tall.")
    found = story.wait_set(story.ask(num=1, params={"max_tokens": 2})["id"])
    made = browser.ok("candidate_story", candidate=found["cards"][0]["id"])["story"]["id"]
    assert browser.open(made).memory["text"] == "Ann is tall."


def test_memory_is_there_after_a_restart(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, token_ms=5)
    server.start()
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("Once")
        version = put(browser, story.id, text="Ann is tall.", entries=[ENTRY])
        name = story.id
    server.stop()
    server.start()
    with StudioClient(server.url, server.token) as browser:
        story = browser.open(name)
        assert (story.memory_version, story.memory["text"]) == (version, "Ann is tall.")
    server.stop()
