"""Where liking is highest is found from choices, and only where there is such a place."""

from __future__ import annotations

import math
import statistics
from random import Random

import pytest

from storygen.preferences import estimates
from storygen.preferences.tops import Set, top_of_liking


def choices(random: Random, num: int, top: float, bend: float, *, high: float = 1.0) -> list[Set]:
    """Choices among four by exp(-bend * (x - top)²), what is accepted graded by liking."""
    sets: list[Set] = []
    for cluster in range(num):
        xs = [high * random.random() for _ in range(4)]
        liking = [math.exp(-bend * (x - top) ** 2) for x in xs]
        best = random.choices(range(4), liking)[0]
        graded = liking[best] if bend > 0 else 0.5
        sets.append((cluster, [(x, graded * (at == best)) for at, x in enumerate(xs)]))
    return sets


@pytest.mark.parametrize(("top", "high"), [(0.7, 1.0), (0.1, 1.0), (0.7, 0.8)])
def test_the_top_is_found_wherever_it_is_and_its_interval_holds_it(top: float, high: float) -> None:
    random, held, found, errors = Random(2), 0, [], []
    for _ in range(100):
        one = top_of_liking(choices(random, 150, top, 12.0, high=high))
        if one is not None:
            assert one.low is not None and one.high is not None
            held += one.low <= top <= one.high
            found.append(one.value)
            errors.append((one.high - one.low) / (2 * 1.98))
    assert len(found) >= 85
    assert estimates.mean(found) == pytest.approx(top, abs=0.03)
    assert 0.9 <= held / len(found) <= 1
    if top == 0.7 and high == 1.0:
        assert estimates.mean(errors) == pytest.approx(statistics.stdev(found), rel=0.2)


def test_what_does_not_bend_down_has_no_top() -> None:
    assert top_of_liking(choices(Random(1), 100, 0.5, -8.0)) is None
    flat = [top_of_liking(choices(Random(at), 60, 0.5, 0.0)) for at in range(100)]
    assert sum(one is None for one in flat) >= 88


def test_what_says_nothing_has_no_top() -> None:
    assert top_of_liking([]) is None
    assert top_of_liking([(0, [(0.5, 1.0), (0.5, 0.0)])]) is None
    assert top_of_liking([(0, [(0.2, 0.0), (0.5, 0.0)])]) is None
    assert top_of_liking([(0, [(0.4, 1.0), (0.0, 0.0), (1.0, 0.0)])] * 9) is None


@pytest.mark.parametrize("x", [0.0, 0.1, 0.3, 1.0])
def test_sets_whose_members_are_alike_or_none_have_no_top(x: float) -> None:
    assert top_of_liking([(at, [(x, 1.0), (x, 0.0), (x, 0.0)]) for at in range(30)]) is None
    assert top_of_liking([(at, []) for at in range(30)]) is None
