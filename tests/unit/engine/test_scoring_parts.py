"""A text scored in parts: the same numbers as at once, whatever was scored before, and its samplers' too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from storygen.engine.inline import InlineWorker
from storygen.engine.likeliest import likeliest
from storygen.engine.sampling.chain import SamplerChain
from storygen.engine.sampling.parameters import check_params
from storygen.link.messages import (
    CancelRequest,
    Event,
    KnownToken,
    NextListed,
    ScoreText,
    ShowScored,
    TextScored,
    TokensScored,
    decode,
    encode,
)
from tests.tiny_engine import start, text_of, tiny_loaded, tiny_worker, tiny_writing, write
from tests.tiny_models import ARCHITECTURES

TEXT = "Once upon a time 猫 was 🙂 there. Été! And then she was there when the light came."
LONG = "The old woman said hello to the sea, and the sea said hello. 猫は海を見ていた。 " * 6
PLAIN = {"temperature": 1.0, "repetition_penalty": 1.0, "min_p": 0.0}
CHAINS: dict[str, dict[str, Any]] = {
    "plain": PLAIN,
    "usual": {"temperature": 0.8, "min_p": 0.05, "repetition_penalty": 1.2},
    "cuts": {"top_k": 60, "top_p": 0.9, "typical_p": 0.9, "tfs_z": 0.95, "temperature": 1.2},
    "memory": {"mirostat_tau": 4.0, "dry_multiplier": 0.8, "no_repeat_ngram": 3},
    "greedy": {"temperature": 0.0},
}
COLUMNS = ("ends", "logprobs", "ranks", "entropies", "after")


def scored(
    worker: InlineWorker, text: str, request: str = "q", **fields: Any
) -> tuple[list[TokensScored], dict[str, list[Any]]]:
    """The parts, and their columns put together."""
    fields.setdefault("params", PLAIN)
    events = worker.send(ScoreText(request, text, **fields))
    events += worker.run_until(lambda new: any(_is_last(event) for event in new))
    parts = [event for event in events if isinstance(event, TokensScored)]
    assert [part.partial for part in parts] == [True] * (len(parts) - 1) + [False]
    return parts, {name: [x for part in parts for x in getattr(part, name)] for name in COLUMNS}


def _is_last(event: Event) -> bool:
    return isinstance(event, TokensScored) and not event.partial


def same(found: dict[str, list[Any]], expected: dict[str, list[Any]]) -> None:
    assert found["ends"] == expected["ends"]
    for name in COLUMNS[1:]:
        pairs = zip(found[name], expected[name], strict=True)
        for number, (one, other) in enumerate(pairs):
            assert one == other or one == pytest.approx(other, abs=2e-3), (name, number)


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("text", [TEXT, LONG], ids=["short", "longer than the window"])
def test_parts_say_what_is_said_at_once(kind: str, text: str) -> None:
    parts, found = scored(tiny_worker(kind), text)
    worker = tiny_worker(kind)
    worker.send(ScoreText("whole", text))
    (whole,) = [event for event in worker.run_until() if isinstance(event, TextScored)]
    assert found["ends"] == [token.end for token in whole.tokens]
    assert found["logprobs"] == [
        None if token.logprob is None else pytest.approx(token.logprob, abs=1e-3)
        for token in whole.tokens
    ]
    assert [part.done for part in parts] == sorted(part.done for part in parts)
    assert {part.total for part in parts} == {len(found["ends"])}
    assert parts[-1].done == parts[-1].total


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("name", CHAINS)
def test_rank_entropy_and_samplers_are_those_of_the_distribution_by_hand(
    kind: str, name: str
) -> None:
    params = check_params({**PLAIN, **CHAINS[name]})
    _, found = scored(tiny_worker(kind), TEXT, params=params)
    writing = tiny_writing(kind)
    head = writing.encode_first("")[0]
    ids = writing.tokenize(TEXT, known=(), lead="", first=True).ids
    with torch.inference_mode():
        out = tiny_loaded(kind).model(input_ids=torch.tensor([[*head, *ids]]), use_cache=False)
    chain = SamplerChain(params, 0, writing)
    for number, token_id in enumerate(ids):
        before = len(head) + number
        if not before:
            assert found["logprobs"][0] is None
            continue
        logits = out.logits[:, before - 1]
        logprobs = logits[0].log_softmax(-1)
        assert found["logprobs"][number] == pytest.approx(float(logprobs[token_id]), abs=1e-3)
        rank = 1 + int((logprobs > logprobs[token_id]).sum())
        assert abs(found["ranks"][number] - rank) <= 1
        entropy = float(torch.special.entr(logprobs.exp()).sum())
        assert found["entropies"][number] == pytest.approx(entropy, abs=1e-3)
        banned = writing.allowed.banned(_half(writing, ids[:number]), may_end=True)
        scores = logits.masked_fill(banned, float("-inf"))
        history = torch.tensor([[*head, *ids][:before]])
        after = chain.stages(history, scores).final
        assert found["after"][number] == pytest.approx(float(after[token_id]), abs=2e-3)
        chain.replay([*chain.accepted[0], (token_id, float(logprobs[token_id]))], 0)


def _half(writing: Any, ids: list[int]) -> bytes:
    from storygen.engine.text.utf8 import unfinished_tail

    return unfinished_tail(writing.bytes.join(ids))


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("name", ["plain", "usual", "memory"])
def test_after_edits_everything_is_what_a_fresh_read_says(kind: str, name: str) -> None:
    worker, params = tiny_worker(kind), {**PLAIN, **CHAINS[name]}
    text = LONG
    for number, edit in enumerate(
        (
            lambda text: text,
            lambda text: text + "And more.",
            lambda text: text[:-30] + "猫" + text[-30:],
            lambda text: text[:60] + "x" + text[61:],
            lambda text: text[:100],
        )
    ):
        text = edit(text)
        _, found = scored(worker, text, f"q{number}", params=params)
        same(found, scored(tiny_worker(kind), text, params=params)[1])


def test_what_stands_unchanged_is_not_read_again() -> None:
    worker = tiny_worker("llama")
    text = TEXT[:60]
    scored(worker, text, "first")
    fed: list[int] = []
    model = worker.core._writing.model  # type: ignore[union-attr]
    read = model.read

    def counted(state: Any, ids: Any, **options: Any) -> Any:
        fed.append(len(ids))
        return read(state, ids, **options)

    model.read = counted  # type: ignore[method-assign]
    try:
        scored(worker, text + " The end", "second")
        again, _ = scored(worker, text + " The end", "third")
    finally:
        del model.read
    assert sum(fed) < 10
    assert len(again) == 1 and again[0].done == again[0].total


def test_other_samplers_score_anew() -> None:
    worker = tiny_worker("gpt2")
    scored(worker, TEXT, "first")
    params = {**PLAIN, "temperature": 0.5}
    _, found = scored(worker, TEXT, "second", params=params)
    same(found, scored(tiny_worker("gpt2"), TEXT, params=params)[1])


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_tokens_that_the_model_wrote_keep_their_ids(kind: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start("Once", heal=False, params={"temperature": 1.5}))
    written = write(worker, 20)
    text = "Once" + text_of(worker.events)
    known, at = [], 4
    for token in written:
        known.append(KnownToken(at, at + len(token.text), token.id))
        at += len(token.text)
    _, found = scored(tiny_worker(kind), text, known=tuple(known))
    own = found["logprobs"][-len(written) :]
    whole = [
        (mine, token.logprob)
        for mine, token in zip(own, written, strict=True)
        if token.text.isascii()
    ]
    assert sum(abs(mine - theirs) < 1e-3 for mine, theirs in whole) > len(whole) // 2


def test_a_text_is_given_up_within_a_chunk_and_goes_on_from_there() -> None:
    worker = tiny_worker("mistral", window=4096)
    text = LONG * 10
    worker.send(ScoreText("q", text, params=PLAIN))
    worker.run_until(lambda new: any(isinstance(event, TokensScored) for event in new))
    (answer,) = worker.send(CancelRequest("q"))
    assert isinstance(answer, TokensScored) and answer.error and not answer.partial
    assert 0 < answer.done < answer.total and not worker.core.is_busy
    parts, found = scored(worker, text, "again")
    assert len(parts[0].ends) > answer.done
    same(found, scored(tiny_worker("mistral", window=4096), text)[1])


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_run_is_not_disturbed_by_a_text_scored_beside_it(kind: str) -> None:
    def run(scores: bool) -> str:
        worker = tiny_worker(kind)
        params = {"temperature": 1.3, "limit": "tokens", "max_tokens": 20}
        worker.send(start(TEXT, params=params))
        worker.run_until(lambda new: len(new) > 3)
        if scores:
            worker.send(ScoreText("q", LONG, params=CHAINS["usual"]))
        worker.run_until()
        return text_of(worker.events)

    assert run(True) == run(False)


def test_each_place_can_be_looked_at_afterwards() -> None:
    worker = tiny_worker("gpt2")
    params = CHAINS["usual"]
    _, found = scored(worker, TEXT, params=params)
    writing = tiny_writing("gpt2")
    ids = writing.tokenize(TEXT, known=(), lead="", first=True).ids
    for index, token_id in enumerate(ids):
        (look,) = worker.send(ShowScored("look", "q", index))
        assert isinstance(look, NextListed) and not look.error
        if found["logprobs"][index] is None:
            assert look.tokens == ()
            continue
        own = next(row for row in look.tokens if row.id == token_id)
        assert own.logprob == pytest.approx(found["logprobs"][index], abs=1e-3)
        assert own.after == pytest.approx(found["after"][index], abs=1e-3)
        assert len(look.tokens) in (10, 11)
        assert look.entropy == pytest.approx(found["entropies"][index], abs=1e-3)
        starts = found["ends"][index - 1] if index else 0
        if own.text is not None:
            assert TEXT[starts:].startswith(own.text)


def test_inside_a_character_nothing_else_can_be_put() -> None:
    worker = tiny_worker("gpt2")
    scored(worker, "a 🙂 b")
    writing = tiny_writing("gpt2")
    text = writing.tokenize("a 🙂 b", known=(), lead="", first=True)
    inside = [
        number
        for number in range(1, len(text.ids))
        if writing.bytes.of(text.ids[number])[0] & 0xC0 == 0x80
    ]
    assert inside
    for index in inside:
        (look,) = worker.send(ShowScored("look", "q", index))
        assert isinstance(look, NextListed)
        assert all(row.text is None for row in look.tokens)


def test_only_the_last_texts_can_be_looked_at() -> None:
    worker = tiny_worker("gpt2")
    for name in ("one", "two", "three"):
        scored(worker, TEXT, name)
    for name, works in (("one", False), ("two", True), ("three", True)):
        (look,) = worker.send(ShowScored("look", name, 3))
        assert isinstance(look, NextListed) and (look.error == "") == works
    (look,) = worker.send(ShowScored("look", "three", 10_000))
    assert isinstance(look, NextListed) and look.error


def test_an_empty_text_is_scored_at_once() -> None:
    parts, _ = scored(tiny_worker("gpt2"), "")
    assert [(part.done, part.total) for part in parts] == [(0, 0)]


def test_a_wrong_parameter_is_an_answer() -> None:
    (answer,) = tiny_worker("gpt2").send(ScoreText("q", TEXT, params={"temperature": -1}))
    assert isinstance(answer, TokensScored) and "temperature" in answer.error
    assert not answer.partial


@pytest.mark.parametrize("vocabulary", [300, 2048, 5000])
def test_the_likeliest_are_found_by_blocks(vocabulary: int) -> None:
    scores = torch.randn(7, vocabulary, generator=torch.Generator().manual_seed(vocabulary))
    scores[3, 5:900] = float("-inf")
    for num in (0, 1, 10):
        assert torch.equal(likeliest(scores, num), scores.topk(num).indices)


def test_parts_travel_whole_over_the_link() -> None:
    parts, _ = scored(tiny_worker("gpt2"), LONG)
    assert all(decode(encode(part)) == part for part in parts)


def test_half_characters_have_no_letters_of_their_own() -> None:
    _, found = scored(tiny_worker("gpt2"), "a 🙂 b")
    ends = np.diff([0, *found["ends"]])
    assert 0 in ends and ends.sum() == len("a 🙂 b")
