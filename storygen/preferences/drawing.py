"""Drawing sampling parameters within ranges, and how densely a way of drawing lies at given parameters.

A joint distribution is one `Shape` for each parameter over its positions (see `ranges`), cut to what the
couplings leave and made to sum to 1 there; a parameter without a shape is drawn evenly. Whole-numbered
parameters have a probability, the others a density in their own unit; where nothing but one value is
possible, that value has probability 1. All distributions within the same ranges are measured alike, so
that the ratio of two densities is a weight for off-policy evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist
from typing import Any, Protocol

from .ranges import Range, Ranges

_NARROW = 1e-9  # a range that is no wider has only one value
_DIGITS = 5  # of a drawn value, so that it can be read; the density doesn't feel it
_NORMAL = NormalDist()
_EVENLY: Mapping[str, Shape] = {}


@dataclass(frozen=True, slots=True)
class Draw:
    """Parameters of one candidate. `params`: only those drawn, to be laid over the reader's own.

    `log_density`: of `params` under what drew them, natural logarithm; None where that is not defined.
    """

    params: Mapping[str, Any]
    log_density: float | None

    def over(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """`params` with what was drawn in their place; a drawn length ends even what was endless."""
        full = {**params, **self.params}
        if "max_tokens" in self.params and full.get("limit", "endless") == "endless":
            full["limit"] = "tokens"
        return full


class Shape(Protocol):
    """A distribution over positions, wherever it is cut to [low, high], low < high."""

    def draw(self, low: float, high: float, random: Random) -> float:
        """A position from `low` to `high`."""

    def density(self, low: float, high: float, place: float) -> float:
        """At `place`, which is within; integrates to 1 from `low` to `high`."""

    def mass(self, low: float, high: float, begin: float, end: float) -> float:
        """The probability of [begin, end], which is within."""


@dataclass(frozen=True, slots=True)
class Even:
    """Every position as likely as any other."""

    def draw(self, low: float, high: float, random: Random) -> float:
        return low + (high - low) * random.random()

    def density(self, low: float, high: float, place: float) -> float:
        return 1 / (high - low)

    def mass(self, low: float, high: float, begin: float, end: float) -> float:
        return (end - begin) / (high - low)


@dataclass(frozen=True, slots=True)
class Kernels:
    """Bell curves of one width around `centres`, by `weights` (which sum to 1), each cut to the window.

    A centre outside of the window counts as standing at its edge.
    """

    centres: tuple[float, ...]
    width: float
    weights: tuple[float, ...] = (1.0,)

    def draw(self, low: float, high: float, random: Random) -> float:
        centre = random.choices(self.centres, self.weights)[0]
        begin, end = self._cut(centre, low, high)
        chance = min(max(begin + (end - begin) * random.random(), 1e-15), 1 - 1e-15)
        place = min(max(centre, low), high) + self.width * _NORMAL.inv_cdf(chance)
        return min(max(place, low), high)

    def density(self, low: float, high: float, place: float) -> float:
        total = 0.0
        for centre, weight in zip(self.centres, self.weights, strict=True):
            begin, end = self._cut(centre, low, high)
            far = (place - min(max(centre, low), high)) / self.width
            total += weight * math.exp(-far * far / 2) / (end - begin)
        return total / (self.width * math.sqrt(2 * math.pi))

    def mass(self, low: float, high: float, begin: float, end: float) -> float:
        total = 0.0
        for centre, weight in zip(self.centres, self.weights, strict=True):
            at = min(max(centre, low), high)
            first, last = self._cut(centre, low, high)
            total += weight * (self._below(end - at) - self._below(begin - at)) / (last - first)
        return total

    def _cut(self, centre: float, low: float, high: float) -> tuple[float, float]:
        at = min(max(centre, low), high)
        return self._below(low - at), self._below(high - at)

    def _below(self, far: float) -> float:
        return 0.5 * math.erfc(-far / (self.width * math.sqrt(2)))


EVEN = Even()


def draw(ranges: Ranges, random: Random) -> Draw:
    """Parameters drawn evenly within `ranges` and their couplings; the same for the same `random`."""
    params = shaped_params(ranges, _EVENLY, random)
    return Draw(params, log_density(ranges, params))


def log_density(ranges: Ranges, params: Mapping[str, Any]) -> float:
    """Of `params` under `draw`; -inf outside of the ranges or what a coupling leaves.

    Parameters that are not drawn are not looked at; one that is drawn and missing is outside.
    """
    return shaped_log_density(ranges, _EVENLY, params)


def shaped_params(ranges: Ranges, shapes: Mapping[str, Shape], random: Random) -> dict[str, Any]:
    """Parameters drawn within `ranges`, each from its shape."""
    params: dict[str, Any] = {}
    for one in ranges.drawn:
        top = ranges.top(one, params)
        if _only_one_value(one, top):
            params[one.name] = int(one.low) if one.whole else one.low
            continue
        low, high = _window(one, top)
        value = one.value(shapes.get(one.name, EVEN).draw(low, high, random))
        value = round(value) if one.whole else float(f"{value:.{_DIGITS}g}")
        value = min(max(value, one.low), top)
        params[one.name] = int(value) if one.whole else value
    return params


def shaped_log_density(
    ranges: Ranges, shapes: Mapping[str, Shape], params: Mapping[str, Any]
) -> float:
    """Of `params` under `shaped_params`; -inf outside."""
    spots = spots_of(ranges, params)
    return -math.inf if spots is None else log_density_at(spots, shapes)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one parameter stands, in positions: within the window [low, high] that its driver leaves.

    A whole one takes the cell [begin, end]. For others `begin` is the place, `end` None and `slope` the
    change of the value with the position there.
    """

    name: str
    low: float
    high: float
    begin: float
    end: float | None
    slope: float


