"""The default model in the whole system: edits far, near and at the point, and a fresh read at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

import pytest

from storygen.engine.inline import InlineWorker
from storygen.link.messages import KnownToken, LoadModel, ScoredToken, ScoreText, TextScored
from tests.model.system_made import (
    DEFAULT_FOLDER,
    GREEDY,
    MODELS,
    Writing,
    in_fp32,
    real_server,
    start,
    wait_model,
)
from tests.protocol.studio_client import StudioClient
from tests.server_process import ServerProcess

pytestmark = pytest.mark.model

MODEL = "continue:Default"
STORY = (
    "The red house stood at the end of the lane, and nobody in the village would go near it. "
    "People said that the old sailor who lived there had brought something home from the sea. "
    "Some said it was a chest, others said it was a child. Anna, who was eleven and afraid of "
    "nothing, decided to see for herself. On the first evening of autumn she took her lantern, "
    "put on her brother's coat and went down the lane. The wind came over the fields and the "
    "trees made a sound like water. At the gate she stopped. There was a light in the window, "
    "and behind the light something moved. She lifted the latch and walked up to the door. "
    "Then she knocked three times and waited."
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = real_server(
        tmp_path_factory.mktemp("default"), {"Default": in_fp32(DEFAULT_FOLDER)}, MODELS
    )
    process.start()
    yield process
    process.stop()


@pytest.fixture
def browser(server: ServerProcess) -> Iterator[StudioClient]:
    with StudioClient(server.url, server.token) as client:
        yield client


@pytest.fixture(scope="module")
def reader() -> InlineWorker:
    """The same model in this process, for fresh reads."""
    worker = InlineWorker()
    path = str(MODELS / DEFAULT_FOLDER)
    worker.send(LoadModel(path, "folder", precision="fp32", threads=1, device="cpu"))
    return worker


def test_it_loads_with_progress_and_says_what_it_is(browser: StudioClient) -> None:
    browser.ok("model_load", model=MODEL)
    info = wait_model(browser, MODEL, "ready", "failed")["info"]
    assert (info["architecture"], info["precision"], info["context"], info["format"]) == (
        "LlamaForCausalLM",
        "fp32",
        8192,
        "chat",
    )
    told = [model for message in browser.library for model in message.get("models", [])]
    stages = {model["progress"]["stage"] for model in told if model["progress"]}
    assert "reading weights" in stages


def test_after_edits_far_near_and_at_the_point_tokens_are_those_of_a_fresh_read(
    browser: StudioClient, reader: InlineWorker
) -> None:
    writing = start(browser, browser.create(STORY), MODEL, seed=3, params={"alternatives": 3})
    writing.wait_tokens(5)
    replace(writing, "red house", "green house")
    far = writing.wait_revision(1, 3)[0]["revision"]
    replace(writing, "three times", "seven times")
    writing.wait_revision(far + 1, 3)
    writing.command("pause")
    writing.story.append(" She said hel")
    writing.command("resume")
    last = writing.wait_revision(far + 2, 25)[0]["revision"]
    writing.command("pause")
    settled = str(writing.story)
    assert "green house" in settled and "seven times" in settled
    assert re.search(r"She said hel[a-z]", settled), settled
    assert_fresh(writing, reader, last, at_least=25)


def test_a_word_that_was_begun_is_completed_and_never_begun_again(browser: StudioClient) -> None:
    before = STORY + ' "Good evening," said the sailor. "'
    writing = start(
        browser, browser.create(before + "Hel"), MODEL, params={**GREEDY, "alternatives": 1}
    )
    writing.wait_tokens(4)
    writing.command("stop")
    assert re.match(r"Hel(lo|p)\b", str(writing.story).removeprefix(before)), str(writing.story)


def replace(writing: Writing, old: str, new: str) -> None:
    """Type over some words."""
    at = str(writing.story).index(old)
    story = writing.story

    def change(root: object) -> None:
        start = len(str(root)[:at].encode())
        del root[start : start + len(old.encode())]  # type: ignore[attr-defined]
        root.insert(start, new)  # type: ignore[attr-defined]

    story.send(story.edit(change))


def assert_fresh(writing: Writing, reader: InlineWorker, revision: int, *, at_least: int) -> None:
    """Every token of the last revision has the log-probability that a fresh read of the text gives."""
    ends, spans, text = [0], [], ""
    while ends[-1] != len(text) or not spans:  # the token in hand comes after the pause
        spans = writing.browser.ok("provenance", story=writing.story.id)["spans"]
        ends = list(accumulate(span[0] for span in spans))
        text = str(writing.story)
    stored = {token["index"]: token for token in writing.details()}
    known, recent = [], {}
    for (units, who), end in zip(spans, ends, strict=True):
        if who != "human" and len(stored[who[1]]["text"]) == units:
            known.append(KnownToken(end - units, end, stored[who[1]]["id"]))
            if stored[who[1]]["revision"] == revision:
                recent[end] = stored[who[1]]
    scored = {token.end: token for token in score(reader, text, known)}
    compared = [(token, scored[end]) for end, token in recent.items() if end in scored]
    assert len(compared) >= at_least
    for token, fresh in compared:
        assert token["id"] == fresh.id
        assert token["logprob"] == pytest.approx(fresh.logprob, abs=1e-3)


def score(reader: InlineWorker, text: str, known: list[KnownToken]) -> tuple[ScoredToken, ...]:
    """The text's tokens, read afresh."""
    reader.send(ScoreText("fresh", text, known=tuple(known)))
    (answer,) = (event for event in reader.run_until() if isinstance(event, TextScored))
    assert not answer.error
    return answer.tokens
