"""Parts of JSON that came from elsewhere, each in the type that it must have or refused with what to do.

`what` is how a message names the part: "ranges.top_k.low". Nothing here knows what the parts mean.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..errors import BadRequestError

HUGE = 1e15
"""No number that we exchange is as large."""


def number(value: Any, what: str, low: float = -HUGE, high: float = HUGE) -> float:
    """`value` as a float from `low` to `high`.

    Raises: BadRequestError when it is no number, not finite or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise BadRequestError(f"{what} must be a number.")
    if not low <= value <= high:
        raise BadRequestError(f"{what} must be between {low:g} and {high:g}.")
    return float(value)


def whole(value: Any, what: str, low: int = 0, high: int = 10**9) -> int:
    """`value` as an int from `low` to `high`; 3.0 is 3. Raises: as `number`, and for fractions."""
    checked = number(value, what, low, high)
    if checked != int(checked):
        raise BadRequestError(f"{what} must be a whole number.")
    return int(checked)


def maybe_number(value: Any, what: str, low: float = -HUGE, high: float = HUGE) -> float | None:
    """As `number`, but null stands for None."""
    return None if value is None else number(value, what, low, high)


def mapping(value: Any, what: str, known: Collection[str] | None = None) -> dict[str, Any]:
    """`value` as a dict whose keys are all among `known`, where that is given.

    Raises: BadRequestError, naming the first key that is unknown and those that there are.
    """
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise BadRequestError(f"{what} must be an object.")
    unknown = [key for key in value if known is not None and key not in known]
    if unknown:
        there = ", ".join(sorted(known or ()))
        raise BadRequestError(f"{what} has no {unknown[0][:100]!r}; there are: {there}.")
    return value


def items(value: Any, what: str, most: int = 1000) -> list[Any]:
    """`value` as a list of up to `most` entries. Raises: BadRequestError."""
    if not isinstance(value, list | tuple):
        raise BadRequestError(f"{what} must be a list.")
    if len(value) > most:
        raise BadRequestError(f"{what} can hold at most {most} entries.")
    return list(value)


def numbers(
    value: Any, what: str, num: int, low: float = -HUGE, high: float = HUGE
) -> tuple[float, ...]:
    """`value` as a tuple of exactly `num` numbers. Raises: BadRequestError."""
    entries = items(value, what, num)
    if len(entries) != num:
        raise BadRequestError(f"{what} must hold {num} numbers.")
    return tuple(number(entry, f"{what}[{at}]", low, high) for at, entry in enumerate(entries))


def word(value: Any, what: str, choices: Collection[str]) -> str:
    """`value`, which must be one of `choices`. Raises: BadRequestError, naming them."""
    if not isinstance(value, str) or value not in choices:
        raise BadRequestError(f"{what} must be one of: {', '.join(choices)}.")
    return value


def string(value: Any, what: str, most: int) -> str:
    """`value`, a text of up to `most` characters. Raises: BadRequestError."""
    if not isinstance(value, str) or len(value) > most:
        raise BadRequestError(f"{what} must be a text of at most {most} characters.")
    return value


def version(data: Any, what: str, ours: int) -> None:
    """Nothing, if `data` says that it is of the version that is read here.

    Raises: BadRequestError for no object, no version or another one.
    """
    if not isinstance(data, dict) or "version" not in data:
        raise BadRequestError(f"This is no {what}: it must be an object with a version.")
    if isinstance(data["version"], bool) or data["version"] != ours:
        raise BadRequestError(
            f"This {what} is of another version than {ours}; make it again with this program's version."
        )
