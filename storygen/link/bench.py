"""Messages between the server and a workbench's process; see `messages` for how they travel.

The server passes on what browsers ask, and understands none of it. `connection` is its name for a browser;
`body` is a JSON object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AskBench:
    """What a browser asks; `BenchAnswered` with the same `request` answers."""

    request: str
    connection: str
    name: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BenchHeard:
    """The browser has taken the last message of that visit."""

    connection: str
    visit: str


@dataclass(frozen=True, slots=True)
class BenchLeft:
    """The browser is gone."""

    connection: str


@dataclass(frozen=True, slots=True)
class BenchAnswered:
    """What the browser is answered."""

    request: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BenchTold:
    """News for a browser."""

    connection: str
    body: dict[str, Any]


BenchMessage = AskBench | BenchHeard | BenchLeft | BenchAnswered | BenchTold
