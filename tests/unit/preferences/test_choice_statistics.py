"""What was chosen is counted against what was passed over, and a hidden taste comes to light."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.preferences import statistics_json
from storygen.preferences.observations import Situation
from storygen.preferences.policies import RandomPolicy
from storygen.preferences.ranges import Coupling, Range, Ranges
from storygen.preferences.readers import Reader
from storygen.preferences.simulation import Unteachable, play
from storygen.preferences.statistics import NUM_BINS, falling_entropy, gather
from tests.unit.preferences.shown import chosen_from, temperatures

RANGES = Ranges(
    (
        Range("temperature", "uniform", 0.4, 1.4),
        Range("top_p", "uniform", 0.5, 1.0),
        Range("repetition_penalty", "uniform", 1.0, 1.3),
    )
)


def test_chosen_and_passed_over_are_counted_apart_and_by_the_fraction_accepted() -> None:
    found = gather(
        [
            temperatures(0.5, 1.0, 1.4, step=1),
            temperatures(0.9, 0.7, 1.1, step=2, taken=0.5),
        ]
    ).everything.parameters["temperature"]
    assert found.chosen is not None and found.rejected is not None
    assert (found.chosen.num, found.rejected.num) == (2, 4)
    assert found.chosen.mean == pytest.approx((0.5 + 0.9 * 0.5) / 1.5)
    assert found.rejected.mean == pytest.approx(1.05)
    assert found.chosen.quantiles == (0.5, 0.5, 0.5, 0.9, 0.9)
    assert found.difference is not None
    assert found.difference.value == pytest.approx((-0.7 + 0.0 * 0.5) / 1.5)


def test_a_difference_is_within_sets_so_that_a_policy_that_moves_is_no_taste() -> None:
    drifting = [
        temperatures(at / 10, at / 10 - 0.01, at / 10 + 0.01, step=at) for at in range(1, 9)
    ]
    found = gather(drifting).everything.parameters["temperature"]
    assert found.difference is not None and found.difference.value == pytest.approx(0)


def test_a_set_without_a_choice_is_counted_and_says_nothing_else() -> None:
    nothing = chosen_from(({"temperature": 5.0}, 0.0), ({"temperature": 4.0}, 0.0), step=2)
    found = gather([temperatures(0.5, 1.0), nothing]).everything
    assert (found.num_sets, found.num_without_choice, found.mean_taken) == (2, 1, 0.5)
    rejected = found.parameters["temperature"].rejected
    assert rejected is not None and rejected.num == 1
    assert gather([nothing]).everything.parameters == {}
    assert gather([]).everything.num_sets == 0


def test_only_what_a_person_chose_counts_unless_asked() -> None:
    sets = [temperatures(0.5, 1.0), temperatures(0.6, 1.0, by="auto", step=2)]
    assert gather(sets).everything.num_sets == 1
    assert gather(sets, by="auto").everything.num_sets == 1
    assert gather(sets, by=None).everything.num_sets == 2


def test_values_that_are_no_numbers_are_left_out() -> None:
    odd: list[Any] = [float("nan"), "1", None, True, 10**400]
    cards = [({"temperature": one}, 0.0) for one in odd]
    found = gather([chosen_from(({"temperature": 0.5}, 1.0), *cards)]).everything
    assert found.parameters["temperature"].rejected is None
    assert found.parameters["temperature"].difference is None


def test_sets_are_grouped_by_step_phase_repetition_and_entropy() -> None:
    entropies = (3.0, 2.9, 1.5, 1.5)
    sets = [
        temperatures(
            0.5, 1.0, situation=Situation(step, 100 * step, 0.05 * step, entropy), step=step
        )
        for step, entropy in enumerate(entropies, 1)
    ]
    late = temperatures(0.5, 1.0, situation=Situation(40), step=40)
    found = gather([*sets, late])
    assert {step: group.num_sets for step, group in found.steps.items()} == dict.fromkeys(
        (1, 2, 3, 4, 40), 1
    )
    assert {key: group.num_sets for key, group in found.phases.items()} == {
        "beginning": 2,
        "middle": 2,
        "late": 1,
    }
    assert {key: group.num_sets for key, group in found.repetition.items()} == {"low": 2, "high": 3}
    assert {key: group.num_sets for key, group in found.entropy.items()} == {"falling": 3}


def test_entropy_is_followed_within_a_story_only() -> None:
    sets = [
        temperatures(0.5, 1.0, situation=Situation(1, entropy=4.0 - at), story=str(at))
        for at in range(4)
    ]
    assert gather(sets).entropy == {}


def test_only_the_last_four_entropies_tell_whether_it_falls() -> None:
    sets = [
        temperatures(0.5, 1.0, situation=Situation(step, entropy=one), step=step)
        for step, one in enumerate((5.0, 4.0, 2.0, 2.0, 2.0, 2.0), 1)
    ]
    assert falling_entropy(sets) == {
        **dict.fromkeys(("s/3", "s/4", "s/5"), "falling"),
        "s/6": "steady",
    }


def test_steps_with_few_choices_lean_on_their_neighbours() -> None:
    random = Random(3)
    sets = [
        temperatures(0.5 + 0.1 * step + random.gauss(0, 0.1), 1.0, step=step, story=str(story))
        for step in (1, 2, 3, 5)
        for story in range(12)
    ]
    sets.append(temperatures(1.2, 1.0, step=4))
    shrunk = {
        step: group.parameters["temperature"].shrunk for step, group in gather(sets).steps.items()
    }
    assert shrunk[4] is not None and 0.9 < shrunk[4] < 1.18
    assert shrunk[1] == pytest.approx(0.6, abs=0.08) and shrunk[5] == pytest.approx(1.0, abs=0.08)


def test_bins_hold_all_of_the_weight_between_the_least_and_the_greatest_value() -> None:
    cards = [({"top_k": 10 * 2**at}, float(at == 2)) for at in range(6)]
    bins = gather([chosen_from(*cards)]).everything.parameters["top_k"].bins
    assert bins is not None and bins.scale == "log"
    assert (bins.edges[0], bins.edges[-1]) == (pytest.approx(10), pytest.approx(320))
    assert bins.edges[1] / bins.edges[0] == pytest.approx(32 ** (1 / NUM_BINS))
    assert sum(bins.chosen) == 1 and sum(bins.rejected) == 5
    one_value = gather([temperatures(0.5, 0.5)]).everything.parameters["temperature"]
    assert one_value.bins is None and one_value.best is None and one_value.difference is None


def played(ideal: dict[str, float], seed: int, num_stories: int, **more: Any) -> Any:
    reader = Reader(more.pop("ranges", RANGES), ideal, **more)
    learner = Unteachable(RandomPolicy(reader.ranges))
    return play(learner, reader, seed, num_stories=num_stories, num_steps=6).observations


def test_a_hidden_taste_comes_to_light() -> None:
    """Ideals at 0.66 and 0.9; the interval holds them, and it is nearer than the mean of the chosen."""
    found = gather(played({"temperature": 0.26, "top_p": 0.8}, 11, 120)).everything.parameters
    for name, ideal in (("temperature", 0.66), ("top_p", 0.9)):
        one = found[name]
        assert one.best is not None and one.best.low is not None and one.best.high is not None
        assert one.best.low <= ideal <= one.best.high, one.best
        assert one.best.high - one.best.low < 0.15
        assert one.best.value == pytest.approx(ideal, abs=0.05)
        assert one.chosen is not None and one.rejected is not None
        assert abs(one.best.value - ideal) < abs(one.chosen.mean - ideal)
        assert abs(one.chosen.mean - ideal) < abs(one.rejected.mean - ideal)
    indifferent = found["repetition_penalty"].difference
    assert indifferent is not None and indifferent.low is not None and indifferent.high is not None
    assert indifferent.low <= 0 <= indifferent.high


def test_intervals_of_a_difference_hold_none_where_there_is_none_as_often_as_they_claim() -> None:
    held, sure = 0, 0
    for seed in range(60):
        found = gather(played({"temperature": 0.3}, seed, 10)).everything.parameters
        for name in ("top_p", "repetition_penalty"):
            gap = found[name].difference
            assert gap is not None and gap.low is not None and gap.high is not None
            held += gap.low <= 0 <= gap.high
        liked = found["temperature"].difference
        assert liked is not None and liked.high is not None
        sure += liked.high < 0
    assert 0.9 <= held / 120 <= 0.99
    assert sure >= 59


def test_a_taste_that_moves_with_the_story_shows_in_the_steps() -> None:
    sets = played({"temperature": 0.1}, 5, 80, drift={"temperature": 1.6})
    shrunk = [group.parameters["temperature"].shrunk for group in gather(sets).steps.values()]
    assert all(one is not None for one in shrunk)
    assert shrunk == sorted(shrunk, key=lambda one: one or 0)
    assert (shrunk[-1] or 0) - (shrunk[0] or 0) > 0.25


def test_what_is_best_is_told_by_the_newest_sets_in_whatever_order_they_come() -> None:
    def later(sets: Any, hours: int) -> list[Any]:
        return [
            replace(one, time=one.time + 10**4 * hours, story=f"{hours} {one.story}")
            for one in sets
        ]

    once = later(played({"temperature": 0.2}, 1, 45), 0)
    now = later(played({"temperature": 0.8}, 2, 45), 1)
    for sets in (once + now, now + once):
        best = gather(sets).everything.parameters["temperature"].best
        assert best is not None and best.value == pytest.approx(1.2, abs=0.05)


def test_a_coupling_does_not_pass_for_taste_in_the_driver() -> None:
    ranges = Ranges(
        (Range("top_k", "log", 5, 500), Range("temperature", "uniform", 0.4, 1.4)),
        (Coupling("top_k", "temperature", 0.3),),
    )
    gap = (
        gather(played({"top_k": 0.8}, 3, 60, ranges=ranges))
        .everything.parameters["top_k"]
        .difference
    )
    assert gap is not None and gap.low is not None and gap.low > 0


@pytest.fixture(scope="module")
def some() -> Any:
    return gather(played({"temperature": 0.3}, 1, 12, with_repetition={"temperature": 0.2}))


def test_statistics_come_back_from_json_as_they_were(some: Any) -> None:
    data = json.loads(json.dumps(statistics_json.to_json(some), allow_nan=False))
    assert statistics_json.from_json(data) == some
    empty = gather([])
    assert statistics_json.from_json(statistics_json.to_json(empty)) == empty


def broken(data: Any, path: str, value: Any) -> Any:
    *way, last = path.split(".")
    changed = copy.deepcopy(data)
    inner = changed
    for key in way:
        inner = inner[key]
    inner[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("version", 2, "another version"),
        ("more", 1, "'more'"),
        ("all", None, "all must be an object"),
        ("steps.201", {}, "'201'"),
        ("steps.one", {}, "'one'"),
        ("phases.end", {}, "'end'"),
        ("all.num_sets", -1, "all.num_sets"),
        ("all.num_sets", 1.5, "whole"),
        ("all.num_without_choice", 10**6, "more"),
        ("all.mean_taken", 1.1, "between 0 and 1"),
        ("all.parameters.heat", {}, "'heat'"),
        ("all.parameters.top_p.name", "top_k", "top_p.name"),
        ("all.parameters.top_p.chosen.mean", float("nan"), "number"),
        ("all.parameters.top_p.chosen.mean", 10**400, "between"),
        ("all.parameters.top_p.chosen.quantiles", [0.1, 0.2], "5 numbers"),
        ("all.parameters.top_p.chosen.quantiles", [5, 4, 3, 2, 1], "rise"),
        ("all.parameters.top_p.difference", {"value": 0, "low": 1, "high": 0}, "above high"),
        ("all.parameters.top_p.bins.scale", "cubic", "one of"),
        ("all.parameters.top_p.bins.edges", [1] * 13, "rise"),
        ("all.parameters.top_p.bins.chosen", [-1] * 12, "between"),
        ("all.parameters.top_p.shrunk", "x", "number"),
    ],
)
def test_statistics_that_are_wrong_are_refused_and_the_place_is_named(
    some: Any, path: str, value: Any, said: str
) -> None:
    with pytest.raises(BadRequestError) as error:
        statistics_json.from_json(broken(statistics_json.to_json(some), path, value))
    assert said in error.value.message


@pytest.mark.parametrize("data", [None, [], "x", {}, {"steps": {}}])
def test_what_is_no_file_of_statistics_is_refused(data: Any) -> None:
    with pytest.raises(BadRequestError, match="no file of statistics"):
        statistics_json.from_json(data)


def test_a_step_far_out_counts_as_the_last_one_kept() -> None:
    far = temperatures(0.5, 1.0, step=10**6)
    assert list(gather([far, replace(far, set="b", situation=Situation(0))]).steps) == [1, 200]


def test_sets_of_a_story_that_say_the_same_are_told_as_one_story_is() -> None:
    """Ten choices that are the same in each story tell hardly more of the reader than one of each."""
    once = played({"temperature": 0.3}, 3, 12)
    often = [replace(one, set=f"{at} {one.set}") for at in range(10) for one in once]

    def width(sets: Any) -> float:
        gap = gather(sets).everything.parameters["temperature"].difference
        assert gap is not None and gap.low is not None and gap.high is not None
        return gap.high - gap.low

    assert width(often) == pytest.approx(width(once))
    lone = [replace(one, story=one.set) for one in often]
    assert width(lone) < width(often) / 2
