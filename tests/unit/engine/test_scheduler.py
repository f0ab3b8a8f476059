"""Several runs of one model: fair turns, errors that stay with their run, memory given back."""

from __future__ import annotations

import pytest

from storygen.engine.scheduler import TOKENS_READ_PER_STEP, describe
from storygen.link.messages import (
    PauseRun,
    PrefillProgressed,
    ResumeRun,
    ReviseRun,
    ScoreText,
    Splice,
    StopRun,
    TextScored,
    TokenWritten,
)
from tests.tiny_engine import ended, generation, start, tiny_worker, tokens_of, write

OPENING = "Once upon a time there was a small house by the sea"


def test_runs_take_turns_token_by_token() -> None:
    worker = tiny_worker("gpt2")
    worker.send(*(start(OPENING, run=name, heal=False) for name in "abc"))
    worker.step(3)
    for _ in range(20):
        steps = {name: generation(worker, name)._context.num_drawn for name in "abc"}
        assert max(steps.values()) - min(steps.values()) <= 1
        worker.step()


def test_a_run_writes_the_same_beside_others_as_alone() -> None:
    alone, beside = tiny_worker("llama"), tiny_worker("llama")
    alone.send(start(OPENING))
    beside.send(start(OPENING), start("She said", run="other"), start("", run="third"))
    expected = [t.id for t in write(alone, 30)[:30]]
    assert [t.id for t in write(beside, 30)[:30]] == expected


def test_a_long_read_leaves_the_others_as_much_of_the_model_as_it_takes() -> None:
    worker = tiny_worker("llama", window=4000)
    worker.send(start(OPENING, run="short", heal=False))
    write(worker, 1, "short")
    worker.send(start(OPENING * 60, run="long"))
    events = worker.run_until(lambda new: bool(tokens_of(new, "long")))
    (read, *_) = [e.total for e in events if isinstance(e, PrefillProgressed) and e.run == "long"]
    assert len(tokens_of(events, "short")) == pytest.approx(read / TOKENS_READ_PER_STEP, rel=0.3)
    assert read > 600


def test_a_run_that_rested_makes_up_for_nothing() -> None:
    worker = tiny_worker("llama")
    worker.send(start(OPENING, run="a"), start(OPENING, run="b"))
    write(worker, 1, "b")
    worker.send(PauseRun("a"))
    write(worker, 15, "b")
    worker.send(ResumeRun("a"))
    events = worker.step(8)
    assert len(tokens_of(events, "b")) >= 3


def test_an_error_in_one_run_ends_that_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING, run="bad"), start(OPENING, run="good"))
    bad = generation(worker, "bad")

    def explode() -> None:
        raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr(bad, "next_chunk", explode)
    events = worker.step(6)
    assert ended(events, "bad").reason == "failed"
    assert "not enough memory" in ended(events, "bad").message
    assert write(worker, 3, "good")


def test_errors_are_told_in_words() -> None:
    assert "smaller model" in describe(MemoryError())
    assert describe(ValueError("the reason")) == "the reason"
    assert describe(ValueError()) == "ValueError"


def test_the_longest_rested_run_gives_its_memory_back_first() -> None:
    worker = tiny_worker("gpt2")
    for name in "ab":
        worker.send(start(OPENING, run=name))
        write(worker, 3, name)
        worker.send(PauseRun(name))
    sizes = {name: generation(worker, name).state.num_bytes for name in "ab"}
    scheduler = worker.core._scheduler
    assert scheduler is not None
    scheduler._cache_bytes = sizes["a"] + sizes["b"] - 1
    scheduler.make_room()
    assert generation(worker, "a").state.num_bytes == 0
    assert generation(worker, "b").state.num_bytes == sizes["b"]
    worker.send(ResumeRun("a"))
    assert write(worker, 2, "a")


@pytest.mark.parametrize("kind", ["gpt2", "mamba"])
def test_the_memory_of_a_cache_is_counted(kind: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start(OPENING))
    assert generation(worker).state.num_bytes == 0
    write(worker, 3)
    assert generation(worker).state.num_bytes > 1000


def test_a_text_is_scored_while_a_run_writes() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING), ScoreText("q", OPENING))
    events = worker.run_until(lambda new: any(isinstance(e, TextScored) for e in new))
    assert any(isinstance(e, TextScored) for e in events)
    assert any(isinstance(e, TokenWritten) for e in worker.step(5))


REVISIONS = {
    "near": (ReviseRun("r", 1, 3, (Splice(0, 4, "Twice"),)), 0),
    "far": (ReviseRun("r", 1, None, (Splice(0, 4, "Twice"),)), 1),
    "of another run": (ReviseRun("other", 1, 0, (Splice(0, 0, "Once"),)), 1),
    "a stop": (StopRun("r"), 0),
}


@pytest.mark.parametrize("what", REVISIONS)
def test_a_command_that_drops_the_token_under_way_breaks_it_off(what: str) -> None:
    command, num_tokens = REVISIONS[what]
    worker = tiny_worker("llama")
    worker.send(start(OPENING), start("", run="other"), PauseRun("other"))
    write(worker, 3)
    assert worker.core._writing is not None
    model = worker.core._writing.model
    given_up = model.breaks_off

    def command_arrives() -> bool:
        worker.core.hurry(command)
        return given_up()

    model.breaks_off = command_arrives
    assert len(tokens_of(worker.step())) == num_tokens
    model.breaks_off = given_up
    assert len(tokens_of(worker.step())) == 1


def test_a_token_that_was_broken_off_comes_as_if_nothing_had_been() -> None:
    worker, undisturbed = tiny_worker("llama"), tiny_worker("llama")
    for each in (worker, undisturbed):
        each.send(start(OPENING))
        write(each, 3)
    assert worker.core._writing is not None
    model = worker.core._writing.model
    given_up, model.breaks_off = model.breaks_off, lambda: True
    assert worker.step() == []
    model.breaks_off = given_up
    assert [t.id for t in write(worker, 9)] == [t.id for t in write(undisturbed, 9)]
