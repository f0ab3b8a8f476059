"""A policy that draws near what was chosen at about the same step, and now and then anywhere.

Each choice is a bell curve around its parameters, all of them together, so that what goes well only
together stays together. Its weight at step k is the fraction accepted times 2^-|k - its step| + 0.05: the
step's own choices count most, its neighbours' less and every step's a little. A share of all candidates is
drawn evenly, so that the density is nowhere 0 within the ranges and what was learned can be unlearned.
What a policy drew itself is learned from too, so that it closes in over time.
Source for the width: Scott, Multivariate Density Estimation, 1992 (n^(-1/(d + 4)) times the spread).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ..errors import BadRequestError
from . import checked, drawing, estimates
from .drawing import Draw, Kernels
from .observations import Observation, Situation
from .policies import header, log_mixture, read_header
from .ranges import NAMES, Ranges
from .statistics import MOST_STEPS, Bins, Statistics

EVEN_SHARE = 0.15
"""So much is drawn evenly."""

MOST_CHOICES = 400
"""Of so many newest choices is learned: the density costs time in proportion."""

_NEAR = 0.5  # the weight's fall from step to step
_EVERYWHERE = 0.05  # the weight of a choice at any distance
_NARROWEST, _WIDEST = 0.04, 0.3  # widths of the bell curves, in positions


@dataclass(frozen=True, slots=True)
class Choice:
    """Positions (0 to 1) by name of what was accepted; several where only counts are known."""

    step: int
    weight: float
    centres: Mapping[str, tuple[float, ...]]
    shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # of each centre


_Parts = tuple[list[float], list[dict[str, Kernels]]]


@dataclass(frozen=True, slots=True)
class PerStepPolicy:
    """See the module. Without any choice it draws evenly.

    `with_densities`: whether draws tell theirs, which takes most of the time.
    """

    ranges: Ranges
    choices: tuple[Choice, ...] = ()
    even_share: float = EVEN_SHARE
    with_densities: bool = True
    name: str = field(default="per_step", init=False)
    _found: dict[int, _Parts] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def learned(
        cls,
        ranges: Ranges,
        observations: Iterable[Observation],
        even_share: float = EVEN_SHARE,
        by: str | None = "human",
    ) -> PerStepPolicy:
        """From single choices: of `by`, or of whomever. `observations`: oldest first."""
        found = [
            Choice(
                one.situation.step, candidate.taken, {name: (at,) for name, at in places.items()}
            )
            for one in observations
            if by in (None, one.by)
            for candidate in one.candidates
            if candidate.taken > 0 and (places := drawing.positions(ranges, candidate.params))
        ]
        return cls(ranges, tuple(found[-MOST_CHOICES:]), even_share)

    @classmethod
    def from_statistics(
        cls, ranges: Ranges, statistics: Statistics, even_share: float = EVEN_SHARE
    ) -> PerStepPolicy:
        """From counts alone, as another program may give them: each parameter for itself."""
        found = []
        for step, group in statistics.steps.items():
            bins = {name: one.bins for name, one in group.parameters.items() if one.bins}
            weight = max((sum(one.chosen) for one in bins.values()), default=0.0)
            if weight > 0:
                filled = {name: _filled(ranges, name, one) for name, one in bins.items()}
                centres = {name: one[0] for name, one in filled.items() if one[0]}
                shares = {name: one[1] for name, one in filled.items() if one[0]}
                found.append(Choice(step, weight, centres, shares))
        return cls(ranges, tuple(found), even_share)

    def draw(self, situation: Situation, num: int, random: Random) -> list[Draw]:
        weights, shapes = self._parts(situation)
        drawn = []
        for _ in range(num):
            if not shapes or random.random() < self.even_share:
                params = drawing.draw(self.ranges, random).params
            else:
                near = random.choices(shapes, weights)[0]
                params = drawing.shaped_params(self.ranges, near, random)
            told = self.with_densities
            drawn.append(Draw(params, self._log_density(weights, shapes, params) if told else None))
        return drawn

    def log_density(self, situation: Situation, params: Mapping[str, Any]) -> float | None:
        return self._log_density(*self._parts(situation), params)

    def without_densities(self) -> PerStepPolicy:
        return replace(self, with_densities=False)

    def _log_density(
        self,
        weights: Sequence[float],
        shapes: Sequence[Mapping[str, Kernels]],
        params: Mapping[str, Any],
    ) -> float:
        spots = drawing.spots_of(self.ranges, params)
        if spots is None:
            return -math.inf
        even = drawing.log_density_at(spots, {})
        if not shapes:
            return even
        rest = (1 - self.even_share) / sum(weights)
        parts = [
            (weight * rest, drawing.log_density_at(spots, near))
            for weight, near in zip(weights, shapes, strict=True)
        ]
        return log_mixture([(self.even_share, even), *parts])

    def _parts(self, situation: Situation) -> _Parts:
        """The weight of each choice at this step, and the bell curves around it; remembered."""
        step = min(situation.step, MOST_STEPS)
        if step not in self._found:
            self._found[step] = self._parts_at(step)
        return self._found[step]

    def _parts_at(self, step: int) -> _Parts:
        weights = [
            one.weight * (_NEAR ** abs(one.step - step) + _EVERYWHERE) for one in self.choices
        ]
        widths = self._widths(weights)
        shapes = [
            {
                name: Kernels(
                    centres,
                    widths[name],
                    one.shares.get(name) or (1 / len(centres),) * len(centres),
                )
                for name, centres in one.centres.items()
                if name in widths
            }
            for one in self.choices
        ]
        return weights, shapes

    def _widths(self, weights: Sequence[float]) -> dict[str, float]:
        """For each parameter, the spread of the choices times Scott's factor."""
        factor = max(estimates.effective_number(weights), 1.0) ** (
            -1 / (len(self.ranges.drawn) + 4)
        )
        found = {}
        for one in self.ranges.drawn:
            places, weighed = self._places(one.name, weights)
            if places:
                middle = estimates.mean(places, weighed)
                spread = estimates.mean([(place - middle) ** 2 for place in places], weighed)
                few = len(places) < 2  # the spread of one choice tells nothing
                width = _WIDEST if few else math.sqrt(spread) * factor
                found[one.name] = min(max(width, _NARROWEST), _WIDEST)
        return found

    def _places(self, name: str, weights: Sequence[float]) -> tuple[list[float], list[float]]:
        places: list[float] = []
        weighed: list[float] = []
        for one, weight in zip(self.choices, weights, strict=True):
            centres = one.centres.get(name, ())
            shares = one.shares.get(name) or (1 / len(centres),) * len(centres) if centres else ()
            places.extend(centres)
            weighed.extend(weight * share for share in shares)
        return places, weighed

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        choices = [
            {
                "step": one.step,
                "weight": one.weight,
                "centres": {name: list(places) for name, places in one.centres.items()},
                "shares": {name: list(shares) for name, shares in one.shares.items()},
            }
            for one in self.choices
        ]
        return {
            **header(self.name, self.ranges),
            "even_share": self.even_share,
            "choices": choices,
        }

    @classmethod
    def from_json(cls, data: Any) -> PerStepPolicy:
        """The policy that `data` describes. Raises: BadRequestError."""
        data, ranges = read_header(data, "per_step", ("even_share", "choices"))
        choices = checked.items(data.get("choices"), "choices", MOST_CHOICES)
        return cls(
            ranges,
            tuple(_choice(one, f"choices[{at}]") for at, one in enumerate(choices)),
            checked.number(data.get("even_share", EVEN_SHARE), "even_share", 0, 1),
        )


