"""Parameters and their check; each sampler against transformers' own; the random number of a token."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from transformers.generation.logits_process import TopPLogitsWarper, TypicalLogitsWarper

from storygen.engine.sampling.chain import SamplerChain
from storygen.engine.sampling.draw import draw, uniform
from storygen.engine.sampling.order import name_of
from storygen.engine.sampling.parameter import Parameter
from storygen.engine.sampling.parameters import NUM_BEAMS, PARAMETERS, check_params
from storygen.engine.sampling.samplers import ORDER
from storygen.engine.sampling.samplers.top_p import keep_nucleus
from storygen.engine.sampling.samplers.typical_p import keep_typical
from storygen.errors import BadRequestError

OFF = {parameter.name: parameter.neutral for parameter in PARAMETERS}


def scores_of(vocabulary: int, spread: float, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, vocabulary, generator=generator) * spread


def test_the_server_may_read_the_parameters_without_torch() -> None:
    code = (
        "import sys, storygen.engine.sampling.parameters; "
        "sys.exit(bool({'torch', 'transformers', 'numpy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_protocol_names_every_parameter() -> None:
    from pathlib import Path

    described = Path("docs/PROTOCOL.md").read_text().split("### Sampling parameters")[1]
    for parameter in PARAMETERS:
        assert f"`{parameter.name}`" in described


def test_each_parameter_names_the_sampler_that_brings_it() -> None:
    named = {parameter.name: parameter.sampler for parameter in PARAMETERS}
    assert named["repetition_slope"] == "repetition"
    assert named["tfs_z"] == "tail_free"
    assert all(named[p.name] == name_of(module) for module in ORDER for p in module.PARAMETERS)
    without = {name for name, sampler in named.items() if sampler is None}
    assert without >= {"sampler_order", "limit", "max_tokens", "stop", "alternatives"}
    assert len(without) + sum(len(module.PARAMETERS) for module in ORDER) == len(named)


@pytest.mark.parametrize(
    "parameter",
    [p for p in PARAMETERS if p.sampler and p.kind in ("number", "integer")],
    ids=lambda parameter: parameter.name,
)
def test_a_parameter_switches_its_sampler_on_exactly_where_it_says_so(parameter: Parameter) -> None:
    middle = type(parameter.neutral)((parameter.low + parameter.high) / 2)
    value = middle if middle != parameter.neutral else parameter.high
    chain = SamplerChain(check_params({**OFF, parameter.name: value}), seed=0)
    inside = chain.stages(torch.tensor([[1, 2]]), scores_of(20, 2.0))
    assert [name for name, _ in inside.stages] == ([parameter.sampler] * parameter.switches)


def test_missing_parameters_get_their_defaults() -> None:
    full = check_params({"temperature": 1})
    assert full["temperature"] == 1.0
    assert set(full) == {parameter.name for parameter in (*PARAMETERS, NUM_BEAMS)}
    assert check_params(full) == full


def test_a_number_of_tokens_alone_limits_the_run() -> None:
    assert check_params({"max_tokens": 5})["limit"] == "tokens"
    assert check_params({"max_tokens": 5, "limit": "endless"})["limit"] == "endless"
    assert check_params({})["limit"] == "endless"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -1),
        ("temperature", "hot"),
        ("temperature", float("nan")),
        ("temperature", True),
        ("top_k", 1.5),
        ("top_p", 2),
        ("limit", "page"),
        ("stop", "word"),
        ("stop", [""]),
        ("stop", ["x"] * 17),
        ("stop", ["x" * 101]),
        ("alternatives", 101),
        ("sampler_order", "top_k"),
        ("sampler_order", ["top_k", "sorcery"]),
        ("sampler_order", ["top_k", "min_p", "top_k"]),
        ("sampler_order", ["grammar"]),
        ("sampler_order", [3]),
        ("grammar", 3),
        ("regex", "x" * 2001),
        ("banned_tokens", "sea"),
        ("banned_tokens", [-1]),
        ("banned_tokens", [True]),
        ("banned_tokens", [""]),
        ("banned_tokens", ["x" * 201]),
        ("banned_tokens", [1] * 501),
        ("logit_bias", ["sea"]),
        ("logit_bias", [["sea"]]),
        ("logit_bias", [["sea", 101]]),
        ("logit_bias", [["sea", float("nan")]]),
        ("logit_bias", {"sea": 1}),
        ("phrase_bias", [["sea", 1]]),
        ("phrase_bias", [[3, 1, 1]]),
        ("phrase_bias", [["sea", 1, "much"]]),
        ("sorcery", 1),
    ],
)
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(BadRequestError, match=name):
        check_params({name: value})


def test_lists_are_taken_as_they_are() -> None:
    given = {
        "sampler_order": ["top_k", "temperature"],
        "banned_tokens": ["sea", 3],
        "logit_bias": [["sea", -2.0], [3, 1.5]],
        "phrase_bias": [["by the sea", 1.0, 2.0]],
        "grammar": 'root ::= "a"',
    }
    full = check_params(given)
    assert {name: full[name] for name in given} == given
    assert check_params(full) == full
    check_params({})["dry_breakers"].append("x")
    assert "x" not in check_params({})["dry_breakers"]


@pytest.mark.parametrize("spread", [0.01, 1.0, 5.0])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("vocabulary", [50, 5000])
def test_the_nucleus_is_that_of_transformers(spread: float, part: float, vocabulary: int) -> None:
    scores = scores_of(vocabulary, spread)
    ours = keep_nucleus(scores, part)
    theirs = TopPLogitsWarper(part)(None, scores) if part else None
    if theirs is None:
        assert torch.isfinite(ours).sum() == 1
    else:
        # Sums of thousands of small numbers in another order may move the edge by one token.
        assert (torch.isfinite(ours) ^ torch.isfinite(theirs)).sum() <= (1 if spread > 0.1 else 8)


@pytest.mark.parametrize("spread", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("part", [0.2, 0.9, 0.99])
@pytest.mark.parametrize("vocabulary", [50, 5000])
def test_the_typical_set_is_that_of_transformers(
    spread: float, part: float, vocabulary: int
) -> None:
    scores = scores_of(vocabulary, spread)
    ours, theirs = keep_typical(scores, part), TypicalLogitsWarper(part)(None, scores)
    assert (torch.isfinite(ours) ^ torch.isfinite(theirs)).sum() <= 1


def test_switched_off_samplers_change_nothing() -> None:
    scores = scores_of(100, 2.0)
    chain = SamplerChain({**OFF, "temperature": 1.0}, seed=1)
    assert torch.equal(chain.distribution(torch.tensor([[1, 2]]), scores), scores)


def test_repetition_penalty_looks_back_over_its_range_only() -> None:
    chain = SamplerChain({**OFF, "repetition_penalty": 2.0, "repetition_range": 2}, seed=1)
    scores = torch.ones(1, 10)
    changed = chain.distribution(torch.tensor([[1, 2, 3]]), scores)[0]
    assert changed.tolist() == [1, 1, 0.5, 0.5, 1, 1, 1, 1, 1, 1]


def test_temperature_zero_takes_the_likeliest() -> None:
    scores = scores_of(100, 1.0)
    chain = SamplerChain({**OFF, "temperature": 0.0}, seed=1)
    assert chain.choose(torch.tensor([[0]]), scores, 0) == int(scores.argmax())


def test_the_number_of_a_token_depends_on_seed_and_index_alone() -> None:
    numbers = [uniform(5, index) for index in range(2000)]
    assert numbers == [uniform(5, index) for index in range(2000)]
    assert numbers != [uniform(6, index) for index in range(2000)]
    assert all(0 <= number < 1 for number in numbers)
    assert abs(sum(numbers) / len(numbers) - 0.5) < 0.03


def test_draws_follow_the_distribution() -> None:
    probs = torch.tensor([0.5, 0.0, 0.3, 0.2])
    counts = [0, 0, 0, 0]
    for index in range(4000):
        counts[draw(probs.log()[None], uniform(1, index))] += 1
    assert counts[1] == 0
    for count, prob in zip(counts, probs.tolist(), strict=True):
        assert abs(count / 4000 - prob) < 0.03


def test_the_edges_of_the_unit_interval_never_pick_a_dropped_token() -> None:
    scores = torch.tensor([[float("-inf"), 0.0, float("-inf")]])
    assert draw(scores, 0.0) == 1
    assert draw(scores, 1 - 2**-53) == 1
