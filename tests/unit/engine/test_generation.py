"""One run in an in-process worker: what it writes through pauses, edits, ends and word completion."""

from __future__ import annotations

from typing import Any

import pytest

from storygen.link.messages import (
    GrantCredits,
    KnownToken,
    PauseRun,
    PrefillProgressed,
    ResumeRun,
    ReviseRun,
    RunEnded,
    RunPaused,
    Splice,
    StopRun,
)
from tests.tiny_engine import (
    ended,
    fresh_logprobs,
    generation,
    start,
    text_of,
    tiny_loaded,
    tiny_worker,
    tokens_of,
    write,
)
from tests.tiny_models import ARCHITECTURES, NOT_CROPPABLE, SENTENCEPIECE_LIKE, WINDOW

OPENING = "Once upon a time there was a small house by the sea"
SAMPLED = {"temperature": 1.0, "repetition_penalty": 1.1}
EDITS = (Splice(5, 4, "under"), Splice(0, 0, "猫は🙂 "), Splice(20, 3, ""))


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_each_token_is_what_a_fresh_read_of_the_standing_ids_gives(kind: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start(OPENING))
    expected: dict[int, Any] = {}
    for number in range(3 * WINDOW):
        if number in (20, 60, 61, 150):
            worker.send(ReviseRun("r", number, None, EDITS))
        events = worker.step()
        run = generation(worker)
        drawn = run._context.num_drawn - 1
        if drawn not in expected:
            assert len(run.state.ids) <= WINDOW
            expected[drawn] = fresh_logprobs(tiny_loaded(kind), run.state.ids)[-1]
        for token in tokens_of(events):
            assert token.logprob == pytest.approx(float(expected[token.index][token.id]), abs=1e-4)
    assert generation(worker).index > 2 * WINDOW


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_the_ids_that_were_read_spell_the_end_of_the_text_that_stands(kind: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start(OPENING))
    for number in range(2 * WINDOW):
        if number in (30, 31, 90):
            worker.send(ReviseRun("r", number, None, EDITS))
        write(worker, 1)
        run = generation(worker)
        read = run._writing.bytes.join([int(i) for i in run._context.wanted()])
        stands = run.text.encode() + bytes(run._context.held._data)
        assert stands.endswith(read[1:] if read[:1] == b" " else read)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_pause_changes_nothing_in_what_is_written(kind: str) -> None:
    through, paused = tiny_worker(kind), tiny_worker(kind)
    for worker in (through, paused):
        worker.send(start(OPENING, params=SAMPLED))
    expected = write(through, 150)[:150]
    written = []
    while len(written) < 150:
        written += write(paused, 7)
        assert paused.send(PauseRun("r")) == [RunPaused("r", generation(paused).index)]
        assert not paused.core.is_busy
        paused.send(ResumeRun("r"))
    written = written[:150]
    assert [(t.index, t.id, t.text) for t in written] == [(t.index, t.id, t.text) for t in expected]


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_an_evicted_cache_is_read_again_and_gives_the_same_tokens(kind: str) -> None:
    through, evicted = tiny_worker(kind), tiny_worker(kind, cache_bytes=1)
    for worker in (through, evicted):
        worker.send(start(OPENING, params=SAMPLED))
    expected = write(through, 40)
    written = write(evicted, 20)
    evicted.send(PauseRun("r"))
    assert generation(evicted).state.num_bytes == 0
    evicted.send(ResumeRun("r"))
    written += write(evicted, 40 - len(written))
    assert [t.id for t in written[:40]] == [t.id for t in expected[:40]]


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_the_same_seed_and_index_continue_an_interrupted_run_exactly(kind: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start(OPENING, params=SAMPLED, heal=False))
    expected = write(worker, 3 * WINDOW)
    # Interrupted after a token that ends a character, as the server's text always does.
    cut = next(
        n for n in range(2 * WINDOW, 3 * WINDOW) if expected[n - 1].text and expected[n].text
    )
    place, known = len(OPENING), []
    for token in expected[:cut]:
        known.append(KnownToken(place, place + len(token.text), token.id))
        place += len(token.text)
    again = tiny_worker(kind)
    text = OPENING + "".join(t.text for t in expected[:cut])
    again.send(start(text, params=SAMPLED, next_index=cut, known=tuple(known)))
    assert [(t.index, t.id) for t in write(again, 15)[:15]] == [
        (t.index, t.id) for t in expected[cut : cut + 15]
    ]


