"""Learning a picker: a known taste is found, in stories that were left out and with the signs that it has."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from storygen.errors import BadRequestError
from storygen.preferences.observations import Observation
from storygen.preferences.picker import training
from storygen.preferences.picker.measures import NAMES
from storygen.preferences.picker.training import FEWEST_SETS, Trained
from tests.unit.preferences.made_readers import likes, no_taste, read_sets

TASTE = likes(dialogue=4.0, sentence_length=-2.5, repetition=-5.0)


def silent(stage: str, done: int, whole: int) -> None:
    """No progress is told."""


@pytest.fixture(scope="module")
def known() -> list[Observation]:
    """200 sets in 20 stories, of a reader who likes dialogue and short sentences, and no repetition."""
    return read_sets(Random(1), TASTE, num_stories=20, per_story=10)


@pytest.fixture(scope="module")
def learned(known: list[Observation]) -> Trained:
    return training.train(known)


def weight(trained: Trained, name: str) -> float:
    return trained.picker.weights[NAMES.index(name)]


def test_the_signs_of_a_taste_are_found_and_are_its_greatest_weights(learned: Trained) -> None:
    assert weight(learned, "dialogue") > 0
    assert weight(learned, "sentence_length") < 0
    assert weight(learned, "repetition") < 0
    greatest = sorted(NAMES, key=lambda name: -abs(weight(learned, name)))[:3]
    assert set(greatest) == {"dialogue", "sentence_length", "repetition"}


def test_a_taste_is_foretold_better_than_by_any_rule_in_stories_left_out(learned: Trained) -> None:
    report = learned.report
    assert report.grouped_by == "story" and report.num_folds == 5 and report.num_stories == 20
    for rule in ("chance", "longest", "likeliest", "first"):
        low = report.differences[rule].low
        assert low is not None and low > 0.15
    assert report.beats_all
    assert report.loss_saved.low is not None and report.loss_saved.low > 0.3


def test_a_taste_is_foretold_in_new_stories_about_as_well_as_the_report_says(
    learned: Trained,
) -> None:
    right = 0
    new = read_sets(Random(77), TASTE, num_stories=20, per_story=10)
    for one in new:
        shown = [(candidate.text, candidate.logprobs) for candidate in one.candidates]
        expected = learned.picker.expected(one.before, one.prompt, shown)
        right += one.candidates[expected] == one.chosen
    accuracy = learned.report.accuracy
    assert accuracy.low is not None and accuracy.high is not None
    assert accuracy.low <= right / len(new) <= accuracy.high


def test_it_says_why_in_words_of_the_taste(learned: Trained) -> None:
    plain = (
        " The stranger travelled along the bitter meadow toward the harbour beyond the mountain."
    )
    spoken = " “Stay.” “Answer me.” She left."
    reasons = learned.picker.reasons("", "", [(plain, ()), (spoken, ())])
    assert {"more dialogue", "shorter sentences"} <= set(reasons)


def test_the_same_observations_and_seed_give_the_same(
    known: list[Observation], learned: Trained
) -> None:
    again = training.train(known)
    assert again.picker.to_json() == learned.picker.to_json()
    assert again.report.to_json() == learned.report.to_json()


def test_what_is_tested_is_what_the_server_computes(known: list[Observation]) -> None:
    """The utilities of arrays are those of the picker that they make, in every set."""
    material = training.gathered(known[:40], silent)
    fit = training.fitting.fit(material.sets, 5)
    picker = training.trained(material).picker
    arrays = fit.utilities(material.sets)
    for one, span in zip(known, material.sets.spans(), strict=False):
        shown = [(candidate.text, candidate.logprobs) for candidate in one.candidates]
        pure = picker.utilities(one.before, one.prompt, shown)
        assert pure == pytest.approx(arrays[span], abs=1e-9)


def test_below_the_minimum_it_says_how_many_sets_are_missing(known: list[Observation]) -> None:
    with pytest.raises(BadRequestError, match=r"needs 30 sets .* 4 more are missing") as refused:
        training.train(known[: FEWEST_SETS - 4])
    assert refused.value.code == "too_few_choices"
    assert training.train(known[:FEWEST_SETS]).report.num_sets == FEWEST_SETS
    with pytest.raises(BadRequestError, match="30 more"):
        training.train([])


def test_sets_that_tell_nothing_are_counted_and_not_learned_from(
    known: list[Observation],
) -> None:
    nothing = [
        replace(known[0], candidates=tuple(replace(c, taken=0.0) for c in known[0].candidates)),
        replace(known[0], candidates=tuple(replace(c, taken=1.0) for c in known[0].candidates)),
        replace(known[0], candidates=known[0].candidates[:1]),
        replace(known[0], candidates=()),
    ]
    with_them = training.train([*nothing, *known[:40]])
    assert with_them.report.num_without == 4
    assert with_them.picker == training.train(known[:40]).picker


def test_what_a_person_chose_and_what_a_program_chose_are_never_learned_from_together(
    known: list[Observation],
) -> None:
    autos = [replace(one, by="auto") for one in known[100:140]]
    both = [*known[:40], *autos]
    assert training.train(both) == training.train(known[:40])
    assert training.train(both, by="auto").report.num_sets == 40


def test_with_few_stories_sets_are_left_out_and_it_says_so(known: list[Observation]) -> None:
    report = training.train(known[:90]).report  # nine stories
    assert report.grouped_by == "set" and report.num_stories == 9
    assert "too few stories" in report.sentence


def test_the_loss_of_even_chances_is_the_logarithm_of_the_number(learned: Trained) -> None:
    assert learned.report.even_loss.value == pytest.approx(np.log(5))
    assert learned.report.loss_saved.value == pytest.approx(
        learned.report.even_loss.value - learned.report.loss.value
    )


def test_progress_is_told_by_stage(known: list[Observation]) -> None:
    told: list[tuple[str, int, int]] = []
    training.train(known[:40], on_progress=lambda *one: told.append(one))
    assert told[0] == ("measuring", 0, 40)
    assert [one for one in told if one[0] == "testing"] == [
        ("testing", at, 5) for at in range(1, 6)
    ]
    assert told[-1] == ("learning", 1, 1)


def hidden_states(known: list[Observation], random: Random) -> dict[str, list[float]]:
    """Of 24 numbers, of which the third is high in what was chosen."""
    return {
        candidate.candidate: [
            random.gauss(0, 1) + (5.0 * (candidate.taken > 0) if at == 2 else 0) for at in range(24)
        ]
        for one in known
        for candidate in one.candidates
    }


def test_what_only_hidden_states_tell_is_learned_from_them() -> None:
    sets = read_sets(Random(6), no_taste, 12, 6)
    vectors = hidden_states(sets, Random(1))
    without, with_them = training.train(sets), training.train(sets, vectors=vectors)
    assert not without.report.beats_all and without.picker.directions == ()
    assert with_them.report.beats_all and len(with_them.picker.directions) == 16
    right = 0
    for one in sets:
        shown = [(candidate.text, candidate.logprobs) for candidate in one.candidates]
        own = [vectors[candidate.candidate] for candidate in one.candidates]
        right += one.candidates[with_them.picker.expected(one.before, "", shown, own)] == one.chosen
    assert right / len(sets) > 0.8


def test_hidden_states_may_be_missing_but_must_be_of_one_length_and_finite() -> None:
    sets = read_sets(Random(6), no_taste, 10, 4)
    vectors = hidden_states(sets, Random(1))
    some = dict(list(vectors.items())[::2])
    assert training.train(sets, vectors=some).picker.directions
    assert training.train(sets, vectors={"unknown": [1.0, 2.0]}).picker.directions == ()
    name = sets[0].candidates[0].candidate
    with pytest.raises(BadRequestError, match="one length"):
        training.train(sets, vectors={**vectors, name: [1.0]})
    for value in (float("inf"), float("nan"), -1e7):
        with pytest.raises(BadRequestError, match="finite"):
            training.train(sets, vectors={**vectors, name: [value] * 24})
