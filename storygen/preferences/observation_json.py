"""Observations written down, one JSON object each, to be handed to another process, and read back checked.

The fields are those of the classes in `observations`, by their names, with a version. Numbers that JSON
does not have (a density of 0 has the logarithm -inf) are the strings "inf" and "-inf"; tuples in `params`
and `extra` come back as lists.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import BadRequestError
from . import checked
from .observations import Observation, ShownCandidate, Situation

VERSION = 1

MOST_CANDIDATES = 1000
MOST_TOKENS = 10**6
LONGEST_TEXT = 20 * 10**6
"""Characters."""

DEEPEST = 50
"""Lists and objects within each other in `params` and `extra`."""

_LARGEST_INTEGER = 2**64  # seeds are no floats: they must come back to the last bit

_Read = Callable[[Any, str], Any]


def observation_to_json(observation: Observation) -> dict[str, Any]:
    """What `observation_from_json` reads; only JSON's own types, if `params` and `extra` have them."""
    written = {name: getattr(observation, name) for name in _OBSERVATION}
    return {
        "version": VERSION,
        **written,
        "situation": {name: getattr(observation.situation, name) for name in _SITUATION},
        "candidates": [_candidate_to_json(one) for one in observation.candidates],
        "before_ids": list(observation.before_ids),
        "extra": dict(observation.extra),
    }


def observation_from_json(data: Any) -> Observation:
    """The observation that `data` describes; fields that have defaults may be left out.

    Raises: BadRequestError, naming the first part that is missing, unknown, of the wrong type or impossible.
    """
    checked.version(data, "observation", VERSION)
    fields = {name: value for name, value in data.items() if name != "version"}
    return Observation(**_fields(fields, "observation", _OBSERVATION, _NEEDED_OF_OBSERVATION))


def _candidate_to_json(candidate: ShownCandidate) -> dict[str, Any]:
    written = {name: getattr(candidate, name) for name in _CANDIDATE}
    density = candidate.log_density
    return {
        **written,
        "params": dict(candidate.params),
        "ids": list(candidate.ids),
        "logprobs": [_written(one) for one in candidate.logprobs],
        "log_density": None if density is None else _written(density),
    }


def _fields(
    data: Any, what: str, readers: Mapping[str, _Read], needed: tuple[str, ...]
) -> dict[str, Any]:
    data = checked.mapping(data, what, readers)
    missing = [name for name in needed if name not in data]
    if missing:
        raise BadRequestError(f"{what} lacks {missing[0]!r}.")
    inner = "" if what == "observation" else f"{what}."
    return {name: readers[name](value, f"{inner}{name}") for name, value in data.items()}


def _situation(data: Any, what: str) -> Situation:
    return Situation(**_fields(data, what, _SITUATION, ("step",)))


def _candidates(data: Any, what: str) -> tuple[ShownCandidate, ...]:
    given = checked.items(data, what, MOST_CANDIDATES)
    return tuple(
        ShownCandidate(**_fields(one, f"{what}[{at}]", _CANDIDATE, _NEEDED_OF_CANDIDATE))
        for at, one in enumerate(given)
    )


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise BadRequestError(f"{what} must be a text.")
    if len(value) > LONGEST_TEXT:
        raise BadRequestError(f"{what} can hold at most {LONGEST_TEXT} characters.")
    return value


def _integer(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRequestError(f"{what} must be a whole number.")
    if abs(value) > _LARGEST_INTEGER:
        raise BadRequestError(f"{what} must have at most 64 bits.")
    return value


def _integers(value: Any, what: str) -> tuple[int, ...]:
    given = checked.items(value, what, MOST_TOKENS)
    return tuple(_integer(one, f"{what}[{at}]") for at, one in enumerate(given))


def _real(value: Any, what: str) -> float:
    """Any finite number."""
    return checked.number(value, what, -_LARGEST_FLOAT, _LARGEST_FLOAT)


def _maybe_real(value: Any, what: str) -> float | None:
    return None if value is None else _real(value, what)


def _logarithm(value: Any, what: str) -> float:
    return float(value) if value in ("inf", "-inf") else _real(value, what)


def _maybe_logarithm(value: Any, what: str) -> float | None:
    return None if value is None else _logarithm(value, what)


def _logarithms(value: Any, what: str) -> tuple[float, ...]:
    given = checked.items(value, what, MOST_TOKENS)
    return tuple(_logarithm(one, f"{what}[{at}]") for at, one in enumerate(given))


def _written(value: float) -> float | str:
    return str(value) if math.isinf(value) else value


def _fraction(value: Any, what: str) -> float:
    return checked.number(value, what, 0, 1)


def _maybe_fraction(value: Any, what: str) -> float | None:
    return None if value is None else _fraction(value, what)


def _maybe_count(value: Any, what: str) -> int | None:
    return None if value is None else checked.whole(value, what)


def _step(value: Any, what: str) -> int:
    return checked.whole(value, what, 1)


def _boolean(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise BadRequestError(f"{what} must be true or false.")
    return value


def _by(value: Any, what: str) -> str:
    return checked.word(value, what, ("human", "auto"))


def _object(value: Any, what: str) -> dict[str, Any]:
    checked.mapping(value, what)
    _check_json(value, what, DEEPEST)
    return dict(value)


def _check_json(value: Any, what: str, deeper: int) -> None:
    """Nothing, if `value` is what JSON can hold. Raises: BadRequestError."""
    if deeper < 0:
        raise BadRequestError(f"{what} is nested too deeply.")
    if isinstance(value, dict):
        checked.mapping(value, what)
        for one in value.values():
            _check_json(one, what, deeper - 1)
    elif isinstance(value, list | tuple):
        for one in value:
            _check_json(one, what, deeper - 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise BadRequestError(f"{what} holds a number that is not finite.")
    elif value is not None and not isinstance(value, str | bool | int | float):
        raise BadRequestError(f"{what} holds something that is not JSON.")


_LARGEST_FLOAT = 1.7976931348623157e308

_SITUATION: dict[str, _Read] = {
    "step": _step,
    "num_words": checked.whole,
    "repetition": _real,
    "entropy": _maybe_real,
}
_CANDIDATE: dict[str, _Read] = {
    "candidate": _text,
    "number": checked.whole,
    "model": _text,
    "params": _object,
    "seed": _integer,
    "text": _text,
    "ids": _integers,
    "logprobs": _logarithms,
    "taken": _fraction,
    "log_density": _maybe_logarithm,
}
_NEEDED_OF_CANDIDATE = ("candidate", "number", "model", "params", "seed", "text")
_OBSERVATION: dict[str, _Read] = {
    "set": _text,
    "story": _text,
    "time": _real,
    "situation": _situation,
    "before": _text,
    "candidates": _candidates,
    "by": _by,
    "policy": _text,
    "seconds": _maybe_real,
    "kept": _maybe_fraction,
    "deleted": _maybe_count,
    "inserted": _maybe_count,
    "mode": _text,
    "prompt": _text,
    "blind": _boolean,
    "before_ids": _integers,
    "extra": _object,
}
_NEEDED_OF_OBSERVATION = ("set", "story", "time", "situation", "before", "candidates")
