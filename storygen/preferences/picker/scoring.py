"""A picker that was learned: which of several candidates a reader will choose, how likely, and why.

A candidate's utility is the sum of weight * distance over all measures: its distance from the average of
its set, in units of the measure's scale, 4 at most. So utilities compare candidates of one set only, and
one that stands alone has 0. Chances are the softmax of the utilities. Where a model's hidden states were
learned from too, a few directions in them are measures like the others.
Source: McFadden, Conditional Logit Analysis of Qualitative Choice Behavior, 1974.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any

from ...errors import BadRequestError
from .. import checked
from .measures import MEASURES, NAMES, Candidate, measured

VERSION = 1
"""Of the JSON; another set of measures, or another meaning of one, is another version."""

FARTHEST = 4.0
"""A distance from a set's average counts as so many scales at most: nothing rare outweighs all else."""

MOST_CANDIDATES = 500
"""In a set."""

MOST_DIRECTIONS = 16
LONGEST_VECTOR = 16_384

NUM_REASONS = 3
_FIELDS = ("measures", "strength", "num_sets", "directions")
_LEAST_SHARE = 0.1  # of what speaks for a candidate: what is less is no reason


_LIKE_BEFORE = "like what was chosen before"

Vectors = Sequence[Sequence[float] | None]
"""A hidden state for each candidate of a set; None where there is none."""


@dataclass(frozen=True, slots=True)
class Direction:
    """A direction in a model's hidden states: how far a candidate's lies along it is one more measure."""

    scale: float
    weight: float
    values: tuple[float, ...]  # as many as a hidden state has


@dataclass(frozen=True, slots=True)
class Picker:
    """`scales` and `weights`: of each measure, in the order of `MEASURES`.

    `strength`: of the prior that the weights were found under; `num_sets`: that it was learned from.
    `directions`: none where it was learned from texts alone. All methods take `before`, the text that all
    candidates go on from, and `vectors`, for pickers with directions; a candidate without a vector counts
    as the average of the others. They raise BadRequestError for more than 500 candidates, or vectors of
    another length or number.
    """

    scales: tuple[float, ...]
    weights: tuple[float, ...]
    strength: float
    num_sets: int
    directions: tuple[Direction, ...] = ()

    def utilities(
        self, before: str, prompt: str, candidates: Sequence[Candidate], vectors: Vectors = ()
    ) -> list[float]:
        """Of each candidate, around 0."""
        return [math.fsum(parts) for parts in self._parts(before, prompt, candidates, vectors)]

    def probabilities(
        self, before: str, prompt: str, candidates: Sequence[Candidate], vectors: Vectors = ()
    ) -> list[float]:
        """Of each candidate to be the one of which most is taken, if any is; they sum to 1."""
        utilities = self.utilities(before, prompt, candidates, vectors)
        highest = max(utilities, default=0.0)
        odds = [math.exp(one - highest) for one in utilities]
        whole = math.fsum(odds)
        return [one / whole for one in odds]

    def expected(
        self, before: str, prompt: str, candidates: Sequence[Candidate], vectors: Vectors = ()
    ) -> int:
        """The place of the candidate with the highest utility; of equal ones the first.

        Raises: BadRequestError for no candidate.
        """
        return _highest(self.utilities(before, prompt, candidates, vectors))

    def reasons(
        self,
        before: str,
        prompt: str,
        candidates: Sequence[Candidate],
        vectors: Vectors = (),
        most: int = NUM_REASONS,
    ) -> list[str]:
        """Up to `most` phrases that say what speaks for the expected candidate, the strongest first.

        "longer than the others", "less repetition". Measures of one kind count together, and what is less
        than a tenth of all that speaks for it is left out. Nothing is said where nothing tells them apart.
        Raises: BadRequestError for no candidate.
        """
        parts = self._parts(before, prompt, candidates, vectors)
        best = parts[_highest([math.fsum(one) for one in parts])]
        spoken = sorted(self._spoken(best), key=lambda one: -one[1])
        whole = math.fsum(amount for _, amount in spoken if amount > 0)
        least = max(_LEAST_SHARE * whole, 1e-9)
        return [phrase for phrase, amount in spoken if amount > least][:most]

    def _spoken(self, parts: Sequence[float]) -> list[tuple[str, float]]:
        """(phrase, what its measures add together) for each kind of phrase, so that none contradict."""
        kinds: dict[str, list[tuple[float, str]]] = {}
        for measure, weight, part in zip(MEASURES, self.weights, parts, strict=False):
            phrase = measure.more if part * weight > 0 else measure.less
            kinds.setdefault(measure.more, []).append((part, phrase))
        spoken = [(max(one)[1], math.fsum(part for part, _ in one)) for one in kinds.values()]
        return [*spoken, (_LIKE_BEFORE, math.fsum(parts[len(MEASURES) :]))]

    def _parts(
        self, before: str, prompt: str, candidates: Sequence[Candidate], vectors: Vectors
    ) -> list[list[float]]:
        """(num_candidates, num_measures + num_directions): what each of them adds to each utility."""
        if len(candidates) > MOST_CANDIDATES:
            raise BadRequestError(f"A set can hold at most {MOST_CANDIDATES} candidates.")
        rows = measured(before, prompt, candidates)
        columns = [
            [weight * one for one in distances([row[at] for row in rows], scale)]
            for at, (scale, weight) in enumerate(zip(self.scales, self.weights, strict=True))
        ]
        if vectors and self.directions:
            if len(vectors) != len(candidates):
                raise BadRequestError("There must be one vector, or null, for each candidate.")
            columns += [_along(one, vectors) for one in self.directions]
        return [[column[at] for column in columns] for at in range(len(rows))]

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads; only JSON's own types."""
        told = zip(NAMES, self.scales, self.weights, strict=True)
        return {
            "version": VERSION,
            "measures": {name: {"scale": scale, "weight": weight} for name, scale, weight in told},
            "strength": self.strength,
            "num_sets": self.num_sets,
            "directions": [
                {"scale": one.scale, "weight": one.weight, "values": list(one.values)}
                for one in self.directions
            ],
        }

    @classmethod
    def from_json(cls, data: Any) -> Picker:
        """The picker that `data` describes, wherever it came from.

        Raises: BadRequestError for another version, and naming the first part that is missing, unknown,
        of the wrong type or out of bounds.
        """
        checked.version(data, "picker", VERSION)
        data = checked.mapping(data, "picker", ("version", *_FIELDS))
        given = checked.mapping(data.get("measures"), "measures", NAMES)
        missing = [name for name in NAMES if name not in given]
        if missing:
            raise BadRequestError(f"measures lacks {missing[0]!r}.")
        told = [
            checked.mapping(given[name], f"measures.{name}", ("scale", "weight")) for name in NAMES
        ]
        return cls(
            _each(told, "scale", 1e-9, 1e9),
            _each(told, "weight", -1e3, 1e3),
            checked.number(data.get("strength"), "strength", 0, 1e9),
            checked.whole(data.get("num_sets"), "num_sets"),
            _directions(data.get("directions", [])),
        )


