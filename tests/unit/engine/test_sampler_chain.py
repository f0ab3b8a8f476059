"""The chain of samplers: its order, what it remembers and forgets, and a look inside."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from storygen.engine.sampling.chain import SamplerChain
from storygen.engine.sampling.draw import uniform
from storygen.engine.sampling.order import movable
from storygen.engine.sampling.parameters import PARAMETERS, check_params
from storygen.link.messages import ReviseRun
from tests.tiny_engine import generation, start, tiny_worker, tiny_writing, tokens_of, write

OFF = {parameter.name: parameter.neutral for parameter in PARAMETERS}
LANGUAGE = tiny_writing("gpt2")
VOCABULARY = LANGUAGE.model.vocabulary
WITH_STATE: dict[str, dict[str, Any]] = {
    "mirostat": {"mirostat_tau": 3.0, "mirostat_eta": 0.5},
    "grammar": {"grammar": 'root ::= "(" root ")" root | [a-z ]+ root | "."'},
    "regex": {"regex": "([A-Z][a-z]{1,20}[.] )+"},
    "all": {
        "mirostat_tau": 3.0,
        "regex": "([A-Z][a-z]{1,20}[.] )+",
        "xtc_probability": 0.5,
        "dry_multiplier": 0.8,
        "no_repeat_ngram": 4,
    },
}


def chain(seed: int = 1, **params: Any) -> SamplerChain:
    return SamplerChain(check_params({**OFF, **params}), seed, LANGUAGE)


def scores_for(index: int) -> torch.Tensor:
    scores = torch.randn(1, VOCABULARY, generator=torch.Generator().manual_seed(index)) * 3
    scores[0, list(LANGUAGE.bytes.special - LANGUAGE.ends_of_text)] = float("-inf")
    return scores


def pick(picking: SamplerChain, ids: list[int], start_at: int, num_tokens: int) -> list[int]:
    """The tokens from `start_at` on, with those before.

    The model's own scores are others than those that the chain is given.
    """
    ids = ids[:start_at]
    for index in range(start_at, start_at + num_tokens):
        scores = scores_for(index)
        logprobs = (scores[0] * 1.1).log_softmax(-1)
        token_id = picking.choose(torch.tensor([[0, *ids]]), scores, index, logprobs)
        if token_id is None:
            break
        ids.append(token_id)
    return ids


def logprob(index: int, token_id: int) -> float:
    return float((scores_for(index)[0] * 1.1).log_softmax(-1)[token_id])


# ---------------------------------------------------------------- order


def test_named_samplers_come_first_in_the_order_given() -> None:
    on = {"temperature": 2.0, "top_k": 5, "min_p": 0.01, "repetition_penalty": 1.2}
    usual = [name for name, _ in chain(**on).stages(torch.tensor([[1]]), scores_for(0)).stages]
    assert usual == ["repetition", "temperature", "top_k", "min_p"]
    order = ["min_p", "repetition"]
    asked = chain(**on, sampler_order=order, regex="a+").stages(torch.tensor([[1]]), scores_for(0))
    assert [name for name, _ in asked.stages] == [
        *("grammar", "min_p", "repetition", "temperature", "top_k")
    ]


def test_the_order_changes_what_comes_out() -> None:
    scores = torch.tensor([[0.5, 0.3, 0.2]]).log()
    on = {"temperature": 0.5, "top_p": 0.6}
    usual = chain(**on).distribution(torch.tensor([[0]]), scores)
    last = chain(**on, sampler_order=["top_p"]).distribution(torch.tensor([[0]]), scores)
    assert torch.isfinite(usual).sum() == 1
    assert torch.isfinite(last).sum() == 2


def test_every_sampler_but_the_grammar_can_be_moved() -> None:
    assert "grammar" not in movable()
    assert len(movable()) == 22
    assert check_params({"sampler_order": list(movable())})["sampler_order"] == list(movable())


def test_the_defaults_switch_on_what_they_always_did() -> None:
    seen = SamplerChain(check_params({}), 1).stages(torch.tensor([[1]]), scores_for(0))
    assert [name for name, _ in seen.stages] == ["repetition", "temperature", "min_p"]


# ---------------------------------------------------------------- memory


@pytest.mark.parametrize("name", WITH_STATE)
def test_tokens_taken_back_are_forgotten(name: str) -> None:
    straight = pick(chain(**WITH_STATE[name]), [], 0, 30)
    wandering = chain(**WITH_STATE[name])
    ids = pick(wandering, [], 0, 20)
    assert ids == straight[:20]
    # Another text for a while, from token 8 on.
    wandering.replay([(5, -9.0)] * 3, 8)
    wandering.replay([(ids[i], logprob(i, ids[i])) for i in range(20)], 0)
    pick(wandering, [*ids[:8], 7], 9, 5)
    assert pick(wandering, ids[:8], 8, 22) == straight


@pytest.mark.parametrize("name", WITH_STATE)
def test_a_run_resumed_elsewhere_goes_on_as_if_it_had_never_stopped(name: str) -> None:
    straight = pick(chain(**WITH_STATE[name]), [], 0, 30)
    assert len(straight) > 12
    for num_tokens in (0, 1, 12):
        resumed = chain(**WITH_STATE[name])
        resumed.replay([(straight[i], logprob(i, straight[i])) for i in range(num_tokens)], 0)
        assert pick(resumed, straight, num_tokens, 30 - num_tokens) == straight


@pytest.mark.parametrize("name", WITH_STATE)
def test_a_chain_takes_over_what_another_has_accepted(name: str) -> None:
    first = chain(**WITH_STATE[name])
    straight = pick(first, [], 0, 30)
    follower = chain(**WITH_STATE[name])
    follower.replay(*first.accepted)
    assert follower.accepted == first.accepted
    assert pick(follower, straight, 10, 20) == straight


def test_nothing_is_remembered_of_what_the_chain_has_not_seen() -> None:
    control = chain(mirostat_tau=3.0)
    control.replay([(1, -2.0), (2, -3.0)], 10)
    pick(control, [0] * 12, 12, 1)
    assert len(control.accepted[0]) == 3
    pick(control, [0] * 4, 4, 1)  # before the first
    assert control.accepted[1] == 4
    assert len(control.accepted[0]) == 1
    pick(control, [0] * 9, 9, 1)  # after a gap
    assert control.accepted[1] == 9


def test_a_coin_and_a_draw_of_one_token_are_independent() -> None:
    pairs = [(uniform(3, index), uniform(3, index, "xtc")) for index in range(2000)]
    assert abs(sum(a * b for a, b in pairs) / 2000 - 0.25) < 0.02
    assert abs(sum(b for _, b in pairs) / 2000 - 0.5) < 0.03


def test_a_run_changed_in_its_midst_keeps_what_was_accepted() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start("Once upon a time", params={"mirostat_tau": 3.0, "temperature": 1.0}))
    write(worker, 6)
    worker.send(ReviseRun("r", 2, None, params={"mirostat_tau": 2.0}))
    kept, first = generation(worker)._decoding._chain.accepted
    written = tokens_of(worker.events)
    assert first == 0
    assert kept[: len(written)] == [(token.id, token.logprob) for token in written]
    write(worker, 6)
    assert generation(worker)._decoding._chain.accepted[0][: len(kept)] == kept


# ---------------------------------------------------------------- a look inside


def test_a_look_inside_shows_each_sampler_and_changes_nothing() -> None:
    looked_at, other = (chain(temperature=2.0, **WITH_STATE["all"]) for _ in range(2))
    ids = pick(looked_at, [], 0, 6)
    pick(other, [], 0, 6)
    history, scores = torch.tensor([[0, *ids]]), scores_for(6)
    before = scores.clone()
    seen = looked_at.stages(history, scores)
    assert torch.equal(scores, before)
    assert seen.stages[0][0] == "grammar"
    for _, probs in (*seen.stages, ("final", seen.final)):
        assert probs.shape == (VOCABULARY,)
        assert float(probs.sum()) == pytest.approx(1, abs=1e-4)
    assert torch.equal(seen.final, seen.stages[-1][1])
    assert torch.equal(seen.final, looked_at.distribution(history, scores)[0].softmax(-1))
    assert pick(looked_at, ids, 6, 20) == pick(other, ids, 6, 20)


def test_the_final_distribution_of_a_greedy_chain_is_its_choice() -> None:
    history, scores = torch.tensor([[0]]), scores_for(1)
    greedy = chain(temperature=0.0, top_k=5)
    final = greedy.stages(history, scores).final
    assert int(final.argmax()) == greedy.choose(history, scores, 0)
    assert float(final.sum()) == float(final.max()) == 1
    assert not greedy.constrained


def test_without_samplers_the_model_itself_is_final() -> None:
    seen = chain().stages(torch.tensor([[0]]), scores_for(1))
    assert seen.stages == ()
    torch.testing.assert_close(seen.final, scores_for(1)[0].softmax(-1))


def test_where_nothing_may_come_any_more_nothing_is_chosen() -> None:
    done = chain(regex="a", top_k=3, top_p=0.5, mirostat_tau=3.0)
    scores = scores_for(1)
    scores[0, list(LANGUAGE.ends_of_text)] = float("-inf")
    first = done.choose(torch.tensor([[0]]), scores, 0)
    assert first is not None
    assert LANGUAGE.bytes.of(first) == b"a"
    seen = done.stages(torch.tensor([[0]]), scores)
    assert [name for name, _ in seen.stages] == ["grammar"]
    assert float(seen.final.sum()) == 0
    assert done.choose(torch.tensor([[0]]), scores, 1) is None
    assert done.constrained
