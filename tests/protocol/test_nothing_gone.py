"""Whatever stood in a story can be had again: acknowledged states from the log, kept ones by restore."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from pycrdt import Doc, Text

from storygen.document.live import ROOT
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.server_process import ServerProcess

WORDS = ["Ada ", "🙂", "猫が", "e\u0301", "ferry. ", "\n", "👩‍👩‍👧"]


@pytest.fixture(params=["eventlet", "threading"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, async_mode=request.param, token_ms=2).start()
    yield process
    process.stop()


def test_every_state_that_was_acknowledged_is_in_the_log_for_ever(server: ServerProcess) -> None:
    """Typed, deleted, run over, restored, continued elsewhere; closed, killed and compacted in between."""
    chance = random.Random(8)
    stood: list[str] = []
    with StudioClient(server.url, server.token) as browser:
        story_id = browser.create("Once.").id
    for visit in range(6):
        with StudioClient(server.url, server.token) as browser:
            story = browser.open(story_id)
            for _ in range(12):
                change(chance, story)
                stood.append(str(story))
            run = story.start(params={"max_tokens": 5})
            story.wait_state(run, "ended", "finished")
            stood.append(str(story))
            _continue_or_restore(browser, story, visit)
            stood.append(str(story))
        (server.kill if visit % 2 else server.stop)()
        server.start()
    server.stop()
    texts = replayed(server.data_dir / "storygen.db")
    missing = [text for text in stood if text not in texts]
    assert not missing
    server.start()


def test_every_checkpoint_shows_and_brings_back_exactly_what_stood(server: ServerProcess) -> None:
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("One. Two 🙂. Three.")
        stood: dict[str, str] = {}

        def note() -> None:
            nodes = browser.ok("checkpoints", story=story.id)["checkpoints"]
            for node in nodes:
                shown = browser.ok("checkpoint_show", story=story.id, checkpoint=node["id"])
                assert sum(units for units, _ in shown["authors"]) == units_of(shown["text"])
                assert stood.setdefault(node["id"], shown["text"]) == shown["text"]

        note()
        run = story.start(params={"max_tokens": 400})
        story.wait_tokens(3, run)
        browser.ok("run_pause", run=run)
        note()
        story.delete(0, 5)
        browser.ok("run_resume", run=run)
        story.wait_tokens(8, run)
        browser.ok("run_stop", run=run)
        note()
        before = str(story)
        place = [story.clients[0], 8]
        browser.ok("continue_here", story=story.id, at=place)
        note()
        kinds = {n["kind"] for n in browser.ok("checkpoints", story=story.id)["checkpoints"]}
        assert {"created", "run_started", "run_paused", "run_ended", "before_continue"} <= kinds
        assert before in stood.values()
        story.delete(0, len(str(story)))
        for checkpoint, text in list(stood.items()):
            browser.ok("checkpoint_restore", story=story.id, checkpoint=checkpoint)
            story.wait_text(lambda now, text=text: now == text, checkpoint)
            note()
        nodes = browser.ok("checkpoints", story=story.id)["checkpoints"]
        known = {node["id"] for node in nodes}
        assert all(node["parent"] in known or node["parent"] is None for node in nodes)
        assert sum(node["parent"] is None for node in nodes) == 1


def change(chance: random.Random, story: OpenStory) -> None:
    """Type or delete anywhere between whole characters."""
    length = len(str(story))
    if length > 3 and chance.random() < 0.4:
        start = chance.randrange(length)
        story.delete(start, min(length, start + chance.randint(1, 9)))
    else:
        story.insert(chance.randint(0, length), chance.choice(WORDS))


def _continue_or_restore(browser: StudioClient, story: OpenStory, visit: int) -> None:
    if visit % 2:
        text = str(story)
        browser.ok("continue_here", story=story.id, at=None)
        story.wait_text(lambda now: now == "", "everything is set aside")
        assert text
    else:
        nodes = browser.ok("checkpoints", story=story.id)["checkpoints"]
        shown = browser.ok("checkpoint_show", story=story.id, checkpoint=nodes[-2]["id"])["text"]
        browser.ok("checkpoint_restore", story=story.id, checkpoint=nodes[-2]["id"])
        story.wait_text(lambda now: now == shown, "restored")


def replayed(path: Path) -> set[str]:
    """Every text that the one story's log went through."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        rows = database.execute("select seq, data from updates order by seq").fetchall()
    assert [seq for seq, _ in rows] == list(range(rows[0][0], rows[0][0] + len(rows)))
    doc: Doc[Text] = Doc()
    text = doc.get(ROOT, type=Text)
    texts = set()
    for _, data in rows:
        doc.apply_update(data)
        texts.add(str(text))
    return texts


def units_of(text: str) -> int:
    """Its length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