def distances(column: Sequence[float], scale: float) -> list[float]:
    """How far each of a set's values is from their average, in `scale`, 4 at most; (num_candidates)."""
    average = math.fsum(column) / max(len(column), 1)
    return [min(max((one - average) / scale, -FARTHEST), FARTHEST) for one in column]


def _each(told: Sequence[dict[str, Any]], field: str, low: float, high: float) -> tuple[float, ...]:
    return tuple(
        checked.number(one.get(field), f"measures.{name}.{field}", low, high)
        for name, one in zip(NAMES, told, strict=True)
    )


def _directions(data: Any) -> tuple[Direction, ...]:
    given = checked.items(data, "directions", MOST_DIRECTIONS)
    read = tuple(_direction(one, f"directions[{at}]") for at, one in enumerate(given))
    if len({len(one.values) for one in read}) > 1:
        raise BadRequestError("directions must all be of one length.")
    return read


def _direction(data: Any, what: str) -> Direction:
    data = checked.mapping(data, what, ("scale", "weight", "values"))
    values = checked.items(data.get("values"), f"{what}.values", LONGEST_VECTOR)
    return Direction(
        checked.number(data.get("scale"), f"{what}.scale", 1e-9, 1e9),
        checked.number(data.get("weight"), f"{what}.weight", -1e3, 1e3),
        checked.numbers(values, f"{what}.values", max(len(values), 1), -1, 1),
    )


def _along(direction: Direction, vectors: Vectors) -> list[float]:
    """What `direction` adds to the utility of each candidate."""
    for one in vectors:
        if one is not None and len(one) != len(direction.values):
            raise BadRequestError(f"A vector must hold {len(direction.values)} numbers.")
    far = [None if one is None else sum(map(mul, one, direction.values)) for one in vectors]
    known = [one for one in far if one is not None]
    usual = math.fsum(known) / max(len(known), 1)
    column = [usual if one is None else one for one in far]
    return [direction.weight * one for one in distances(column, direction.scale)]


def _highest(utilities: Sequence[float]) -> int:
    if not utilities:
        raise BadRequestError("A set needs a candidate.")
    return max(range(len(utilities)), key=lambda at: utilities[at])