def test_tokens_that_the_server_did_not_take_are_taken_back_and_written_anew() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING))
    first = write(worker, 12)
    worker.send(ReviseRun("r", 2, 5))
    standing = OPENING + "".join(t.text for t in first[:5])
    assert generation(worker).text == standing
    again = write(worker, 7)
    assert again[0].index == 5
    assert {t.revision for t in again} == {2}
    assert [t.id for t in again[:7]] == [t.id for t in first[5:12]]


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_no_token_of_an_older_revision_comes_after_one_that_drops_tokens(kind: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start(OPENING, params={**SAMPLED, "temperature": 3.0}))
    accepted = 0
    for revision in range(2, 40):
        accepted += len(write(worker, 1))
        worker.send(ReviseRun("r", revision, accepted - 1, (Splice(0, 1, "X"),)))
        accepted -= 1
        fresh = write(worker, 3)
        accepted += len(fresh)
        assert {t.revision for t in fresh} == {revision}
        assert fresh[0].index == accepted - len(fresh)


def test_an_edit_reads_only_what_changed_unless_the_cache_cannot_be_cropped() -> None:
    for kind in ARCHITECTURES:
        worker = tiny_worker(kind)
        worker.send(start(OPENING * 2))
        write(worker, 5)
        place = len(generation(worker).text) - 12
        used = len(generation(worker).state.ids)
        worker.send(ReviseRun("r", 2, None, (Splice(place, 1, "Q"),)))
        (progress, *_rest) = worker.step()
        assert isinstance(progress, PrefillProgressed)
        assert (progress.total >= used) if kind in NOT_CROPPABLE else (progress.total < 20)


def test_an_edit_while_it_is_reading_takes_effect_before_the_first_token() -> None:
    worker = tiny_worker("llama", window=2000)
    worker.send(start(OPENING * 30))
    (progress,) = worker.step()
    assert isinstance(progress, PrefillProgressed) and progress.done < progress.total
    worker.send(ReviseRun("r", 2, 0, (Splice(0, 4, "Twice"),)))
    token = write(worker, 1)[0]
    assert token.revision == 2
    assert generation(worker).text.startswith("Twice upon")


def test_a_pause_while_it_is_reading_acts_between_chunks() -> None:
    worker = tiny_worker("llama", window=2000)
    worker.send(start(OPENING * 30))
    worker.step()
    assert worker.send(PauseRun("r")) == [RunPaused("r", 0)]
    assert not worker.core.is_busy
    worker.send(ResumeRun("r"))
    assert write(worker, 1)[0].index == 0


def test_a_run_without_credits_waits() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING, credits=0))
    assert not worker.core.is_busy
    worker.send(GrantCredits("r", 3))
    assert 3 <= len(tokens_of(worker.run_until())) <= 6
    assert not worker.core.is_busy


def test_stop_ends_a_run_and_later_commands_for_it_do_nothing() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING))
    count = len(write(worker, 4))
    assert worker.send(StopRun("r")) == [RunEnded("r", "stopped", index=count)]
    assert worker.send(PauseRun("r"), ReviseRun("r", 2, 0), GrantCredits("r", 1)) == []


# ---------------------------------------------------------------- completing words


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize(
    "typed", ["she said hel", "there was a st", "Hello, wor", "the cafe", "猫は海を見"]
)
def test_an_unfinished_word_is_completed_and_never_written_twice(kind: str, typed: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start(typed))
    events = write(worker, 8)
    run = generation(worker)
    assert run.text == typed + "".join(t.text for t in events)
    assert run._context.rest == b""
    joined = run._writing.bytes.join(run._context.text.ids).decode()
    assert joined.removeprefix(" " if kind in SENTENCEPIECE_LIKE else "") == run.text


