"""A bandit that is taught again and again: it knows what is chosen now, each choice once, nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storygen.preferences.observations import Observation
from storygen.preferences.policies import RandomPolicy
from storygen.preferences.ranges import Range, Ranges
from storygen.preferences.readers import Reader
from storygen.preferences.simulation import Unteachable, play
from storygen.preferences.taught import NUM_UNSETTLED, Taught
from storygen.preferences.thompson import ThompsonPolicy

RANGES = Ranges(
    (Range("temperature", "uniform", 0.5, 1.5), Range("top_k", "log", 5, 200)),
)
NUM = 5 * NUM_UNSETTLED


@pytest.fixture(scope="module")
def seen() -> list[Observation]:
    reader = Reader(RANGES, {"temperature": 0.2}, patience=9)
    learner = Unteachable(RandomPolicy(RANGES))
    return list(play(learner, reader, 3, num_stories=NUM // 5, num_steps=5).observations)


def undone(one: Observation) -> Observation:
    return replace(one, candidates=tuple(replace(card, taken=0.0) for card in one.candidates))


def other_way(one: Observation) -> Observation:
    """Something was taken of another candidate than before."""
    first, second = (one.candidates[at].taken for at in (0, 1))
    fractions = (second, first) if first != second else (1.0, first)
    cards = (replace(card, taken=f) for card, f in zip(one.candidates, fractions, strict=False))
    return replace(one, candidates=(*cards, *one.candidates[2:]))


def same(found: ThompsonPolicy, observations: list[Observation], far: float = 1e-9) -> bool:
    """Whether it knows what one that is taught them all at once does. `far`: what their order may change."""
    wanted = ThompsonPolicy.new(RANGES).updated(observations).model
    return found.model.num_told == pytest.approx(wanted.num_told) and found.model.mean == (
        pytest.approx(wanted.mean, abs=far)
    )


def test_taught_choice_after_choice_it_knows_what_it_would_at_once(seen: list[Observation]) -> None:
    taught = Taught(RANGES)
    for num in range(0, NUM + 1, 7):
        assert same(taught.by(seen[:num]), seen[:num])
    assert same(taught.by(seen), seen) and same(taught.by(seen), seen)


@pytest.mark.parametrize("at", [NUM - 1, 3], ids=["new", "old"])
def test_what_is_taken_back_is_unlearned_and_learned_again_once(
    seen: list[Observation], at: int
) -> None:
    taught = Taught(RANGES)
    taught.by(seen)
    without = [undone(one) if place == at else one for place, one in enumerate(seen)]
    gone = taught.by(without)
    assert same(gone, without)
    assert gone.model.num_told < ThompsonPolicy.new(RANGES).updated(seen).model.num_told - 0.01
    assert same(taught.by(seen), seen, 0.05)


@pytest.mark.parametrize("at", [NUM - 1, 3], ids=["new", "old"])
def test_of_a_choice_that_becomes_another_the_last_one_counts(
    seen: list[Observation], at: int
) -> None:
    taught = Taught(RANGES)
    taught.by(seen)
    now = [other_way(one) if place == at else one for place, one in enumerate(seen)]
    assert same(taught.by(now), now)


def test_a_story_that_is_deleted_is_forgotten(seen: list[Observation]) -> None:
    taught = Taught(RANGES)
    taught.by(seen)
    left = [one for one in seen if one.story != "1"]
    assert same(taught.by(left), left)


def test_what_a_program_chose_teaches_nothing(seen: list[Observation]) -> None:
    automatic = [replace(one, by="auto") for one in seen]
    assert Taught(RANGES).by(automatic).model.num_told == 0


def test_it_is_taught_the_newest_sets_alone_while_the_older_ones_stay(
    seen: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    taught, sizes = Taught(RANGES), []
    taught.by(seen)
    updated = ThompsonPolicy.updated

    def counted(policy: ThompsonPolicy, observations: list[Observation]) -> ThompsonPolicy:
        sizes.append(len(observations))
        return updated(policy, observations)

    monkeypatch.setattr(ThompsonPolicy, "updated", counted)
    taught.by(seen)
    taught.by([*seen[:-1], undone(seen[-1])])
    assert sizes and max(sizes) <= 2 * NUM_UNSETTLED