def _filled(ranges: Ranges, name: str, bins: Bins) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(positions of the bins' middles, their shares of the chosen), where the parameter is drawn."""
    one = ranges[name]
    whole = sum(bins.chosen)
    if one.scale == "fixed" or whole <= 0:
        return (), ()
    pairs = zip(bins.edges, bins.edges[1:], bins.chosen, strict=False)
    middle = math.sqrt if bins.scale == "log" else None
    found = [
        (
            one.position(middle(low * high) if middle else (low + high) / 2),
            weight / whole,
        )
        for low, high, weight in pairs
        if weight > 0
    ]
    return (
        tuple(min(max(place, 0.0), 1.0) for place, _ in found),
        tuple(share for _, share in found),
    )


def _choice(data: Any, what: str) -> Choice:
    data = checked.mapping(data, what, ("step", "weight", "centres", "shares"))
    centres = _lists(data.get("centres"), f"{what}.centres")
    shares = _lists(data.get("shares", {}), f"{what}.shares")
    for name, given in shares.items():
        if len(given) != len(centres.get(name, ())) or abs(sum(given) - 1) > 1e-6:
            raise BadRequestError(f"{what}.shares.{name} must be one for each centre, 1 together.")
    return Choice(
        checked.whole(data.get("step"), f"{what}.step", 1),
        checked.number(data.get("weight"), f"{what}.weight", 1e-9),
        centres,
        shares,
    )


def _lists(data: Any, what: str) -> dict[str, tuple[float, ...]]:
    """Lists of one to a hundred numbers from 0 to 1, by parameter."""
    found = {}
    for name, value in checked.mapping(data, what, NAMES).items():
        entries = checked.items(value, f"{what}.{name}", 100)
        found[name] = checked.numbers(entries, f"{what}.{name}", max(len(entries), 1), 0, 1)
    return found
