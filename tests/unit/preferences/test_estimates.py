"""Averages, quantiles and intervals say what textbooks say, and hold the truth as often as they claim."""

from __future__ import annotations

import statistics
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storygen.preferences import estimates
from storygen.preferences.estimates import Interval


@pytest.mark.parametrize(
    ("freedom", "expected"), [(1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (20, 2.086)]
)
def test_students_quantiles_are_those_of_the_tables(freedom: int, expected: float) -> None:
    assert estimates.t_quantile(0.975, freedom) == pytest.approx(expected, rel=0.01)


def test_equal_weights_tell_as_much_as_there_are_values() -> None:
    assert estimates.effective_number([0.3] * 7) == pytest.approx(7)
    assert estimates.effective_number([1.0, 0.0, 0.0]) == 1
    assert estimates.effective_number([]) == 0


def test_weighted_quantiles_are_the_values_at_which_the_weight_is_reached() -> None:
    assert estimates.quantiles([3.0, 1.0, 2.0], [1, 1, 2], (0.1, 0.25, 0.5, 0.75, 0.9)) == (
        1,
        1,
        2,
        2,
        3,
    )


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_the_median_of_equal_weights_is_the_lower_median(values: list[float]) -> None:
    found = estimates.quantiles(values, [1.0] * len(values), (0.0, 0.5, 1.0))
    assert found == (min(values), statistics.median_low(values), max(values))


def test_a_clustered_interval_widens_when_values_of_a_cluster_agree() -> None:
    values = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.4, 0.4, 0.4]
    alone = estimates.clustered_mean(values, [1.0] * 9, range(9))
    together = estimates.clustered_mean(values, [1.0] * 9, "aaabbbccc")
    assert alone.value == pytest.approx(together.value)
    assert together.low is not None and alone.low is not None and together.low < alone.low - 0.2
    assert estimates.clustered_mean([1.0, 2.0], [1, 1], "aa") == Interval(1.5, None, None)


def test_where_each_value_is_its_own_cluster_the_interval_is_students() -> None:
    values = [0.0, 2.0, 3.0, 7.0]
    found = estimates.clustered_mean(values, [1.0] * 4, range(4))
    reach = estimates.t_quantile(0.975, 3) * statistics.stdev(values) / 2
    assert (found.value, found.low, found.high) == pytest.approx((3.0, 3.0 - reach, 3.0 + reach))


def test_clustered_intervals_hold_the_truth_as_often_as_they_claim() -> None:
    random, held = Random(4), 0
    for _ in range(400):
        values, weights, clusters = [], [], []
        for cluster in range(12):
            mood = random.gauss(0, 1)
            for _ in range(random.randint(2, 8)):
                values.append(mood + random.gauss(0, 1))
                weights.append(random.uniform(0.2, 1))
                clusters.append(cluster)
        found = estimates.clustered_mean(values, weights, clusters)
        assert found.low is not None and found.high is not None
        held += found.low <= 0 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_few_data_at_a_step_are_drawn_toward_the_neighbours_and_many_are_not() -> None:
    means = {1: 0.2, 2: 0.3, 3: 2.0, 4: 0.5, 5: 0.6}
    few = estimates.pooled_by_step(means, {1: 50, 2: 50, 3: 1, 4: 50, 5: 50}, 0.25)
    many = estimates.pooled_by_step(means, {1: 50, 2: 50, 3: 500, 4: 50, 5: 50}, 0.25)
    assert few[3] < 1.0 and many[3] == pytest.approx(2.0, abs=0.01)
    assert few[1] == pytest.approx(0.2, abs=0.05)


def test_near_steps_count_for_more_than_far_ones() -> None:
    means = {1: 0.0, 2: 0.0, 3: 0.5, 8: 0.5, 9: 1.0, 10: 1.0}
    sizes = {1: 50, 2: 50, 3: 0.1, 8: 0.1, 9: 50, 10: 50}
    pooled = estimates.pooled_by_step(means, sizes, 0.25)
    assert pooled[3] < 0.25 and pooled[8] > 0.75


def test_steps_that_differ_no_more_than_chance_get_the_overall_mean() -> None:
    pooled = estimates.pooled_by_step({1: 0.49, 2: 0.51}, {1: 3, 2: 3}, 1.0)
    assert pooled == {1: pytest.approx(0.5), 2: pytest.approx(0.5)}
    assert estimates.pooled_by_step({}, {}, 1.0) == {}
    assert estimates.pooled_by_step({4: 0.7}, {4: 1}, 0.0) == {4: 0.7}


def test_pooled_means_are_nearer_to_the_truth_than_plain_ones() -> None:
    random, plain_error, pooled_error = Random(9), 0.0, 0.0
    for _ in range(200):
        truth = {step: 0.5 + 0.05 * step + random.gauss(0, 0.05) for step in range(1, 9)}
        sizes = {step: random.randint(1, 6) for step in truth}
        means = {
            step: sum(random.gauss(at, 0.3) for _ in range(sizes[step])) / sizes[step]
            for step, at in truth.items()
        }
        pooled = estimates.pooled_by_step(means, sizes, 0.09)
        plain_error += sum((means[step] - truth[step]) ** 2 for step in truth)
        pooled_error += sum((pooled[step] - truth[step]) ** 2 for step in truth)
    assert pooled_error < 0.6 * plain_error
