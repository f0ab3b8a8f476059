"""What holds for every sampler and any order of them, over random distributions and parameters."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from storygen.engine.sampling.chain import SamplerChain
from storygen.engine.sampling.order import movable, name_of
from storygen.engine.sampling.parameter import Parameter
from storygen.engine.sampling.parameters import PARAMETERS, check_params
from storygen.engine.sampling.samplers import ORDER
from tests.tiny_engine import tiny_writing

LANGUAGE = tiny_writing("gpt2")
VOCABULARY = LANGUAGE.model.vocabulary
OFF = {parameter.name: parameter.neutral for parameter in PARAMETERS}
BY_SAMPLER = {name_of(sampler): sampler.PARAMETERS for sampler in ORDER}
ONE_ROW = {"grammar", "top_p", "typical_p"}
"""Samplers that take one row only."""

TOKENS = st.integers(0, VOCABULARY - 1) | st.sampled_from(["sea", " the", "old woman", "\n", "é"])
VALUES: dict[str, Any] = {
    "tokens": lambda p: st.lists(TOKENS, max_size=4),
    "biases": lambda p: st.lists(st.tuples(TOKENS, st.floats(p.low, p.high)), max_size=4),
    "phrases": lambda p: st.lists(
        st.tuples(
            st.sampled_from(["sea", "the old woman", "hello"]),
            st.floats(p.low, p.high),
            st.floats(p.low, p.high),
        ),
        max_size=3,
    ),
    "strings": lambda p: st.lists(st.sampled_from(["\n", ":", "the", "old woman"]), max_size=3),
    "integer": lambda p: st.integers(int(p.low), int(p.high)) | st.integers(int(p.low), 4),
    "number": lambda p: st.floats(p.low, p.high) | st.sampled_from([p.low, p.high, p.default]),
    "text": lambda p: st.just(""),
}


def params_of(*parameters: Parameter) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({p.name: VALUES[p.kind](p) for p in parameters})


@st.composite
def distributions(draw: Any, num_rows: int = 1) -> torch.Tensor:
    """Scores with tokens at -inf, never all of them; flat, steep and with equals."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 1 << 30)))
    spread = draw(st.sampled_from([0.0, 0.01, 1.0, 5.0, 30.0]))
    scores = torch.randn(num_rows, VOCABULARY, generator=generator) * spread
    if draw(st.booleans()):
        scores = scores.round()
    share = draw(st.sampled_from([0.0, 0.5, 0.99, 0.998]))
    gone = torch.rand(num_rows, VOCABULARY, generator=generator) < share
    gone[:, draw(st.integers(0, VOCABULARY - 1))] = False
    return scores.masked_fill(gone, float("-inf"))


