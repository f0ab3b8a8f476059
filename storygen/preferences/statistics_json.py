"""Statistics written down, to be kept, shown or loaded by another program, and read back with all checks.

{"version": 1, "all": group, "steps": {"1": group, …}, "phases": {"beginning": group, …},
 "repetition": {"low": group, …}, "entropy": {"falling": group, …}}. A group and what is in it have the
fields of the classes in `statistics`, by their names; what isn't known is null.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from ..errors import BadRequestError
from . import checked, signs
from .estimates import Interval
from .ranges import NAMES
from .statistics import (
    MOST_STEPS,
    NUM_BINS,
    SHARES,
    Bins,
    Group,
    ParameterStatistics,
    Side,
    Statistics,
)

VERSION = 1

_FIELDS = ("name", "chosen", "rejected", "difference", "best", "bins", "shrunk")
_GROUP = ("num_sets", "num_stories", "num_without_choice", "mean_taken", "parameters")
_PARTS: dict[str, Collection[str]] = {
    "steps": [str(step) for step in range(1, MOST_STEPS + 1)],
    "phases": signs.PHASES,
    "repetition": ("low", "high"),
    "entropy": ("falling", "steady"),
}


def to_json(statistics: Statistics) -> dict[str, Any]:
    """What `from_json` reads; only JSON's own types."""
    return {
        "version": VERSION,
        "all": asdict(statistics.everything),
        **{
            part: {str(key): asdict(group) for key, group in getattr(statistics, part).items()}
            for part in _PARTS
        },
    }


def from_json(data: Any) -> Statistics:
    """The statistics that `data` describes, wherever it came from.

    Raises: BadRequestError, naming the first part that is unknown, of the wrong type or impossible.
    """
    checked.version(data, "file of statistics", VERSION)
    data = checked.mapping(data, "statistics", ("version", "all", *_PARTS))
    groups = {
        part: {
            key: _group(one, f"{part}.{key}")
            for key, one in checked.mapping(data.get(part, {}), part, known).items()
        }
        for part, known in _PARTS.items()
    }
    return Statistics(
        everything=_group(data.get("all"), "all"),
        steps={int(step): group for step, group in groups["steps"].items()},
        phases=groups["phases"],
        repetition=groups["repetition"],
        entropy=groups["entropy"],
    )


def _group(data: Any, what: str) -> Group:
    data = checked.mapping(data, what, _GROUP)
    parameters = checked.mapping(data.get("parameters"), f"{what}.parameters", NAMES)
    sets, stories, without = (
        checked.whole(data.get(name), f"{what}.{name}") for name in _GROUP[:3]
    )
    if without > sets or stories > sets:
        raise BadRequestError(f"{what} counts more stories, or sets without a choice, than sets.")
    return Group(
        sets,
        stories,
        without,
        checked.number(data.get("mean_taken"), f"{what}.mean_taken", 0, 1),
        {name: _parameter(name, one, f"{what}.{name}") for name, one in parameters.items()},
    )


def _parameter(name: str, data: Any, what: str) -> ParameterStatistics:
    data = checked.mapping(data, what, _FIELDS)
    checked.word(data.get("name"), f"{what}.name", (name,))
    return ParameterStatistics(
        name,
        _side(data.get("chosen"), f"{what}.chosen"),
        _side(data.get("rejected"), f"{what}.rejected"),
        _interval(data.get("difference"), f"{what}.difference"),
        _interval(data.get("best"), f"{what}.best"),
        _bins(data.get("bins"), f"{what}.bins"),
        checked.maybe_number(data.get("shrunk"), f"{what}.shrunk"),
    )


def _side(data: Any, what: str) -> Side | None:
    if data is None:
        return None
    data = checked.mapping(data, what, ("num", "weight", "mean", "quantiles"))
    quantiles = checked.numbers(data.get("quantiles"), f"{what}.quantiles", len(SHARES))
    _check_rising(quantiles, f"{what}.quantiles", strictly=False)
    return Side(
        checked.whole(data.get("num"), f"{what}.num", 1),
        checked.number(data.get("weight"), f"{what}.weight", 0),
        checked.number(data.get("mean"), f"{what}.mean"),
        quantiles,
    )


def _interval(data: Any, what: str) -> Interval | None:
    if data is None:
        return None
    data = checked.mapping(data, what, ("value", "low", "high"))
    low = checked.maybe_number(data.get("low"), f"{what}.low")
    high = checked.maybe_number(data.get("high"), f"{what}.high")
    if low is not None and high is not None and low > high:
        raise BadRequestError(f"{what}: low must not be above high.")
    return Interval(checked.number(data.get("value"), f"{what}.value"), low, high)


def _bins(data: Any, what: str) -> Bins | None:
    if data is None:
        return None
    data = checked.mapping(data, what, ("scale", "edges", "chosen", "rejected"))
    scale = checked.word(data.get("scale"), f"{what}.scale", ("uniform", "log"))
    edges = checked.numbers(data.get("edges"), f"{what}.edges", NUM_BINS + 1)
    _check_rising(edges, f"{what}.edges", strictly=True)
    sides = _bin_weights(data, what)
    return Bins(scale, edges, sides["chosen"], sides["rejected"])


def _bin_weights(data: Mapping[str, Any], what: str) -> dict[str, tuple[float, ...]]:
    return {
        side: checked.numbers(data.get(side), f"{what}.{side}", NUM_BINS, 0)
        for side in ("chosen", "rejected")
    }


def _check_rising(values: Collection[float], what: str, *, strictly: bool) -> None:
    if any(second < first or (strictly and second == first) for first, second in pairwise(values)):
        raise BadRequestError(f"{what} must rise.")
