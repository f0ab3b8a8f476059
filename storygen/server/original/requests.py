"""What the original client may ask, checked: arguments as they came become a request, or None. Pure.

Numbers out of range are brought into it, as the original server did; arguments of the wrong kind make no
request at all.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

MAX_TEXTS = 10
MAX_TEXT_TOKENS = 50
MAX_MIN_LENGTH = 512
MAX_NAME_CHARACTERS = 200
MAX_PREFIX_CHARACTERS = 1_000_000

_WRAPPED = re.compile(
    r"\s*<\|endoftext\|>\s*\[WP\](?P<prompt>.*?)\[RESPONSE\][ ]?(?P<story>.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """`num` texts of up to `max_length` tokens, asked for once."""

    task: str
    model: Any  # a value of the registry, to be looked up there
    prefix: str
    max_length: int
    params: dict[str, Any]
    num: int


@dataclass(frozen=True, slots=True)
class SamplerRequest:
    """A text that goes on as long as the client says so."""

    sampler: str
    model: Any
    prefix: str
    params: dict[str, Any]


def read_generate(args: tuple[Any, ...]) -> GenerateRequest | None:
    """`generate_text(task_name, model_name, prefix, max_length, parameters={}, num=1)`."""
    if not 4 <= len(args) <= 6:
        return None
    task, model, prefix, length, given, num = (*args, None, None)[:6]
    params = _params({} if given is None else given)
    max_length, count = _number(length), _number(1 if num is None else num)
    if (
        not _well_formed(task, model, prefix)
        or params is None
        or max_length is None
        or count is None
    ):
        return None
    tokens = int(min(max(max_length, 0), MAX_TEXT_TOKENS))
    params |= {"limit": "tokens", "max_tokens": tokens}
    return GenerateRequest(task, model, prefix, tokens, params, int(min(max(count, 0), MAX_TEXTS)))


def read_sampler(args: tuple[Any, ...]) -> SamplerRequest | None:
    """`start_new_sampler(sampler_name, model_name, prefix, parameters={})`."""
    if not 3 <= len(args) <= 4:
        return None
    sampler, model, prefix, given = (*args, None)[:4]
    params = _params({} if given is None else given)
    if not _well_formed(sampler, model, prefix) or params is None:
        return None
    return SamplerRequest(sampler, model, prefix, params | {"limit": "endless", "max_tokens": 0})


def answerable(args: tuple[Any, ...]) -> str | None:
    """The name under which a request that is refused can be answered; None when it has none."""
    name = args[0] if args else None
    return name if isinstance(name, str) and len(name) <= MAX_NAME_CHARACTERS else None


def unwrap_prompt(prefix: str) -> tuple[str, str] | None:
    """The writing prompt and the story so far in a prefix that the original client wrapped; else None.

    For models whose own format is another: `<|endoftext|>[WP] prompt [RESPONSE] story`.
    """
    found = _WRAPPED.fullmatch(prefix)
    return None if found is None else (found["prompt"].strip(), found["story"])


def _well_formed(name: Any, model: Any, prefix: Any) -> bool:
    return (
        isinstance(name, str)
        and len(name) <= MAX_NAME_CHARACTERS
        and isinstance(model, str | dict)
        and isinstance(prefix, str)
        and len(prefix) <= MAX_PREFIX_CHARACTERS
    )


# The original's name, ours, and the range.
_PARAMETERS: tuple[tuple[str, str, float, type[int] | type[float]], ...] = (
    ("min_length", "min_tokens", MAX_MIN_LENGTH, int),
    ("temperature", "temperature", 5.0, float),
    ("top_k", "top_k", 1000, int),
    ("top_p", "top_p", 1.0, float),
)


def _params(given: Any) -> dict[str, Any] | None:
    """Sampling parameters of ours; names that the original did not have are ignored."""
    if not isinstance(given, dict):
        return None
    params: dict[str, Any] = {"alternatives": 0, "at_end_of_text": "stop"}
    for theirs, ours, high, kind in _PARAMETERS:
        if given.get(theirs) is None:
            continue
        number = _number(given[theirs])
        if number is None:
            return None
        params[ours] = kind(min(max(number, 0), high))
    return params


def _number(given: Any) -> float | None:
    """A finite number, also as text, since a form's fields are text; None when it is none."""
    if isinstance(given, str) and len(given) <= 32:
        try:
            given = float(given)
        except ValueError:
            return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    # An integer may be too large for a float, which would raise.
    return given if isinstance(given, int) or math.isfinite(given) else None
