"""The values of a row from a file, each of the kind that is asked for, or an error that says where."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

from .letters import storable
from .row_files import FoundRow, Limits, parse_object

T = TypeVar("T")


class Cells:
    """Reads a row. Every method raises BadRequestError, with the place, when a value is missing or wrong.

    `hint`: what to do when a column is missing.
    """

    def __init__(self, row: FoundRow, limits: Limits, hint: str) -> None:
        self._row = row
        self._limits = limits
        self._hint = hint

    def wrong(self, name: str, expected: str) -> NoReturn:
        """Raises: BadRequestError, always: the column should be `expected`."""
        self._row.wrong(f'the column "{name}" must be {expected}.')

    def value(self, name: str) -> Any:
        """Whatever stands in the column."""
        if name not in self._row.values:
            self._row.wrong(f'the column "{name}" is missing. {self._hint}')
        return self._row.values[name]

    def text(self, name: str) -> str:
        """A string; what UTF-8 cannot hold of it is replaced (`storable`)."""
        value = self.value(name)
        if not isinstance(value, str):
            self.wrong(name, "a string")
        if len(value) > self._limits.row_bytes:
            self.wrong(name, f"a string of at most {self._limits.row_bytes} letters")
        return storable(value)

    def one_of(self, name: str, known: Sequence[str]) -> str:
        """One of the strings `known`."""
        value = self.text(name)
        if value not in known:
            self.wrong(name, " or ".join(f'"{one}"' for one in known))
        return value

    def integer(self, name: str, low: int = -(2**63), high: int = 2**63 - 1) -> int:
        """An integer from `low` to `high`; a float that is whole counts as one."""
        whole = _integer(self.value(name))
        if whole is None or not low <= whole <= high:
            self.wrong(name, f"an integer from {low} to {high}")
        return whole

    def number(self, name: str) -> float:
        """A finite number."""
        number = _number(self.value(name))
        if number is None:
            self.wrong(name, "a number")
        return number

    def fraction(self, name: str) -> float:
        """A number from 0 to 1."""
        number = self.number(name)
        if not 0 <= number <= 1:
            self.wrong(name, "a number from 0 to 1")
        return number

    def maybe(self, name: str, read: Callable[[str], T]) -> T | None:
        """What `read` says of the column; None when it is missing or null."""
        return None if self._row.values.get(name) is None else read(name)

    def flag(self, name: str) -> bool:
        """True or False."""
        value = self.value(name)
        if not isinstance(value, bool):
            self.wrong(name, "true or false")
        return value

    def integers(self, name: str) -> tuple[int, ...]:
        """A list of integers; null is an empty one."""
        return tuple(
            self._each(name, _integer, "a list of integers") if self.value(name) is not None else ()
        )

    def logprobs(self, name: str) -> tuple[float, ...]:
        """A list of numbers, minus infinity where one is null; null is an empty one."""
        return tuple(
            self._each(name, _logprob, "a list of numbers") if self.value(name) is not None else ()
        )

    def mapping(self, name: str) -> dict[str, Any]:
        """The JSON object that the column holds as a string."""
        try:
            return parse_object(self.text(name))
        except ValueError as error:
            self.wrong(name, f"a JSON object as a string ({error})")

    def _each(self, name: str, read: Callable[[Any], T | None], expected: str) -> list[T]:
        values = self.value(name)
        if not isinstance(values, list) or len(values) > self._limits.row_bytes:
            self.wrong(name, expected)
        found: list[T] = []
        for value in values:
            one = read(value)
            if one is None:
                self.wrong(name, expected)
            found.append(one)
        return found


def _integer(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_one = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return value if is_one else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _logprob(value: Any) -> float | None:
    return -math.inf if value is None else _number(value)
