"""Checks of a memory that a browser sends; see `checks`. Nothing here changes anything."""

from __future__ import annotations

import math
from typing import Any

from ...errors import BadRequestError
from ...story.memories import DEFAULT, MOST_ENTRIES
from .checks import MAX_ID, Fields

MOST_TEXT = 100_000
MOST_NOTE = 20_000
MOST_LINES = 100
SHARES = (0.1, 1.0)
MOST_RANGE = 20_000
MOST_BUDGET = 8_192
MOST_NAME = 200
MOST_KEYS = 50
MOST_KEY = 200
MOST_ENTRY = 20_000
MOST_ORDER = 1_000

ENTRY = ("id", "name", "keys", "text", "constant", "on", "order", "depth")
DEPTH = 4  # of an entry that comes and goes, unless it says otherwise
ORDER = 100


def check_patch(patch: dict[str, Any]) -> dict[str, Any]:
    """Some fields of a memory, checked. Raises: BadRequestError."""
    fields = Fields(patch, tuple(DEFAULT))
    checked: dict[str, Any] = {}
    for name, most in (("text", MOST_TEXT), ("note", MOST_NOTE)):
        if fields.names(name):
            checked[name] = _lines(fields.string(name, most))
    for name, high in (
        ("note_lines", MOST_LINES),
        ("lore_range", MOST_RANGE),
        ("lore_budget", MOST_BUDGET),
    ):
        if fields.names(name):
            checked[name] = fields.integer(name, 0, high)
    if fields.names("share"):
        checked["share"] = _share(patch["share"])
    if fields.names("entries"):
        entries = [check_entry(entry) for entry in fields.items("entries", MOST_ENTRIES)]
        if len({entry["id"] for entry in entries}) < len(entries):
            raise BadRequestError("Two entries have the same id.")
        checked["entries"] = entries
    return checked


def check_entry(entry: Any) -> dict[str, Any]:
    """A whole entry of a lorebook, with defaults for what it leaves out. Raises: BadRequestError."""
    if not isinstance(entry, dict):
        raise BadRequestError("An entry must be an object with named fields.")
    fields = Fields(entry, ENTRY)
    constant = fields.flag("constant")
    on = fields.flag("on") if fields.names("on") else True
    keys = [_key(key) for key in fields.items("keys", MOST_KEYS)]
    return {
        "id": _named(fields.id("id")),
        "name": fields.string("name", MOST_NAME, ""),
        "keys": keys,
        "text": _lines(fields.string("text", MOST_ENTRY, "")),
        "constant": constant,
        "on": on,
        "order": fields.integer("order", -MOST_ORDER, MOST_ORDER, default=ORDER),
        "depth": _depth(fields, constant=constant),
    }


def check_removed(fields: Fields) -> list[str]:
    """Ids of entries that are to go. Raises: BadRequestError."""
    ids = fields.items("removed", MOST_ENTRIES)
    return [Fields({"id": entry_id}, ("id",)).id("id") for entry_id in ids]


def _depth(fields: Fields, *, constant: bool) -> int | None:
    if not fields.names("depth"):
        return None if constant else DEPTH
    return fields.integer("depth", 0, MOST_LINES) if fields.has("depth") else None


def _key(key: Any) -> str:
    return Fields({"key": key}, ("key",)).string("key", MOST_KEY)


def _named(entry_id: str) -> str:
    if not entry_id or len(entry_id) > MAX_ID:
        raise BadRequestError("An entry needs an id.")
    return entry_id


def _share(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not SHARES[0] <= value <= SHARES[1]:
        raise BadRequestError(f"share must be a number from {SHARES[0]} to {SHARES[1]:g}.")
    return float(value)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
