"""What a local model writes: alone, beside others, in batches of different texts."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from storygen.engine.inline import InlineWorker
from storygen.engine.text.utf8 import unfinished_tail
from storygen.workbench.jobs import Job
from storygen.workbench.models.base import ScoredToken
from storygen.workbench.models.local_batches import can_pad
from tests.tiny_engine import start, text_of, tiny_loaded
from tests.tiny_local import bare_logprobs, ids_of, local
from tests.tiny_models import ARCHITECTURES, NOT_CROPPABLE

GREEDY = {"temperature": 0.0, "repetition_penalty": 1.0, "min_p": 0.0, "max_tokens": 12}
SAMPLED = {"temperature": 1.0, "max_tokens": 12}
TEXTS = (
    "Once upon a time there was a small house by the sea",
    "Hello",
    "She was there when the light came, and",
    "",
    "1, 2, 3",
    "“Wait,” she whispered — the door was open… and the café was empty.",
)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_greedy_text_is_what_transformers_generates(kind: str) -> None:
    model, _ = local(kind)._given
    ids = torch.tensor([ids_of(kind, "The old woman")])
    for _ in range(12):  # by hand: the engine writes only what is text, and so must this
        logits = model(input_ids=ids, use_cache=False).logits[0, -1]
        writing = local(kind).load().writing
        unfinished = unfinished_tail(writing.bytes.join(ids[0, -4:].tolist()))
        kept_out = writing.allowed.banned(unfinished, may_end=True)
        ids = torch.cat([ids, logits.masked_fill(kept_out, -1e9).argmax()[None, None]], 1)
    (found,) = local(kind).generate("The old woman", GREEDY, seeds=[1])
    written = [token.id for token in found.tokens]
    assert written == ids[0, -12:][: len(written)].tolist()
    assert len(written) >= 9 or found.ended == "end"  # a character that isn't whole is left out


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_seed_gives_the_same_text_alone_and_beside_others_and_as_a_run(kind: str) -> None:
    model, seeds = local(kind), [5, 6, 7]
    together = model.generate(TEXTS[0], SAMPLED, seeds=seeds)
    assert len({found.text for found in together}) > 1
    assert [found.seed for found in together] == seeds
    for seed, found in zip(seeds, together, strict=True):
        assert model.generate(TEXTS[0], SAMPLED, seeds=[seed])[0].text == found.text
    worker = InlineWorker(tiny_loaded(kind))
    params = {"temperature": 1.0, "min_p": 0.05, "repetition_penalty": 1.1, "max_tokens": 12}
    params["at_end_of_text"] = "stop"
    worker.send(start(TEXTS[0], seed=6, params=params, heal=False))
    assert text_of(worker.run_until()) == together[1].text


def test_tokens_come_as_they_are_written_with_what_the_model_thought_of_them() -> None:
    told: list[tuple[int, ScoredToken]] = []
    model = local("llama")
    found = model.generate(
        "Hello", SAMPLED, seeds=[1, 2], on_token=lambda *token: told.append(token), num_top=3
    )
    for number, one in enumerate(found):
        assert [token for row, token in told if row == number] == list(one.tokens)
        assert "".join(token.text for token in one.tokens) == one.text
    ids = [*ids_of("llama", "Hello"), *(token.id for token in found[0].tokens)]
    expected = bare_logprobs("llama", ids)[len(ids_of("llama", "Hello")) - 1 :]
    for row, token in zip(expected, found[0].tokens, strict=False):
        assert token.logprob == pytest.approx(float(row[token.id]), abs=2e-4)
        assert token.rank == 1 + int((row > row[token.id]).sum())
        assert token.entropy == pytest.approx(float(-(row.exp() * row).sum()), abs=1e-3)
        assert [top.id for top in token.top] == row.topk(3).indices.tolist()


def test_a_text_ends_before_a_stop_string_and_after_the_tokens_asked_for() -> None:
    model = local("gpt2")
    (long,) = model.generate("Hello", GREEDY, seeds=[0])
    assert long.ended == "length" and len(long.tokens) == 12
    stop = long.text[4:6]
    (short,) = model.generate("Hello", {**GREEDY, "stop": [stop]}, seeds=[0])
    assert short.ended == "stop" and short.text == long.text[: long.text.index(stop)]
    (default,) = model.generate("Hello", {"temperature": 0.0, "min_tokens": 100}, seeds=[0])
    assert len(default.tokens) == 100


def test_rows_that_go_their_own_way_are_what_they_would_be_alone() -> None:
    # Banned strings make a row take tokens back; a small window makes it read anew.
    params = {"temperature": 1.0, "max_tokens": 110, "banned_strings": ["e", "the"]}
    model, seeds = local("mistral"), [1, 2, 3]
    together = model.generate("Hello", params, seeds=seeds)
    for seed, found in zip(seeds, together, strict=True):
        assert "e" not in found.text
        assert model.generate("Hello", params, seeds=[seed])[0].text == found.text


def test_what_was_written_before_it_was_given_up_stands() -> None:
    model, job = local("gpt2"), Job()
    seen: list[str] = []

    def on_token(row: int, token: ScoredToken) -> None:
        seen.append(token.text)
        if len(seen) == 6:
            job.cancel()

    found = model.generate("Hello", SAMPLED, seeds=[1, 2], on_token=on_token, job=job)
    assert {one.ended for one in found} == {"cancelled"}
    assert sum(len(one.tokens) for one in found) == 6
    batch = model.generate_batch(["Hello", "She"], SAMPLED, seeds=[1, 2], job=job)
    assert [(one.text, one.ended) for one in batch] == [("", "cancelled")] * 2


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("params", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_a_batch_of_different_texts_is_what_each_gives_alone(
    kind: str, params: dict[str, float]
) -> None:
    model, seeds = local(kind), list(range(len(TEXTS)))
    batch = model.generate_batch(TEXTS, params, seeds=seeds, num_top=2, most_rows=4)
    for text, seed, found in zip(TEXTS, seeds, batch, strict=True):
        (alone,) = model.generate(text, params, seeds=[seed], num_top=2)
        assert (found.text, found.ended, found.seed) == (alone.text, alone.ended, alone.seed)
        for one, other in zip(found.tokens, alone.tokens, strict=True):
            assert one.logprob == pytest.approx(other.logprob, abs=5e-4)
            assert one.rank == other.rank
    assert can_pad(model.load()) == (kind not in NOT_CROPPABLE)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_texts_scored_together_have_the_scores_that_each_has_alone(kind: str) -> None:
    model = local(kind)
    pairs = [(text, " and the storm came 🙂.") for text in TEXTS]
    pairs += [("", "Hello"), ("Hello", ""), ("She said", " hello to the sea " * 40)]
    batch = model.score_batch(pairs, num_top=2, most_rows=3)
    for (before, text), found in zip(pairs, batch, strict=True):
        alone = model.score(before, text, num_top=2)
        assert "".join(token.text for token in found) == text
        assert [token.id for token in found] == [token.id for token in alone]
        assert [token.rank for token in found] == [token.rank for token in alone]
        for one, other in zip(found, alone, strict=True):
            assert one.logprob == pytest.approx(other.logprob, abs=5e-4)
            assert [top.id for top in one.top] == [top.id for top in other.top]


def test_what_was_written_is_read_already_when_one_looks_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, text = local("gpt2"), "A text that nobody has read before: the light went away."
    (found,) = model.generate(text, GREEDY, seeds=[1])
    language, sizes = model.load().model, list[int]()
    read = language.read

    def counted(state: Any, ids: Any, **keywords: Any) -> Any:
        sizes.append(len(ids))
        return read(state, ids, **keywords)

    monkeypatch.setattr(language, "read", counted)
    model.next_tokens(text, [token.id for token in found.tokens if token.id is not None])
    assert sizes == [1]
