"""Between which values sampling parameters are drawn, as a reader sets it.

A `Range` of a parameter is "fixed" (kept as the reader's parameters have it), "uniform" or "log" (uniform
in the logarithm). Where a value stands in its range is its position: 0 at `low`, 1 at `high`, in the
range's scale. A `Coupling` lowers the upper end of one range the higher another parameter was drawn. How
values are drawn, and how densely, stands in `drawing`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine.sampling.parameters import PARAMETERS
from ..errors import BadRequestError
from . import checked

NAMES = (
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "repetition_penalty",
    "max_tokens",
)
"""The parameters that can be drawn, by the names that they have everywhere."""

SCALES = ("fixed", "uniform", "log")

_SAMPLERS = {parameter.name: parameter for parameter in PARAMETERS if parameter.name in NAMES}
_LEAST = {"top_k": 1, "max_tokens": 1}  # 0 means "off" there, which is no low value but none at all
WHOLE = frozenset(name for name in NAMES if _SAMPLERS[name].kind == "integer")


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; of no effect while the scale is "fixed"."""

    name: str
    scale: str
    low: float
    high: float
    whole: bool = field(init=False, repr=False, compare=False)
    begin: float = field(init=False, repr=False, compare=False)  # `low` in the scale
    length: float = field(init=False, repr=False, compare=False)  # `high` - `low`, in the scale

    def __post_init__(self) -> None:
        _check_range(self)
        object.__setattr__(self, "whole", self.name in WHOLE)
        object.__setattr__(self, "begin", self.scaled(self.low))
        object.__setattr__(self, "length", self.scaled(self.high) - self.begin)

    def scaled(self, value: float) -> float:
        """`value` in the range's scale: its natural logarithm, or itself."""
        return math.log(value) if self.scale == "log" else float(value)

    def position(self, value: float) -> float:
        """Where `value` stands in the range: 0 at `low`, 1 at `high`; 0 in a range of one value."""
        if self.scale == "log" and value <= 0:
            return -math.inf
        return (self.scaled(value) - self.begin) / self.length if self.length > 0 else 0.0

    def value(self, position: float) -> float:
        """The value at `position`, neither rounded nor held within the range."""
        place = self.begin + position * self.length
        return math.exp(place) if self.scale == "log" else place


@dataclass(frozen=True, slots=True)
class Coupling:
    """`driven` loses up to `strength` (0 to 1) of its range at the high end as `driver` goes up."""

    driver: str
    driven: str
    strength: float


