"""A metric of one's own is a function and a format; what it does wrong is its own problem."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from storygen.errors import BadRequestError
from storygen.workbench.metrics import (
    BUILT_IN,
    Case,
    Metric,
    SilenceError,
    chosen,
    measure,
    measure_all,
    metric,
)


@metric("{:.0%}", direction="higher")
def share_of_vowels(case: Case) -> float:
    """The share of vowels.

    More is more singable.
    """
    return sum(letter in "aeiou" for letter in case.text) / len(case.text)


def test_a_function_and_a_format_make_a_metric() -> None:
    assert share_of_vowels.title == "Share of vowels"
    assert share_of_vowels.sentence == "The share of vowels."
    measured = measure(share_of_vowels, Case("aeb"))
    assert (measured.number, measured.shown) == (pytest.approx(2 / 3), "67%")
    longest = Metric.of(
        lambda case: max(map(len, case.text.split())), "{:.0f} letters", name="longest"
    )
    assert measure(longest, Case("a long wording")).shown == "7 letters"
    starred = Metric.of(longest.value, lambda number: "*" * int(number), name="stars")
    assert measure(starred, Case("a bee")).shown == "***"


def test_a_metric_that_raises_harms_no_other() -> None:
    words = Metric.of(lambda case: len(case.text.split()), "{:.0f}", name="words")
    odd = Metric.of(share_of_vowels.value, "{:.2q}", name="odd format")
    first, second, third = measure_all([share_of_vowels, words, odd], Case(""))
    assert first.problem == "Share of vowels failed: ZeroDivisionError: division by zero"
    assert (second.number, second.problem) == (0, "")
    assert third.problem.startswith("Odd format failed: ")
    assert measure(odd, Case("a")).problem.startswith("Odd format failed: ValueError")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (float("nan"), "It came out as no number (NaN)."),
        (np.float32("nan"), "It came out as no number (NaN)."),
        ("much", "could not convert string to float"),
        ([1, 2], "TypeError"),
    ],
)
def test_what_is_no_number_is_a_problem(given: object, problem: str) -> None:
    measured = measure(Metric.of(lambda case: given, name="mine"), Case("x"))
    assert problem in measured.problem and measured.number is None


@pytest.mark.parametrize("given", [2, True + 1, np.float32(2), np.array(2), Fraction(4, 2)])
def test_numbers_of_every_kind_are_numbers(given: object) -> None:
    measured = measure(Metric.of(lambda case: given, name="mine"), Case("x"))
    assert type(measured.number) is float and measured.number == 2


def test_none_and_a_reason_are_no_problem() -> None:
    def unsure(case: Case) -> float | None:
        if case.sample is None:
            return None
        raise SilenceError("Only for poems.")

    assert measure(Metric.of(unsure), Case("x")).silent == "It has no value here."
    assert measure(Metric.of(unsure), Case("x", sample={})).silent == "Only for poems."
    endless = Metric.of(lambda case: float("inf"), name="endless")
    assert measure(endless, Case("x")).silent == "It is infinite."


def test_needs_are_looked_at_before_the_function_is_called() -> None:
    def first_letters(case: Case) -> float:
        return float(case.target[0] == case.text[0])

    mine = Metric.of(first_letters, needs=["target"])
    assert measure(mine, Case("x")).silent == "There is no target to compare with."
    assert measure(mine, Case.of("x", "xy")).number == 1


def test_a_list_names_metrics_in_every_way() -> None:
    found = chosen(["f1", share_of_vowels, (share_of_vowels.value, "{:.3f}"), max, BUILT_IN[1]])
    assert [one.name for one in found] == ["f1", "share_of_vowels", "max", "exact_match"]
    assert found[1].format == "{:.3f}"  # the later of one name stands in the earlier's place


def test_what_is_no_metric_is_refused_with_a_hint() -> None:
    for wrong, hint in (
        ("f2", "There is no metric 'f2'; there are f1, exact_match"),
        (3, "a function and a format"),
        (lambda case: 1, "needs a name"),
    ):
        with pytest.raises(BadRequestError) as caught:
            chosen([wrong])
        assert hint in caught.value.message
    with pytest.raises(BadRequestError, match="direction is one of higher, lower, neither"):
        Metric.of(len, direction="up")
    with pytest.raises(BadRequestError, match="need is one of target, scores"):
        Metric.of(len, needs=["luck"])


def test_every_built_in_metric_explains_itself() -> None:
    names = [one.name for one in BUILT_IN]
    assert len(set(names)) == len(names)
    for one in BUILT_IN:
        assert one.title and one.sentence.endswith(".") and one.show(0.5)
