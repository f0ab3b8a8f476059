"""Weights from pairs: the least loss, the same chances as those of whole sets, and groups that stay whole."""

from __future__ import annotations

import numpy as np
import pytest

from storygen.preferences.picker import fitting
from storygen.preferences.picker.fitting import Fit, Floats, Sets
from storygen.preferences.picker.scoring import FARTHEST, distances

TRUE = np.array([1.5, -1.0, 0.0])


def sets_of(rows: Floats, taken: Floats, num_candidates: int, per_group: int = 10) -> Sets:
    num = len(rows) // num_candidates
    members = np.repeat(np.arange(num, dtype=np.int64), num_candidates)
    return Sets(rows, taken, members, np.arange(num, dtype=np.int64) // per_group)


def chosen_sets(num: int, seed: int, whole: float = 1.0, num_candidates: int = 4) -> Sets:
    """Sets from which one each was taken by the softmax of TRUE."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(num * num_candidates, 3))
    noise = random.gumbel(size=len(rows))
    best = (rows @ TRUE + noise).reshape(num, num_candidates).argmax(axis=1)
    taken = np.zeros((num, num_candidates))
    taken[np.arange(num), best] = whole
    return sets_of(rows, taken.ravel(), num_candidates)


def true_weights(fit: Fit) -> Floats:
    """For measures as they are."""
    return fit.weights / fit.scales


def test_the_weights_by_which_was_chosen_are_found_from_pairs() -> None:
    fit = fitting.fit(chosen_sets(2000, 1), 5)
    assert true_weights(fit) == pytest.approx(TRUE, abs=0.15)


def test_the_sum_of_loss_and_prior_has_its_least_where_the_weights_are() -> None:
    sets = chosen_sets(60, 2)
    pairs = fitting.pairs_of(sets, fitting.scales_of(sets))
    weights = fitting.fitted(pairs, 3.0)

    def total(at: Floats) -> float:
        return fitting.loss(pairs, at) + 1.5 * float(at @ at)

    for nudge in np.vstack([np.eye(3), -np.eye(3)]) * 1e-3:
        assert total(weights + nudge) > total(weights)
    assert fitting.fitted(pairs, 3.0, np.array([9.0, 9.0, -9.0])) == pytest.approx(weights)


def test_choices_that_a_measure_tells_apart_exactly_leave_weights_finite() -> None:
    rows = np.tile([[1.0], [0.0]], (50, 1))
    sets = sets_of(rows, np.tile([1.0, 0.0], 50), 2)
    fit = fitting.fit(sets, 5)
    assert fit.strength == min(fitting.STRENGTHS)
    assert 1 < fit.weights[0] < 10


def test_a_fraction_counts_as_a_fraction_and_equal_ones_are_no_pair() -> None:
    rows = np.array([[1.0], [2.0], [4.0]])
    scales = np.array([1.0])
    pairs = fitting.pairs_of(sets_of(rows, np.array([0.25, 1.0, 0.25]), 3), scales)
    assert pairs.away[:, 0].tolist() == [1.0, -2.0]
    assert pairs.weights.tolist() == [0.75, 0.75]
    assert len(fitting.pairs_of(sets_of(rows, np.zeros(3), 3), scales).weights) == 0


def test_half_as_much_taken_everywhere_is_half_as_much_evidence() -> None:
    whole, half = chosen_sets(50, 3), chosen_sets(50, 3, whole=0.5)
    scales = fitting.scales_of(whole)
    assert fitting.fitted(fitting.pairs_of(half, scales), 1.0) == pytest.approx(
        fitting.fitted(fitting.pairs_of(whole, scales), 2.0)
    )


def test_measures_are_compared_within_sets_as_the_server_does() -> None:
    random = np.random.default_rng(1)
    rows = (
        random.normal(size=(40, 3)) * [1, 10, 0] + np.repeat(random.normal(size=(10, 3)), 4, 0) * 50
    )
    rows[5] += 1000
    sets = sets_of(rows, np.zeros(40), 4)
    scales = fitting.scales_of(sets)
    ours = fitting.standardised(sets, scales)
    for at in range(10):
        for place in range(3):
            column = rows[4 * at : 4 * at + 4, place].tolist()
            assert ours[4 * at : 4 * at + 4, place] == pytest.approx(
                distances(column, scales[place]), abs=1e-9
            )
    assert np.abs(ours).max() == FARTHEST
    assert scales[2] > 0


def test_where_nothing_tells_candidates_apart_the_prior_is_the_strongest() -> None:
    random = np.random.default_rng(5)
    strengths = []
    for seed in range(10):
        sets = chosen_sets(100, seed)
        shuffled = Sets(random.normal(size=sets.rows.shape), sets.taken, sets.members, sets.groups)
        strengths.append(fitting.fit(shuffled, 5).strength)
    assert np.median(strengths) >= 100


def test_folds_never_part_a_group_and_are_about_equal() -> None:
    groups = np.repeat(np.arange(12), [1, 9, 2, 8, 3, 7, 4, 6, 5, 5, 1, 9]).astype(np.int64)
    parts = fitting.folds(groups, 5, seed=3)
    assert all(len(set(parts[groups == one].tolist())) == 1 for one in range(12))
    sizes = np.bincount(parts)
    assert len(sizes) == 5 and sizes.min() >= 11 and sizes.max() <= 13
    assert fitting.folds(groups, 5, seed=3).tolist() == parts.tolist()
    assert set(fitting.folds(groups[:1], 5, seed=3).tolist()) == {0}


def test_left_out_sets_are_told_by_what_was_learned_without_them() -> None:
    sets = chosen_sets(50, 1)
    parts = fitting.folds(sets.groups, 5, 0)
    seen: list[set[int]] = []

    def learn(known: Sets) -> Fit:
        seen.append(set(known.groups.tolist()))
        return Fit(np.full(3, float(len(seen))), np.ones(3), 1.0)

    utilities = fitting.left_out(sets, parts, learn, lambda done: None)
    for fold in range(5):
        assert seen[fold] == set(sets.groups[parts != fold].tolist())
        left = (parts == fold)[sets.members]
        own = fitting.standardised(sets, np.ones(3)).sum(axis=1)[left]
        assert utilities[left] == pytest.approx(own * (fold + 1))


def test_directions_are_those_along_which_candidates_of_a_set_differ() -> None:
    random = np.random.default_rng(1)
    sets = chosen_sets(40, 1)
    axes = np.linalg.qr(random.normal(size=(30, 3)))[0].T
    vectors = random.normal(size=(160, 2)) * [5, 2] @ axes[:2]
    vectors += np.repeat(random.normal(size=40), 4)[:, None] * 100 * axes[2]  # between sets alone
    found = fitting.directions(sets, vectors, 16)
    assert found.shape == (2, 30)
    assert np.abs(found @ axes[:2].T) == pytest.approx(np.eye(2), abs=0.15)
    assert found @ axes[2] == pytest.approx(np.zeros(2), abs=1e-6)
    assert found @ found.T == pytest.approx(np.eye(2), abs=1e-9)


def test_vectors_that_are_not_known_are_their_sets_average() -> None:
    sets = sets_of(np.zeros((4, 1)), np.zeros(4), 2)
    vectors = np.array([[2.0, 4.0], [np.nan, np.nan], [np.nan, np.nan], [np.nan, np.nan]])
    assert fitting.filled(sets, vectors).tolist() == [[2, 4], [2, 4], [0, 0], [0, 0]]
