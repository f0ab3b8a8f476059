"""What an automatic writer does when its story stagnates: seen, done in steps, within bounds, and over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storygen.engine.sampling.parameters import check_params
from storygen.preferences import reactions
from storygen.preferences.ranges import DEFAULTS, Ranges

PROSE = " ".join(f"word{number}" for number in range(120))
LOOP = PROSE + " the door was open and she went in" * 20
SOME = (
    PROSE + " the old house on the hill was dark again" * 5
)  # repeats, but in no circle of 60 words


def test_it_sees_circles_repetition_and_words_that_grow_certain() -> None:
    assert reactions.sign_in(PROSE, ()) == ""
    assert reactions.sign_in(LOOP, ()) == "circle"
    assert reactions.sign_in(SOME, ()) == "repeats"
    assert reactions.sign_in(PROSE, (2.0, 1.6, 1.2, 0.8, 0.4)) == "certain"
    assert reactions.sign_in(PROSE, (3.0, 2.7, 2.4, 2.1, 1.8)) == ""  # still chooses
    assert reactions.sign_in(PROSE, (0.5, 0.4)) == ""  # too few


def test_a_level_stays_while_it_helps_and_rises_while_it_does_not() -> None:
    assert reactions.next_level(PROSE, LOOP, "circle", 0) == 1
    assert reactions.next_level(LOOP, LOOP, "circle", 1) == 2
    assert reactions.next_level(LOOP, SOME, "repeats", 2) == 2
    assert reactions.next_level(SOME, PROSE, "", 2) == 0


@pytest.mark.parametrize("level", range(1, reactions.MOST_LEVELS + 1))
def test_ranges_move_up_within_bounds(level: int) -> None:
    moved = reactions.moved_ranges(DEFAULTS, level)
    was, now = DEFAULTS["temperature"], moved["temperature"]
    assert was.low < now.low <= now.high <= reactions.MOST_TEMPERATURE and now.high > was.high
    penalty = moved["repetition_penalty"]
    assert 1.0 < penalty.low <= penalty.high <= reactions.MOST_PENALTY
    assert moved["top_k"] == DEFAULTS["top_k"] and moved.couplings == DEFAULTS.couplings


def test_nothing_moves_without_a_level() -> None:
    params = check_params({})
    assert reactions.moved_ranges(DEFAULTS, 0) is DEFAULTS
    assert reactions.moved_params(params, DEFAULTS, "", 0) == params


@pytest.mark.parametrize("level", range(1, reactions.MOST_LEVELS + 1))
@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0])
def test_fixed_parameters_move_up_within_bounds_and_never_down(
    level: int, temperature: float
) -> None:
    params = check_params({"temperature": temperature, "max_tokens": 20})
    moved = reactions.moved_params(params, Ranges(()), "circle", level)
    assert check_params(moved) == moved
    assert temperature <= moved["temperature"] <= max(temperature, reactions.MOST_TEMPERATURE)
    assert 0 < moved["dry_multiplier"] <= reactions.MOST_DRY
    assert moved["repetition_penalty"] > 1.0


def test_what_is_drawn_is_left_to_its_range() -> None:
    params = check_params({"temperature": 0.6, "max_tokens": 20})
    moved = reactions.moved_params(params, DEFAULTS, "repeats", 2)
    assert moved["temperature"] == 0.6 and moved["dry_multiplier"] > 0


def test_a_text_that_had_nothing_to_add_may_not_end_at_once() -> None:
    params = check_params({"max_tokens": 8})
    moved = [reactions.moved_params(params, DEFAULTS, "nothing", level) for level in (1, 2)]
    assert [one["min_tokens"] for one in moved] == [6, 8]


def test_candidates_that_repeat_are_passed_over_where_others_are_there() -> None:
    loop = " the door was open and she went in"
    assert reactions.fresh(LOOP, [loop, " Then rain fell at last.", "  "]) == [1]
    assert reactions.fresh(LOOP, [loop, loop]) == [0, 1]


def test_it_says_what_it_does() -> None:
    assert reactions.words("repeats", 1) == "It repeats itself: warmer"
    assert reactions.words("repeats", 0) == ""
    assert "did not help" in reactions.last_words("circle")


def test_a_range_keeps_a_fifth_of_its_width_at_every_level() -> None:
    was = DEFAULTS["temperature"]
    for level in range(1, reactions.MOST_LEVELS + 1):
        moved = reactions.moved_ranges(DEFAULTS, level)["temperature"]
        assert moved.high - moved.low >= (was.high - was.low) / 5 - 1e-3
        assert moved.low >= was.low
    high = Ranges((replace(was, low=1.0, high=1.7),))  # already beyond where it would be moved to
    assert reactions.moved_ranges(high, reactions.MOST_LEVELS)["temperature"].low < 1.6
