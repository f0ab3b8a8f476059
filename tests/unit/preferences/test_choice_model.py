"""The model of choices and the algebra below it: known answers, known weights, and how sure it is."""

from __future__ import annotations

import copy
import json
import math
from random import Random
from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.preferences import linear
from storygen.preferences.logit import ChoiceModel

TRUE = [1.5, -2.0, 0.0]


def some_matrix(random: Random, num: int) -> list[list[float]]:
    rows = [[random.gauss(0, 1) for _ in range(num)] for _ in range(num + 3)]
    return [
        [linear.dot(one, other) for other in zip(*rows, strict=True)]
        for one in zip(*rows, strict=True)
    ]


def test_a_root_times_itself_is_the_matrix_and_solves_equations() -> None:
    random = Random(1)
    matrix = some_matrix(random, 12)
    root = linear.cholesky(matrix)
    wanted = [random.gauss(0, 1) for _ in range(12)]
    values = [linear.dot(row, wanted) for row in matrix]
    assert linear.backward(root, linear.forward(root, values)) == pytest.approx(wanted)
    with pytest.raises(ValueError, match=r"math domain|singular"):
        linear.cholesky([[1.0, 2.0], [2.0, 1.0]])


def test_a_ridge_without_penalty_is_least_squares_and_with_one_is_smaller() -> None:
    rows = [[1.0, at / 10] for at in range(10)]
    values = [2.0 - 3.0 * row[1] for row in rows]
    assert linear.ridge(rows, values, 1e-12) == pytest.approx([2.0, -3.0])
    assert abs(linear.ridge(rows, values, 5.0)[1]) < 2


def sets(
    random: Random, num: int, true: list[float]
) -> list[tuple[list[list[float]], list[float]]]:
    """Each of four members, of which one is chosen with the chances of the model."""
    found = []
    for _ in range(num):
        rows = [[random.uniform(-1, 1) for _ in true] for _ in range(4)]
        chances = [math.exp(linear.dot(true, row)) for row in rows]
        best = random.choices(range(4), chances)[0]
        found.append((rows, [float(at == best) for at in range(4)]))
    return found


def learned(random: Random, num: int) -> ChoiceModel:
    model = ChoiceModel.empty(3)
    for rows, weights in sets(random, num, TRUE):
        model = model.with_set(rows, weights)
    return model


def spreads(model: ChoiceModel, random: Random) -> list[float]:
    drawn = [model.sample(random) for _ in range(400)]
    return [
        math.sqrt(sum((one - mean) ** 2 for one in column) / 400)
        for column, mean in zip(zip(*drawn, strict=True), model.mean, strict=True)
    ]


def test_the_weights_by_which_was_chosen_are_found() -> None:
    assert learned(Random(3), 1500).mean == pytest.approx(TRUE, abs=0.2)


def test_set_after_set_comes_to_what_all_at_once_says() -> None:
    """The gradient of the whole posterior vanishes near the mean that came set by set."""
    told = sets(Random(6), 300, TRUE)
    model = ChoiceModel.empty(3)
    for rows, weights in told:
        model = model.with_set(rows, weights)
    gradient = [-0.4 * one for one in model.mean]
    for rows, weights in told:
        odds = [math.exp(linear.dot(model.mean, row)) for row in rows]
        for row, weight, odd in zip(rows, weights, odds, strict=True):
            for at, one in enumerate(row):
                gradient[at] += (weight - odd / sum(odds)) * one
    off = [one * spread**2 for one, spread in zip(gradient, spreads(model, Random(1)), strict=True)]
    assert off == pytest.approx([0, 0, 0], abs=0.05)


def test_it_is_as_sure_as_it_is_right() -> None:
    """Over 60 readers, 95 % of the true weights lie within 1.96 posterior deviations of the mean."""
    held = 0
    for seed in range(60):
        random = Random(seed)
        model = learned(random, 80)
        for mean, spread, true in zip(model.mean, spreads(model, random), TRUE, strict=True):
            held += abs(mean - true) < 1.96 * spread
    assert 0.9 <= held / 180 <= 0.99


def test_more_sets_leave_less_to_try() -> None:
    random = Random(4)
    few, many = learned(random, 20), learned(random, 400)
    assert max(spreads(many, random)) < 0.4 * min(spreads(few, random))


def test_a_fraction_tells_less_than_the_whole_and_nothing_tells_nothing() -> None:
    model, rows = ChoiceModel.empty(2), [[1.0, 0.0], [-1.0, 0.5]]
    whole = model.with_set(rows, [1.0, 0.0])
    half = model.with_set(rows, [0.5, 0.0])
    assert 0 < half.mean[0] < whole.mean[0]
    assert model.with_set(rows, [0.0, 0.0]) is model
    assert model.with_set(rows[:1], [1.0]) is model
    assert model.mean == [0.0, 0.0] and model.num_told == 0
    assert (half.num_told, whole.num_told) == (0.5, 1.0)


def test_boldness_scales_what_is_tried() -> None:
    model = learned(Random(1), 50)
    assert model.sample(Random(2), 0.0) == model.mean
    far, near = model.sample(Random(2)), model.sample(Random(2), 0.5)
    for one, other, mean in zip(far, near, model.mean, strict=True):
        assert other - mean == pytest.approx((one - mean) / 2)


def test_a_model_comes_back_from_json() -> None:
    model = learned(Random(1), 30)
    back = ChoiceModel.from_json(json.loads(json.dumps(model.to_json())), 3, "model")
    assert back.to_json() == model.to_json()
    assert back.sample(Random(5)) == model.sample(Random(5))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("mean", [1.0, 2.0], "3 numbers"),
        ("mean", [1.0, float("nan"), 0.0], "number"),
        ("precision", [[1.0, 0, 0], [0, 1.0, 0]], "matrix of 3"),
        ("precision", [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 0]], "positive"),
        ("precision", [[1.0, 0.5, 0], [0, 1.0, 0], [0, 0, 1]], "symmetric"),
        ("precision", [[1.0, 2, 0], [2, 1.0, 0], [0, 0, 1]], "positive"),
        ("num_told", -1, "between"),
        ("more", 1, "'more'"),
    ],
)
def test_a_model_that_is_none_is_refused(field: str, value: Any, said: str) -> None:
    data = copy.deepcopy(learned(Random(1), 3).to_json())
    data[field] = value
    with pytest.raises(BadRequestError, match=said):
        ChoiceModel.from_json(data, 3, "model")
