"""Sets of candidates: one read of the text, rows that are written together, and each as if it were alone."""

from __future__ import annotations

from typing import Any

import pytest

from storygen.engine.inline import InlineWorker
from storygen.link.memory import LoreEntry, Memory
from storygen.link.messages import (
    ContextRead,
    Event,
    PauseRun,
    PrefillProgressed,
    ResumeRun,
    RunEnded,
    SetRow,
    StartSet,
    StopRun,
    TokenWritten,
    decode,
    encode,
)
from tests.tiny_engine import ended, start, text_of, tiny_worker, tokens_of
from tests.tiny_models import ARCHITECTURES, NOT_CROPPABLE, WINDOW

TEXT = "Once upon a time there was a small house by the sea, and in the house lived"
HOT = {"temperature": 1.3, "min_p": 0.0, "repetition_penalty": 1.0}


def row(number: int, num_tokens: int = 12, **params: Any) -> SetRow:
    full = {**HOT, "limit": "tokens", "max_tokens": num_tokens, **params}
    return SetRow(f"row {number}", 100 + number, full)


def a_set(*rows: SetRow, text: str = TEXT, **fields: Any) -> StartSet:
    return StartSet("set", text, rows, **fields)


def alone(kind: str, one: SetRow, text: str = TEXT, **fields: Any) -> list[Event]:
    """What the same row writes as an ordinary run of its own."""
    worker = tiny_worker(kind)
    worker.send(start(text, one.run, params=one.params, seed=one.seed, **fields))
    worker.run_until()
    return worker.events


def written(worker: InlineWorker, command: StartSet) -> list[Event]:
    worker.send(command)
    return worker.run_until()


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_each_row_is_what_a_run_of_its_own_would_be(kind: str) -> None:
    rows = [row(number, 10 + 5 * number) for number in range(4)]
    rows.append(row(4, 15, temperature=0.0, repetition_penalty=1.3))
    events = written(tiny_worker(kind), a_set(*rows))
    for one in rows:
        expected = alone(kind, one)
        assert text_of(events, one.run) == text_of(expected, one.run)
        mine, others = tokens_of(events, one.run), tokens_of(expected, one.run)
        assert [token.id for token in mine] == [token.id for token in others]
        assert [token.logprob for token in mine] == pytest.approx(
            [token.logprob for token in others], abs=1e-3
        )
        assert ended(events, one.run).detail == "max_tokens"


@pytest.mark.parametrize("kind", ["llama", "bloom", "mamba"])
def test_with_a_note_that_moves_and_lore_that_comes_each_row_is_still_what_a_run_would_be(
    kind: str,
) -> None:
    lore = LoreEntry("e", "It is an old word.", ("/[aeiou]/",), depth=1)
    memory = Memory(text="Ann is tall.", note="[N]", note_lines=0, share=0.4, entries=(lore,))
    rows = [row(number, 25) for number in range(3)]
    text = "She was there.\nHe was not."
    events = written(tiny_worker(kind), a_set(*rows, text=text, memory=memory))
    for one in rows:
        expected = alone(kind, one, text, memory=memory)
        assert [t.id for t in tokens_of(events, one.run)] == [
            t.id for t in tokens_of(expected, one.run)
        ]


def test_the_text_is_read_once_for_all_rows() -> None:
    worker = tiny_worker("llama")
    passes: list[tuple[int, ...]] = []
    language = worker.core._writing.model  # type: ignore[union-attr]
    assert language._shares_beginnings  # which is tried once, on a few tokens
    model = language._model
    hook = model.register_forward_pre_hook(
        lambda _module, _args, kwargs: passes.append(tuple(kwargs["input_ids"].shape)),
        with_kwargs=True,
    )
    written(worker, a_set(*[row(number, 6) for number in range(5)]))
    hook.remove()
    assert passes[0][0] == 1 and passes[0][1] > 10
    assert passes[1:6] == [(5, 1)] * 5  # the first token of each comes of the text's own logits


def test_what_was_read_is_told_once_when_it_is_read() -> None:
    worker = tiny_worker("llama")
    events = written(worker, a_set(row(0, 3), row(1, 3)))
    (read,) = [event for event in events if isinstance(event, ContextRead)]
    assert read.run == "set"
    tokenizer = worker.core._writing._tokenizer  # type: ignore[union-attr]
    assert tokenizer.decode(list(read.ids)).endswith(TEXT.split()[-2])
    first = next(event for event in events if isinstance(event, TokenWritten))
    assert events.index(read) < events.index(first)
    again = written(worker, a_set(row(0, 3)))
    assert [event.ids for event in again if isinstance(event, ContextRead)][-1] == read.ids


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_row_that_has_ended_leaves_the_others_as_they_were(kind: str) -> None:
    rows = [row(0, 3), row(1, 20), row(2, 40)]
    worker = tiny_worker(kind)
    worker.send(a_set(*rows))
    worker.run_until(lambda new: len(tokens_of(new, "row 1")) >= 5)
    worker.send(StopRun("row 2"))
    worker.run_until()
    assert ended(worker.events, "row 2").reason == "stopped"
    assert len(tokens_of(worker.events, "row 2")) < 20
    assert text_of(worker.events, "row 1") == text_of(alone(kind, rows[1]), "row 1")


