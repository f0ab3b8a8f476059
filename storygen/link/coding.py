"""Messages to and from JSON lines. A nested record travels as the list of its values, in order."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from ..errors import BadRequestError
from .bench import BenchMessage
from .commands import AcceptedToken, Command, KnownToken, SetRow, Splice
from .events import Alternative, ContextPiece, Event, NextListed, NextToken, ScoredToken, TextScored
from .memory import Memory, memory_from_fields, memory_to_fields

Message = Command | Event | BenchMessage

_TYPES: dict[str, type[Any]] = {
    t.__name__: t for t in (*Command.__args__, *Event.__args__, *BenchMessage.__args__)
}
_NESTED: dict[str, type[Any]] = {
    "splices": Splice,
    "known": KnownToken,
    "alternatives": Alternative,
    "rows": SetRow,
    "before": AcceptedToken,
    "pieces": ContextPiece,
}
_PAIRS = ("active", "wrong", "vectors")


def encode(message: Message) -> bytes:
    """One JSON object in UTF-8, without a newline inside, ended by one."""
    body = _plain(message)
    body["type"] = type(message).__name__
    line = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return line.encode("utf-8", "surrogatepass") + b"\n"  # half an emoji, as `decode` takes it


def decode(line: bytes) -> Message:
    """The message in one line.

    Raises: BadRequestError when the line is no JSON object, names no known type, or has wrong fields.
    """
    try:
        body = json.loads(line)
        kind = _TYPES[body.pop("type")]
        message: Message = kind(
            **{name: _revive(kind, name, value) for name, value in body.items()}
        )
        return message
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadRequestError(f"Not a message of the worker link: {error}") from error


def _plain(value: Any) -> Any:
    """Fields by name for a message; a nested record becomes a list of its values, in order (shorter)."""
    return {f.name: _packed(getattr(value, f.name)) for f in dataclasses.fields(value)}


def _packed(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_packed(item) for item in value]
    if isinstance(value, Memory):
        return memory_to_fields(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [_packed(getattr(value, f.name)) for f in dataclasses.fields(value)]
    return value


def _revive(kind: type[Any], name: str, value: Any) -> Any:
    if kind is TextScored and name == "tokens":
        return tuple(_scored_token(item) for item in value)
    if kind is NextListed and name == "tokens":
        return tuple(NextToken(*item) for item in value)
    if name == "memory" and isinstance(value, list):
        return memory_from_fields(value)
    if name in _PAIRS:
        return tuple(tuple(pair) for pair in value)
    if name in _NESTED:
        nested = _NESTED[name]
        return tuple(nested(*item) for item in value) if isinstance(value, list) else value
    return tuple(value) if isinstance(value, list) else value


def _scored_token(item: list[Any]) -> ScoredToken:
    start, end, token_id, text, logprob, alternatives = item
    return ScoredToken(
        start, end, token_id, text, logprob, tuple(Alternative(*a) for a in alternatives)
    )
