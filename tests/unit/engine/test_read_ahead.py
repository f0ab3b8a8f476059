"""The next window, read beside the run: the same tokens, no long reading, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from storygen.engine.inline import InlineWorker
from storygen.engine.read_ahead import CHUNK_TOKENS
from storygen.link.memory import Memory
from storygen.link.messages import PauseRun, PrefillProgressed, ReviseRun, Splice
from tests.tiny_engine import generation, start, tiny_worker, write
from tests.tiny_models import NOT_CROPPABLE

WINDOW = 400
TEXT = "Once upon a time there was a small house by the sea, and in it "
NO_SECOND_CACHE = 1


def writing(kind: str = "llama", *, cache_bytes: int | None = None) -> InlineWorker:
    worker = tiny_worker(kind, window=WINDOW, cache_bytes=cache_bytes)
    worker.send(start(TEXT, credits=10_000, params={"at_end_of_text": "go_on"}))
    return worker


def ahead(worker: InlineWorker) -> Any:
    return generation(worker, "r")._ahead


def longest_reading(worker: InlineWorker) -> int:
    """The most tokens that were read at once for a token, the first reading left out."""
    told = [e.total for e in worker.events if isinstance(e, PrefillProgressed)]
    return max(told[1:], default=1)


@pytest.mark.parametrize("kind", ["llama", "bloom", "mistral"])
def test_a_window_that_was_read_ahead_moves_without_a_long_reading(kind: str) -> None:
    worker, without = writing(kind), writing(kind, cache_bytes=NO_SECOND_CACHE)
    ids = [token.id for token in write(worker, 3 * WINDOW)]
    assert ids[: 3 * WINDOW] == [token.id for token in write(without, 3 * WINDOW)][: 3 * WINDOW]
    assert longest_reading(worker) <= 2 * CHUNK_TOKENS
    assert longest_reading(without) > WINDOW // 2


def test_with_a_note_the_next_window_is_read_ahead_up_to_where_that_stands() -> None:
    memory = Memory(text="Ann is tall.", note="[Be brief.]", note_lines=1)
    text = "Once upon a time.\n" * 12
    worker, without = (
        tiny_worker("llama", window=WINDOW, cache_bytes=most) for most in (None, NO_SECOND_CACHE)
    )
    for each in (worker, without):
        each.send(start(text, memory=memory, params={"at_end_of_text": "go_on"}))
        run = generation(each, "r")
        for turn in range(150):
            write(each, 1)
            line = "\nThen she said no, and they went to the sea."
            each.send(ReviseRun("r", turn, run.index, (Splice(len(run.text), 0, line),)))
    assert generation(worker, "r").text == generation(without, "r").text
    assert longest_reading(worker) < longest_reading(without)


def test_the_second_cache_is_there_only_before_a_move() -> None:
    worker = writing()
    held = []
    for _ in range(2 * WINDOW):
        worker.step()
        held.append(ahead(worker).state.num_bytes > 0)
    assert 0.1 < sum(held) / len(held) < 0.6
    assert held[0] is False


def test_what_was_read_ahead_follows_an_edit() -> None:
    worker, fresh = writing(), writing(cache_bytes=NO_SECOND_CACHE)
    for each in (worker, fresh):
        write(each, 300)
        while worker is each and len(ahead(each).state.ids) < 3 * CHUNK_TOKENS:
            each.step()
    count = generation(worker, "r").index
    write(fresh, count - generation(fresh, "r").index)
    assert generation(fresh, "r").index == count
    at = len(generation(worker, "r").text) - 90
    for each in (worker, fresh):
        each.send(ReviseRun("r", 1, count, (Splice(at, 5, "another"),)))
    ids = [token.id for token in write(worker, WINDOW)][:WINDOW]
    assert ids == [token.id for token in write(fresh, WINDOW)][:WINDOW]


def test_a_paused_run_reads_nothing_ahead_and_gives_its_second_cache_back_when_it_must() -> None:
    worker = writing()
    while not ahead(worker).state.num_bytes:
        worker.step()
    worker.send(PauseRun("r"))
    assert not worker.core.is_busy
    ahead(worker).evict()
    assert ahead(worker).state.num_bytes == 0


def test_a_run_that_ends_takes_its_reader_with_it() -> None:
    worker = writing()
    write(worker, 3)
    generation(worker, "r").fail("the disk is full")
    assert worker.core._scheduler is not None
    worker.core._scheduler.remove_ended()
    assert not worker.core._scheduler._readers


@pytest.mark.parametrize("kind", sorted(NOT_CROPPABLE))
def test_a_model_whose_cache_cannot_be_cropped_reads_nothing_ahead(kind: str) -> None:
    worker = writing(kind)
    write(worker, WINDOW - 60)
    assert ahead(worker).state.num_bytes == 0
