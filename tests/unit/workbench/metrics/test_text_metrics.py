"""Bounds, identity, symmetry and the edges of the text metrics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.workbench.metrics import BUILT_IN, Case, Metric, Need, measure
from storygen.workbench.metrics.words import words

BY_NAME = {metric.name: metric for metric in BUILT_IN}
COMPARING = [one for one in BUILT_IN if Need.TARGET in one.needs]
ALONE = [one for one in BUILT_IN if not one.needs]
TEXT = st.one_of(
    st.lists(st.sampled_from(["a", "b ", "a b ", "é", "😀", "猫が ", ". "]), max_size=30).map(
        "".join
    ),
    st.text(max_size=40),
)


def number(name: str, text: str, *targets: str) -> float:
    measured = measure(BY_NAME[name], Case.of(text, targets))
    assert measured.number is not None, measured
    return measured.number


@given(TEXT, st.lists(TEXT, min_size=1, max_size=3))
def test_every_number_lies_within_its_bounds(text: str, targets: list[str]) -> None:
    for metric in COMPARING + ALONE:
        measured = measure(metric, Case.of(text, targets))
        assert not measured.problem
        if measured.number is not None:
            assert measured.shown != "–" and metric.low == 0
            assert 0 <= measured.number <= (metric.high or float("inf")) + 1e-9


@given(TEXT, TEXT)
def test_the_target_itself_scores_best_and_a_second_target_never_harms(a: str, b: str) -> None:
    for metric in COMPARING:
        alone = number(metric.name, a, a)
        assert number(metric.name, a, b) <= alone + 1e-9
        if metric.name != "bleu":  # more targets change the length that it wants
            assert number(metric.name, a, b, a) == alone
    assert number("exact_match", a, a) == number("f1", a, a) == 1


@pytest.mark.parametrize("metric", COMPARING, ids=lambda metric: metric.name)
@pytest.mark.parametrize(
    "text", ["The fox sat by the river and slept.", "👩‍👩‍👧 猫が窓辺で 眠る 静かに。"]
)
def test_identity_is_the_best_there_is(metric: Metric, text: str) -> None:
    assert number(metric.name, text, text) == pytest.approx(metric.high)


@given(TEXT, TEXT)
def test_what_weighs_both_sides_alike_is_symmetric(a: str, b: str) -> None:
    for name in ("f1", "exact_match", "rouge1", "rouge2", "rougeL"):
        assert number(name, a, b) == number(name, b, a)


@pytest.mark.parametrize("metric", COMPARING, ids=lambda metric: metric.name)
def test_without_a_target_a_metric_says_so(metric: Metric) -> None:
    for target in (None, []):
        measured = measure(metric, Case.of("A fox.", target))
        assert (measured.number, measured.silent) == (
            None,
            "There is no target to compare with.",
        )


def test_an_empty_text_against_a_target_is_worth_nothing() -> None:
    assert {number(metric.name, "", "A fox.") for metric in COMPARING} == {0.0}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It's  a-fox_den!", ("it", "s", "a", "fox", "den")),
        ("Cafe\u0301 CAFÉ", ("café", "café")),
        ("हिन्दी में", ("हिन्दी", "में")),
        ("猫が眠る cat3", ("猫", "が", "眠", "る", "cat3")),
        ("ok 😀😀!", ("ok", "😀", "😀")),
        ("…", ()),
    ],
)
def test_words_are_cut_in_every_script(text: str, found: tuple[str, ...]) -> None:
    assert words(text) == found


def test_repetition_counts_what_stood_before() -> None:
    song = "one two three four one two three four"
    assert number("repetition", song) == pytest.approx(1 / 5)
    assert number("distinct1", song) == pytest.approx(4 / 8)
    assert number("distinct2", song) == pytest.approx(4 / 7)
    assert number("longest_repeat", song) == 4
    assert number("longest_repeat", "no word twice here") == 0
    assert number("longest_repeat", "ha ha ha ha") == 3
    assert (number("words", song), number("characters", "👋é")) == (8, 2)


@given(st.lists(st.sampled_from("abc"), max_size=14))
def test_the_longest_repeat_is_the_longest_there_is(units: list[str]) -> None:
    stretches = [
        tuple(units[start:end])
        for start in range(len(units))
        for end in range(start, len(units) + 1)
    ]
    longest = max((len(one) for one in stretches if stretches.count(one) > 1), default=0)
    assert number("longest_repeat", " ".join(units)) == longest


def test_a_text_too_short_has_no_repetition_and_says_why() -> None:
    assert measure(BY_NAME["repetition"], Case("one two three")).silent == (
        "The text has fewer than 4 words."
    )
    assert measure(BY_NAME["distinct1"], Case("…")).silent == "The text has no words."
