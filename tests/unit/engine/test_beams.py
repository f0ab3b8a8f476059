"""Beam search: what transformers finds, our rules on top, and the best so far whenever it is stopped."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storygen.engine.beams import BeamSearch
from storygen.engine.inline import InlineWorker
from storygen.engine.text.utf8 import unfinished_tail
from storygen.link.messages import (
    AcceptedToken,
    Event,
    KnownToken,
    PrefillProgressed,
    SearchProgressed,
    SetRow,
    StartSet,
    StopRun,
    decode,
    encode,
)
from tests.tiny_engine import (
    ended,
    fresh_logprobs,
    text_of,
    tiny_loaded,
    tiny_worker,
    tiny_writing,
    tokens_of,
)
from tests.tiny_models import ARCHITECTURES, WINDOW

TEXT = "Once upon a time there was a small house by the sea, and in the house lived "
PLAIN = {"repetition_penalty": 1.0, "min_p": 0.0, "limit": "tokens"}
SLOW = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)


def search(
    num: int, num_beams: int, num_tokens: int = 8, *, text: str = TEXT, **params: Any
) -> StartSet:
    fields = {"heal": params.pop("heal", False), "passed_over": params.pop("passed_over", 0)}
    fields |= {
        name: params.pop(name) for name in ("next_index", "before", "known") if name in params
    }
    full = {**PLAIN, "max_tokens": num_tokens, "num_beams": num_beams, **params}
    rows = tuple(SetRow(f"row {number}", 7, full) for number in range(num))
    return StartSet("set", text, rows, **fields)


def found(kind: str, command: StartSet, **facts: Any) -> list[Event]:
    worker = tiny_worker(kind, **facts)
    worker.send(command)
    worker.run_until()
    return worker.events


def ids_of(events: list[Event], number: int) -> list[int]:
    return [token.id for token in tokens_of(events, f"row {number}")]


class OurRules:
    """What keeps a text whole, as a processor of transformers' own."""

    def __init__(self, kind: str, num_before: int, *, may_end: bool) -> None:
        self._writing, self._num_before = tiny_writing(kind), num_before
        self._may_end = may_end

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        kept = []
        for row, written in zip(scores, ids[:, self._num_before :].tolist(), strict=True):
            unfinished = unfinished_tail(self._writing.bytes.join(written))
            mask = self._writing.allowed.banned(unfinished, may_end=self._may_end)
            assert mask is not None
            kept.append(row.masked_fill(mask, -torch.inf).log_softmax(-1))
        return torch.stack(kept)


def by_transformers(
    kind: str, ids: list[int], num_beams: int, num_tokens: int, *, may_end: bool
) -> list[tuple[list[int], float]]:
    """The sequences, without the end of text, and their scores."""
    ends = sorted(tiny_writing(kind).ends_of_text)
    with torch.inference_mode():
        out = tiny_loaded(kind).model.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            num_beams=num_beams,
            num_return_sequences=num_beams,
            do_sample=False,
            max_new_tokens=num_tokens,
            eos_token_id=ends if may_end else None,
            pad_token_id=ends[0],
            logits_processor=[OurRules(kind, len(ids), may_end=may_end)],
            return_dict_in_generate=True,
            output_scores=True,
        )
    rows = out.sequences[:, len(ids) :].tolist()
    texts = [row[: next((n for n, i in enumerate(row) if i in ends), len(row))] for row in rows]
    return list(zip(texts, out.sequences_scores.tolist(), strict=True))


# ---------------------------------------------------------------- what transformers finds


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("num_beams", [2, 5, 20])
@pytest.mark.parametrize("may_end", [False, True])
def test_the_texts_and_their_order_are_those_of_transformers(
    kind: str, num_beams: int, may_end: bool
) -> None:
    at_end = "stop" if may_end else "go_on"
    worker = tiny_worker(kind)
    worker.send(search(num_beams, num_beams, at_end_of_text=at_end))
    reader = worker.core._scheduler.get("set")  # type: ignore[union-attr]
    assert isinstance(reader, BeamSearch)
    wanted = reader.wanted().tolist()
    events = worker.run_until()
    expected = as_texts(kind, by_transformers(kind, wanted, num_beams, 8, may_end=may_end))
    for number, (text, (ids, score)) in enumerate(expected.items()):
        assert text_of(events, f"row {number}").encode() == text
        assert ids_of(events, number) == ids
        assert reader._found[number].rank == pytest.approx(score, abs=1e-4)
    assert len(reader._found) == len(expected)


def as_texts(
    kind: str, sequences: list[tuple[list[int], float]]
) -> dict[bytes, tuple[list[int], float]]:
    """The best sequence of each text; a token that ends in half a letter at the very end is none of it."""
    join = tiny_writing(kind).bytes.join
    texts: dict[bytes, tuple[list[int], float]] = {}
    for ids, score in sequences:
        num_whole = len(join(ids)) - len(unfinished_tail(join(ids)))
        shown = [i for n, i in enumerate(ids, 1) if len(join(ids[:n])) <= num_whole]
        data = join(shown)
        texts.setdefault(data[: len(data) - len(unfinished_tail(data))], (shown, score))
    return texts


