"""Draws lie within ranges and couplings, their density is one, and a seed says it all."""

from __future__ import annotations

import math
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storygen.preferences import drawing
from storygen.preferences.drawing import Kernels
from storygen.preferences.ranges import DEFAULTS, NAMES, Coupling, Range, Ranges

BOUNDS = {
    "temperature": (0.1, 5),
    "top_k": (1, 1000),
    "top_p": (0.01, 1),
    "min_p": (0.001, 1),
    "typical_p": (0.01, 1),
    "repetition_penalty": (0.5, 3),
    "max_tokens": (1, 3000),
}


@st.composite
def any_ranges(draw: st.DrawFn) -> Ranges:
    order = draw(st.permutations(NAMES))
    found = []
    for name in order:
        low, high = BOUNDS[name]
        values = (
            st.integers(int(low), int(high))
            if name in ("top_k", "max_tokens")
            else st.floats(low, high)
        )
        ends = sorted((draw(values), draw(values)))
        found.append(Range(name, draw(st.sampled_from(("fixed", "uniform", "log"))), *ends))
    drivers = draw(st.lists(st.integers(-1, 5), min_size=6, max_size=6))
    couplings = tuple(
        Coupling(order[driver], order[driven], draw(st.floats(0, 1)))
        for driven, driver in enumerate(drivers, 1)
        if 0 <= driver < driven
    )
    return Ranges(tuple(found), couplings)


@settings(deadline=None)
@given(any_ranges(), st.integers(0, 2**32))
def test_every_draw_lies_within_its_ranges_and_couplings(ranges: Ranges, seed: int) -> None:
    drawn = drawing.draw(ranges, Random(seed))
    assert set(drawn.params) == {one.name for one in ranges.ranges if one.scale != "fixed"}
    for one in ranges.drawn:
        value = drawn.params[one.name]
        assert one.low <= value <= one.high
        assert isinstance(value, int) == one.whole
    for coupling in ranges.couplings:
        driver, driven = ranges[coupling.driver], ranges[coupling.driven]
        if driver in ranges.drawn and driven in ranges.drawn:
            position = driver.position(drawn.params[driver.name])
            top = driven.high - coupling.strength * (driven.high - driven.low) * position
            assert drawn.params[driven.name] <= top + 1e-9
    assert drawn.log_density is not None and math.isfinite(drawn.log_density)


@settings(deadline=None)
@given(any_ranges(), st.integers(0, 2**32))
def test_a_seed_gives_the_same_draw_again(ranges: Ranges, seed: int) -> None:
    assert drawing.draw(ranges, Random(seed)) == drawing.draw(ranges, Random(seed))


@settings(deadline=None)
@given(any_ranges(), st.integers(0, 2**32))
def test_what_is_moved_inside_is_inside_and_stays_there(ranges: Ranges, seed: int) -> None:
    random = Random(seed)
    wild = {name: random.uniform(-1, 3000) for name in NAMES}
    moved = drawing.inside(ranges, wild)
    assert math.isfinite(drawing.log_density(ranges, moved))
    assert drawing.inside(ranges, moved) == moved


def coupled(driver: Range, driven: Range, strength: float) -> Ranges:
    return Ranges((driver, driven), (Coupling(driver.name, driven.name, strength),))


TEMPERATURE = Range("temperature", "log", 0.5, 1.5)
TOP_P = Range("top_p", "uniform", 0.6, 1.0)
TOP_K = Range("top_k", "log", 3, 40)
SHAPES: dict[str, Any] = {
    "temperature": Kernels((0.1, 0.9), 0.2, (0.3, 0.7)),
    "top_k": Kernels((0.4, 0.8), 0.1, (0.5, 0.5)),
}


def middles(one: Range, num: int = 200) -> list[float]:
    if one.whole:
        return [float(value) for value in range(int(one.low), int(one.high) + 1)]
    return [one.low + (at + 0.5) * (one.high - one.low) / num for at in range(num)]


