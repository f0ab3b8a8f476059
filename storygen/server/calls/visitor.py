"""Who is connected to `/studio`."""

from __future__ import annotations

from dataclasses import dataclass, field

from .pace import Pace
from .token_calls import Glances


@dataclass(slots=True)
class Visitor:
    """One connected browser."""

    sid: str
    pace: Pace = field(default_factory=Pace)
    stories: set[str] = field(default_factory=set)
    glances: Glances = field(default_factory=Glances)