def test_what_is_told_of_a_token_is_the_models_own_probability() -> None:
    events = found("llama", search(2, 4))
    for number in range(2):
        tokens = tokens_of(events, f"row {number}")
        assert [token.index for token in tokens] == list(range(len(tokens)))
        writing = tiny_writing("llama")
        text = writing.tokenize(TEXT, known=(), lead="", first=True)
        read = [*writing.encode_first("")[0], *text.ids, *ids_of(events, number)]
        expected = fresh_logprobs(tiny_loaded("llama"), read)
        for token in tokens:
            place = len(read) - len(tokens) + token.index - 1
            assert token.logprob == pytest.approx(float(expected[place][token.id]), abs=1e-3)
            assert token.alternatives[0].logprob >= token.logprob
            assert token.used == place + 1


def test_the_text_is_read_once_and_then_one_token_of_every_beam_at_a_time() -> None:
    worker = tiny_worker("llama")
    passes: list[tuple[int, ...]] = []
    model = worker.core._writing.model._model  # type: ignore[union-attr]
    hook = model.register_forward_pre_hook(
        lambda _module, _args, kwargs: passes.append(tuple(kwargs["input_ids"].shape)),
        with_kwargs=True,
    )
    worker.send(search(2, 5, 6))
    worker.run_until()
    hook.remove()
    assert passes[0][0] == 1 and passes[0][1] > 10
    assert passes[-5:] == [(5, 1)] * 5


# ---------------------------------------------------------------- our rules


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(
    text=st.sampled_from([TEXT, "The old woman said hel", "猫は", "x", ""]),
    params=st.sampled_from(
        [
            {},
            {"banned_strings": ["e", "th", " a", "the sea"]},
            {"stop": ["e", "he ", "and then"], "banned_strings": ["s"]},
            {"limit": "sentence", "max_tokens": 30},
            {"limit": "paragraph", "max_tokens": 20, "at_end_of_text": "stop"},
            {"regex": "([a-c]+ )*\\."},
            {"repetition_penalty": 1.5, "dry_multiplier": 1.0, "min_p": 0.1, "top_k": 5},
        ]
    ),
    heal=st.booleans(),
)
def test_every_card_says_something_else_and_keeps_every_rule(
    kind: str, text: str, params: dict[str, Any], heal: bool
) -> None:
    events = found(kind, search(4, 6, text=text, heal=heal, **params))
    texts = [text_of(events, f"row {number}") for number in range(4)]
    found_ones = [
        one for number, one in enumerate(texts) if detail(events, number) != "nothing_else"
    ]
    assert len(set(found_ones)) == len(found_ones)
    for one in texts:
        assert "�" not in one
        for stop in params.get("stop", []):
            assert stop not in one
        for banned in params.get("banned_strings", []):
            assert banned not in one.lower()
    assert {ended(events, f"row {number}").reason for number in range(4)} == {"finished"}


def detail(events: list[Event], number: int) -> str:
    return ended(events, f"row {number}").detail


def test_a_word_that_was_typed_to_its_middle_is_completed() -> None:
    events = found("gpt2", search(2, 4, text="She said hel", heal=True))
    for number in range(2):
        ids = ids_of(events, number)
        assert tiny_writing("gpt2").bytes.join(ids).startswith(b" hel")
        assert not text_of(events, f"row {number}").startswith((" hel", "hel"))


def test_under_a_form_it_finds_what_there_is_and_says_that_there_is_nothing_else() -> None:
    events = found("gpt2", search(4, 4, regex="(red|green|blue)!", text="The sea is "))
    texts = [text_of(events, f"row {number}") for number in range(3)]
    assert sorted(texts) == ["blue!", "green!", "red!"]
    assert [detail(events, number) for number in range(4)] == [*["end_of_text"] * 3, "nothing_else"]
    assert text_of(events, "row 3") == ""


def test_temperature_and_chance_change_nothing() -> None:
    plain = found("gpt2", search(3, 5))
    chance = {"temperature": 0.3, "xtc_probability": 1.0, "mirostat_tau": 2.0, "dynatemp_high": 3.0}
    other = found("gpt2", search(3, 5, **chance))
    assert [ids_of(other, n) for n in range(3)] == [ids_of(plain, n) for n in range(3)]


def test_a_penalty_a_bias_and_a_cut_act() -> None:
    plain = found("gpt2", search(1, 5))
    often = max(ids_of(plain, 0), key=ids_of(plain, 0).count)
    assert often not in ids_of(found("gpt2", search(1, 5, banned_tokens=[often])), 0)
    cut = found("gpt2", search(3, 5, top_k=1))
    assert [detail(cut, number) for number in range(3)] == ["max_tokens", *["nothing_else"] * 2]


