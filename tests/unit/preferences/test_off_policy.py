"""What a policy would have been worth is told from what another drew, and not where too little is known."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest

from storygen.preferences import evaluation
from storygen.preferences.evaluation import Evaluation, evaluate
from storygen.preferences.kernels import PerStepPolicy
from storygen.preferences.observations import Observation
from storygen.preferences.policies import FixedPolicy, RandomPolicy
from storygen.preferences.ranges import Coupling, Range, Ranges
from storygen.preferences.readers import Reader
from storygen.preferences.simulation import Unteachable, play, situation, value_of
from storygen.preferences.statistics import gather
from storygen.preferences.thompson import ThompsonPolicy
from tests.unit.preferences.shown import candidate

RANGES = Ranges(
    (
        Range("temperature", "uniform", 0.4, 1.4),
        Range("top_k", "log", 5, 500),
        Range("repetition_penalty", "uniform", 1.0, 1.3),
    ),
    (Coupling("top_k", "temperature", 0.3),),
)
READER = Reader(
    RANGES,
    {"temperature": 0.25, "top_k": 0.6, "repetition_penalty": 0.7},
    drift={"temperature": 0.3},
)
EVEN = RandomPolicy(RANGES)
SITUATIONS = [situation(1 + at % 6, Random(f"{at} there")) for at in range(3000)]


@cache
def logged(seed: int, num_stories: int = 25) -> tuple[Observation, ...]:
    return play(Unteachable(EVEN), READER, seed, num_stories=num_stories, num_steps=6).observations


def target(name: str) -> Any:
    before = logged(999, 10)
    return {
        "random": EVEN,
        "per_step": PerStepPolicy.learned(RANGES, before, 0.3),
        "fixed": FixedPolicy.learned(RANGES, gather(before), 0.2),
    }[name]


@pytest.mark.parametrize("name", ["random", "per_step", "fixed"])
def test_estimates_hold_the_truth_that_playing_tells_as_often_as_they_claim(name: str) -> None:
    policy = target(name)
    truth = value_of(policy, EVEN, READER, SITUATIONS, 7)
    assert truth.low is not None and truth.high is not None
    slack = (truth.high - truth.low) / 2  # the truth is played out, and not known exactly either
    held = dict.fromkeys(("ips", "snips", "dr"), 0)
    for seed in range(8):
        found = evaluate(policy, logged(seed))
        assert found.too_few == ""
        for kind in held:
            interval = getattr(found, kind)
            held[kind] += interval.low - slack <= truth.value <= interval.high + slack
            assert interval.value == pytest.approx(truth.value, abs=0.09)
    assert min(held.values()) >= 7, held


def test_what_is_better_is_told_to_be_better() -> None:
    """The intervals of the reader's averages and of even draws lie apart."""
    better, even = evaluate(target("fixed"), logged(1)), evaluate(EVEN, logged(1))
    for kind in ("ips", "snips", "dr"):
        assert getattr(better, kind).low > getattr(even, kind).high


def test_the_policy_that_was_logged_is_worth_what_was_logged() -> None:
    found = evaluate(EVEN, logged(2))
    mean = sum(c.taken for one in logged(2) for c in one.candidates) / 600
    assert found.logged is not None and found.ips is not None and found.snips is not None
    assert found.logged.value == pytest.approx(mean)
    assert found.ips.value == pytest.approx(mean) and found.snips.value == pytest.approx(mean)
    assert found.effective == pytest.approx(found.num_candidates) and found.num_candidates == 600


def test_a_model_makes_the_doubly_robust_interval_no_wider_than_weights_alone() -> None:
    widths: dict[str, float] = {"ips": 0.0, "snips": 0.0, "dr": 0.0}
    for seed in range(6):
        found = evaluate(target("fixed"), logged(seed))
        for kind in widths:
            interval = getattr(found, kind)
            widths[kind] += interval.high - interval.low
    assert widths["dr"] < widths["ips"] and widths["snips"] < widths["ips"]


def test_weights_that_leave_a_few_candidates_leave_no_number() -> None:
    sharp = FixedPolicy.learned(RANGES, gather(logged(999, 10)), 0.03)
    found = evaluate(sharp, logged(1))
    assert "Too few candidates like this policy's" in found.too_few
    assert found.effective < evaluation.LEAST_EFFECTIVE
    assert (found.logged, found.ips, found.snips, found.dr) == (None,) * 4


