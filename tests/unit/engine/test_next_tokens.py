"""Which tokens could stand next: what a run would choose from, by hand, on every architecture."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch

from storygen.engine.inline import InlineWorker
from storygen.engine.sampling.chain import SamplerChain
from storygen.engine.sampling.parameters import check_params
from storygen.link.messages import (
    CancelRequest,
    Event,
    ListNext,
    NextListed,
    NextToken,
    PauseRun,
    ResumeRun,
    decode,
    encode,
)
from tests.tiny_engine import (
    fresh_logprobs,
    generation,
    start,
    text_of,
    tiny_loaded,
    tiny_worker,
    tiny_writing,
    tokens_of,
    write,
)
from tests.tiny_models import ARCHITECTURES, NOT_CROPPABLE, WINDOW

TEXT = "Once upon a time there was a small house by the sea, and in the house lived"
PLAIN = {"temperature": 1.0, "repetition_penalty": 1.0, "min_p": 0.0}
CHAIN = {"temperature": 0.7, "repetition_penalty": 1.2, "min_p": 0.03, "top_k": 40}


def look(worker: InlineWorker, text: str = TEXT, **fields: Any) -> NextListed:
    params = {**PLAIN, **fields.pop("params", {})}
    fields = {"heal": False, **fields}
    asked = ListNext(fields.pop("request", "q"), text, params, **fields)
    events = [*worker.send(asked), *worker.run_until(_is_answered)]
    return next(event for event in events if isinstance(event, NextListed))


def _is_answered(events: list[Event]) -> bool:
    return any(isinstance(event, NextListed) for event in events)


def fresh(kind: str, ids: Any) -> torch.Tensor:
    """Log-probabilities `(vocab,)` after `ids`."""
    return fresh_logprobs(tiny_loaded(kind), ids)[-1]


def read_by(kind: str, text: str) -> list[int]:
    """The ids that a run which begins there reads first."""
    worker = tiny_worker(kind)
    worker.send(start(text, heal=False))
    return list(generation(worker).wanted())


def chances(rows: tuple[NextToken, ...]) -> dict[int, float]:
    return {row.id: row.after for row in rows}


def half_a_word(kind: str) -> str:
    """The beginning of a word that some token completes and none stands for alone."""
    table = tiny_writing(kind).bytes
    words = {table.of(number) for number in range(len(table))}
    found = next(
        word[1:-1]
        for word in sorted(words)
        if word[:1] == b" " and len(word) > 4 and word[1:].isalpha() and word[:-1] not in words
    )
    return found.decode()


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_the_list_is_what_a_fresh_pass_says_likeliest_first(kind: str) -> None:
    found = look(tiny_worker(kind), num=30, draws=0)
    ids = read_by(kind, TEXT)
    expected = fresh(kind, ids)
    assert found.used == len(ids)
    assert len(found.tokens) == 30
    values = [row.logprob for row in found.tokens]
    assert values == sorted(values, reverse=True)
    for row in found.tokens:
        assert row.logprob == pytest.approx(float(expected[row.id]), abs=1e-3)
        assert row.num == 0
    entropy = float(-(expected.exp() * expected).sum())
    assert found.entropy == pytest.approx(entropy, abs=1e-3)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_probabilities_after_the_samplers_are_the_chains_own(kind: str) -> None:
    found = look(tiny_worker(kind), params=CHAIN)
    ids = read_by(kind, TEXT)
    writing = tiny_writing(kind)
    banned = writing.allowed.banned(b"", may_end=True)
    assert banned is not None
    with torch.inference_mode():
        logits = tiny_loaded(kind).model(input_ids=torch.tensor([ids]), use_cache=False).logits
    scores = logits[:, -1].masked_fill(banned, float("-inf"))
    inside = SamplerChain(check_params({**PLAIN, **CHAIN}), 0, writing).stages(
        torch.tensor([ids]), scores
    )
    for row in found.tokens:
        assert row.after == pytest.approx(float(inside.final[row.id]), abs=1e-3)
    later = float(torch.special.entr(inside.final).sum())
    assert found.entropy_after == pytest.approx(later, abs=1e-3)


def test_draws_are_those_of_a_run_and_the_same_each_time() -> None:
    first = look(tiny_worker("gpt2"), params=CHAIN, seed=5)
    assert look(tiny_worker("gpt2"), params=CHAIN, seed=5).tokens == first.tokens
    assert look(tiny_worker("gpt2"), params=CHAIN, seed=6).tokens != first.tokens
    assert sum(row.num for row in first.tokens) == 100
    worker = tiny_worker("gpt2")
    worker.send(start(TEXT, seed=5, params={**PLAIN, **CHAIN}, heal=False))
    assert dict.fromkeys(row.id for row in first.tokens if row.num).keys() >= {
        write(worker, 1)[0].id
    }


@pytest.mark.parametrize("params", [{}, CHAIN, {"xtc_probability": 0.5, "xtc_threshold": 0.05}])
def test_draws_fall_as_the_probabilities_say(params: dict[str, Any]) -> None:
    worker, drawn = tiny_worker("llama"), Counter[int]()
    for seed in range(40):
        found = look(worker, params=params, seed=1000 * seed)
        drawn.update({row.id: row.num for row in found.tokens})
    after = chances(look(worker, params=params, heal=False, draws=0).tokens)
    common = [token_id for token_id, chance in after.items() if chance >= 0.01]
    observed = [drawn[token_id] for token_id in common]
    expected = [4000 * after[token_id] for token_id in common]
    observed.append(4000 - sum(observed))
    expected.append(4000 - sum(expected))
    chi_square = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True) if e > 5)
    freedom = len(common)
    assert chi_square < freedom + 5 * (2 * freedom) ** 0.5


def test_what_a_coin_decides_counts_by_its_chance() -> None:
    worker = tiny_worker("gpt2")

    def chances_at(probability: float) -> dict[int, float]:
        params = {"temperature": 0.5, "xtc_threshold": 0.02, "xtc_probability": probability}
        return chances(look(worker, params=params).tokens)

    always, never, half = chances_at(1.0), chances_at(0.0), chances_at(0.25)
    assert always != never
    for token_id in never.keys() & always.keys() & half.keys():
        mixed = 0.25 * always[token_id] + 0.75 * never[token_id]
        assert half[token_id] == pytest.approx(mixed, abs=1e-6)


def test_only_drawn_tokens_follow_the_likeliest() -> None:
    found = look(tiny_worker("gpt2"), num=3, draws=100, params={"temperature": 2.0})
    assert len(found.tokens) > 3
    assert all(row.num > 0 for row in found.tokens[3:])
    assert len({row.id for row in found.tokens}) == len(found.tokens)


def test_a_greedy_chain_leaves_one_token() -> None:
    found = look(tiny_worker("gpt2"), params={"temperature": 0.0})
    assert [row.after for row in found.tokens[:2]] == [1.0, 0.0]
    assert found.tokens[0].num == 100 and found.entropy_after == 0.0


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_typed_word_is_completed_by_its_missing_letters(kind: str) -> None:
    text = "She was there when the light " + half_a_word(kind)
    found = look(tiny_worker(kind), text, heal=True)
    assert found.healed and text.endswith(found.healed)
    texts = [row.text for row in found.tokens if row.text is not None]
    assert texts
    for row in found.tokens:
        if row.text is not None:
            assert row.shown.lstrip().endswith(row.text)
    worker = tiny_worker(kind)
    worker.send(start(text, params={"temperature": 0.0}))
    first = write(worker, 1)[0]
    likeliest = max(found.tokens, key=lambda row: row.logprob)
    assert (likeliest.id, likeliest.text or "") == (first.id, first.text)


def test_a_word_that_nothing_completes_is_looked_at_as_it_stands() -> None:
    text = "The old woman said zqxzqxzqx猫qqq"
    worker = tiny_worker("gpt2")
    found = look(worker, text, heal=True)
    assert found.healed == "" and not found.error
    worker.send(start(text, heal=False))
    assert write(worker, 1)[0].id == found.tokens[0].id


def test_what_is_no_text_is_shown_but_has_none() -> None:
    found = look(tiny_worker("gpt2"), TEXT + " 猫", heal=False, num=100)
    data = tiny_writing("gpt2").bytes
    for row in found.tokens:
        whole = data.of(row.id).decode("utf-8", "ignore")
        if data.of(row.id) in (b"", whole.encode()):
            assert row.text == (whole or None)
        else:
            assert row.text is None
            assert "\ufffd" in row.shown
    assert any(row.text is None and "\ufffd" in row.shown for row in found.tokens)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_the_end_of_the_text_is_listed_even_where_a_run_would_go_on(kind: str) -> None:
    worker = tiny_worker(kind)
    (end,) = tiny_writing(kind).ends_of_text
    for at_end, comes in (("stop", True), ("go_on", False)):
        listed = look(worker, params={"at_end_of_text": at_end, "temperature": 5.0}, num=100)
        found = {row.id: row for row in listed.tokens}
        if end in found:
            assert found[end].text is None and found[end].shown
            assert (found[end].after > 0) == comes


def test_the_same_place_with_other_parameters_costs_no_pass() -> None:
    worker = tiny_worker("llama")
    first = look(worker)
    events = worker.send(ListNext("again", TEXT, {**PLAIN, "temperature": 0.5}, heal=False))
    assert isinstance(events[0], NextListed) and not worker.core.is_busy
    again = [row.logprob for row in events[0].tokens[:100]]
    assert again == [row.logprob for row in first.tokens[:100]]
    assert events[0].tokens[0].after > first.tokens[0].after


@pytest.mark.parametrize("kind", [kind for kind in ARCHITECTURES if kind not in NOT_CROPPABLE])
def test_the_look_after_a_taken_token_feeds_one_token(kind: str) -> None:
    worker = tiny_worker(kind)
    text = TEXT
    look(worker, text)
    fed: list[int] = []
    model = worker.core._writing.model  # type: ignore[union-attr]
    read = model.read

    def counted(state: Any, ids: Any, **options: Any) -> Any:
        fed.append(len(ids))
        return read(state, ids, **options)

    model.read = counted  # type: ignore[method-assign]
    try:
        for _ in range(3):
            text += " the"
            look(worker, text)
    finally:
        del model.read
    assert fed == [1, 1, 1]


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("paused", [True, False])
def test_a_run_is_not_disturbed_by_looks_beside_it(kind: str, paused: bool) -> None:
    def run(looks: bool) -> str:
        worker = tiny_worker(kind)
        params = {"temperature": 1.3, "limit": "tokens", "max_tokens": 20}
        worker.send(start(TEXT, params=params))
        worker.run_until(lambda new: len(tokens_of(new)) == 7)
        if looks:
            if paused:
                worker.send(PauseRun("r"))
            so_far = TEXT + text_of(worker.events)
            assert look(worker, so_far).tokens
            assert look(worker, TEXT[:40]).tokens
            worker.send(ResumeRun("r"))
        worker.run_until()
        return text_of(worker.events)

    assert run(True) == run(False)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_look_at_a_text_longer_than_the_window_is_what_a_run_there_sees(kind: str) -> None:
    text = TEXT * 8
    found = look(tiny_worker(kind), text)
    ids = read_by(kind, text)
    assert len(ids) <= WINDOW
    assert found.tokens[0].logprob == pytest.approx(float(fresh(kind, ids).max()), abs=1e-3)


def test_a_look_that_is_given_up_is_answered_and_leaves_what_it_read() -> None:
    worker = tiny_worker("llama")
    worker.send(ListNext("q", TEXT, PLAIN, heal=False))
    assert worker.core.is_busy
    (answer,) = worker.send(CancelRequest("q"))
    assert isinstance(answer, NextListed) and answer.error
    assert not worker.core.is_busy
    assert worker.send(CancelRequest("q")) == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"params": {"temperature": -1}}, "temperature"),
        ({"num": 0}, "100"),
        ({"draws": 101}, "100"),
    ],
)
def test_what_cannot_be_looked_at_is_answered_with_an_error(
    fields: dict[str, Any], says: str
) -> None:
    found = look(tiny_worker("gpt2"), **fields)
    assert found.tokens == () and says in found.error


def test_a_form_decides_what_may_come_and_completes_no_word() -> None:
    found = look(tiny_worker("gpt2"), "Once upo", heal=True, params={"regex": "[0-9]+"})
    assert found.healed == ""
    for row in found.tokens:
        if row.after > 0:
            assert row.shown.isdigit()
    assert sum(row.num for row in found.tokens) == 100


def test_what_would_complete_a_banned_text_is_listed_but_never_comes() -> None:
    free = look(tiny_worker("gpt2"), params={"temperature": 0.3})
    word = next(row for row in free.tokens if row.text and row.text.strip().isalpha())
    assert word.text is not None and word.after > 0
    banned = look(
        tiny_worker("gpt2"), params={"temperature": 0.3, "banned_strings": [word.text.strip()]}
    )
    rows = {row.id: row for row in banned.tokens}
    assert (rows[word.id].after, rows[word.id].num) == (0.0, 0)
    other = next(row for row in free.tokens if row.after > 0 and rows[row.id].after > 0)
    assert rows[other.id].after > other.after
    assert sum(row.num for row in banned.tokens) == 100


def test_questions_and_answers_travel_whole_over_the_link() -> None:
    found = look(tiny_worker("gpt2"))
    assert decode(encode(found)) == found
    asked = ListNext("q", TEXT, PLAIN, seed=3)
    assert decode(encode(asked)) == asked