# ---------------------------------------------------------------- how it goes


def test_it_tells_how_far_it_is_and_of_its_texts_at_the_end() -> None:
    events = found("gpt2", search(2, 4, 6))
    told = [event for event in events if isinstance(event, SearchProgressed)]
    assert [(event.run, event.done, event.total) for event in told] == [
        ("set", number, 6) for number in range(1, 6)
    ]
    assert events.index(told[-1]) < events.index(tokens_of(events, "row 0")[0])
    assert all(decode(encode(event)) == event for event in told)


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("name", ["set", "row 1"])
def test_stopping_it_keeps_the_best_that_was_found(kind: str, name: str) -> None:
    worker = tiny_worker(kind)
    worker.send(search(3, 5, 40))
    worker.run_until(lambda new: any(isinstance(e, SearchProgressed) and e.done == 9 for e in new))
    assert not tokens_of(worker.events, "row 0")
    worker.send(StopRun(name))
    assert not worker.core.is_busy
    for number in range(3):
        assert ended(worker.events, f"row {number}").reason == "stopped"
    assert 5 < len(ids_of(worker.events, 0)) <= 9
    nine = found(kind, search(3, 5, 9))
    assert [ids_of(worker.events, n) for n in range(3)] == [ids_of(nine, n) for n in range(3)]


def test_stopping_it_while_it_reads_leaves_the_cards_empty() -> None:
    worker = tiny_worker("gpt2")
    worker.send(search(2, 3), StopRun("set"))
    assert [ended(worker.events, f"row {n}").reason for n in range(2)] == ["stopped"] * 2
    assert text_of(worker.events, "row 0") == ""


def test_more_of_the_same_search_are_the_next_best() -> None:
    five = found("llama", search(5, 5))
    more = found("llama", search(2, 5, passed_over=3))
    assert [ids_of(more, n) for n in range(2)] == [ids_of(five, n) for n in (3, 4)]


def test_a_card_goes_on_from_its_text() -> None:
    first = tokens_of(found("llama", search(1, 4, 6)), "row 0")
    text, known = TEXT, []
    for token in first:
        known.append(KnownToken(len(text), len(text) + len(token.text), token.id))
        text += token.text
    before = tuple(AcceptedToken(token.id, token.logprob) for token in first)
    more = {"text": text, "next_index": len(first), "before": before, "known": tuple(known)}
    events = found("llama", search(1, 4, len(first) + 5, **more))
    tokens = tokens_of(events, "row 0")
    assert [token.index for token in tokens] == list(range(len(first), len(first) + len(tokens)))
    assert 0 < len(tokens) <= 5


def test_a_search_that_fills_the_window_ends_there() -> None:
    events = found("gpt2", search(2, 3, 400, text=TEXT * 3))
    assert ended(events, "row 0").detail == "max_tokens"
    assert len(ids_of(events, 0)) <= WINDOW


def test_without_the_memory_for_its_beams_it_says_how_many_there_could_be() -> None:
    worker = tiny_worker("gpt2", cache_bytes=4_000_000)
    worker.send(search(2, 20, 400))
    worker.run_until()
    message = ended(worker.events, "row 1").message
    assert ended(worker.events, "row 0").reason == "failed"
    assert "20 beams" in message and "beams at most" in message
    assert found_with_fewer(worker, message)


def found_with_fewer(worker: InlineWorker, message: str) -> bool:
    """Whether as many as the message says do fit."""
    num = int(message.split(" beams at most")[0].split()[-1])
    before = len(worker.events)
    worker.send(search(2, num, 40))
    worker.run_until()
    return ended(worker.events[before:], "row 0").reason == "finished"


@pytest.mark.parametrize(
    ("num", "num_beams", "params"),
    [(3, 2, {}), (2, 2, {"max_tokens": 0}), (2, 2, {"limit": "endless"}), (2, 21, {})],
)
def test_what_no_search_can_do_fails_every_row(
    num: int, num_beams: int, params: dict[str, Any]
) -> None:
    events = found("gpt2", search(num, num_beams, **params))
    assert {ended(events, f"row {number}").reason for number in range(num)} == {"failed"}


def test_a_run_beside_it_goes_on_as_it_would() -> None:
    from tests.tiny_engine import start

    alone, both = tiny_worker("gpt2"), tiny_worker("gpt2")
    for worker in (alone, both):
        worker.send(start(TEXT, params={"temperature": 1.0, "max_tokens": 20}))
    both.send(search(2, 4, 12))
    alone.run_until(), both.run_until()
    assert text_of(both.events) == text_of(alone.events)
    assert text_of(both.events, "row 0") == text_of(found("gpt2", search(2, 4, 12)), "row 0")
    assert any(isinstance(event, PrefillProgressed) for event in both.events)