@pytest.mark.parametrize("shapes", [{}, SHAPES])
@pytest.mark.parametrize(
    "ranges",
    [
        coupled(TOP_P, TEMPERATURE, 0.7),
        coupled(TOP_K, TEMPERATURE, 0.5),
        coupled(TEMPERATURE, TOP_K, 0.8),
        Ranges((TOP_K, TOP_P)),
    ],
)
def test_the_density_sums_to_one_over_a_grid(ranges: Ranges, shapes: dict[str, Any]) -> None:
    first, second = ranges.drawn
    total = 0.0
    for one in middles(first):
        for other in middles(second):
            density = drawing.shaped_log_density(
                ranges, shapes, {first.name: one, second.name: other}
            )
            total += math.exp(density)
    for axis in (first, second):
        total *= 1 if axis.whole else (axis.high - axis.low) / 200
    assert total == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("shapes", [{}, SHAPES])
def test_draws_come_as_often_as_their_density_says(shapes: dict[str, Any]) -> None:
    ranges, random = coupled(TOP_K, TEMPERATURE, 0.5), Random(8)
    drawn = [drawing.shaped_params(ranges, shapes, random) for _ in range(20000)]
    only = Ranges((TOP_K,))
    counts = Counter(one["top_k"] for one in drawn)
    for value in range(3, 41):
        expected = math.exp(drawing.shaped_log_density(only, shapes, {"top_k": value}))
        assert counts[value] / 20000 == pytest.approx(expected, abs=4 * math.sqrt(expected / 20000))
    below = sum(one["temperature"] < 0.7 for one in drawn) / 20000
    grid = [0.5 + (at + 0.5) * 0.2 / 60 for at in range(60)]
    expected = sum(
        math.exp(drawing.shaped_log_density(ranges, shapes, {"top_k": k, "temperature": t}))
        * 0.2
        / 60
        for k in range(3, 41)
        for t in grid
    )
    assert below == pytest.approx(expected, abs=0.015)


def test_outside_of_ranges_and_couplings_nothing_is_drawn() -> None:
    ranges = coupled(TOP_K, TEMPERATURE, 0.5)
    inside = {"top_k": 40, "temperature": 0.9, "top_p": 7}
    assert math.isfinite(drawing.log_density(ranges, inside))
    for change in (
        {"temperature": 1.1},
        {"temperature": 0.4},
        {"top_k": 2},
        {"top_k": 3.5},
        {"top_k": None},
        {"temperature": math.nan},
        {"temperature": "1"},
        {"temperature": 10**400},
    ):
        assert drawing.log_density(ranges, {**inside, **change}) == -math.inf, change
    assert drawing.log_density(ranges, {"top_k": 5}) == -math.inf


def test_a_range_of_one_value_gives_it_with_certainty() -> None:
    ranges = Ranges((Range("top_k", "log", 40, 40), Range("top_p", "uniform", 0.9, 0.9)))
    drawn = drawing.draw(ranges, Random(1))
    assert (dict(drawn.params), drawn.log_density) == ({"top_k": 40, "top_p": 0.9}, 0.0)


def test_a_full_coupling_leaves_one_value_at_the_drivers_end() -> None:
    ranges = coupled(TOP_K, TOP_P, 1.0)
    mass = math.log(TOP_K.position(40.5) - TOP_K.position(39.5)) - math.log(
        TOP_K.position(40.5) - TOP_K.position(2.5)
    )
    assert drawing.log_density(ranges, {"top_k": 40, "top_p": 0.6}) == pytest.approx(mass)


def test_a_drawn_length_ends_what_was_endless() -> None:
    drawn = drawing.draw(DEFAULTS, Random(3))
    mine = {"limit": "endless", "temperature": 3.0, "typical_p": 0.5}
    full = drawn.over(mine)
    assert full == {**mine, **drawn.params, "limit": "tokens"}
    assert drawn.over({"limit": "sentence"})["limit"] == "sentence"
    assert drawing.Draw({}, 0.0).over(mine) == mine
