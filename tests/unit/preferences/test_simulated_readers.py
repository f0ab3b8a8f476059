"""Readers choose by their taste, and policies that learn please them more: by how much, how surely."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import pytest

from storygen.preferences import estimates
from storygen.preferences.observations import Situation
from storygen.preferences.policies import RandomPolicy
from storygen.preferences.ranges import Coupling, Range, Ranges
from storygen.preferences.readers import Reader
from storygen.preferences.simulation import (
    AverageLearner,
    PerStepLearner,
    Played,
    ThompsonLearner,
    Unteachable,
    compared,
    play,
)

RANGES = Ranges(
    (
        Range("temperature", "uniform", 0.4, 1.4),
        Range("top_k", "log", 5, 500),
        Range("repetition_penalty", "uniform", 1.0, 1.3),
    ),
    (Coupling("top_k", "temperature", 0.3),),
)
STEADY = Reader(
    RANGES,
    {"temperature": 0.25, "top_k": 0.6, "repetition_penalty": 0.7},
    drift={"temperature": 0.3},
)
"""Likes about the same everywhere, a little warmer later."""

TURNING = Reader(
    RANGES,
    {"temperature": 0.1, "repetition_penalty": 0.1},
    with_repetition={"repetition_penalty": 2.0},
    sharpness=20,
)
"""Wants a repetition penalty where the text repeats itself, and none elsewhere."""

READERS = {"steady": STEADY, "turning": TURNING}
SEEDS = range(20)
LAST = 5


def at(temperature: float, top_k: int = 80, penalty: float = 1.21) -> dict[str, Any]:
    return {"temperature": temperature, "top_k": top_k, "repetition_penalty": penalty}


def test_the_nearer_to_the_ideal_the_more_it_pleases() -> None:
    here = Situation(1)
    found = [STEADY.utility(here, at(one)) for one in (0.65, 0.8, 1.2)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(0, abs=0.01)


def test_taste_moves_with_the_step_and_with_repetition_and_stays_within_the_ranges() -> None:
    assert STEADY.ideal_at(Situation(11))["temperature"] == pytest.approx(0.55)
    assert STEADY.ideal_at(Situation(400))["temperature"] == pytest.approx(0.55)
    assert TURNING.ideal_at(Situation(1, repetition=0.2))["repetition_penalty"] == pytest.approx(
        0.5
    )
    assert TURNING.ideal_at(Situation(1, repetition=0.9))["repetition_penalty"] == 1


def test_without_noise_the_best_is_chosen_and_graded() -> None:
    reader = Reader(RANGES, STEADY.ideal, noise=0.0, grain=0.0)
    cards = [at(1.2), at(0.65), at(0.9)]
    taken = reader.taken(Situation(1), cards, Random(1))
    assert taken[0] == taken[2] == 0 and taken[1] == pytest.approx(1, abs=0.02)
    worse = reader.taken(Situation(1), [at(1.0), at(1.3)], Random(1))
    assert 0 < worse[0] < 0.9 and worse[1] == 0


def test_with_noise_choices_are_a_softmax_of_utility() -> None:
    reader = Reader(RANGES, STEADY.ideal, patience=100.0)
    cards, random = [at(0.65), at(0.95)], Random(2)
    first = sum(reader.taken(Situation(1), cards, random)[0] > 0 for _ in range(4000)) / 4000
    gap = reader.utility(Situation(1), cards[0]) - reader.utility(Situation(1), cards[1])
    assert first == pytest.approx(1 / (1 + 2.718281828 ** (-gap / reader.noise)), abs=0.03)


def test_when_nothing_pleases_nothing_is_taken() -> None:
    cards = [at(1.4, 5, 1.0), at(1.4, 5, 1.0)]
    taken = [STEADY.taken(Situation(1), cards, Random(seed)) for seed in range(20)]
    assert sum(sum(one) == 0 for one in taken) > 15


@cache
def games(name: str, reader: str) -> tuple[Played, ...]:
    learners: dict[str, Any] = {
        "random": lambda: Unteachable(RandomPolicy(RANGES)),
        "fixed": lambda: AverageLearner(RANGES, 6),
        "per_step": lambda: PerStepLearner(RANGES),
        "thompson": lambda: ThompsonLearner(RANGES, num_tried=32),
    }
    return tuple(
        play(learners[name](), READERS[reader], seed, num_stories=15, num_steps=6) for seed in SEEDS
    )


def scores(reader: str, *names: str) -> dict[str, list[float]]:
    """For each policy, the mean fraction accepted in the last five of fifteen stories, for each seed."""
    return {name: [one.last(LAST) for one in games(name, reader)] for name in names}


@pytest.mark.parametrize(
    ("reader", "name", "least"),
    [
        ("steady", "fixed", 0.27),
        ("steady", "per_step", 0.15),
        ("steady", "thompson", 0.22),
        ("turning", "per_step", 0.08),
        ("turning", "thompson", 0.2),
    ],
)
def test_what_learns_pleases_more_than_chance_and_surely_so(
    reader: str, name: str, least: float
) -> None:
    """Over 20 seeds: the paired difference, of which the 95 % interval lies above `least`."""
    gain = compared(scores(reader, "random", name), "random")[name]
    assert gain.low is not None and gain.low > least, gain


def test_where_taste_turns_with_the_text_a_model_of_it_beats_counting_steps() -> None:
    found = scores("turning", "fixed", "per_step", "thompson")
    for name in ("fixed", "per_step"):
        gain = compared(found, name)["thompson"]
        assert gain.low is not None and gain.low > 0.05, (name, gain)


def test_pleasure_grows_while_a_policy_learns_and_not_by_chance() -> None:
    for name, grows in (("thompson", True), ("per_step", True), ("random", False)):
        first = [estimates.mean(one.curve[:3]) for one in games(name, "steady")]
        last = [one.last(3) for one in games(name, "steady")]
        gain = compared({"first": first, "last": last}, "first")["last"]
        assert gain.low is not None and gain.high is not None
        assert gain.low > 0.05 if grows else gain.low < 0 < gain.high, (name, gain)


def test_a_game_follows_from_its_seed() -> None:
    one, other = (play(ThompsonLearner(RANGES), STEADY, 3, num_stories=3) for _ in range(2))
    assert one == other
    assert one != play(ThompsonLearner(RANGES), STEADY, 4, num_stories=3)


def test_situations_are_the_same_whoever_draws() -> None:
    first, second = (
        [one.situation for one in games(name, "steady")[0].observations]
        for name in ("random", "per_step")
    )
    assert first == second
    assert [one.step for one in first[:7]] == [1, 2, 3, 4, 5, 6, 1]
