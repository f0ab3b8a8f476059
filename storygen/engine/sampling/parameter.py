"""What a sampling parameter is: its name, its bounds and what it does, for checking and for the page.

`kind` says what a value looks like:

- "number", "integer": from `low` to `high`;
- "choice": one of `choices`;
- "strings": up to `high` strings of up to `step` characters;
- "text": one string of up to `high` characters;
- "order": a list of some of `choices`, none of them twice;
- "tokens": a list of tokens, each a number or a text;
- "biases": a list of [token, bias], the bias from `low` to `high`;
- "phrases": a list of [text, bias at its beginning, bias for what follows], likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...errors import BadRequestError

MOST_ENTRIES = 500
"""So many tokens, biases or phrases a list can hold."""

MOST_CHARACTERS = 200
"""So long the text of one of them can be."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One sampling parameter, as docs/PROTOCOL.md describes it; `neutral` switches it off.

    `switches`: whether another value than the neutral one switches its sampler on, whatever the others say.
    `sampler`: the sampler that heeds it first, None where it says when a run ends or what is told of it.
    """

    name: str
    kind: str
    default: Any
    neutral: Any
    title: str
    sentence: str
    low: float = 0
    high: float = 0
    step: float = 1
    choices: tuple[str, ...] = ()
    switches: bool = True
    sampler: str | None = None

    def check(self, value: Any) -> Any:
        """`value` in this parameter's own type.

        Raises: BadRequestError, naming the parameter, when the value is of another kind or out of range.
        """
        return _CHECKS[self.kind](self, value)

    def _check_number(self, value: Any) -> float | int:
        number = self._bounded(value, self.name)
        if self.kind == "number":
            return float(number)
        if number != int(number):
            raise BadRequestError(f"{self.name} must be a whole number.")
        return int(number)

    def _bounded(self, value: Any, what: str) -> float | int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            raise BadRequestError(f"{what} must be a number.")
        if not self.low <= value <= self.high:
            raise BadRequestError(f"{what} must be between {self.low:g} and {self.high:g}.")
        return value

    def _check_choice(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise BadRequestError(f"{self.name} must be one of: {', '.join(self.choices)}.")
        return value

    def _check_strings(self, value: Any) -> list[str]:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise BadRequestError(f"{self.name} must be a list of strings.")
        if len(value) > self.high:
            raise BadRequestError(f"{self.name} can hold at most {self.high:g} strings.")
        if any(not 0 < len(item) <= self.step for item in value):
            raise BadRequestError(f"Each string in {self.name} has 1 to {self.step:g} characters.")
        return list(value)

    def _check_text(self, value: Any) -> str:
        if not isinstance(value, str):
            raise BadRequestError(f"{self.name} must be a text.")
        if len(value) > self.high:
            raise BadRequestError(f"{self.name} has at most {self.high:g} characters.")
        return value

    def _check_order(self, value: Any) -> list[str]:
        if not isinstance(value, list | tuple):
            raise BadRequestError(f"{self.name} must be a list of samplers.")
        for place, name in enumerate(value):
            if not isinstance(name, str) or name not in self.choices:
                known = ", ".join(self.choices)
                raise BadRequestError(
                    f"{self.name}: there is no sampler {name!r}; there are {known}."
                )
            if name in value[:place]:
                raise BadRequestError(f"{self.name} names the sampler {name!r} twice.")
        return list(value)

    def _check_tokens(self, value: Any) -> list[int | str]:
        return [self._token(item) for item in self._entries(value)]

    def _check_biases(self, value: Any) -> list[list[Any]]:
        return [self._entry(item, 2, "[token, bias]") for item in self._entries(value)]

    def _check_phrases(self, value: Any) -> list[list[Any]]:
        form = "[text, bias at its beginning, bias for what follows]"
        checked = [self._entry(item, 3, form) for item in self._entries(value)]
        if not all(isinstance(entry[0], str) for entry in checked):
            raise BadRequestError(f"Each entry of {self.name} is {form}.")
        return checked

    def _entries(self, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise BadRequestError(f"{self.name} must be a list.")
        if len(value) > MOST_ENTRIES:
            raise BadRequestError(f"{self.name} can hold at most {MOST_ENTRIES} entries.")
        return list(value)

    def _entry(self, item: Any, size: int, form: str) -> list[Any]:
        if not isinstance(item, list | tuple) or len(item) != size:
            raise BadRequestError(f"Each entry of {self.name} is {form}.")
        token, *biases = item
        return [
            self._token(token),
            *(float(self._bounded(bias, f"A bias in {self.name}")) for bias in biases),
        ]

    def _token(self, item: Any) -> int | str:
        if isinstance(item, int) and not isinstance(item, bool) and item >= 0:
            return item
        if isinstance(item, str) and 0 < len(item) <= MOST_CHARACTERS:
            return item
        raise BadRequestError(
            f"{self.name} names a token by its number, or by a text of 1 to {MOST_CHARACTERS} characters."
        )


_CHECKS: dict[str, Callable[[Parameter, Any], Any]] = {
    "number": Parameter._check_number,
    "integer": Parameter._check_number,
    "choice": Parameter._check_choice,
    "strings": Parameter._check_strings,
    "text": Parameter._check_text,
    "order": Parameter._check_order,
    "tokens": Parameter._check_tokens,
    "biases": Parameter._check_biases,
    "phrases": Parameter._check_phrases,
}
