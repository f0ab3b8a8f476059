"""What was chosen against what was passed over: for every step of a story, and for some groups of steps.

A chosen candidate counts by the fraction of it that was accepted, one passed over as 1. Sets from which
nothing was taken are counted, but say nothing about chosen against passed over. Chosen and passed over are
compared within a set, where both were drawn alike and for the same place of the story: so neither a policy
that changes nor a reader's tiredness passes for taste. Intervals take a story's sets as one cluster; of
fewer than `FEW_STORIES` stories each set is its own, since drawing parameters is independent between sets.
`statistics_json` writes them down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from . import estimates, signs
from .estimates import Interval
from .observations import Observation, ShownCandidate
from .ranges import DEFAULTS, NAMES
from .tops import top_of_liking

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""The quantiles that are told of each side."""

NUM_BINS = 12
FEW_STORIES = 8
MOST_FOR_BEST = 250
MOST_STEPS = 200
"""What lies further is counted as this step."""

_Key = TypeVar("_Key", int, str)


@dataclass(frozen=True, slots=True)
class Side:
    """The chosen or those passed over: `num` candidates of `weight` together, in the parameter's unit."""

    num: int
    weight: float
    mean: float
    quantiles: tuple[float, ...]  # one for each of SHARES


@dataclass(frozen=True, slots=True)
class Bins:
    """For drawing: `edges` are one more than the weights between them. Scale: "uniform" or "log"."""

    scale: str
    edges: tuple[float, ...]
    chosen: tuple[float, ...]
    rejected: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ParameterStatistics:
    """What is known of one parameter in one group of sets.

    `difference`: chosen minus passed over, within sets. `best`: where liking is highest (see `tops`),
    by the newest `MOST_FOR_BEST` sets, None where that isn't clear; unlike the mean of the chosen it doesn't
    depend on what was drawn. `shrunk`: the mean of the chosen, pooled with other steps; None but in steps.
    """

    name: str
    chosen: Side | None
    rejected: Side | None
    difference: Interval | None
    best: Interval | None
    bins: Bins | None
    shrunk: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Some sets together. `mean_taken`: of the candidate of which most was taken, over all sets."""

    num_sets: int
    num_stories: int
    num_without_choice: int
    mean_taken: float
    parameters: Mapping[str, ParameterStatistics]


@dataclass(frozen=True, slots=True)
class Statistics:
    """All of it. Groups without any set are missing.

    `phases`: by `signs.PHASES`; `repetition`: "low", "high"; `entropy`: "falling", "steady".
    """

    everything: Group
    steps: Mapping[int, Group]
    phases: Mapping[str, Group]
    repetition: Mapping[str, Group]
    entropy: Mapping[str, Group]


def gather(observations: Iterable[Observation], by: str | None = "human") -> Statistics:
    """The statistics of the sets on which `by` decided; None: whoever did.

    Parameters whose values are no finite numbers are left out of their candidate. The work is linear in the
    number of candidates but for sorting.
    """
    asked = (one for one in observations if by in (None, one.by) and one.candidates)
    sets = sorted(asked, key=lambda one: one.time)
    falling = falling_entropy(sets)
    steps = _grouped(sets, lambda one: min(max(one.situation.step, 1), MOST_STEPS))
    return Statistics(
        everything=_group(sets),
        steps=_with_pooled_means(
            {step: _group(found) for step, found in sorted(steps.items())}, steps
        ),
        phases=_groups(sets, lambda one: signs.phase(one.situation)),
        repetition=_groups(sets, _repetition_of),
        entropy=_groups(sets, lambda one: falling.get(one.set)),
    )


def falling_entropy(sets: Iterable[Observation]) -> dict[str, str]:
    """For each set of which it can be told, by its id: "falling" or "steady" entropy.

    Looked at are the set's own and the three before it in its story, of which three must be known.
    """
    found: dict[str, str] = {}
    for story in _grouped(sets, lambda one: one.story).values():
        ordered = sorted(story, key=lambda one: (one.situation.step, one.time))
        entropies = [one.situation.entropy for one in ordered]
        for at, one in enumerate(ordered):
            falls = signs.is_falling(entropies[max(at - 3, 0) : at + 1])
            if falls is not None:
                found[one.set] = "falling" if falls else "steady"
    return found


def value_of(candidate: ShownCandidate, name: str) -> float | None:
    """The finite number that the candidate's parameter is, or None."""
    value = candidate.params.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        return None
    return float(value)


def _grouped(
    sets: Iterable[Observation], key: Callable[[Observation], _Key | None]
) -> dict[_Key, list[Observation]]:
    """The sets of each key; those without a key are in none."""
    groups: dict[_Key, list[Observation]] = {}
    for one in sets:
        name = key(one)
        if name is not None:
            groups.setdefault(name, []).append(one)
    return groups


def _groups(
    sets: Iterable[Observation], key: Callable[[Observation], str | None]
) -> dict[str, Group]:
    return {name: _group(found) for name, found in _grouped(sets, key).items()}


def _repetition_of(one: Observation) -> str:
    return "high" if one.situation.repetition >= signs.HIGH_REPETITION else "low"


def _group(sets: Sequence[Observation]) -> Group:
    with_choice = [one for one in sets if one.chosen]
    stories = {one.story for one in with_choice}
    by_story = len(stories) >= FEW_STORIES
    contrasts = [_Contrast.of(one, one.story if by_story else one.set) for one in with_choice]
    best = [max(candidate.taken for candidate in one.candidates) for one in sets]
    found = (_parameter(name, contrasts) for name in NAMES)
    return Group(
        num_sets=len(sets),
        num_stories=len({one.story for one in sets}),
        num_without_choice=len(sets) - len(with_choice),
        mean_taken=estimates.mean(best) if best else 0.0,
        parameters={one.name: one for one in found if one},
    )


