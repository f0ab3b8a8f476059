"""How fast one connection may call: a leaky bucket, so that a runaway page harms nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...errors import BadRequestError

RATES: dict[str, float] = {"": 200.0, "doc_update": 60.0}
BURST_S = 2.0


@dataclass(slots=True)
class Pace:
    """`RATES` calls a second of all kinds and of each named one, in bursts of `BURST_S` seconds' worth."""

    _level: dict[str, float] = field(default_factory=dict)
    _last: float = 0.0

    def count(self, event: str, now: float) -> None:
        """Count a call at `now` seconds.

        Raises: BadRequestError ("too_fast").
        """
        passed, self._last = max(0.0, now - self._last), now
        for name, rate in RATES.items():
            level = max(0.0, self._level.get(name, 0.0) - passed * rate)
            if name in ("", event):
                level += 1
            self._level[name] = level
            if level > rate * BURST_S and name in ("", event):
                raise BadRequestError("Too many calls; wait a moment.", code="too_fast")