def spots_of(ranges: Ranges, params: Mapping[str, Any]) -> list[Spot] | None:
    """The spot of each drawn parameter that could have had another value; None outside of the ranges."""
    found: list[Spot] = []
    for one in ranges.drawn:
        value = _number(params, one.name)
        if value is None or (one.whole and value != int(value)):
            return None
        top = ranges.top(one, params)
        if not one.low - _NARROW <= value <= top + _NARROW:
            return None
        if not _only_one_value(one, top):
            found.append(_spot(one, value, *_window(one, top)))
    return found


def log_density_at(spots: Sequence[Spot], shapes: Mapping[str, Shape]) -> float:
    """Of the parameters at `spots`, for who asks about the same ones under many shapes."""
    total = 0.0
    for one in spots:
        shape = shapes.get(one.name, EVEN)
        if one.end is None:
            likely = shape.density(one.low, one.high, one.begin) / one.slope
        else:
            likely = shape.mass(one.low, one.high, one.begin, one.end)
        if likely <= 0:
            return -math.inf
        total += math.log(likely)
    return total


def inside(ranges: Ranges, params: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `params` that are drawn, moved to the nearest values that ranges and couplings allow.

    One that is missing, or no number, stands in the middle of its range.
    """
    moved: dict[str, Any] = {}
    for one in ranges.drawn:
        given = _number(params, one.name)
        value = one.value(0.5) if given is None else given
        value = min(max(value, one.low), ranges.top(one, moved))
        moved[one.name] = round(value) if one.whole else float(value)
    return moved


def positions(ranges: Ranges, params: Mapping[str, Any]) -> dict[str, float] | None:
    """The position, 0 to 1, of each drawn parameter; outside is at the edge. None if one is missing."""
    found: dict[str, float] = {}
    for one in ranges.drawn:
        value = _number(params, one.name)
        if value is None:
            return None
        found[one.name] = min(max(one.position(value), 0.0), 1.0)
    return found


def _spot(one: Range, value: float, low: float, high: float) -> Spot:
    if one.whole:
        begin, end = one.position(value - 0.5), one.position(value + 0.5)
        return Spot(one.name, low, high, begin, end, 1.0)
    place = min(max(one.position(value), low), high)
    slope = one.length * (value if one.scale == "log" else 1.0)
    return Spot(one.name, low, high, place, None, slope)


def _only_one_value(one: Range, top: float) -> bool:
    return top - one.low < _NARROW


def _window(one: Range, top: float) -> tuple[float, float]:
    """The positions between which `one` is drawn: half a step beyond the ends for whole numbers."""
    if one.whole:
        return one.position(one.low - 0.5), one.position(top + 0.5)
    return 0.0, one.position(top)


def _number(params: Mapping[str, Any], name: str) -> float | None:
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        return None
    return float(value)
