"""What is said of a text's tokens, and that a metric is silent where too little is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.workbench.metrics import BUILT_IN, Case, Metric, Need, measure
from storygen.workbench.models.base import ScoredToken

BY_NAME = {metric.name: metric for metric in BUILT_IN}
SCORED = [one for one in BUILT_IN if Need.SCORES in one.needs]


def token(
    probability: float | None, rank: int | None = 1, entropy: float | None = 1.0, text: str = "ab"
) -> ScoredToken:
    logprob = None if probability is None else math.log(probability) if probability else -math.inf
    return ScoredToken(1, text, logprob, rank, entropy)


FIRST = ScoredToken(1, "It")
FOUR = [token(0.5), token(0.25, 2, 2.0), token(0.125, 30, 0.0), token(0.005, 11, 3.0)]


def number(name: str, *tokens: ScoredToken) -> float:
    measured = measure(BY_NAME[name], Case.of("", None, tokens))
    assert measured.number is not None, measured
    return measured.number


def silent(name: str, *tokens: ScoredToken) -> str:
    return measure(BY_NAME[name], Case.of("", None, tokens)).silent


def test_the_numbers_of_four_tokens() -> None:
    nats = -math.log(0.5 * 0.25 * 0.125 * 0.005)
    expected = {
        "perplexity": math.exp(nats / 4),
        "cross_entropy": nats / 4,
        "bits_per_byte": nats / math.log(2) / 8,
        "mean_rank": 11.0,
        "median_rank": 6.5,
        "rank1": 0.25,
        "within10": 0.5,
        "surprising": 0.25,
        "entropy": 1.5,
        "entropy_spread": math.sqrt(1.25),
        "excess": nats / 4 - 1.5,
    }
    assert {name: number(name, *FOUR) for name in expected} == pytest.approx(expected)
    assert set(expected) == {metric.name for metric in SCORED}


def test_the_first_token_of_all_may_be_unknown() -> None:
    for metric in SCORED:
        assert number(metric.name, FIRST, *FOUR) == number(metric.name, *FOUR)


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=20))
def test_perplexity_is_that_of_the_mean_surprise_and_bounded_by_its_tokens(
    probabilities: list[float],
) -> None:
    perplexity = number("perplexity", *map(token, probabilities))
    assert math.log(perplexity) == pytest.approx(
        number("cross_entropy", *map(token, probabilities)), abs=1e-9
    )
    assert 1 / max(probabilities) <= perplexity * (1 + 1e-9)
    assert perplexity <= 1 / min(probabilities) * (1 + 1e-9)


def test_bytes_are_those_of_the_tokens_that_were_scored() -> None:
    parts = [FIRST, token(0.5, text=""), token(0.5, text="猫")]
    assert number("bits_per_byte", *parts) == pytest.approx(2 / 3)
    assert silent("bits_per_byte", token(0.5, text="")) == "The tokens have no text."


@pytest.mark.parametrize("metric", SCORED, ids=lambda metric: metric.name)
def test_a_model_that_tells_nothing_has_no_number_but_a_reason(metric: Metric) -> None:
    asked_nothing = measure(metric, Case.of("A fox."))
    assert asked_nothing.silent == "The model was not asked, or tells no probabilities."
    assert silent(metric.name) == "The text has no tokens."
    assert "of no token" in silent(metric.name, *[ScoredToken(None, "x")] * 3)
    assert "the first token of all" in silent(metric.name, FIRST)


def test_ranks_of_the_likely_tokens_alone_make_no_mean() -> None:
    some = [token(0.5), token(0.001, None), token(0.2, 2)]
    for name in ("mean_rank", "median_rank", "rank1", "within10"):
        assert silent(name, *some) == "The model tells ranks only of 2 of 3 tokens."
    assert number("perplexity", *some) > 1


def test_no_chance_at_all_and_no_number_are_told_apart() -> None:
    for name in ("perplexity", "cross_entropy", "bits_per_byte", "excess"):
        assert silent(name, token(0.5), token(0.0)).startswith("It is infinite")
        assert "NaN" in silent(name, token(0.5), token(math.nan))
