"""Reports of pickers: what is claimed and what isn't, in one sentence, and their JSON."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.preferences.estimates import Interval
from storygen.preferences.picker.report import RULES, Report


def report(grouped_by: str = "story", **lows: float) -> Report:
    """One of 120 sets; `lows`: of the differences to the rules, 0.05 where nothing is said."""
    values = {"chance": 0.2, "longest": 0.3, "likeliest": 0.25, "first": 0.3}
    return Report(
        num_sets=120,
        num_without=7,
        num_stories=12,
        grouped_by=grouped_by,
        num_folds=5,
        accuracy=Interval(0.5, 0.41, 0.585),
        rules={
            rule: Interval(values[rule], values[rule] - 0.1, values[rule] + 0.1) for rule in RULES
        },
        differences={
            rule: Interval(0.5 - values[rule], lows.get(rule, 0.05), 0.6) for rule in RULES
        },
        loss=Interval(1.2, 1.1, 1.3),
        even_loss=Interval(1.6, 1.6, 1.6),
        loss_saved=Interval(0.4, 0.3, 0.5),
    )


def test_the_best_rule_is_the_one_that_was_right_most_often() -> None:
    assert report().best_rule == "longest"
    assert report().difference == Interval(0.2, 0.05, 0.6)


def test_it_beats_all_rules_only_where_every_interval_lies_above_0() -> None:
    assert report().beats_all
    for rule in RULES:
        for low in (0.0, -0.1):
            other = report(**{rule: low})
            assert not other.beats(rule) and not other.beats_all
    unknown = {rule: Interval(0.3, None, None) for rule in RULES}
    assert not replace(report(), differences=unknown).beats_all


def test_the_sentence_says_what_was_found_and_what_it_comes_to() -> None:
    assert report().sentence == (
        "In 50 % of 120 sets that it had not seen, it expected what you chose (41 to 58 %); the best "
        "simple rule, the longest, did in 30 %. So it knows something of your taste."
    )


def test_the_sentence_says_plainly_what_it_does_not_beat() -> None:
    said = report(longest=-0.01, first=0.0).sentence
    assert said.endswith(
        "That does not show that it is better than taking the longest or the first card."
    )
    assert "taste" not in said


def test_the_sentence_warns_where_whole_stories_could_not_be_left_out() -> None:
    assert "too few stories" in report("set").sentence
    assert "too few stories" not in report("story").sentence


def test_a_report_comes_back_from_json_and_its_sentence_is_its_own() -> None:
    data = json.loads(json.dumps(report().to_json(), allow_nan=False))
    data["sentence"] = "It is never wrong."
    assert Report.from_json(data) == report()
    assert Report.from_json(data).sentence == report().sentence


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("version", 9, "another version"),
        ("colour", 1, "no 'colour'"),
        ("num_sets", 1.5, "num_sets must be a whole number"),
        ("grouped_by", "cat", "grouped_by must be one of"),
        ("accuracy", None, "accuracy must be an object"),
        ("accuracy.value", 1.2, "accuracy.value must be between 0 and 1"),
        ("accuracy.low", 0.7, "accuracy.low is above accuracy.high"),
        ("rules.first", None, "rules.first must be an object"),
        ("rules.luck", None, "no 'luck'"),
        ("differences.first.low", math.nan, "differences.first.low must be a number"),
        ("loss.value", -1, "loss.value must be between"),
    ],
)
def test_a_report_that_is_none_is_refused(path: str, value: Any, said: str) -> None:
    data = copy.deepcopy(report().to_json())
    inner = data
    *parts, last = path.split(".")
    for part in parts:
        inner = inner[part]
    inner[last] = value
    with pytest.raises(BadRequestError, match=said):
        Report.from_json(data)
