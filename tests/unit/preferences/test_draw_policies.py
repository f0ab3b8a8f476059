"""Policies keep to the ranges, say how densely they draw, learn what was chosen, and come back from JSON."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.preferences import drawing, stored_policies
from storygen.preferences.features import context
from storygen.preferences.kernels import MOST_CHOICES, PerStepPolicy
from storygen.preferences.observations import Situation
from storygen.preferences.policies import FixedPolicy, RandomPolicy
from storygen.preferences.ranges import DEFAULTS, Coupling, Range, Ranges
from storygen.preferences.statistics import gather
from storygen.preferences.thompson import ThompsonPolicy
from tests.unit.preferences.shown import chosen_from

TWO = Ranges(
    (Range("temperature", "uniform", 0.4, 1.4), Range("top_k", "log", 5, 60)),
    (Coupling("top_k", "temperature", 0.5),),
)
HERE = Situation(2, 100, 0.1, 2.5)


def choices(ranges: Ranges, num: int = 30, *, liked: float = 0.6, step: int = 2) -> list[Any]:
    """Sets of four drawn evenly, of which the one is taken whose temperature is nearest to `liked`."""
    random = Random(7)
    found = []
    for story in range(num):
        cards = [dict(drawing.draw(ranges, random).params) for _ in range(4)]
        best = min(cards, key=lambda one: abs(one["temperature"] - liked))
        pairs = [(one, 0.9 * (one is best)) for one in cards]
        found.append(chosen_from(*pairs, step=step, story=str(story), situation=Situation(step)))
    return found


def policies(ranges: Ranges) -> list[Any]:
    sets = choices(ranges)
    statistics = gather(sets)
    return [
        RandomPolicy(ranges),
        FixedPolicy.learned(ranges, statistics, 0.1),
        PerStepPolicy(ranges),
        PerStepPolicy.learned(ranges, sets),
        PerStepPolicy.from_statistics(ranges, statistics),
        ThompsonPolicy.new(ranges),
        ThompsonPolicy.new(ranges).updated(sets),
    ]


NAMED = (
    "random",
    "fixed",
    "per_step, new",
    "per_step",
    "per_step, counts",
    "thompson, new",
    "thompson",
)


@pytest.fixture(params=range(len(NAMED)), ids=NAMED, scope="module")
def policy(request: pytest.FixtureRequest) -> Any:
    return policies(TWO)[request.param]


@pytest.mark.parametrize("at", range(len(NAMED)), ids=NAMED)
@pytest.mark.parametrize("ranges", [TWO, DEFAULTS], ids=("two", "defaults"))
def test_what_is_drawn_lies_within_the_ranges_and_has_the_density_that_it_says(
    at: int, ranges: Ranges
) -> None:
    policy = policies(ranges)[at]
    drawn = policy.draw(HERE, 9, Random(3))
    assert len(drawn) == 9
    for one in drawn:
        assert math.isfinite(drawing.log_density(ranges, one.params))
        assert one.log_density == pytest.approx(policy.log_density(HERE, one.params))
        assert math.isfinite(one.log_density)


def test_a_seed_gives_the_same_draws_again(policy: Any) -> None:
    assert policy.draw(HERE, 4, Random(5)) == policy.draw(HERE, 4, Random(5))
    assert policy.draw(HERE, 4, Random(5)) != policy.draw(HERE, 4, Random(6))


def total(policy: Any) -> float:
    """The density over a grid; parts that the coupling forbids have none."""
    found = 0.0
    for top_k in range(5, 61):
        for at in range(60):
            params = {"top_k": top_k, "temperature": 0.4 + (at + 0.5) / 60}
            found += math.exp(policy.log_density(HERE, params)) / 60
    return found


def test_the_density_sums_to_one(policy: Any) -> None:
    rough = 0.12 if policy.name == "thompson" else 0.02  # it is an estimate there
    assert total(policy) == pytest.approx(1, abs=rough)


def test_outside_of_the_ranges_nothing_is_drawn(policy: Any) -> None:
    assert policy.log_density(HERE, {"top_k": 60, "temperature": 1.0}) == -math.inf
    assert policy.log_density(HERE, {"top_k": 5}) == -math.inf


def test_densities_say_how_often_draws_fall_anywhere(policy: Any) -> None:
    """The share drawn below temperature 0.6, counted and by the density."""
    random = Random(1)
    drawn = [one for _ in range(60) for one in policy.draw(HERE, 9, random)]
    counted = sum(one.params["temperature"] < 0.6 for one in drawn) / len(drawn)
    by_density = sum(
        math.exp(policy.log_density(HERE, {"top_k": k, "temperature": 0.4 + (at + 0.5) / 100}))
        for k in range(5, 61)
        for at in range(20)
    )
    assert counted == pytest.approx(by_density / 100, abs=0.07)


def test_a_policy_comes_back_from_json_and_draws_the_same(policy: Any) -> None:
    data = json.loads(json.dumps(policy.to_json(), allow_nan=False))
    back = stored_policies.from_json(data)
    assert type(back) is type(policy)
    assert back.draw(HERE, 3, Random(2)) == policy.draw(HERE, 3, Random(2))
    assert back.to_json() == policy.to_json()


@pytest.mark.parametrize(
    "change", [{"policy": "other"}, {"version": 9}, {"more": 1}, {"ranges": 3}]
)
def test_what_is_no_such_policy_is_refused(policy: Any, change: dict[str, Any]) -> None:
    data = {**copy.deepcopy(policy.to_json()), **change}
    with pytest.raises(BadRequestError):
        type(policy).from_json(data)
    with pytest.raises(BadRequestError):
        stored_policies.from_json(data)


def test_the_average_of_the_chosen_is_drawn_each_time_and_has_no_density() -> None:
    policy = FixedPolicy(TWO, {2: {"temperature": 0.7, "top_k": 20.4}, 5: {"temperature": 0.9}})
    drawn = policy.draw(Situation(3), 2, Random(1))
    assert [dict(one.params) for one in drawn] == [{"temperature": 0.7, "top_k": 20}] * 2
    assert (
        drawn[0].log_density is None and policy.log_density(Situation(3), drawn[0].params) is None
    )
    assert policy.draw(Situation(1), 1, Random(1))[0].params["temperature"] == 0.7
    assert policy.draw(Situation(9), 1, Random(1))[0].params["temperature"] == 0.9


def test_an_average_beyond_the_coupling_is_moved_to_its_edge() -> None:
    policy = FixedPolicy(TWO, {1: {"temperature": 1.4, "top_k": 60}})
    assert policy.draw(HERE, 1, Random(1))[0].params == {
        "temperature": pytest.approx(0.9),
        "top_k": 60,
    }
    assert FixedPolicy(TWO, {}).draw(HERE, 1, Random(1))[0].params["top_k"] == 17


def test_the_learned_average_is_that_of_the_chosen() -> None:
    sets = choices(TWO, 60)
    policy = FixedPolicy.learned(TWO, gather(sets))
    mean = sum(one.chosen.params["temperature"] for one in sets) / 60
    assert policy.draw(HERE, 1, Random(1))[0].params["temperature"] == pytest.approx(mean, abs=0.02)


def mean_temperature(policy: Any, step: int) -> float:
    drawn = policy.draw(Situation(step), 300, Random(4))
    return sum(one.params["temperature"] for one in drawn) / 300


@pytest.mark.parametrize("how", ["choices", "counts"])
def test_each_step_draws_near_what_was_chosen_there(how: str) -> None:
    sets = choices(TWO, 30, liked=0.5, step=1) + choices(TWO, 30, liked=1.0, step=8)
    policy = (
        PerStepPolicy.learned(TWO, sets, 0.0)
        if how == "choices"
        else PerStepPolicy.from_statistics(TWO, gather(sets), 0.0)
    )
    first, middle, last = (mean_temperature(policy, step) for step in (1, 4, 8))
    assert first == pytest.approx(0.57, abs=0.07)
    assert last == pytest.approx(0.9, abs=0.09)
    assert first < middle < last


def test_what_goes_well_only_together_is_drawn_together() -> None:
    pairs = [({"temperature": 0.45, "top_k": 55}, 1.0), ({"temperature": 1.35, "top_k": 5}, 1.0)]
    sets = [chosen_from(pair, story=str(at)) for at in range(20) for pair in pairs]
    policy = PerStepPolicy.learned(TWO, sets, 0.0)
    drawn = [one.params for one in policy.draw(Situation(1), 200, Random(1))]
    assert sum(one["temperature"] < 0.7 and one["top_k"] < 8 for one in drawn) < 20
    assert sum(one["temperature"] < 0.7 for one in drawn) > 60


def test_a_share_is_drawn_evenly_so_that_no_density_is_less() -> None:
    even = RandomPolicy(TWO)
    far = {"temperature": 1.39, "top_k": 5}
    base = even.log_density(HERE, far)
    assert base is not None
    for policy in (
        PerStepPolicy.learned(TWO, choices(TWO)),
        ThompsonPolicy.new(TWO).updated(choices(TWO)),
    ):
        found = policy.log_density(HERE, far)
        assert found is not None
        assert found >= base + math.log(policy.even_share) - 1e-9


def test_only_the_newest_choices_are_kept() -> None:
    sets = choices(TWO, MOST_CHOICES + 5)
    assert len(PerStepPolicy.learned(TWO, sets).choices) == MOST_CHOICES


def test_what_the_program_chose_by_itself_is_not_learned_from_unless_asked() -> None:
    auto = [
        chosen_from(
            ({"temperature": 0.5, "top_k": 9}, 1.0),
            ({"temperature": 1.0, "top_k": 9}, 0.0),
            by="auto",
        )
    ]
    assert PerStepPolicy.learned(TWO, auto).choices == ()
    assert len(PerStepPolicy.learned(TWO, auto, by=None).choices) == 1
    assert ThompsonPolicy.new(TWO).updated(auto).model.num_told == 0
    assert ThompsonPolicy.new(TWO).updated(auto, by="auto").model.num_told == 1


def test_thompson_sampling_comes_to_draw_what_is_chosen_and_more_surely_with_more() -> None:
    def far(num: int) -> float:
        policy = ThompsonPolicy.new(TWO, even_share=0.0, with_densities=False)
        drawn = policy.updated(choices(TWO, num)).draw(Situation(2), 150, Random(2))
        return sum(abs(one.params["temperature"] - 0.6) for one in drawn) / 150

    none, few, many = far(0), far(8), far(100)
    assert many < few < none
    assert many < 0.1 < 0.2 < none


def test_thompson_sampling_learned_in_parts_is_learned_at_once() -> None:
    sets = choices(TWO, 12)
    at_once = ThompsonPolicy.new(TWO).updated(sets)
    in_parts = ThompsonPolicy.new(TWO).updated(sets[:5]).updated(sets[5:])
    assert in_parts.to_json() == at_once.to_json()


def test_sets_that_lack_a_drawn_parameter_teach_nothing() -> None:
    sets = [chosen_from(({"temperature": 0.5}, 1.0), ({"temperature": 1.0}, 0.0))]
    assert ThompsonPolicy.new(TWO).updated(sets).model.num_told == 0
    assert PerStepPolicy.learned(TWO, sets).choices == ()


def test_nothing_drawn_is_no_trouble() -> None:
    fixed = Ranges(())
    for policy in (RandomPolicy(fixed), PerStepPolicy(fixed), ThompsonPolicy.new(fixed)):
        assert [(dict(one.params), one.log_density) for one in policy.draw(HERE, 1, Random(1))] == [
            ({}, 0.0)
        ]


@pytest.mark.parametrize("data", [None, [], {}, {"version": 1}, {"version": 1, "policy": []}])
def test_what_is_no_policy_at_all_is_refused(data: Any) -> None:
    with pytest.raises(BadRequestError):
        stored_policies.from_json(data)


def test_every_policy_can_be_read_by_its_name() -> None:
    assert {policy.name for policy in policies(TWO)} == set(stored_policies.NAMES)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("per_step.choices", [{"step": 1, "weight": 0, "centres": {}}], "weight"),
        (
            "per_step.choices",
            [{"step": 1, "weight": 1, "centres": {"top_k": [2]}}],
            "between 0 and 1",
        ),
        ("per_step.choices", [{"step": 1, "weight": 1, "centres": {"top_k": []}}], "1 numbers"),
        ("per_step.choices", [{"step": 1, "weight": 1, "centres": {"heat": [0]}}], "'heat'"),
        (
            "per_step.choices",
            [{"step": 1, "weight": 1, "centres": {"top_k": [0, 1]}, "shares": {"top_k": [1, 1]}}],
            "1 together",
        ),
        ("per_step.even_share", 1.5, "between 0 and 1"),
        ("fixed.steps", {"0": {}}, "'0'"),
        ("fixed.steps", {"1": {"top_k": "x"}}, "number"),
        ("fixed.jitter", -1, "between 0 and 1"),
        ("thompson.num_tried", 0, "between 1"),
        ("thompson.boldness", float("nan"), "number"),
        ("thompson.model", {}, "numbers|list"),
    ],
)
def test_parts_of_a_policy_that_are_wrong_are_named(path: str, value: Any, said: str) -> None:
    name, part = path.split(".")
    made = next(one for one in policies(TWO) if one.name == name).to_json()
    with pytest.raises(BadRequestError, match=said):
        stored_policies.from_json({**made, part: value})


def test_numbers_of_a_situation_that_are_none_do_not_spoil_what_is_learned() -> None:
    odd = Situation(2, 0, math.nan, math.nan)
    policy = ThompsonPolicy.new(TWO).updated(
        [replace(one, situation=odd) for one in choices(TWO, 3)]
    )
    assert all(math.isfinite(one) for one in policy.model.mean)
    assert all(math.isfinite(one) for one in context(Situation(10**9, 0, math.inf, -math.inf)))