def test_a_typed_space_may_become_the_space_of_the_next_word() -> None:
    worker = tiny_worker("gpt2")
    loaded = tiny_loaded("gpt2")
    banned = [i for i in range(len(loaded.tokenizer)) if i]
    assert banned
    worker.send(start("Once upon a "))
    first = write(worker, 1)[0]
    token = generation(worker)._writing.bytes.of(first.id).decode()
    assert token.startswith(" ")
    assert first.text == token[1:]


def test_typing_at_the_end_of_a_paused_run_is_completed() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING))
    count = len(write(worker, 6))
    worker.send(PauseRun("r"))
    place = len(generation(worker).text)
    worker.send(ReviseRun("r", 2, count, (Splice(place, 0, " and the old wom"),)), ResumeRun("r"))
    events = write(worker, 6)
    assert events[0].index == count
    text = generation(worker).text
    assert text == text[:place] + " and the old wom" + "".join(t.text for t in events)


def test_text_that_ends_with_a_known_token_is_not_taken_back() -> None:
    worker = tiny_worker("gpt2")
    token_id = generation_ids("gpt2", " hello")[0]
    worker.send(start("said hello", known=(KnownToken(4, 10, token_id),)))
    assert generation(worker)._context.rest == b""
    worker.send(start("said hello", run="typed"))
    assert generation(worker, "typed")._context.rest == b" hello"


def test_healing_can_be_declined() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start("she said hel", heal=False))
    assert generation(worker)._context.rest == b""


def generation_ids(kind: str, text: str) -> list[int]:
    return list(tiny_loaded(kind).tokenizer.encode(text, add_special_tokens=False))


# ---------------------------------------------------------------- ends


def test_a_run_of_n_tokens_writes_n() -> None:
    worker = tiny_worker("llama")
    worker.send(start(OPENING, params={"max_tokens": 9}))
    events = worker.run_until()
    assert ended(events).detail == "max_tokens"
    assert [t.index for t in tokens_of(events)] == list(range(ended(events).index))
    assert 9 <= ended(events).index <= 12 or text_of(events)


def test_a_stop_string_never_shows_and_ends_the_run() -> None:
    free = tiny_worker("gpt2")
    free.send(start(OPENING))
    text = "".join(t.text for t in write(free, 30))
    stop = text[10:16]
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING, params={"stop": [stop]}))
    events = worker.run_until()
    assert text_of(events) == text[: text.index(stop)]
    assert ended(events).detail == "stop_string"


def test_text_that_only_begins_like_a_stop_string_is_written_after_all() -> None:
    free = tiny_worker("gpt2")
    free.send(start(OPENING))
    text = "".join(t.text for t in write(free, 30))
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING, params={"stop": [text[3:9] + "\0"]}))
    assert "".join(t.text for t in write(worker, 20)) in text


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_the_end_of_text_ends_the_run_or_is_passed_over(kind: str) -> None:
    # A high temperature draws the end-of-text token sooner or later.
    params = {"temperature": 5.0}
    stopping, going = tiny_worker(kind), tiny_worker(kind)
    stopping.send(start(OPENING, params={**params, "at_end_of_text": "stop"}))
    events = stopping.run_until(max_steps=6000)
    assert ended(events).detail == "end_of_text"
    going.send(start(OPENING, params={**params, "at_end_of_text": "go_on"}))
    assert len(write(going, ended(events).index + 20)) >= ended(events).index + 20


def test_a_bad_parameter_fails_the_run_and_names_it() -> None:
    worker = tiny_worker("gpt2")
    events = worker.send(start(OPENING, params={"top_p": 7}))
    assert ended(events).reason == "failed"
    assert "top_p" in ended(events).message


def test_a_splice_outside_the_text_fails_only_its_run() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING), start(OPENING, run="other"))
    events = worker.send(ReviseRun("r", 2, 0, (Splice(1000, 0, "x"),)))
    assert ended(events).reason == "failed"
    assert write(worker, 2, "other")


def test_new_parameters_take_effect_at_the_next_token() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING))
    count = len(write(worker, 3))
    worker.send(
        ReviseRun(
            "r", 2, count, params={"alternatives": 3, "limit": "tokens", "max_tokens": count + 2}
        )
    )
    events = worker.run_until()
    assert {len(t.alternatives) for t in tokens_of(events)} == {3}
    assert ended(events).index >= count + 2
