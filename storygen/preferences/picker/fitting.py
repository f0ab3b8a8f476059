"""Weights of measures by which the taken candidates of sets stand above those that were passed over.

Two candidates of a set of which different fractions were taken are a pair. The chance that the first is
preferred is 1 / (1 + exp(-(u1 - u2))), where a utility u is linear in the standardised measures, and a
pair counts by the difference of the fractions. Where one candidate of a set is taken whole, so likely is
each pair under the softmax of the utilities of the whole set, too: fitting pairs fits those chances.
Sources: Bradley & Terry, Rank Analysis of Incomplete Block Designs, 1952; McFadden, Conditional Logit
Analysis, 1974 (pairs of a set); Hoerl & Kennard, Ridge Regression, 1970 (the prior).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .scoring import FARTHEST

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Of the prior, to be chosen from: precisions of weights of measures in standard deviations within a set."""

_MOST_STEPS = 50
_SPARE, _POWERS = 8, 6  # of the range finder
_CLOSE = 1e-6  # the largest step of a weight at which it has converged


@dataclass(frozen=True, slots=True)
class Sets:
    """Candidates of many sets, one set after the other.

    `rows`: (num_candidates, num_measures) float64, measures as they are; `taken`: (num_candidates) float64;
    `members`: (num_candidates) int64, the number of each one's set, rising from 0 without gaps;
    `groups`: (num_sets) int64, of sets that may depend on each other.
    """

    rows: Floats
    taken: Floats
    members: Whole
    groups: Whole

    @property
    def num(self) -> int:
        """How many sets."""
        return len(self.groups)

    def chosen(self, which: NDArray[np.bool_]) -> Sets:
        """The sets for which `which`, (num_sets) bool, is true."""
        there = which[self.members]
        renumbered = np.cumsum(which) - 1
        members = renumbered[self.members[there]]
        return Sets(self.rows[there], self.taken[there], members, self.groups[which])

    def spans(self) -> list[slice]:
        """The rows of each set."""
        ends = np.cumsum(np.bincount(self.members, minlength=self.num))
        return [slice(int(start), int(end)) for start, end in zip([0, *ends], ends, strict=False)]


@dataclass(frozen=True, slots=True)
class Pairs:
    """What each pair differs by, and how much it counts.

    `away`: (num_pairs, num_measures) float64, the one of which more was taken minus the other; `weights`:
    (num_pairs) float64; `members`: (num_pairs) int64, the number of each one's set.
    """

    away: Floats
    weights: Floats
    members: Whole

    def chosen(self, which: NDArray[np.bool_]) -> Pairs:
        """The pairs of the sets for which `which`, (num_sets) bool, is true; numbers of sets stay."""
        there = which[self.members]
        return Pairs(self.away[there], self.weights[there], self.members[there])


@dataclass(frozen=True, slots=True)
class Fit:
    """`weights`, `scales`: (num_measures) float64; `strength`: of the prior that they were found under."""

    weights: Floats
    scales: Floats
    strength: float

    def utilities(self, sets: Sets) -> Floats:
        """(num_candidates) float64, as `scoring.Picker.utilities` gives them."""
        utilities: Floats = standardised(sets, self.scales) @ self.weights
        return utilities


def scales_of(sets: Sets) -> Floats:
    """(num_measures) float64: how far each measure is from its set's average; 1 where it never differs.

    The root of the mean square over all candidates.
    """
    centred = _centred(sets)
    scales = np.sqrt((centred**2).mean(axis=0))
    return np.where(scales > 1e-9, scales, 1.0)


def standardised(sets: Sets, scales: Floats) -> Floats:
    """(num_candidates, num_measures) float64: distances from the set's average in `scales`, at most 4."""
    return np.clip(_centred(sets) / scales, -FARTHEST, FARTHEST)


def directions(sets: Sets, vectors: Floats, most: int, seed: int = 0) -> Floats:
    """(up to `most`, length) float64: along which `vectors` differ most within their sets, of length 1.

    `vectors`: (num_candidates, length) float64, NaN in all of a row that isn't known; such count as average.
    What was chosen plays no part. The first principal components, by a randomised range finder with power
    iterations, which takes time in proportion to the vectors' size. Source: Halko, Martinsson & Tropp,
    Finding Structure with Randomness, 2011.
    """
    centred = _centred(dataclasses.replace(sets, rows=filled(sets, vectors)))
    most = min(most, *centred.shape)
    found = np.random.default_rng(seed).standard_normal((centred.shape[1], most + _SPARE))
    for _ in range(_POWERS):
        found = np.linalg.qr(centred.T @ (centred @ found))[0]
    _, sizes, inner = np.linalg.svd(centred @ found, full_matrices=False)
    kept = inner[:most][sizes[:most] > 1e-6 * max(float(sizes[0]), 1e-9)]
    along = np.asarray(kept @ found.T, np.float64)
    largest = np.abs(along).argmax(axis=1)[:, None]  # of each, positive, so that signs are settled
    return along * np.sign(np.take_along_axis(along, largest, axis=1))


