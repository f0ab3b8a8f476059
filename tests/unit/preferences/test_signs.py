"""What repeats, falls or runs in a circle is seen, in any script; good prose is left alone."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storygen.preferences import signs
from storygen.preferences.observations import Situation

PROSE = (
    "The harbour was quiet when Marta came down the steps, her coat still wet from the night before. "
    "Nobody had lit the lamps. A dog lay under the nets and watched her pass without lifting its head, and "
    "somewhere beyond the mole a bell moved with the swell, once, twice, then not at all. She had meant to "
    "speak to the pilot first. Instead she sat on an upturned crate and counted the coins that were left: "
    "nine, and one of them foreign. It would have to do. By the time the sun stood over the customs house "
    "she had eaten half the bread, mended a strap, and made up her mind to lie."
)


def test_good_prose_hardly_repeats_itself() -> None:
    assert signs.repetition(PROSE) < 0.02


def test_a_sentence_over_and_over_is_nearly_all_repetition() -> None:
    assert signs.repetition(PROSE + " He said that it was over." * 40) > 0.9


@pytest.mark.parametrize(
    "unit",
    ["la ", "猫が好きです。", "ไปกันเถอะ", "كان هناك رجل. ", "हिन्दी में ", "!", "a", "😀"],
)
def test_one_thing_over_and_over_is_repetition_in_any_script(unit: str) -> None:
    assert signs.repetition(unit * 300) > 0.9


def test_chinese_prose_without_repetition_is_left_alone() -> None:
    text = (
        "那天清晨港口十分安静玛尔塔沿着石阶走下来外套仍然湿着没有人点灯一条狗躺在渔网底下看她经过"
    )
    assert signs.repetition(text) == 0


def test_only_the_last_two_hundred_words_count() -> None:
    fresh = " ".join(f"w{at}" for at in range(200))
    assert signs.repetition("la " * 500 + fresh) == 0
    assert signs.repetition(fresh + " la" * 100) == pytest.approx(96 / 196)


def test_capitals_and_apostrophes_make_no_other_words() -> None:
    assert signs.words("Don’t don't DON'T, हिन्दी!") == ["dont", "dont", "dont", "हिन्दी"]


@settings(deadline=None)
@given(st.text(max_size=400))
def test_repetition_is_a_share_of_any_text(text: str) -> None:
    assert 0 <= signs.repetition(text) <= 1
    signs.runs_in_circle(text, 5)


def test_a_circle_is_seen_only_when_all_its_words_stood_before() -> None:
    block = " ".join(f"word{at}" for at in range(60))
    assert signs.runs_in_circle(f"{block} and then {block}")
    assert not signs.runs_in_circle(f"{block} and then {block} or")
    assert signs.runs_in_circle("la " * 61)
    assert not signs.runs_in_circle("la " * 60)
    assert not signs.runs_in_circle(PROSE)
    assert not signs.runs_in_circle("a1 b2 c3 x1 b2 c3", 3)  # "x1" only ends like "1"


def test_the_mean_surprise_of_draws_is_the_entropy() -> None:
    chances = (0.5, 0.25, 0.125, 0.125)
    drawn = Random(5).choices(chances, chances, k=20000)
    found = signs.mean_entropy([math.log(one) for one in drawn], 20000)
    assert found == pytest.approx(1.75 * math.log(2), abs=0.02)
    assert signs.mean_entropy([]) is None
    assert signs.mean_entropy([-9.0, *[-1.0] * 64]) == 1.0
    assert signs.mean_entropy([-math.inf, -2.0]) == 2.0


def test_the_slope_is_that_of_a_straight_line() -> None:
    assert signs.slope([5.0, 3.0, 1.0]) == -2
    assert signs.slope([7.0]) == 0
    assert signs.slope([1.0, 2.0, 1.0, 2.0]) == pytest.approx(0.2)


def test_entropy_falls_only_when_a_fifth_is_lost_and_enough_is_known() -> None:
    assert signs.is_falling([2.0, 1.9, 1.5]) is True
    assert signs.is_falling([2.0, 2.0, 1.9]) is False
    assert signs.is_falling([1.0, 2.0, 3.0]) is False
    assert signs.is_falling([2.0, None, 1.0]) is None


@pytest.mark.parametrize(
    ("step", "num_words", "expected"),
    [
        (1, 0, "beginning"),
        (4, 250, "beginning"),
        (5, 0, "middle"),
        (1, 251, "middle"),
        (15, 1499, "middle"),
        (16, 0, "late"),
        (1, 1500, "late"),
    ],
)
def test_the_phase_is_the_later_of_what_steps_and_words_say(
    step: int, num_words: int, expected: str
) -> None:
    assert signs.phase(Situation(step, num_words)) == expected
