"""Each sampler against its paper's definition, on small distributions worked by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from transformers.generation.logits_process import (
    EpsilonLogitsWarper,
    EtaLogitsWarper,
    NoRepeatNGramLogitsProcessor,
)

from storygen.engine.sampling.chain import SamplerChain
from storygen.engine.sampling.draw import uniform
from storygen.engine.sampling.parameters import PARAMETERS, check_params
from storygen.engine.sampling.repeats import repeats
from tests.tiny_engine import tiny_writing

OFF = {parameter.name: parameter.neutral for parameter in PARAMETERS}
NOTHING_SAID = torch.tensor([[0]])
LONG = torch.randint(0, 9, (1, 60), generator=torch.Generator().manual_seed(1))


def chain(language: Any = None, seed: int = 1, **params: Any) -> SamplerChain:
    return SamplerChain(check_params({**OFF, **params}), seed, language)


def left(probs: list[float], history: torch.Tensor = NOTHING_SAID, **params: Any) -> list[int]:
    """The ids that stay."""
    scores = chain(**params).distribution(history, torch.tensor([probs]).log())
    return torch.isfinite(scores[0]).nonzero()[:, 0].tolist()


def after(scores: list[float], history: list[int], **params: Any) -> list[float]:
    changed = chain(**params).distribution(torch.tensor([history]), torch.tensor([scores]))
    return changed[0].tolist()


# ---------------------------------------------------------------- cuts


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"epsilon_cutoff": 0.1}, [0, 1, 2]),
        ({"epsilon_cutoff": 0.06}, [0, 1, 2]),
        ({"epsilon_cutoff": 0.04}, [0, 1, 2, 3]),
        ({"top_a": 0.5}, [0, 1, 2]),  # 0.5 · 0.25 = 0.125
        ({"top_a": 1.0}, [0, 1]),  # 0.25
        ({"top_a": 0.1}, [0, 1, 2, 3]),  # 0.025
    ],
)
def test_cuts_by_probability(params: dict[str, Any], expected: list[int]) -> None:
    assert left([0.5, 0.3, 0.15, 0.05], **params) == expected


def test_a_cut_above_every_token_leaves_the_likeliest() -> None:
    assert left([0.05] * 9 + [0.55], epsilon_cutoff=0.1) == [9]
    assert left([0.0399] * 25 + [0.0025], epsilon_cutoff=0.1) == [0]


def test_eta_lets_more_through_where_the_entropy_is_high() -> None:
    # Entropy 1.142 of the first: sqrt(0.1) · exp(-1.142) = 0.101 > 0.1. Of 40 equal ones 3.69: 0.0079.
    assert left([0.5, 0.3, 0.15, 0.05], eta_cutoff=0.1) == [0, 1, 2]
    assert left([0.025] * 40, eta_cutoff=0.1) == list(range(40))
    assert left([0.9] + [0.0125] * 8, eta_cutoff=0.1) == [0]


def test_top_n_sigma_keeps_what_lies_within_so_many_deviations_of_the_highest_score() -> None:
    scores = [5.0, 4.0, 1.0, 2.0]  # mean 3, deviation sqrt(10 / 4) = 1.58
    for number, expected in ((0.5, 1), (1.0, 2), (2.0, 3), (2.6, 4)):
        assert sum(map(math.isfinite, after(scores, [0], top_n_sigma=number))) == expected
    dropped = [*scores, float("-inf")]
    assert sum(map(math.isfinite, after(dropped, [0], top_n_sigma=2.0))) == 3


def test_top_n_sigma_is_the_same_at_any_temperature() -> None:
    scores = torch.randn(1, 200, generator=torch.Generator().manual_seed(3)) * 3
    cool, hot = (
        chain(top_n_sigma=1.5, temperature=t, sampler_order=["temperature"]).distribution(
            NOTHING_SAID, scores
        )
        for t in (0.4, 3.0)
    )
    assert torch.equal(torch.isfinite(cool), torch.isfinite(hot))


def test_tail_free_keeps_tokens_up_to_a_share_of_the_curvature() -> None:
    # Differences 0.2 0.1 0.12 0.06 0.01; their differences 0.1 0.02 0.06 0.05, sum 0.23, of tokens 1 to 4.
    probs = [0.5, 0.3, 0.2, 0.08, 0.02, 0.01]
    probs = [prob / sum(probs) for prob in probs]
    for share, expected in ((0.0, 1), (0.43, 1), (0.44, 2), (0.53, 3), (0.79, 4), (0.99, 4)):
        assert left(probs, tfs_z=share) == list(range(expected)), share


def test_top_h_keeps_as_many_tokens_as_the_entropy_allows() -> None:
    # Entropy 1.750 bits; of the first two, made to sum to 1, 0.918 (0.525 of it), of three 1.387 (0.793).
    for share, expected in ((0.0, 1), (0.52, 1), (0.53, 2), (0.79, 2), (0.8, 3), (0.99, 3)):
        assert left([0.5, 0.25, 0.13, 0.12], top_h=share) == list(range(expected)), share


@pytest.mark.parametrize(
    ("params", "spread"),
    [({"tfs_z": 0.95}, 4.0), ({"tfs_z": 0.5}, 0.01), ({"top_h": 0.5}, 3.0), ({"top_h": 0.9}, 0.1)],
)
def test_looking_at_the_likeliest_thousand_first_changes_nothing(
    params: dict[str, Any], spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = torch.randn(1, 6000, generator=torch.Generator().manual_seed(5)) * spread
    fast = chain(**params).distribution(NOTHING_SAID, scores)
    monkeypatch.setattr("storygen.engine.sampling.tails.NUM_FIRST", 6000)
    whole = chain(**params).distribution(NOTHING_SAID, scores)
    assert torch.equal(fast, whole)
    assert 1 <= int(torch.isfinite(whole).sum()) < 6000


@pytest.mark.parametrize("spread", [0.3, 2.0, 6.0])
def test_what_transformers_has_too_does_the_same(spread: float) -> None:
    scores = torch.randn(1, 400, generator=torch.Generator().manual_seed(2)) * spread
    pairs: list[tuple[dict[str, Any], Any]] = [
        *(({"epsilon_cutoff": e}, EpsilonLogitsWarper(e)) for e in (0.0005, 0.01)),
        *(({"eta_cutoff": e}, EtaLogitsWarper(e)) for e in (0.0005, 0.01)),
        *(({"no_repeat_ngram": n}, NoRepeatNGramLogitsProcessor(n)) for n in (1, 2, 3, 4)),
    ]
    for params, theirs in pairs:
        ours = chain(**params).distribution(LONG, scores)
        torch.testing.assert_close(ours, theirs(LONG, scores.clone()))


# ---------------------------------------------------------------- shape


def test_dynamic_temperature_goes_from_low_to_high_with_the_entropy() -> None:
    between = {"dynatemp_low": 0.5, "dynatemp_high": 2.0}
    even = torch.zeros(1, 4)
    even[0, 0] = 1e-3
    hot = chain(**between).distribution(NOTHING_SAID, even)
    assert float(hot[0, 0]) == pytest.approx(1e-3 / 2, rel=1e-3)
    sure = torch.tensor([[40.0, 0, 0, 0]])
    assert float(chain(**between).distribution(NOTHING_SAID, sure)[0, 0]) == pytest.approx(80)
    # Half the greatest entropy: two of four equally likely.
    half = torch.tensor([[0.5, 0.5, 1e-30, 1e-30]]).log()
    for exponent, temperature in ((1.0, 1.25), (2.0, 0.875)):
        changed = chain(**between, dynatemp_exponent=exponent).distribution(NOTHING_SAID, half)
        torch.testing.assert_close(changed, half / temperature)


@pytest.mark.parametrize(("curve", "expected"), [(1.0, [3, 2.5, 1]), (3.0, [3, 2.5, -1])])
def test_smoothing_bends_the_scores(curve: float, expected: list[float]) -> None:
    changed = after([3.0, 2.0, 1.0], [0], smoothing_factor=0.5, smoothing_curve=curve)
    assert changed == pytest.approx(expected)


# ---------------------------------------------------------------- chance and feedback


def coins(probability: float) -> list[bool]:
    exclude = chain(xtc_probability=probability)
    scores = torch.tensor([[0.4, 0.3, 0.2, 0.1]]).log()
    tossed = []
    for index in range(400):
        tossed.append(math.isinf(float(exclude.distribution(NOTHING_SAID, scores)[0, 0])))
        exclude.choose(NOTHING_SAID, scores, index)
    return tossed


def test_xtc_drops_all_top_choices_but_the_least() -> None:
    always = {"xtc_probability": 1.0}
    assert left([0.4, 0.3, 0.2, 0.06, 0.04], **always, xtc_threshold=0.1) == [2, 3, 4]
    assert left([0.4, 0.3, 0.2, 0.06, 0.04], **always, xtc_threshold=0.35) == [0, 1, 2, 3, 4]
    assert left([0.4, 0.3, 0.2, 0.06, 0.04], **always, xtc_threshold=0.25) == [1, 2, 3, 4]


def test_xtc_acts_as_often_as_it_is_told() -> None:
    assert 0.2 < sum(coins(0.3)) / 400 < 0.4
    assert coins(0.3) == coins(0.3)
    draws = [uniform(1, index) < 0.3 for index in range(400)]
    both = sum(coin and drawn for coin, drawn in zip(coins(0.3), draws, strict=True))
    assert both / 400 == pytest.approx(0.09, abs=0.03)


def test_xtc_drops_neither_line_break_nor_end_of_text() -> None:
    language = tiny_writing("gpt2")
    line_break = next(n for n in range(len(language.bytes)) if language.bytes.of(n) == b"\n")
    (end,) = language.ends_of_text
    plain = [n for n in range(50, 60) if b"\n" not in language.bytes.of(n)][:2]
    exclude = chain(language, xtc_probability=1.0)
    for kept, dropped in (([line_break, *plain[:1]], []), ([end, *plain[:1]], []), (plain, [0])):
        scores = torch.full((1, language.model.vocabulary), -20.0)
        scores[0, kept] = torch.tensor([0.0, -0.1])
        changed = exclude.distribution(NOTHING_SAID, scores)
        gone = [place for place, number in enumerate(kept) if changed[0, number].isinf()]
        assert gone == dropped


def test_mirostat_cuts_what_would_surprise_too_much_and_learns_from_what_was_written() -> None:
    scores = torch.tensor([[0.5, 0.25, 0.125, 0.125]]).log()  # 1, 2, 3 and 3 bits

    def num_left() -> int:
        return int(torch.isfinite(control.distribution(NOTHING_SAID, scores)).sum())

    control = chain(mirostat_tau=1.25, mirostat_eta=0.5)  # cuts above 2.5 bits
    assert num_left() == 2
    control.replay([(1, -3.25 * math.log(2))], 0)  # 2 bits too many: cuts above 1.5
    assert num_left() == 1
    control.replay([(1, -0.25 * math.log(2))], 0)  # 1 bit too few: cuts above 3
    assert num_left() == 4


def test_mirostat_steers_towards_its_surprise() -> None:
    model = torch.randn(1, 300, generator=torch.Generator().manual_seed(4)) * 2
    bits = -model[0].log_softmax(-1) / math.log(2)
    for tau in (3.5, 4.5):
        control = chain(mirostat_tau=tau)
        total = 0.0
        for index in range(400):
            token_id = control.choose(NOTHING_SAID, model, index)
            assert token_id is not None
            total += float(bits[token_id])
        assert total / 400 == pytest.approx(tau, abs=0.1)


# ---------------------------------------------------------------- repetition


def test_presence_counts_once_and_frequency_each_time() -> None:
    said = [1, 2, 2, 2]
    assert after([0.0] * 4, said, presence_penalty=0.5) == [0, -0.5, -0.5, 0]
    assert after([0.0] * 4, said, frequency_penalty=0.5) == [0, -0.5, -1.5, 0]
    both = after([0.0] * 4, said, presence_penalty=0.5, frequency_penalty=0.5, repetition_range=2)
    assert both == [0, 0, -1.5, 0]


def test_a_slope_forgives_what_was_said_long_ago() -> None:
    said = [1, 2, 1, 3]  # weights 1/4, 1/2, 3/4, 1; squared 1/16, 1/4, 9/16, 1
    near = {"repetition_slope": 2.0}
    assert after([0.0] * 4, said, presence_penalty=1.0, **near) == [0, -9 / 16, -1 / 4, -1]
    assert after([0.0] * 4, said, frequency_penalty=1.0, **near) == [0, -10 / 16, -1 / 4, -1]
    changed = after([1.0, 1.0, -1.0, 1.0], said, repetition_penalty=3.0, **near)
    assert changed == pytest.approx([1, 1 / (1 + 2 * 9 / 16), -1.5, 1 / 3])


def test_dry_grows_with_the_length_of_the_repeat() -> None:
    dry = {"dry_multiplier": 1.0, "dry_base": 2.0, "dry_allowed_length": 2}
    # 4 came after 1 2 3, which the text ends with: 2^(3 - 2). 5 came after 3 alone.
    said = [1, 2, 3, 4, 0, 3, 5, 1, 2, 3]
    assert after([0.0] * 7, said, **dry) == [0, 0, 0, 0, -2, 0, 0]
    assert after([0.0] * 7, said, **{**dry, "dry_allowed_length": 1}) == [0, 0, 0, 0, -4, -1, 0]
    assert after([0.0] * 7, said, **dry, dry_range=8) == [0.0] * 7
    # The longest of several repeats counts, and a text may repeat itself while it does.
    assert after([0.0] * 3, [1, 1, 1, 1], **dry) == [0, -2, 0]


def test_dry_looks_at_no_more_than_it_can_hold_against_a_token() -> None:
    endless = after([0.0, 0.0], [1] * 300, dry_multiplier=5.0, dry_base=4.0)
    assert endless == [0, -1e4]


def test_a_repeat_goes_back_to_a_breaker_at_most() -> None:
    ids = np.array([1, 9, 3, 4, 5, 1, 9, 3])
    for breaking, length in ((frozenset(), 3), (frozenset({9}), 1), (frozenset({1}), 2)):
        after_it, lengths = repeats(ids, breaking, most=50)
        assert (after_it.tolist(), lengths.tolist()) == ([4], [length])
    assert repeats(ids, frozenset({3}), most=50)[1].tolist() == []
    assert repeats(ids, frozenset(), most=2)[1].tolist() == [2]


def test_dry_stops_at_breakers() -> None:
    language = tiny_writing("gpt2")
    ids, _ = language.encoder.encode("the sea: the sea: the sea", first=False)
    colon = language.encoder.encode(":", first=False)[0][0]
    history = torch.tensor([[*ids]])
    flat = torch.zeros(1, language.model.vocabulary)
    with_breaker = chain(language, dry_multiplier=1.0).distribution(history, flat)
    without = chain(language, dry_multiplier=1.0, dry_breakers=["#"]).distribution(history, flat)
    assert float(without[0, colon]) < 0
    assert float(with_breaker[0, colon]) == 0
    at_colon = torch.tensor([[*ids, colon]])
    assert torch.equal(chain(language, dry_multiplier=1.0).distribution(at_colon, flat), flat)


def test_no_sequence_comes_twice() -> None:
    said = [1, 2, 3, 1, 2]
    assert [math.isinf(s) for s in after([0.0] * 5, said, no_repeat_ngram=3)] == [
        *(False, False, False, True, False)
    ]
    assert after([0.0] * 5, said, no_repeat_ngram=4) == [0.0] * 5
    assert after([0.0] * 3, [0, 1, 2], no_repeat_ngram=1) == [0.0] * 3  # never all of them