def filled(sets: Sets, vectors: Floats) -> Floats:
    """`vectors` with the average of its set's known ones in each row that is NaN, and 0 where none is."""
    known = np.logical_not(np.isnan(vectors).any(axis=1, keepdims=True))[:, 0]
    sums = np.zeros((sets.num, vectors.shape[1]))
    np.add.at(sums, sets.members[known], vectors[known])
    nums = np.maximum(np.bincount(sets.members[known], minlength=sets.num), 1)
    return np.where(known[:, None], vectors, (sums / nums[:, None])[sets.members])


def pairs_of(sets: Sets, scales: Floats) -> Pairs:
    """Every pair of candidates of one set of which different fractions were taken."""
    rows = standardised(sets, scales)
    more: list[Whole] = []
    less: list[Whole] = []
    for span in sets.spans():
        taken = sets.taken[span]
        first, second = np.nonzero(taken[:, None] > taken[None, :])
        more.append(first + span.start)
        less.append(second + span.start)
    above, below = (np.concatenate(one or [np.zeros(0, np.int64)]) for one in (more, less))
    weights = sets.taken[above] - sets.taken[below]
    return Pairs(rows[above] - rows[below], weights, sets.members[above])


def loss(pairs: Pairs, weights: Floats) -> float:
    """The sum over the pairs of -log chance of what was preferred, in nats, each by its weight."""
    return float(pairs.weights @ np.logaddexp(0.0, -(pairs.away @ weights)))


def fitted(pairs: Pairs, strength: float, start: Floats | None = None) -> Floats:
    """(num_measures) float64: the weights of least loss + strength / 2 * their squares, by Newton's method.

    `start`: weights to begin with. A step that would not lower the sum is halved until it does.
    """
    num = pairs.away.shape[1]
    weights = np.zeros(num) if start is None else start.copy()
    prior = strength * np.eye(num)
    now = _penalised(pairs, strength, weights)
    for _ in range(_MOST_STEPS):
        wrong = 1 / (1 + np.exp(np.clip(pairs.away @ weights, -500, 500)))
        pull = pairs.away.T @ (pairs.weights * wrong) - strength * weights
        curved = (pairs.away.T * (pairs.weights * wrong * (1 - wrong))) @ pairs.away + prior
        step = np.linalg.solve(curved, pull)
        after = _penalised(pairs, strength, weights + step)
        while after > now + 1e-9 * abs(now) and np.abs(step).max() > _CLOSE:
            step /= 2
            after = _penalised(pairs, strength, weights + step)
        weights, now = weights + step, after
        if np.abs(step).max() <= _CLOSE:
            break
    return weights


def fit(sets: Sets, num_folds: int, seed: int = 0) -> Fit:
    """The fit under the prior whose strength predicts left-out groups of `sets` best.

    Of strengths that predict equally well it is the greater, whose weights are the smaller.
    """
    scales = scales_of(sets)
    pairs = pairs_of(sets, scales)
    strength = _best_strength(pairs, folds(sets.groups, num_folds, seed))
    return Fit(fitted(pairs, strength), scales, strength)


def folds(groups: Whole, num: int, seed: int) -> Whole:
    """(num_sets) int64: the fold of each set, from 0; a group is never parted, and folds are about equal.

    The largest groups are dealt first, each to the smallest fold; `seed` decides among equals.
    """
    names, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    filled = [0] * max(min(num, len(names)), 1)
    of_group: dict[int, int] = {}
    for at in sorted(order, key=lambda at: -sizes[at]):
        fold = filled.index(min(filled))
        filled[fold] += int(sizes[at])
        of_group[int(names[at])] = fold
    return np.array([of_group[int(one)] for one in groups], np.int64)


def left_out(
    sets: Sets, parts: Whole, learn: Callable[[Sets], Fit], told: Callable[[int], None]
) -> Floats:
    """(num_candidates) float64: each one's utility under what `learn` makes of the other folds' sets.

    `parts`: of `folds`. `told` is called with the number of folds done.
    """
    utilities = np.zeros(len(sets.rows))
    for fold in range(int(parts.max()) + 1):
        out = parts == fold
        utilities[out[sets.members]] = learn(sets.chosen(~out)).utilities(sets.chosen(out))
        told(fold + 1)
    return utilities


def _best_strength(pairs: Pairs, parts: Whole) -> float:
    losses = np.zeros(len(STRENGTHS))
    for fold in range(int(parts.max()) + 1):
        known, unknown = (pairs.chosen(which) for which in (parts != fold, parts == fold))
        weights: Floats | None = None
        for at in reversed(range(len(STRENGTHS))):
            weights = fitted(known, STRENGTHS[at], weights)
            losses[at] += loss(unknown, weights)
    best = min(reversed(range(len(STRENGTHS))), key=lambda at: losses[at])
    return STRENGTHS[best]


def _penalised(pairs: Pairs, strength: float, weights: Floats) -> float:
    return loss(pairs, weights) + strength / 2 * float(weights @ weights)


def _centred(sets: Sets) -> Floats:
    sizes = np.bincount(sets.members, minlength=sets.num)
    sums = np.zeros((sets.num, sets.rows.shape[1]))
    np.add.at(sums, sets.members, sets.rows)
    centred: Floats = sets.rows - (sums / sizes[:, None])[sets.members]
    return centred