@st.composite
def histories(draw: Any, num_rows: int = 1) -> torch.Tensor:
    """Texts that repeat themselves."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 1 << 30)))
    size = draw(st.integers(1, 60))
    most = draw(st.sampled_from([2, 6, VOCABULARY]))
    return torch.randint(0, most, (num_rows, size), generator=generator)


def chain(params: dict[str, Any], seed: int = 3) -> SamplerChain:
    return SamplerChain(check_params({**OFF, **params}), seed, LANGUAGE)


def assert_sound(before: torch.Tensor, after: torch.Tensor) -> None:
    assert not after.isnan().any()
    assert not (after == float("inf")).any()
    assert torch.isfinite(after).any(-1).all(), "all tokens are gone"
    assert torch.isinf(after[torch.isinf(before)]).all(), "a token came back"


@pytest.mark.parametrize("name", movable())
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_sampler_leaves_tokens_and_brings_none_back(name: str, data: st.DataObject) -> None:
    params = data.draw(params_of(*BY_SAMPLER[name]))
    scores, history = data.draw(distributions()), data.draw(histories())
    given_scores, given_history = scores.clone(), history.clone()
    changed = chain(params).distribution(history, scores)
    assert_sound(scores, changed)
    assert torch.equal(scores, given_scores)
    assert torch.equal(history, given_history)
    assert torch.equal(chain(params).distribution(history, scores), changed)


@pytest.mark.parametrize("name", sorted(set(movable()) - ONE_ROW))
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_batch_of_rows_is_its_rows(name: str, data: st.DataObject) -> None:
    params = data.draw(params_of(*BY_SAMPLER[name]))
    scores, history = data.draw(distributions(num_rows=3)), data.draw(histories(num_rows=3))
    together = chain(params).distribution(history, scores)
    for row in range(3):
        alone = chain(params).distribution(history[row : row + 1], scores[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone)


@pytest.mark.parametrize("name", BY_SAMPLER)
@settings(max_examples=5, deadline=None)
@given(st.data())
def test_a_switched_off_sampler_is_not_there(name: str, data: st.DataObject) -> None:
    order = data.draw(st.permutations(movable()))
    scores, history = data.draw(distributions()), data.draw(histories())
    off = {p.name: p.neutral for p in BY_SAMPLER[name]}
    seen = chain({**off, "sampler_order": order}).stages(history, scores)
    assert seen.stages == ()
    assert torch.equal(chain(off).distribution(history, scores), scores)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_samplers_in_any_order_choose_a_token_that_may_come(data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(movable()), unique=True, max_size=8))
    params = data.draw(params_of(*(p for name in some for p in BY_SAMPLER[name])))
    params["sampler_order"] = data.draw(st.permutations(some))
    scores, history = data.draw(distributions()), data.draw(histories())
    first, second = chain(params), chain(params)
    assert_sound(scores, first.distribution(history, scores))
    for index in range(3):
        token_id = first.choose(history, scores, index)
        assert token_id == second.choose(history, scores, index)
        assert token_id is not None
        assert torch.isfinite(scores[0, token_id])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_going_back_and_on_again_equals_never_having_gone(data: st.DataObject) -> None:
    some = ["mirostat", "xtc", "dry", "temperature", "no_repeat_ngram"]
    params = data.draw(params_of(*(p for name in some for p in BY_SAMPLER[name])))
    scores = data.draw(distributions())
    straight, wandering = chain(params), chain(params)

    def pick(picking: SamplerChain, ids: list[int], num_tokens: int) -> list[int]:
        ids = list(ids)
        for index in range(len(ids), len(ids) + num_tokens):
            ids.append(picking.choose(torch.tensor([[0, *ids]]), scores, index) or 0)
        return ids

    expected = pick(straight, [], 8)
    back = data.draw(st.integers(0, 7))
    pick(wandering, [], 8)
    pick(wandering, [*expected[:back], 1], 3)
    assert pick(wandering, pick(wandering, expected[:back], 1), 7 - back) == expected
    resumed = chain(params)
    resumed.replay(straight.accepted[0][:back], 0)
    assert pick(resumed, expected[:back], 8 - back) == expected


@pytest.mark.parametrize("name", movable())
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_several_places_at_once_are_what_each_is_by_itself(name: str, data: Any) -> None:
    params = data.draw(params_of(*BY_SAMPLER[name]))
    if "xtc_probability" in params:  # else its coin decides
        params["xtc_probability"] = data.draw(st.sampled_from([0.0, 1.0]))
    num_rows = data.draw(st.integers(1, 5))
    ids = data.draw(histories())[0]
    if len(ids) < num_rows:
        ids = ids.repeat(num_rows)
    scores = data.draw(distributions(num_rows))
    written = [(int(row.argmax()), -1.5 * number) for number, row in enumerate(scores)]
    found, one = chain(params), chain(params)
    together = found.expected(ids, scores, written)
    for row in range(num_rows):
        history = ids[None, : len(ids) - (num_rows - 1 - row)]
        alone = one.stages(history, scores[row : row + 1]).final
        assert torch.allclose(together[row], alone, atol=1e-5)
        one.replay([*one.accepted[0], written[row]], 0)
    assert found.accepted == one.accepted
