"""A picker that was learned: which of several candidates a reader will choose, how likely, and why.

A candidate's utility is the sum of weight * distance over all measures: its distance from the average of
its set, in units of the measure's scale, 4 at most. So utilities compare candidates of one set only, and
one that stands alone has 0. Chances are the softmax of the utilities.
Source: McFadden, Conditional Logit Analysis of Qualitative Choice Behavior, 1974.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
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

NUM_REASONS = 3
_LEAST_SHARE = 0.1  # of what speaks for a candidate: what is less is no reason


@dataclass(frozen=True, slots=True)
class Picker:
    """`scales` and `weights`: of each measure, in the order of `MEASURES`.

    `strength`: of the prior that the weights were found under; `num_sets`: that it was learned from.
    """

    scales: tuple[float, ...]
    weights: tuple[float, ...]
    strength: float
    num_sets: int

    def utilities(self, before: str, prompt: str, candidates: Sequence[Candidate]) -> list[float]:
        """Of each candidate, around 0. `before`: the text that they go on from.

        Raises: BadRequestError for more than 500 candidates.
        """
        return [math.fsum(parts) for parts in self._parts(before, prompt, candidates)]

    def probabilities(
        self, before: str, prompt: str, candidates: Sequence[Candidate]
    ) -> list[float]:
        """Of each candidate to be the one of which most is taken, if any is; they sum to 1.

        Raises: as `utilities`.
        """
        utilities = self.utilities(before, prompt, candidates)
        highest = max(utilities, default=0.0)
        odds = [math.exp(one - highest) for one in utilities]
        whole = math.fsum(odds)
        return [one / whole for one in odds]

    def expected(self, before: str, prompt: str, candidates: Sequence[Candidate]) -> int:
        """The place of the candidate with the highest utility; of equal ones the first.

        Raises: BadRequestError for no candidate or too many.
        """
        return _highest(self.utilities(before, prompt, candidates))

    def reasons(
        self,
        before: str,
        prompt: str,
        candidates: Sequence[Candidate],
        most: int = NUM_REASONS,
    ) -> list[str]:
        """Up to `most` phrases that say what speaks for the expected candidate, the strongest first.

        "longer than the others", "less repetition". Measures with one phrase count together, and what is
        less than a tenth of all that speaks for it is left out. Nothing is said where nothing tells them
        apart. Raises: as `expected`.
        """
        parts = self._parts(before, prompt, candidates)
        best = parts[_highest([math.fsum(one) for one in parts])]
        spoken = sorted(self._spoken(best), key=lambda one: -one[1])
        whole = math.fsum(amount for _, amount in spoken if amount > 0)
        least = max(_LEAST_SHARE * whole, 1e-9)
        return [phrase for phrase, amount in spoken if amount > least][:most]

    def _spoken(self, parts: Sequence[float]) -> list[tuple[str, float]]:
        """(phrase, what its measures add together) for each kind of phrase, so that none contradict."""
        kinds: dict[str, list[tuple[float, str]]] = {}
        for measure, weight, part in zip(MEASURES, self.weights, parts, strict=True):
            phrase = measure.more if part * weight > 0 else measure.less
            kinds.setdefault(measure.more, []).append((part, phrase))
        return [(max(one)[1], math.fsum(part for part, _ in one)) for one in kinds.values()]

    def _parts(
        self, before: str, prompt: str, candidates: Sequence[Candidate]
    ) -> list[list[float]]:
        """(num_candidates, num_measures): what each measure adds to each utility."""
        if len(candidates) > MOST_CANDIDATES:
            raise BadRequestError(f"A set can hold at most {MOST_CANDIDATES} candidates.")
        rows = measured(before, prompt, candidates)
        columns = [
            [weight * one for one in distances([row[at] for row in rows], scale)]
            for at, (scale, weight) in enumerate(zip(self.scales, self.weights, strict=True))
        ]
        return [[column[at] for column in columns] for at in range(len(rows))]

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads; only JSON's own types."""
        told = zip(NAMES, self.scales, self.weights, strict=True)
        return {
            "version": VERSION,
            "measures": {name: {"scale": scale, "weight": weight} for name, scale, weight in told},
            "strength": self.strength,
            "num_sets": self.num_sets,
        }

    @classmethod
    def from_json(cls, data: Any) -> Picker:
        """The picker that `data` describes, wherever it came from.

        Raises: BadRequestError for another version, and naming the first part that is missing, unknown,
        of the wrong type or out of bounds.
        """
        checked.version(data, "picker", VERSION)
        data = checked.mapping(data, "picker", ("version", "measures", "strength", "num_sets"))
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


def _highest(utilities: Sequence[float]) -> int:
    if not utilities:
        raise BadRequestError("A set needs a candidate.")
    return max(range(len(utilities)), key=lambda at: utilities[at])