@dataclass(frozen=True, slots=True)
class Ranges:
    """One range for each of `NAMES`, and couplings, checked as they are made.

    A coupling whose driver or driven parameter is fixed is kept, but does nothing.
    Raises: BadRequestError, saying what is wrong and what to do.
    """

    ranges: tuple[Range, ...]
    couplings: tuple[Coupling, ...] = ()
    drawn: tuple[Range, ...] = field(init=False, repr=False, compare=False)  # drivers first
    _drivers: Mapping[str, tuple[Range, float]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {one.name: one for one in self.ranges}
        assert len(by_name) == len(self.ranges)
        given = tuple(by_name.get(name) or _unset(name) for name in NAMES)
        object.__setattr__(self, "ranges", given)
        driver_of = _checked_couplings(self.couplings)
        object.__setattr__(self, "drawn", _in_order(given, driver_of))
        live = {one.name: one for one in self.drawn}
        drivers = {
            one.driven: (live[one.driver], one.strength)
            for one in self.couplings
            if one.driver in live and one.driven in live
        }
        object.__setattr__(self, "_drivers", drivers)

    def __getitem__(self, name: str) -> Range:
        return next(one for one in self.ranges if one.name == name)

    def top(self, one: Range, params: Mapping[str, Any]) -> float:
        """The high end of `one` that its driver's value in `params` leaves, whole where the parameter is.

        high' = high - strength * (high - low) * (the driver's position).
        """
        driver, strength = self._drivers.get(one.name, (None, 0.0))
        if driver is None:
            return one.high
        position = min(max(driver.position(params[driver.name]), 0.0), 1.0)
        top = max(one.high - strength * (one.high - one.low) * position, one.low)
        return float(math.floor(top + 1e-9)) if one.whole else top


def from_json(data: Any) -> Ranges:
    """The ranges that `data` describes; a parameter that it doesn't name is fixed.

    {"ranges": {"top_k": {"scale": "log", "low": 10, "high": 300}, "top_p": {"scale": "fixed"}, …},
     "couplings": [{"driver": "top_k", "driven": "temperature", "strength": 0.5}, …]}

    Raises: BadRequestError for what is unknown, of the wrong type, out of the sampler's bounds or circular.
    """
    data = checked.mapping(data, "ranges", ("ranges", "couplings"))
    given = checked.mapping(data.get("ranges", {}), "ranges", NAMES)
    couplings = checked.items(data.get("couplings", []), "couplings", len(NAMES))
    return Ranges(
        tuple(_range_from(name, one) for name, one in given.items()),
        tuple(_coupling_from(one, f"couplings[{at}]") for at, one in enumerate(couplings)),
    )


def to_json(ranges: Ranges) -> dict[str, Any]:
    """What `from_json` reads."""
    return {
        "ranges": {
            one.name: {
                "scale": one.scale,
                "low": _plain(one, one.low),
                "high": _plain(one, one.high),
            }
            for one in ranges.ranges
        },
        "couplings": [
            {"driver": one.driver, "driven": one.driven, "strength": one.strength}
            for one in ranges.couplings
        ],
    }


def _plain(one: Range, value: float) -> float | int:
    return int(value) if one.whole else value


def _unset(name: str) -> Range:
    usual = next((one for one in DEFAULTS.ranges if one.name == name), None)
    assert usual is not None
    return Range(name, "fixed", usual.low, usual.high)


def _range_from(name: str, data: Any) -> Range:
    what = f"ranges.{name}"
    data = checked.mapping(data, what, ("scale", "low", "high"))
    scale = checked.word(data.get("scale", "fixed"), f"{what}.scale", SCALES)
    usual = DEFAULTS[name]
    if scale != "fixed" and not {"low", "high"} <= data.keys():
        raise BadRequestError(f"{what} needs a low and a high, or the scale fixed.")
    low = checked.number(data.get("low", usual.low), f"{what}.low")
    high = checked.number(data.get("high", usual.high), f"{what}.high")
    return Range(name, scale, low, high)


def _coupling_from(data: Any, what: str) -> Coupling:
    data = checked.mapping(data, what, ("driver", "driven", "strength"))
    return Coupling(
        checked.word(data.get("driver"), f"{what}.driver", NAMES),
        checked.word(data.get("driven"), f"{what}.driven", NAMES),
        checked.number(data.get("strength"), f"{what}.strength", 0, 1),
    )


def _check_range(one: Range) -> None:
    checked.word(one.name, "The name of a range", NAMES)
    checked.word(one.scale, f"ranges.{one.name}.scale", SCALES)
    sampler = _SAMPLERS[one.name]
    least = max(sampler.low, _LEAST.get(one.name, sampler.low))
    for end, value in (("low", one.low), ("high", one.high)):
        what = f"ranges.{one.name}.{end}"
        if one.name in WHOLE:
            checked.whole(value, what, int(least), int(sampler.high))
        else:
            checked.number(value, what, least, sampler.high)
    if one.low > one.high:
        raise BadRequestError(
            f"ranges.{one.name}: low is {one.low:g}, above high, {one.high:g}; change one of them."
        )
    if one.scale == "log" and one.low <= 0:
        raise BadRequestError(
            f"ranges.{one.name}: a logarithmic range begins above 0; raise low or make it uniform."
        )


def _checked_couplings(couplings: tuple[Coupling, ...]) -> dict[str, str]:
    """The driver of each driven parameter. Raises: BadRequestError for two drivers, or a circle."""
    driver_of: dict[str, str] = {}
    for one in couplings:
        checked.word(one.driver, "The driver of a coupling", NAMES)
        checked.word(one.driven, "The driven of a coupling", NAMES)
        checked.number(one.strength, "The strength of a coupling", 0, 1)
        if one.driven in driver_of:
            raise BadRequestError(f"{one.driven} is driven twice; remove one of the two couplings.")
        driver_of[one.driven] = one.driver
    for name in driver_of:
        if name in _above(name, driver_of):
            raise BadRequestError(
                f"The couplings go in a circle from {name} back to itself; remove one of them."
            )
    return driver_of


def _above(name: str, driver_of: Mapping[str, str]) -> list[str]:
    """The driver of `name`, the driver's driver and so on, at most once around."""
    found: list[str] = []
    while name in driver_of and len(found) <= len(NAMES):
        name = driver_of[name]
        found.append(name)
    return found


def _in_order(ranges: tuple[Range, ...], driver_of: Mapping[str, str]) -> tuple[Range, ...]:
    """Those that are drawn, each after its driver, otherwise in the order of `NAMES`."""
    drawn = [one for one in ranges if one.scale != "fixed"]
    return tuple(sorted(drawn, key=lambda one: len(_above(one.name, driver_of))))


DEFAULTS = Ranges(
    ranges=(
        # Below 0.5 the cards hardly differ; above 1.3 small models lose the thread.
        Range("temperature", "uniform", 0.5, 1.3),
        # Logarithmic, since going from 20 to 40 changes as much as going from 100 to 200.
        Range("top_k", "log", 10, 300),
        # Below 0.8 the text goes in circles; 1 is off.
        Range("top_p", "uniform", 0.8, 1.0),
        # From off to where only a handful of tokens is left in most places.
        Range("min_p", "uniform", 0.0, 0.15),
        # Fixed, because it does much the same as top_p; the range is there for who wants it.
        Range("typical_p", "fixed", 0.7, 1.0),
        # From off to where names and common words begin to be avoided.
        Range("repetition_penalty", "uniform", 1.0, 1.25),
        # From a sentence to a paragraph, short ones as often as long ones in proportion.
        Range("max_tokens", "log", 20, 120),
    ),
    # Many tokens to choose among and a flat distribution over them together give word salad.
    couplings=(Coupling("top_k", "temperature", 0.5),),
)
"""What is drawn unless a reader says otherwise."""
