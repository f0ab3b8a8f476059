"""A picker learned from a reader's choices, with a report of how well it foretells those it hasn't seen.

Every number of the report is cross-validated: a story's sets are told by a picker that was learned, its
prior's strength included, from other stories alone. Intervals are of the cluster bootstrap, which draws
whole stories, since sets of one story may depend on each other. The picker itself is learned from all.
Sources: Stone, Cross-Validatory Choice and Assessment of Statistical Predictions, 1974; Efron &
Tibshirani, An Introduction to the Bootstrap, 1993; Hesterberg, What Teachers Should Know About the
Bootstrap, 2015 (the factor that widens percentile intervals where there are few clusters).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import BadRequestError
from ..estimates import LEVEL, Interval, t_quantile
from ..observations import Observation
from . import fitting
from .enough import FEWEST_SETS, tells
from .fitting import Fit, Floats, Sets
from .measures import NAMES, measured
from .report import RULES, Report
from .scoring import LONGEST_VECTOR, MOST_DIRECTIONS, Direction, Picker

FEWEST_STORIES = 10
"""With fewer stories sets are left out one by one, and intervals draw sets: too few whole stories vary."""

NUM_FOLDS = 5
NUM_DRAWS = 2000
"""Of the bootstrap."""

DIRECTION_DIGITS = 6
"""After the point, of the directions in hidden states: a picker stays under about 2 MB."""

LARGEST_VALUE = 1e6
"""In a hidden state."""

Progress = Callable[[str, int, int], None]
"""Called with a stage ("measuring", "testing", "learning"), how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Trained:
    """`picker` from all sets, and the `report` of pickers from parts of them.

    `plain`: where `picker` has directions, another one from the measures alone, for whoever lacks vectors.
    """

    picker: Picker
    report: Report
    plain: Picker | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Sets as arrays, and what each rule thinks of their candidates: (num_candidates, num_rules) float64.

    The columns of `rules` are in the order of `RULES`; of chance all are 0. `directions`, (num_directions,
    length) float64: those of which `sets` has further columns behind the measures.
    """

    sets: Sets
    rules: Floats
    num_without: int
    num_stories: int
    grouped_by: str
    directions: Floats


def train(
    observations: Iterable[Observation],
    by: str = "human",
    seed: int = 0,
    on_progress: Progress = lambda stage, done, whole: None,
    vectors: Mapping[str, Sequence[float]] | None = None,
) -> Trained:
    """A picker and its report, from the sets that `by` ("human" or "auto") chose from.

    The same observations and seed give the same. Sets from which nothing was taken, or the same of all,
    tell nothing and are only counted. `vectors`: hidden states by candidate id, all of one length; the 16
    directions along which they differ most are learned from like the measures. They are found from all
    sets at once, but without the choices, so that no left-out choice is known through them. Where pickers
    with them foretell left-out sets no better (by `loss`), the picker goes by the measures alone.
    Raises: BadRequestError ("too_few_choices") for fewer than 30 sets that tell, or vectors that don't fit.
    """
    chosen_from = [one for one in observations if one.by == by]
    material = gathered(chosen_from, on_progress)
    plain = trained(material, seed, on_progress)
    if not vectors:
        return plain
    telling = [one for one in chosen_from if tells(one)]
    seeing = with_vectors(material, _matrix(telling, vectors), seed)
    if not len(seeing.directions):
        return plain
    found = trained(seeing, seed, on_progress)
    if found.report.loss.value >= plain.report.loss.value:
        return replace(plain, report=replace(plain.report, states="no_help"))
    return Trained(found.picker, replace(found.report, states="used"), plain.picker)


def gathered(observations: Sequence[Observation], on_progress: Progress) -> Material:
    """The sets of `observations` that tell something, measured. Raises: as `train`."""
    telling = [one for one in observations if tells(one)]
    missing = FEWEST_SETS - len(telling)
    if missing > 0:
        raise BadRequestError(
            f"A picker needs {FEWEST_SETS} sets from which something was chosen; {missing} more are "
            "missing. Choose from some more candidates and try again.",
            code="too_few_choices",
        )
    rows: list[tuple[float, ...]] = []
    for done, one in enumerate(telling):
        if done % 100 == 0:
            on_progress("measuring", done, len(telling))
        shown = [(candidate.text, candidate.logprobs) for candidate in one.candidates]
        rows.extend(measured(one.before, one.prompt, shown))
    on_progress("measuring", len(telling), len(telling))
    return _arranged(telling, np.array(rows), len(observations) - len(telling))


def with_vectors(material: Material, vectors: Floats, seed: int = 0) -> Material:
    """`material` with directions of `vectors`: (num_candidates, length) float64, NaN where not known."""
    sets = material.sets
    found = fitting.directions(sets, vectors, MOST_DIRECTIONS, seed)
    found = np.round(found, DIRECTION_DIGITS)
    rows = np.column_stack([sets.rows, fitting.filled(sets, vectors) @ found.T])
    return replace(material, sets=replace(sets, rows=rows), directions=found)


def trained(material: Material, seed: int = 0, on_progress: Progress = lambda *_: None) -> Trained:
    """As `train`, from sets that are gathered already."""
    report = tested(material, seed, on_progress)
    on_progress("learning", 0, 1)
    fit = fitting.fit(material.sets, NUM_FOLDS, seed)
    on_progress("learning", 1, 1)
    return Trained(_picker(fit, material), report)


def tested(material: Material, seed: int, on_progress: Progress = lambda *_: None) -> Report:
    """What pickers learned from a part of the groups foretell of the others."""
    sets = material.sets
    parts = fitting.folds(sets.groups, NUM_FOLDS, seed)

    def learn(known: Sets) -> Fit:
        return fitting.fit(known, NUM_FOLDS, seed)

    def told(done: int) -> None:
        on_progress("testing", done, NUM_FOLDS)

    utilities = fitting.left_out(sets, parts, learn, told)
    right = _right(sets, np.column_stack([utilities, material.rules]))
    losses = _losses(sets, np.column_stack([utilities, np.zeros(len(utilities))]))
    own, rules = right[:, :1], right[:, 1:]
    intervals = bootstrapped(
        np.column_stack([right, own - rules, losses, losses[:, 1] - losses[:, 0]]),
        sets.groups,
        seed,
    )
    num = len(RULES)
    return Report(
        num_sets=sets.num,
        num_without=material.num_without,
        num_stories=material.num_stories,
        grouped_by=material.grouped_by,
        num_folds=int(parts.max()) + 1,
        accuracy=intervals[0],
        rules=dict(zip(RULES, intervals[1 : num + 1], strict=True)),
        differences=dict(zip(RULES, intervals[num + 1 : 2 * num + 1], strict=True)),
        loss=intervals[-3],
        even_loss=intervals[-2],
        loss_saved=intervals[-1],
    )


def bootstrapped(values: Floats, groups: NDArray[np.int64], seed: int) -> list[Interval]:
    """The mean of each column of `values`, (num_sets, num_columns) float64, with its 95 % interval.

    Whole groups are drawn, as many as there are. The percentile interval's distances from the mean are
    widened by sqrt(G / (G - 1)) * t / z, G groups, t and z the quantiles of Student and of the normal.
    """
    _, which = np.unique(groups, return_inverse=True)
    num = int(which.max()) + 1
    sums = np.zeros((num, values.shape[1]))
    np.add.at(sums, which, values)
    means = values.mean(axis=0)
    if num < 2:
        return [Interval(float(mean), None, None) for mean in means]
    draws = np.random.default_rng(seed).multinomial(num, np.full(num, 1 / num), NUM_DRAWS)
    drawn = (draws @ sums) / (draws @ np.bincount(which))[:, None]
    tail = (1 - LEVEL) / 2
    wider = math.sqrt(num / (num - 1)) * t_quantile(1 - tail, num - 1) / t_quantile(1 - tail, 10**6)
    low, high = (
        means + (np.quantile(drawn, at, axis=0) - means) * wider for at in (tail, 1 - tail)
    )
    return [
        Interval(float(mean), float(least), float(most))
        for mean, least, most in zip(means, low, high, strict=True)
    ]


def _picker(fit: Fit, material: Material) -> Picker:
    scales, weights = (tuple(map(float, one)) for one in (fit.scales, fit.weights))
    num = len(NAMES)
    directions = zip(scales[num:], weights[num:], material.directions.tolist(), strict=True)
    return Picker(
        scales[:num],
        weights[:num],
        fit.strength,
        material.sets.num,
        tuple(Direction(scale, weight, tuple(values)) for scale, weight, values in directions),
    )


def _matrix(telling: Sequence[Observation], vectors: Mapping[str, Sequence[float]]) -> Floats:
    """(num_candidates, length) float64, NaN where a candidate has no vector. Raises: BadRequestError."""
    lengths = {len(one) for one in vectors.values()}
    if len(lengths) != 1 or not 0 < max(lengths) <= LONGEST_VECTOR:
        raise BadRequestError(f"Vectors must have one length, of 1 to {LONGEST_VECTOR} numbers.")
    unknown = np.full(max(lengths), math.nan)
    shown = [candidate.candidate for one in telling for candidate in one.candidates]
    matrix = np.array([vectors.get(name, unknown) for name in shown], np.float64)
    there = matrix[[name in vectors for name in shown]]
    if not (np.abs(there) <= LARGEST_VALUE).all():
        raise BadRequestError(f"Vectors must hold finite numbers of at most {LARGEST_VALUE:.0f}.")
    return matrix


def _arranged(telling: Sequence[Observation], rows: Floats, num_without: int) -> Material:
    candidates = [candidate for one in telling for candidate in one.candidates]
    sizes = [len(one.candidates) for one in telling]
    numbers: dict[str, int] = {}
    stories = np.array([numbers.setdefault(one.story, len(numbers)) for one in telling], np.int64)
    num_stories = len(numbers)
    by_story = num_stories >= FEWEST_STORIES
    sets = Sets(
        rows,
        np.array([one.taken for one in candidates]),
        np.repeat(np.arange(len(telling), dtype=np.int64), sizes),
        stories if by_story else np.arange(len(telling), dtype=np.int64),
    )
    columns = {
        "chance": np.zeros(len(candidates)),
        "longest": np.array([float(len(one.text)) for one in candidates]),
        "likeliest": rows[:, NAMES.index("mean_logprob")],
        "first": np.array([-float(one.number) for one in candidates]),
    }
    rules = np.column_stack([columns[rule] for rule in RULES])
    grouped_by = "story" if by_story else "set"
    return Material(sets, rules, num_without, num_stories, grouped_by, np.zeros((0, 0)))


def _right(sets: Sets, utilities: Floats) -> Floats:
    """(num_sets, num_columns) 0 to 1: whether the highest of each column is what was taken most.

    Of several that are equally high each counts its part, so that all equal are worth chance.
    """
    found = np.zeros((sets.num, utilities.shape[1]))
    for at, span in enumerate(sets.spans()):
        highest = utilities[span] >= utilities[span].max(axis=0) - 1e-9
        best = sets.taken[span] == sets.taken[span].max()
        found[at] = (highest & best[:, None]).sum(axis=0) / highest.sum(axis=0)
    return found


def _losses(sets: Sets, utilities: Floats) -> Floats:
    """(num_sets, num_columns) nats: -log of the softmax chance of what was taken most."""
    found = np.zeros((sets.num, utilities.shape[1]))
    for at, span in enumerate(sets.spans()):
        best = sets.taken[span] == sets.taken[span].max()
        whole = np.logaddexp.reduce(utilities[span], axis=0)
        found[at] = (whole - utilities[span][best]).mean(axis=0)
    return found
