"""Golden messages: the shapes that server and page share, one JSON file for each.

The live server's messages must equal the files once what differs each time is replaced: ids by "<id>",
times by "<time>", bytes by "<bytes>", and so on. The page's tests read the same files. After a wanted
change of the protocol: `STORYGEN_WRITE_GOLDEN=1 pytest tests/protocol/test_golden.py`, and look at the diff.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from storygen import __version__
from tests.protocol.studio_client import StudioClient
from tests.server_process import MODEL

GOLDEN = Path(__file__).parent / "golden"
ID = re.compile(r"[0-9a-f]{12,16}")
TIMES = ("created", "changed", "binned", "started", "ended", "saved", "time")
VARYING = ("tokens_per_s", "ms", "who", "instance")
NUM_TOKENS = 3


def test_the_first_message(browser: StudioClient) -> None:
    hello = browser.ok("hello")
    hello["stories"] = []  # whatever other tests left; a story's shape is in `story_create`
    hello["models"] = [model for model in hello["models"] if model["key"] == MODEL]
    for model in hello["models"]:
        model |= {"state": "unloaded", "info": None}
    _check("hello", hello)


def test_a_storys_answers(browser: StudioClient) -> None:
    created = browser.ok("story_create", title="The lamp", text="Once 😀")
    _check("story_create", created)
    story = browser.open(created["story"]["id"])
    _check("run_start", browser.ok("run_start", story=story.id, model=MODEL, at="end", seed=5,
                                   params={"max_tokens": NUM_TOKENS}))  # fmt: skip
    (run,) = browser.ok("story_open", story=story.id)["runs"]
    story.wait_state(run["id"], "ended", "finished")
    _check("doc_update", story.append("!"))
    _check("story_open", browser.ok("story_open", story=story.id))
    _check("provenance", browser.ok("provenance", story=story.id))
    _check("token_details", browser.ok("token_details", run=run["id"], **{"from": 0, "to": 1}))
    nodes = browser.ok("checkpoints", story=story.id)
    _check("checkpoints", nodes)
    shown = browser.ok("checkpoint_show", story=story.id, checkpoint=nodes["head"])
    _check("checkpoint_show", shown)
    _check("error", browser.call("run_pause", {"run": run["id"]}))


def test_candidates_answers(browser: StudioClient) -> None:
    story = browser.create("Once 😀")
    params = {"max_tokens": NUM_TOKENS}
    asked = browser.ok("candidates_ask", story=story.id, model=MODEL, at="end", num=2, seed=5,
                       params=params)  # fmt: skip
    found = story.wait_set(asked["set"]["id"])
    _check("candidates", browser.ok("candidates", story=story.id))
    card = found["cards"][0]["id"]
    changed = browser.ok("candidate_change", candidate=card, text=" w0!", pinned=True)
    _check("candidate_change", changed)
    taken = browser.ok("candidate_taken", candidate=card, units=3, shown={card: 9})
    _check("candidate_taken", taken)


def test_the_automatic_writers_answers(browser: StudioClient) -> None:
    story = browser.create("Once")
    params, warm = {"max_tokens": NUM_TOKENS}, {"scale": "uniform", "low": 0.5, "high": 1.5}
    asked = {"steps": 2, "cards": 2, "seed": 5, "params": params}
    ranges = {"ranges": {"temperature": warm}}
    started = browser.ok("auto_start", story=story.id, model=MODEL, ranges=ranges, **asked)
    _check("auto_start", started)
    story.wait_auto("ended", "finished")
    (found,) = browser.ok("candidates", story=story.id)["sets"][-1:]
    _check("auto_set", {"auto": story.auto, "fate": found["fate"]})


def test_answers_about_tokens(browser: StudioClient) -> None:
    story = browser.create("Once 🙂 upon")
    asked = browser.ok("next_tokens", story=story.id, model=MODEL, at="end", seed=5, num=6, draws=9)
    _check("next_tokens", asked)
    row = next(row for row in asked["look"]["tokens"] if row[1])
    taken = browser.ok("token_taken", look=asked["look"]["id"], token=row[0], units=len(row[1]))
    _check("token_taken", taken)
    started = browser.ok("score_start", story=story.id, model=MODEL)
    _check("score_start", started)
    told = browser.wait_scored(started["score"])
    _check("scored", told[-1])
    _check("score_look", browser.ok("score_look", score=started["score"], index=1))


def test_memorys_answers(browser: StudioClient) -> None:
    story = browser.create("Once")
    entry = {
        "id": "mill",
        "name": "Mill",
        "keys": ["mill", "/old mil+/i"],
        "text": "It is haunted.",
    }
    patch = {"text": "Ann is tall.", "note": "[Be brief.]", "entries": [entry]}
    _check("memory_set", browser.ok("memory_set", story=story.id, patch=patch))
    shown = browser.ok(
        "context_show", story=story.id, model=MODEL, at="end", params={"max_tokens": 8}
    )
    _check("context_show", shown)
    run = story.start(params={"max_tokens": NUM_TOKENS}, seed=5)
    story.wait_state(run, "ended", "finished")


def test_an_update_with_everything_in_it(browser: StudioClient) -> None:
    """All `update`s of a run and a restore, merged as a slow browser gets them."""
    story = browser.create("Once")
    first = browser.ok("checkpoints", story=story.id)["head"]
    run = story.start(params={"max_tokens": NUM_TOKENS}, seed=5)
    story.wait_state(run, "ended", "finished")
    asked = story.ask(num=1, seed=5, params={"max_tokens": NUM_TOKENS})
    story.wait_set(asked["id"])
    browser.ok("checkpoint_restore", story=story.id, checkpoint=first)
    story.wait_text(lambda text: text == "Once", "the restored text")
    browser.ok("memory_set", story=story.id, patch={"note": "[Be brief.]"})
    browser.ok("continue_here", story=story.id, at=None)
    restored = browser.ok("checkpoints", story=story.id)["checkpoints"][-3]["id"]
    browser.ok("checkpoint_restore", story=story.id, checkpoint=restored)
    browser.wait(lambda: story.aliases, "text came back")
    updates = [update for update in browser.updates if update["story"] == story.id]
    merged: dict[str, Any] = {"story": story.id, "doc": b"", "carets": [], "saved": 1.0}
    for name in ("tokens", "aliases", "clients", "checkpoints"):
        merged[name] = [item for update in updates for item in update[name]]
    merged["runs"] = [[r for update in updates for r in update["runs"]][-1]]
    merged["sets"] = [[s for update in updates for s in update["sets"]][-1]]
    merged["cards"] = [[asked["cards"][0]["id"], 0, story.cards[asked["cards"][0]["id"]]]]
    browser.wait(lambda: story.memory_version == 1, "the memory")
    merged["memory"] = {"memory": story.memory, "version": 1}
    merged["carets"] = [{"who": "x", "anchor": [1, 2], "head": None}]
    assert all(set(update) <= set(merged) for update in updates)
    _check("update", merged)


def _check(name: str, message: dict[str, Any]) -> None:
    path = GOLDEN / f"{name}.json"
    found = json.loads(json.dumps(_steady(message), ensure_ascii=False))
    if os.environ.get("STORYGEN_WRITE_GOLDEN"):
        path.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")
    assert found == json.loads(path.read_text("utf-8")), f"{name}.json says something else"


def _steady(value: Any, key: str = "") -> Any:
    """The same message with a word in place of whatever differs each time."""
    if isinstance(value, dict):
        return {name: _steady(item, name) for name, item in value.items()}
    if key == "version" and isinstance(value, list):
        return ["<client>", 0]
    if isinstance(value, list):
        return [_steady(item, key) for item in value]
    if isinstance(value, bytes):
        return "<bytes>"
    if value is not None and key in TIMES:
        return "<time>"
    if value is not None and key in VARYING:
        return "<varies>"
    if isinstance(value, str):
        return "<version>" if value == __version__ else "<id>" if ID.fullmatch(value) else value
    if (
        isinstance(value, int)
        and value >= 100_000
        and key in ("tokens", "aliases", "clients", "left", "client", "at", "stretches")
    ):
        return "<client>"
    return value
