"""Honest reports: luck isn't called taste, nor a rule's work the picker's; intervals hold what they say."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from storygen.preferences.estimates import Interval, t_quantile
from storygen.preferences.observations import Observation
from storygen.preferences.picker import training
from storygen.preferences.picker.report import RULES
from storygen.preferences.picker.training import Material
from tests.unit.preferences.made_readers import no_taste, read_sets


def silent(stage: str, done: int, whole: int) -> None:
    """No progress is told."""


@pytest.fixture(scope="module")
def by_luck() -> Material:
    """Sets to be chosen from at random."""
    return training.gathered(read_sets(Random(2), no_taste, 12, 6), silent)


def test_random_choices_are_seldom_called_a_taste(by_luck: Material) -> None:
    """Of 40 readers who choose at random, at most 5 % are said to have a taste; 2.5 % is what each
    interval allows, and all four must agree."""
    claims = better_than_chance = saved = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        taken = np.zeros(len(by_luck.sets.taken))
        for span in by_luck.sets.spans():
            taken[random.integers(span.start, span.stop)] = 1.0
        luck = replace(by_luck, sets=replace(by_luck.sets, taken=taken))
        report = training.tested(luck, seed)
        claims += report.beats_all
        better_than_chance += report.beats("chance")
        saved += report.loss_saved.low is not None and report.loss_saved.low > 0
    assert claims <= 2
    assert better_than_chance <= 4
    assert saved <= 2


def test_a_reader_of_one_rule_is_not_said_to_be_known_better_than_by_it() -> None:
    def longest_of(one: Observation) -> Observation:
        most = max(len(candidate.text) for candidate in one.candidates)
        return replace(
            one,
            candidates=tuple(
                replace(candidate, taken=float(len(candidate.text) == most))
                for candidate in one.candidates
            ),
        )

    sets = [longest_of(one) for one in read_sets(Random(4), no_taste, 12, 6)]
    report = training.train(sets).report
    assert report.rules["longest"].value == 1
    assert report.best_rule == "longest" and not report.beats_all
    assert report.beats("first")
    assert report.sentence.endswith("better than taking the longest.")


def test_each_rule_takes_what_its_name_says(by_luck: Material) -> None:
    sets = read_sets(Random(2), no_taste, 12, 6)
    for one, span in zip(sets, by_luck.sets.spans(), strict=True):
        shown = [(each.text, each.logprobs) for each in one.candidates]
        likely = [sum(logprobs) / len(logprobs) for _, logprobs in shown]
        taken = dict(zip(RULES, by_luck.rules[span].argmax(axis=0), strict=True))
        assert len(set(by_luck.rules[span][:, list(RULES).index("chance")].tolist())) == 1
        assert len(shown[taken["longest"]][0]) == max(len(text) for text, _ in shown)
        assert likely[taken["likeliest"]] == max(likely)
        assert one.candidates[taken["first"]].number == 0


def test_several_that_are_equally_high_or_equally_taken_count_their_part() -> None:
    sets = training.gathered(read_sets(Random(5), no_taste, 10, 3, num_candidates=4), silent).sets
    taken = np.tile([1.0, 1.0, 0.5, 0.0], 30)
    columns = np.tile([[0, 0, 2, 0], [0, 5, 2, 0], [0, 0, 2, 0], [0, 0, 0, 1]], (30, 1)) * 1.0
    right = training._right(replace(sets, taken=taken), columns)
    assert right.mean(axis=0) == pytest.approx([0.5, 1.0, 2 / 3, 0.0])


def test_intervals_of_the_bootstrap_hold_the_mean_of_few_clusters() -> None:
    """Over 300 draws of ten clusters whose values depend on each other, about 95 %."""
    groups = np.repeat(np.arange(10), 8)
    held = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        values = random.normal(size=10)[groups] + random.normal(size=80)
        [interval] = training.bootstrapped(values[:, None], groups, seed)
        assert interval.low is not None and interval.high is not None
        held += interval.low <= 0 <= interval.high
    assert 0.91 <= held / 300 <= 0.98
    [alone] = training.bootstrapped(np.ones((3, 1)), np.zeros(3, np.int64), 1)
    assert alone == Interval(1.0, None, None)


@pytest.mark.parametrize("num", [5, 8, 20])
def test_where_groups_are_few_the_bootstrap_is_as_wide_as_students_interval(num: int) -> None:
    values = np.random.default_rng(num).normal(size=(num, 1))
    [found] = training.bootstrapped(values, np.arange(num), 0)
    reach = t_quantile(0.975, num - 1) * values.std(ddof=1) / num**0.5
    assert found.low is not None and found.high is not None
    assert (found.high - found.low) / 2 == pytest.approx(reach, rel=0.12)
