"""Checks of what a browser sends: each returns the value in its own type or raises BadRequestError.

A message is a JSON object; fields that a call does not know are refused, so that a misspelt one is
noticed. Nothing here changes anything.
"""

from __future__ import annotations

import re
from typing import Any

from ...errors import BadRequestError
from ...store.records import AliasRecord
from ...story.story import Place
from ...web.bounds import MAX_TEXT

MAX_UPDATE_BYTES = 8 * 1024 * 1024
MAX_STATE_BYTES = 256 * 1024  # some thirty thousand openings of the page
MAX_TITLE = 200
MAX_PROMPT = 100_000
MAX_ID = 100
MAX_SEED = 2**53
MAX_ALIASES = 20_000
_MAX_CLIENT = 2**53
_MAX_CLOCK = 2**53
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")  # a NUL, half a character


class Fields:
    """The fields of one message, taken by name."""

    def __init__(self, data: Any, known: tuple[str, ...]) -> None:
        if data is None:
            data = {}
        if not isinstance(data, dict):
            raise BadRequestError("The message must be an object with named fields.")
        for name in data:
            if name not in known:
                raise BadRequestError(f"This call knows no field {str(name)[:40]!r}.")
        self._data: dict[str, Any] = data

    def names(self, name: str) -> bool:
        """Whether the field is there, null or not."""
        return name in self._data

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._data.get(name) is not None

    def string(self, name: str, most: int, default: str | None = None) -> str:
        """A string of at most `most` characters that can be stored as UTF-8."""
        value = self._data.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise BadRequestError(f"{name} must be a text.")
        if len(value) > most:
            raise BadRequestError(f"{name} may have at most {most} characters.", code="too_large")
        if _NO_TEXT.search(value):
            raise BadRequestError(f"{name} contains characters that are no text.")
        return value

    def id(self, name: str) -> str:
        """An id as the server gave it."""
        return self.string(name, MAX_ID)

    def text(self, name: str, default: str | None = None) -> str:
        """A story's text; line ends become line feeds."""
        return self.string(name, MAX_TEXT, default).replace("\r\n", "\n").replace("\r", "\n")

    def blob(self, name: str, most: int = MAX_UPDATE_BYTES) -> bytes:
        """Binary data of at most `most` bytes."""
        value = self._data.get(name)
        if not isinstance(value, bytes | bytearray):
            raise BadRequestError(f"{name} must be binary.")
        if len(value) > most:
            raise BadRequestError(f"{name} may have at most {most} bytes.", code="too_large")
        return bytes(value)

    def integer(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`."""
        value = self._data.get(name)
        if value is None and default is not None:
            return default
        return _integer(value, name, low, high)

    def number(self, name: str, low: float, high: float) -> float:
        """A number between two, both included."""
        value = self._data.get(name)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise BadRequestError(f"{name} must be a number from {low:g} to {high:g}.")
        return float(value)

    def flag(self, name: str) -> bool:
        """True or false; absent is false."""
        value = self._data.get(name, False)
        if not isinstance(value, bool):
            raise BadRequestError(f"{name} must be true or false.")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of `choices`."""
        value = self._data.get(name)
        if value is None:
            return default
        if value not in choices:
            raise BadRequestError(f"{name} must be one of: {', '.join(choices)}.")
        return str(value)

    def object(self, name: str) -> dict[str, Any]:
        """An object with named fields; absent is empty."""
        value = self._data.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise BadRequestError(f"{name} must be an object with named fields.")
        return value

    def items(self, name: str, most: int) -> list[Any]:
        """A list of at most `most` things; absent is empty."""
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            raise BadRequestError(f"{name} must be a list of at most {most}.")
        return value

    def place(self, name: str) -> Place:
        """A place: the identity `[client, clock]` of the character to its left, or null."""
        return check_place(self._data.get(name), name)

    def place_or_end(self, name: str) -> Place | str:
        """A place, or "end"; absent is the end."""
        if self._data.get(name, "end") == "end":
            return "end"
        return self.place(name)

    def aliases(self, name: str, story: str) -> list[AliasRecord]:
        """Aliases of new text, as docs/PROTOCOL.md shapes them."""
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > MAX_ALIASES:
            raise BadRequestError(f"{name} must be a list of at most {MAX_ALIASES} aliases.")
        return [_alias(item, story) for item in value]


def check_place(value: Any, name: str) -> Place:
    """A place, see `Fields.place`."""
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise BadRequestError(f"{name} must be [client, clock] or null.")
    return _integer(value[0], name, 0, _MAX_CLIENT), _integer(value[1], name, 0, _MAX_CLOCK)


def _alias(item: Any, story: str) -> AliasRecord:
    if not isinstance(item, list | tuple) or len(item) != 5:
        raise BadRequestError(
            "An alias is [client, clock, units, original client, original clock]."
        )
    client, clock, units, original_client, original_clock = item
    return AliasRecord(
        story,
        _integer(client, "client", 0, _MAX_CLIENT),
        _integer(clock, "clock", 0, _MAX_CLOCK),
        _integer(units, "units", 1, _MAX_CLOCK),
        None if original_client is None else _integer(original_client, "client", 0, _MAX_CLIENT),
        _integer(original_clock, "clock", 0, _MAX_CLOCK),
    )


def _integer(value: Any, name: str, low: int, high: int) -> int:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole:
        raise BadRequestError(f"{name} must be a whole number.")
    if not low <= value <= high:
        raise BadRequestError(f"{name} must be between {low} and {high}.")
    return int(value)