def test_stopping_the_set_stops_every_row_at_once() -> None:
    worker = tiny_worker("gpt2")
    worker.send(a_set(row(0, 50), row(1, 50)))
    worker.run_until(lambda new: len(tokens_of(new, "row 1")) >= 4)
    before = len(tokens_of(worker.events, "row 0"))
    events = worker.send(StopRun("set"))
    assert [event.reason for event in events if isinstance(event, RunEnded)] == ["stopped"] * 2
    assert not worker.core.is_busy
    assert len(tokens_of(worker.events, "row 0")) == before


def test_rows_for_which_there_is_no_memory_come_after_the_others() -> None:
    worker = tiny_worker("llama", cache_bytes=1)
    rows = [row(number, 5) for number in range(3)]
    events = written(worker, a_set(*rows))
    order = [event.run for event in events if isinstance(event, RunEnded)]
    assert order == ["row 0", "row 1", "row 2"]
    for one in rows:
        assert text_of(events, one.run) == text_of(alone("llama", one), one.run)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_half_written_word_is_completed_by_each(kind: str) -> None:
    text = "She was there when the light ca"
    rows = [row(number, 6) for number in range(4)]
    events = written(tiny_worker(kind), a_set(*rows, text=text))
    for one in rows:
        assert text_of(events, one.run) == text_of(alone(kind, one, text), one.run)


def test_a_word_that_nothing_completes_is_read_as_it_stands() -> None:
    text = "The old woman said zqxzqxzqx猫qqq"
    rows = [row(number, 6) for number in range(3)]
    events = written(tiny_worker("gpt2"), a_set(*rows, text=text))
    for one in rows:
        assert text_of(events, one.run) == text_of(alone("gpt2", one, text), one.run)


@pytest.mark.parametrize("kind", ["gpt2", "mamba"])
def test_rows_longer_than_the_window_go_on_alone(kind: str) -> None:
    rows = [row(number, WINDOW + 20) for number in range(2)]
    events = written(tiny_worker(kind), a_set(*rows, text=TEXT * 3))
    for one in rows:
        # Bytes of a character that never became whole are no token of the text.
        assert WINDOW + 15 < len(tokens_of(events, one.run)) <= WINDOW + 20
        assert ended(events, one.run).detail == "max_tokens"


@pytest.mark.parametrize("kind", [kind for kind in ARCHITECTURES if kind not in NOT_CROPPABLE])
def test_the_next_set_reads_only_what_is_new(kind: str) -> None:
    worker = tiny_worker(kind)
    written(worker, a_set(row(0, 8), row(1, 8)))
    taken = tokens_of(worker.events, "row 1")
    more = TEXT + "".join(token.text for token in taken)
    again = StartSet("again", more, (row(5, 3), row(6, 3)), heal=False)
    events = written(worker, again)
    progress = [event for event in events if isinstance(event, PrefillProgressed)]
    assert progress[-1].total < 20
    for one in again.rows:
        assert text_of(events, one.run) == text_of(alone(kind, one, more, heal=False), one.run)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_candidates_beside_a_paused_run_take_nothing_from_it(kind: str) -> None:
    def run(with_set: bool) -> str:
        worker = tiny_worker(kind)
        worker.send(start(TEXT, params={**HOT, "limit": "tokens", "max_tokens": 20}))
        worker.run_until(lambda new: len(tokens_of(new)) == 7)
        if with_set:
            worker.send(PauseRun("r"))
            text = TEXT + text_of(worker.events)
            worker.send(StartSet("set", text, (row(0, 5), row(1, 5)), heal=False))
            worker.run_until()
            worker.send(ResumeRun("r"))
        worker.run_until()
        return text_of(worker.events)

    assert run(True) == run(False)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"limit": "endless"}, "none of them endless"),
        ({"max_tokens": 501}, "1 to 500 tokens"),
        ({"temperature": -1}, "temperature"),
    ],
)
def test_a_set_that_cannot_be_is_refused_row_by_row(params: dict[str, Any], says: str) -> None:
    worker = tiny_worker("gpt2")
    events = worker.send(a_set(row(0), row(1, **params)))
    failures = [event for event in events if isinstance(event, RunEnded)]
    assert [event.run for event in failures] == ["row 0", "row 1"]
    assert all(event.reason == "failed" and says in event.message for event in failures)


def test_a_set_travels_whole_over_the_link() -> None:
    command = a_set(row(0), row(1), next_index=3)
    assert decode(encode(command)) == command