def test_a_few_stories_leave_no_number() -> None:
    found = evaluate(EVEN, logged(1, 7))
    assert found.too_few.startswith("Too few stories: 7") and found.snips is None
    assert evaluate(EVEN, []).too_few.startswith("Too few stories: 0")


def test_without_densities_nothing_can_be_said_and_it_is_said_why() -> None:
    without = [
        replace(one, candidates=tuple(replace(c, log_density=None) for c in one.candidates))
        for one in logged(1)
    ]
    assert "no density" in evaluate(EVEN, without).too_few
    assert "no density" in evaluate(FixedPolicy(RANGES, {}), logged(1)).too_few
    mixed = evaluate(EVEN, [*without, *logged(1)])
    assert (mixed.too_few, mixed.num_candidates, mixed.num_unusable) == ("", 600, 600)


def test_what_the_program_chose_is_left_out_unless_asked() -> None:
    auto = [replace(one, by="auto") for one in logged(1)]
    assert evaluate(EVEN, auto).num_candidates == 0
    assert evaluate(EVEN, auto, by=None).num_candidates == 600


def test_candidates_that_the_policy_never_draws_weigh_nothing() -> None:
    half = RandomPolicy(
        Ranges(
            (
                Range("temperature", "uniform", 0.4, 0.7),
                *RANGES.ranges[1:2],
                RANGES["repetition_penalty"],
            )
        )
    )
    found = evaluate(half, logged(3))
    cool = [c for one in logged(3) for c in one.candidates if c.params["temperature"] <= 0.7]
    assert found.effective <= len(cool) + 1e-6
    assert found.ips is not None and found.snips is not None and found.logged is not None
    assert found.snips.value > found.logged.value


def test_a_policy_that_learned_from_the_very_sets_raises_doubt_and_others_do_not() -> None:
    learned = PerStepPolicy.learned(RANGES, logged(1, 12), 0.05)
    assert "very sets" in evaluate(learned, logged(1, 12)).doubt
    assert [evaluate(target("per_step"), logged(seed)).doubt for seed in range(2)] == [""] * 2


def test_a_policy_that_draws_where_nothing_was_logged_raises_doubt() -> None:
    wider = RandomPolicy(Ranges((Range("temperature", "uniform", 0.4, 3.0), *RANGES.ranges[1:2])))
    narrow = RandomPolicy(Ranges((Range("temperature", "uniform", 0.4, 1.4), *RANGES.ranges[1:2])))
    sets = play(Unteachable(narrow), Reader(narrow.ranges, {"temperature": 0.3}), 1).observations
    assert "nothing was logged" in evaluate(wider, sets).doubt


def test_the_model_of_a_story_has_not_seen_the_story() -> None:
    """In every other story all is taken at 0.5, in the rest nothing at 1.2; the policy draws below 0.9.

    Of the first the other half's model expects nothing: 0 + 2 * (1 - 0); of the second all: 1 + 0.
    """
    policy = RandomPolicy(Ranges((Range("temperature", "uniform", 0.4, 0.9),)))
    sets = [
        Observation(
            *(str(story), str(story), 0.0, SITUATIONS[0], ""),
            tuple(
                candidate(
                    {"temperature": 1.2 if story % 2 else 0.5},
                    float(story % 2 == 0),
                    log_density=0.0,
                )
                for _ in range(8)
            ),
        )
        for story in range(20)
    ]
    found = evaluate(policy, sets).dr
    assert found is not None and found.value == pytest.approx(1.5)


def test_the_same_is_found_each_time() -> None:
    assert evaluate(target("fixed"), logged(4)) == evaluate(target("fixed"), logged(4))


def test_a_thompson_policys_estimated_density_serves_too() -> None:
    """Learned from little, so that it stays near enough to even draws; within the interval of the truth."""
    policy = ThompsonPolicy.new(RANGES, num_tried=6).updated(logged(999, 10)[:24])
    truth = value_of(policy, EVEN, READER, SITUATIONS[:1500], 7)
    found: Evaluation = evaluate(policy, logged(5))
    assert found.too_few == ""
    for interval in (found.snips, found.dr):
        assert interval is not None and interval.low is not None and interval.high is not None
        assert interval.low <= truth.value <= interval.high
    assert found.ips is not None and math.isclose(found.ips.value, truth.value, rel_tol=0.2)
