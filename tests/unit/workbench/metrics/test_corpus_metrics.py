"""Numbers of a whole corpus, their intervals, and two systems on the same samples."""

from __future__ import annotations

import random

import pytest
import sacrebleu
from sacrebleu.significance import PairedTest

from storygen.workbench.metrics import BUILT_IN, Case, Measured, Metric, compare, estimate, measure
from storygen.workbench.models.base import ScoredToken

BY_NAME = {metric.name: metric for metric in BUILT_IN}
MINE = Metric.of(lambda case: case.sample, "{:.2f}", name="mine")


def measured(values: list[float | None]) -> list[Measured]:
    return [measure(MINE, Case("x", sample=value)) for value in values]


def keyed(values: list[float | None]) -> dict[str, Measured]:
    return {str(key): one for key, one in enumerate(measured(values))}


def draws(num: int, middle: float, seed: int = 1) -> list[float | None]:
    chance = random.Random(seed)
    return [chance.gauss(middle, 1) for _ in range(num)]


def test_a_corpus_has_the_bleu_and_chrf_of_its_sums_not_the_mean() -> None:
    texts = ["the fox sat by the river", "a wolf came home late", "it rained on the old town"]
    targets = ["the fox slept by the river", "a wolf came home", "it snowed on the town"]
    cases = [Case.of(text, target) for text, target in zip(texts, targets, strict=True)]
    for name, reference in (("bleu", sacrebleu.corpus_bleu), ("chrf", sacrebleu.corpus_chrf)):
        found = estimate(BY_NAME[name], [measure(BY_NAME[name], case) for case in cases])
        assert found.number == pytest.approx(reference(texts, [targets]).score)
        assert found.low is not None and found.high is not None
        assert found.low <= found.number <= found.high


def test_perplexity_of_a_corpus_weighs_tokens_alike_not_texts() -> None:
    one = [ScoredToken(1, "a", -1.0)] * 9
    other = [ScoredToken(1, "a", -3.0)]
    metric = BY_NAME["cross_entropy"]
    found = estimate(metric, [measure(metric, Case("", (), tuple(text))) for text in (one, other)])
    assert found.number == pytest.approx((9 * 1 + 3) / 10)


def test_a_mean_has_the_interval_that_theory_gives_it() -> None:
    found = estimate(MINE, measured(draws(400, 5)))
    assert found.number is not None and found.low is not None and found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.15)
    assert found.low < found.number < found.high


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    rows = measured(draws(30, 0))
    assert estimate(MINE, rows, seed=3) == estimate(MINE, rows, seed=3)
    assert estimate(MINE, rows, seed=3).low != estimate(MINE, rows, seed=4).low


def test_what_has_no_number_is_counted_and_left_out() -> None:
    broken = Metric.of(lambda case: 1 / case.sample, name="mine")
    rows = [*measured([1.0, None, 3.0]), measure(broken, Case("x", sample=0))]
    found = estimate(MINE, rows)
    assert (found.number, found.num, found.num_silent, found.num_problems) == (2.0, 2, 1, 1)
    nothing = estimate(MINE, measured([None]))
    assert (nothing.number, nothing.low, nothing.shown, nothing.num) == (None, None, "–", 0)
    single = estimate(MINE, measured([4.0]))
    assert (single.number, single.low, single.shown) == (4.0, None, "4.00")


def test_a_clear_difference_is_clear_although_the_samples_scatter() -> None:
    base = draws(60, 0)
    better = [value + 0.1 + 0.01 * (place % 3) for place, value in enumerate(base)]
    found = compare(MINE, keyed(base), keyed(better))
    assert found is not None and found.low is not None and found.p is not None
    assert found.difference == pytest.approx(0.11) and 0 < found.low < 0.11
    assert found.p < 0.01
    assert (found.wins, found.losses, found.ties, found.num) == (60, 0, 0, 60)


def test_two_of_a_kind_do_not_differ() -> None:
    same = compare(MINE, keyed([1.0, 2.0, 3.0]), keyed([1.0, 2.0, 3.0]))
    assert same is not None
    assert (same.difference, same.p, same.ties) == (0.0, 1.0, 3)


def test_by_chance_alone_p_is_below_a_twentieth_about_every_twentieth_time() -> None:
    small = 0
    for pair in range(200):
        sides = keyed(draws(40, 0, 2 * pair)), keyed(draws(40, 0, 2 * pair + 1))
        found = compare(MINE, *sides, num_resamples=200)
        assert found is not None and found.p is not None
        small += found.p < 0.05
    assert 4 <= small <= 20


def test_only_samples_that_both_have_are_compared() -> None:
    first = keyed([1.0, None, 3.0, 4.0])
    second = keyed([2.0, 2.0, 5.0])
    found = compare(MINE, first, second)
    assert found is not None and (found.num, found.first, found.second) == (2, 2.0, 3.5)
    assert compare(MINE, first, {"other": first["0"]}) is None
    single = compare(MINE, first, {"0": second["0"]})
    assert single is not None and (single.difference, single.p, single.low) == (1.0, None, None)


def test_p_agrees_with_the_approximate_randomisation_of_sacrebleu() -> None:
    """Another two-sided test of the same question (sacrebleu's own bootstrap counts one side alone)."""
    draw = random.Random(5)
    words = ["the", "a", "fox", "wolf", "river", "sat", "came", "home", "by", "in", "old"]
    targets = [" ".join(draw.choices(words, k=12)) for _ in range(40)]

    def spoiled(text: str, chance: float) -> str:
        return " ".join(draw.choice(words) if draw.random() < chance else w for w in text.split())

    systems = [[spoiled(target, chance) for target in targets] for chance in (0.35, 0.3)]
    metric = BY_NAME["bleu"]
    sides = [
        {str(i): measure(metric, Case.of(text, targets[i])) for i, text in enumerate(texts)}
        for texts in systems
    ]
    found = compare(metric, *sides)
    test = PairedTest(
        [("one", systems[0]), ("two", systems[1])],
        {"bleu": sacrebleu.BLEU()},
        [targets],
        test_type="ar",
        n_samples=1000,
    )
    reference = test()[1]["BLEU"][1]
    assert found is not None and found.second == pytest.approx(reference.score)
    assert found.p == pytest.approx(reference.p_value, abs=0.05)
