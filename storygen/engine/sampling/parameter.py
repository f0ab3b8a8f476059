"""What a sampling parameter is: its name, its bounds and what it does, for checking and for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import BadRequestError


@dataclass(frozen=True, slots=True)
class Parameter:
    """One sampling parameter, as docs/PROTOCOL.md describes it; `neutral` switches it off."""

    name: str
    kind: str  # "number" | "integer" | "strings" | "choice"
    default: Any
    neutral: Any
    title: str
    sentence: str
    low: float = 0
    high: float = 0
    step: float = 1
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Any:
        """`value` in this parameter's own type.

        Raises: BadRequestError, naming the parameter, when the value is of another kind or out of range.
        """
        if self.kind == "choice":
            return self._check_choice(value)
        if self.kind == "strings":
            return self._check_strings(value)
        return self._check_number(value)

    def _check_number(self, value: Any) -> float | int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            raise BadRequestError(f"{self.name} must be a number.")
        if not self.low <= value <= self.high:
            raise BadRequestError(f"{self.name} must be between {self.low:g} and {self.high:g}.")
        if self.kind == "number":
            return float(value)
        if value != int(value):
            raise BadRequestError(f"{self.name} must be a whole number.")
        return int(value)

    def _check_choice(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise BadRequestError(f"{self.name} must be one of: {', '.join(self.choices)}.")
        return value

    def _check_strings(self, value: Any) -> list[str]:
        """`high` bounds the number of strings, `step` the length of each."""
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise BadRequestError(f"{self.name} must be a list of strings.")
        if len(value) > self.high:
            raise BadRequestError(f"{self.name} can hold at most {self.high:g} strings.")
        if any(not 0 < len(item) <= self.step for item in value):
            raise BadRequestError(f"Each string in {self.name} has 1 to {self.step:g} characters.")
        return list(value)
