"""How parameters of the next candidates are found: what a policy is, and three that count rather than model.

A policy looks at the situation alone and changes nothing: what it has learned stands in it from the
beginning. `kernels` learns from single choices, `thompson` explores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from . import checked, drawing
from . import ranges as ranges_json
from .drawing import Draw, Kernels
from .observations import Situation
from .ranges import NAMES, Ranges
from .statistics import MOST_STEPS, Statistics

VERSION = 1


class Policy(Protocol):
    """Draws parameters for the candidates of one set."""

    @property
    def name(self) -> str:
        """A stable word, kept with what was drawn."""

    @property
    def ranges(self) -> Ranges:
        """Within which everything is drawn."""

    def draw(self, situation: Situation, num: int, random: Random) -> list[Draw]:
        """`num` draws; the same for the same `random`."""

    def log_density(self, situation: Situation, params: Mapping[str, Any]) -> float | None:
        """Of one candidate's `params` under this policy, natural logarithm; -inf where it never draws.

        None: not defined (a policy that always gives the same has none).
        """

    def without_densities(self) -> Policy:
        """This policy, but its draws need not tell their densities, where those take time."""

    def to_json(self) -> dict[str, Any]:
        """What `stored_policies.from_json` reads; only JSON's own types."""


@dataclass(frozen=True, slots=True)
class RandomPolicy:
    """Evenly within the ranges, whatever the situation."""

    ranges: Ranges
    name: str = field(default="random", init=False)

    def draw(self, situation: Situation, num: int, random: Random) -> list[Draw]:
        return [drawing.draw(self.ranges, random) for _ in range(num)]

    def log_density(self, situation: Situation, params: Mapping[str, Any]) -> float | None:
        return drawing.log_density(self.ranges, params)

    def without_densities(self) -> RandomPolicy:
        return self

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return header(self.name, self.ranges)

    @classmethod
    def from_json(cls, data: Any) -> RandomPolicy:
        """The policy that `data` describes. Raises: BadRequestError."""
        return cls(read_header(data, "random", ())[1])


@dataclass(frozen=True, slots=True)
class FixedPolicy:
    """At each step the average of what was chosen there: the same for each candidate, but for the jitter.

    `steps`: for each step, from 1, values by name. A step that has none takes the last one before it that
    has, or the first. Values are moved to where ranges and couplings allow. `jitter`: width, in positions,
    of the bell curve around the average; with 0 there is no density.
    """

    ranges: Ranges
    steps: Mapping[int, Mapping[str, float]]
    jitter: float = 0.0
    name: str = field(default="fixed", init=False)

    @classmethod
    def learned(cls, ranges: Ranges, statistics: Statistics, jitter: float = 0.0) -> FixedPolicy:
        """The policy of the pooled means of the chosen."""
        steps = {
            step: {
                name: one.shrunk for name, one in group.parameters.items() if one.shrunk is not None
            }
            for step, group in statistics.steps.items()
        }
        return cls(ranges, {step: found for step, found in steps.items() if found}, jitter)

    def draw(self, situation: Situation, num: int, random: Random) -> list[Draw]:
        params = self._average(situation)
        if not self.jitter:
            return [Draw(params, None) for _ in range(num)]
        shapes = self._shapes(params)
        drawn = [drawing.shaped_params(self.ranges, shapes, random) for _ in range(num)]
        return [Draw(one, drawing.shaped_log_density(self.ranges, shapes, one)) for one in drawn]

    def log_density(self, situation: Situation, params: Mapping[str, Any]) -> float | None:
        if not self.jitter:
            return None
        shapes = self._shapes(self._average(situation))
        return drawing.shaped_log_density(self.ranges, shapes, params)

    def without_densities(self) -> FixedPolicy:
        return self

    def _average(self, situation: Situation) -> dict[str, Any]:
        step = max((one for one in self.steps if one <= situation.step), default=None)
        if step is None:
            step = min(self.steps, default=None)
        return drawing.inside(self.ranges, self.steps[step] if step is not None else {})

    def _shapes(self, params: Mapping[str, Any]) -> dict[str, Kernels]:
        places = drawing.positions(self.ranges, params)
        assert places is not None
        return {name: Kernels((place,), self.jitter) for name, place in places.items()}

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        steps = {str(step): dict(values) for step, values in self.steps.items()}
        return {**header(self.name, self.ranges), "steps": steps, "jitter": self.jitter}

    @classmethod
    def from_json(cls, data: Any) -> FixedPolicy:
        """The policy that `data` describes. Raises: BadRequestError."""
        data, ranges = read_header(data, "fixed", ("steps", "jitter"))
        known = [str(step) for step in range(1, MOST_STEPS + 1)]
        given = checked.mapping(data.get("steps"), "steps", known)
        steps = {
            int(step): {
                name: checked.number(value, f"steps.{step}.{name}")
                for name, value in checked.mapping(values, f"steps.{step}", NAMES).items()
            }
            for step, values in given.items()
        }
        return cls(ranges, steps, checked.number(data.get("jitter", 0.0), "jitter", 0, 1))


def header(name: str, ranges: Ranges) -> dict[str, Any]:
    """With what each policy's JSON begins."""
    return {"version": VERSION, "policy": name, "ranges": ranges_json.to_json(ranges)}


def read_header(data: Any, name: str, more: tuple[str, ...]) -> tuple[dict[str, Any], Ranges]:
    """(`data`, its ranges) once it is sure that it describes the policy `name`. Raises: BadRequestError."""
    checked.version(data, "policy", VERSION)
    data = checked.mapping(data, "policy", ("version", "policy", "ranges", *more))
    checked.word(data.get("policy"), "policy", (name,))
    return data, ranges_json.from_json(data.get("ranges"))


def log_mixture(parts: list[tuple[float, float]]) -> float:
    """The logarithm of the sum of weight * exp(log density) over `parts`; -inf for none."""
    logs = [math.log(weight) + density for weight, density in parts if weight > 0]
    highest = max(logs, default=-math.inf)
    if highest == -math.inf:
        return highest
    return highest + math.log(math.fsum(math.exp(one - highest) for one in logs))
