"""Random histories on every architecture: commands in any order, and what must hold after each.

The server's side is played by `Server`, which keeps a text of its own from splices and the tokens it took.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storygen.engine.inline import InlineWorker
from storygen.link.messages import Event, PauseRun, ResumeRun, ReviseRun, Splice, TokenWritten
from tests.tiny_engine import (
    fresh_logprobs,
    generation,
    start,
    tiny_loaded,
    tiny_worker,
    tokens_of,
    write,
)
from tests.tiny_models import ARCHITECTURES, WINDOW

LETTERS = st.text(st.sampled_from("ab hel\nthe é猫🙂👩‍👧́مש.,"), max_size=10)
PLACE = st.floats(0, 1)
ACTION = st.one_of(
    st.tuples(st.just("step"), st.integers(1, 15)),
    st.tuples(st.just("far"), PLACE, PLACE, LETTERS),
    st.tuples(st.just("near"), PLACE, PLACE, LETTERS),
    st.tuples(st.just("type"), LETTERS),
    st.tuples(st.just("pause")),
    st.tuples(st.just("evict")),
    st.tuples(st.just("drop"), st.integers(0, 5)),
)
SLOW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # shrinking a history takes minutes
)


class Server:
    """Takes a run's tokens as they come, edits, and holds its own idea of the text."""

    def __init__(self, worker: InlineWorker, text: str) -> None:
        self.worker = worker
        self.text = text
        self.revision = 1
        self.dropped_at = 1  # nothing computed before this revision may come
        self.sizes: list[int] = []  # of the tokens taken since the last edit of them
        self.taken = 0
        worker.send(start(text, params={"temperature": 1.2}))

    def take(self, events: list[Event]) -> None:
        for token in tokens_of(events):
            assert token.index == self.taken
            assert self.dropped_at <= token.revision <= self.revision
            self.text += token.text
            self.sizes.append(len(token.text))
            self.taken += 1

    def step(self, count: int) -> None:
        for _ in range(count):
            self.take(self.worker.step())

    def edit(self, at: int, delete: int, insert: str, *, accepted: int | None) -> None:
        self.revision += 1
        self.dropped_at = self.dropped_at if accepted is None else self.revision
        self.text = self.text[:at] + insert + self.text[at + delete :]
        self.worker.send(ReviseRun("r", self.revision, accepted, (Splice(at, delete, insert),)))
        self.sizes.clear()

    def drop(self, count: int) -> None:
        """Refuse the last tokens, as if they had been in flight when an edit came."""
        count = min(count, len(self.sizes))
        size = sum(self.sizes[len(self.sizes) - count :])
        self.text = self.text[: len(self.text) - size]
        self.taken -= count
        self.revision += 1
        self.dropped_at = self.revision
        self.worker.send(ReviseRun("r", self.revision, self.taken))
        self.sizes.clear()


def act(server: Server, action: tuple[object, ...]) -> None:
    match action:
        case ("step", int(count)):
            server.step(count)
        case ("far" | "near" as distance, float(at_part), float(delete_part), str(insert)):
            at = int(at_part * max(0, len(server.text) - 1))
            delete = int(delete_part * max(0, len(server.text) - 1 - at))
            server.edit(at, delete, insert, accepted=server.taken if distance == "near" else None)
        case ("type", str(insert)):
            server.edit(len(server.text), 0, insert, accepted=server.taken)
        case ("pause",):
            server.worker.send(PauseRun("r"))
            assert server.worker.step(3) == []
            server.worker.send(ResumeRun("r"))
        case ("evict",):
            generation(server.worker).evict()
        case ("drop", int(count)):
            server.drop(count)


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(opening=LETTERS, actions=st.lists(ACTION, max_size=10))
def test_after_any_history_both_sides_have_the_same_text_and_the_model_has_read_it(
    kind: str, opening: str, actions: list[tuple[object, ...]]
) -> None:
    server = Server(tiny_worker(kind), opening)
    for action in (*actions, ("step", 12)):
        act(server, action)
        run = generation(server.worker)
        assert run.text == server.text
        assert run.index == server.taken
        wanted = run._context.wanted()
        assert 1 <= len(wanted) <= WINDOW
        read = run._writing.bytes.join(wanted.tolist())
        context, stands = run._context, server.text.encode()
        if context.rest:
            stands = stands[: context.text.covered]
        else:
            stands += bytes(context.held._data)
        # A sentencepiece-like tokenizer's own first space is no text; a BOS has no bytes.
        assert stands.endswith((read, read.removeprefix(b" ")))


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(opening=LETTERS, actions=st.lists(ACTION, max_size=10))
def test_after_any_history_probabilities_are_those_of_a_fresh_read(
    kind: str, opening: str, actions: list[tuple[object, ...]]
) -> None:
    server = Server(tiny_worker(kind), opening)
    for action in actions:
        act(server, action)
    run = generation(server.worker)
    read: dict[int, Any] = {}
    tokens: list[TokenWritten] = []
    for _ in range(30):
        tokens += tokens_of(server.worker.step())
        read.setdefault(run._context.num_drawn - 1, run.state.ids.copy())
    for token in tokens:
        if token.index in read and len(read[token.index]) == token.used:
            expected = fresh_logprobs(tiny_loaded(kind), read[token.index])[-1]
            assert token.logprob == pytest.approx(float(expected[token.id]), abs=2e-4)
    assert len(tokens) > 15


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(opening=LETTERS, actions=st.lists(ACTION, max_size=8))
def test_greedy_tokens_after_any_history_are_those_of_a_run_without_any_cache(
    kind: str, opening: str, actions: list[tuple[object, ...]]
) -> None:
    server = Server(tiny_worker(kind), opening)
    for action in actions:
        act(server, action)
    greedy = {"temperature": 0.0}
    server.worker.send(ReviseRun("r", server.revision + 1, server.taken, params=greedy))
    other = Server(tiny_worker(kind), opening)
    for action in actions:
        act(other, action)
    other.worker.send(ReviseRun("r", other.revision + 1, other.taken, params=greedy))
    with_cache = write(server.worker, 10)
    without: list[TokenWritten] = []
    for _ in range(60):
        generation(other.worker).evict()
        without += tokens_of(other.worker.step())
    assert len(without) >= 10
    assert [t.id for t in with_cache[:10]] == [t.id for t in without[:10]]


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(seed=st.integers(0, 2**32), opening=LETTERS)
def test_half_characters_never_appear(kind: str, seed: int, opening: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start(opening, params={"temperature": 4.0}, seed=seed))
    for token in tokens_of(worker.step(120)):
        assert "�" not in token.text
        assert not any(unicodedata.category(letter) == "Cs" for letter in token.text)
        token.text.encode()