@dataclass(frozen=True, slots=True)
class _Contrast:
    """A set with a choice. `cluster`: what it may depend on others through."""

    cluster: str
    candidates: tuple[ShownCandidate, ...]

    @classmethod
    def of(cls, one: Observation, cluster: str) -> _Contrast:
        return cls(cluster, one.candidates)

    def values(self, name: str) -> list[tuple[float, float]]:
        """(value, taken) of each candidate that has the parameter."""
        found = ((value_of(one, name), one.taken) for one in self.candidates)
        return [(value, taken) for value, taken in found if value is not None]


def _parameter(name: str, contrasts: Sequence[_Contrast]) -> ParameterStatistics | None:
    sets = [(one.cluster, one.values(name)) for one in contrasts]
    chosen = [pair for _, pairs in sets for pair in pairs if pair[1] > 0]
    rejected = [(value, 1.0) for _, pairs in sets for value, taken in pairs if taken <= 0]
    if not chosen and not rejected:
        return None
    differing = [(cluster, pairs) for cluster, pairs in sets if len({v for v, _ in pairs}) > 1]
    return ParameterStatistics(
        name,
        _side(chosen),
        _side(rejected),
        _difference(differing),
        _best(name, differing[-MOST_FOR_BEST:]),
        _bins(name, chosen, rejected),
    )


def _side(pairs: Sequence[tuple[float, float]]) -> Side | None:
    if not pairs:
        return None
    values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]
    return Side(
        len(pairs),
        math.fsum(weights),
        estimates.mean(values, weights),
        estimates.quantiles(values, weights, SHARES),
    )


def _difference(sets: Sequence[tuple[str, list[tuple[float, float]]]]) -> Interval | None:
    """Chosen minus passed over, within each set that has both, weighted by how much was taken."""
    differences, weights, clusters = [], [], []
    for cluster, pairs in sets:
        chosen = [pair for pair in pairs if pair[1] > 0]
        rejected = [value for value, taken in pairs if taken <= 0]
        if chosen and rejected:
            weight = math.fsum(taken for _, taken in chosen)
            inside = math.fsum(value * taken for value, taken in chosen) / weight
            differences.append(inside - estimates.mean(rejected))
            weights.append(weight)
            clusters.append(cluster)
    return estimates.clustered_mean(differences, weights, clusters) if differences else None


def _best(name: str, sets: Sequence[tuple[str, list[tuple[float, float]]]]) -> Interval | None:
    """The top of liking over the parameter's scale, held within what was shown."""
    values = [value for _, pairs in sets for value, _ in pairs]
    if not values:
        return None
    low, high = min(values), max(values)
    scale = _scale(name, low)
    begin, length = scale(low), scale(high) - scale(low)
    placed = [
        (cluster, [((scale(value) - begin) / length, taken) for value, taken in pairs])
        for cluster, pairs in sets
    ]
    top = top_of_liking(placed)
    if top is None:
        return None
    back = math.exp if scale is math.log else float
    ends = (top.value, top.low, top.high)
    held = (None if one is None else back(begin + min(max(one, 0.0), 1.0) * length) for one in ends)
    value, lower, upper = held
    return Interval(value if value is not None else low, lower, upper)


def _bins(
    name: str, chosen: Sequence[tuple[float, float]], rejected: Sequence[tuple[float, float]]
) -> Bins | None:
    values = [value for value, _ in (*chosen, *rejected)]
    low, high = min(values), max(values)
    if high <= low:
        return None
    scale = _scale(name, low)
    begin, length = scale(low), scale(high) - scale(low)
    back = math.exp if scale is math.log else float
    edges = [back(begin + length * at / NUM_BINS) for at in range(NUM_BINS + 1)]

    def filled(pairs: Sequence[tuple[float, float]]) -> tuple[float, ...]:
        weights = [0.0] * NUM_BINS
        for value, weight in pairs:
            place = int((scale(value) - begin) / length * NUM_BINS)
            weights[min(max(place, 0), NUM_BINS - 1)] += weight
        return tuple(weights)

    is_log = scale is math.log
    return Bins("log" if is_log else "uniform", tuple(edges), filled(chosen), filled(rejected))


def _scale(name: str, low: float) -> Callable[[float], float]:
    """That in which the parameter is usually drawn; values that are 0 have no logarithm."""
    return math.log if DEFAULTS[name].scale == "log" and low > 0 else float


def _with_pooled_means(
    groups: Mapping[int, Group], steps: Mapping[int, Sequence[Observation]]
) -> dict[int, Group]:
    """`groups` with `shrunk` filled in."""
    pooled = {name: _pooled(name, steps) for name in NAMES}
    return {
        step: replace(
            group,
            parameters={
                name: replace(one, shrunk=pooled[name].get(step))
                for name, one in group.parameters.items()
            },
        )
        for step, group in groups.items()
    }


def _pooled(name: str, steps: Mapping[int, Sequence[Observation]]) -> dict[int, float]:
    means, sizes, squares, freedom = {}, {}, 0.0, 0.0
    for step, sets in steps.items():
        pairs = [
            (value, candidate.taken)
            for one in sets
            for candidate in one.candidates
            if candidate.taken > 0 and (value := value_of(candidate, name)) is not None
        ]
        if not pairs:
            continue
        values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]
        means[step] = estimates.mean(values, weights)
        sizes[step] = estimates.effective_number(weights)
        around = [(value - means[step]) ** 2 for value in values]
        squares += sizes[step] * estimates.mean(around, weights)
        freedom += sizes[step] - 1
    spread = squares / freedom if freedom > 0.5 else 0.0
    return estimates.pooled_by_step(means, sizes, spread)
