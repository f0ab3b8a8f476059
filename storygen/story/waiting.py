"""Splices that a worker has not been told of yet, and in which order they can be told. Pure.

Each is relative to the text as it was when it was made: with all splices before it, told or not. One that is
told before an earlier one is moved through it, and moves it in turn; two that touch the same text stay in
their order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from ..link.messages import Splice

MOST_MOVED = 400
"""With more splices than this waiting, all are told together: moving each through each would take long."""


class Distance(IntEnum):
    """Where a change lies, seen from the insertion point; the smaller, the more urgent."""

    AT_POINT = 0
    NEAR = 1
    FAR = 2
    OTHER_RUN = 3
    OUTSIDE = 4


@dataclass(frozen=True, slots=True)
class Waiting:
    """A splice, how urgent it is, and since when it waits."""

    splice: Splice
    distance: Distance
    since_s: float


class WaitingSplices:
    """In the order in which they were made."""

    def __init__(self) -> None:
        self._entries: list[Waiting] = []

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(self, splice: Splice, distance: Distance, now: float) -> None:
        """The newest one."""
        self._entries.append(Waiting(splice, distance, now))

    @property
    def urgency(self) -> Distance:
        """Of the most urgent one; OUTSIDE when none waits."""
        return min((entry.distance for entry in self._entries), default=Distance.OUTSIDE)

    def times(self, distance: Distance) -> tuple[float, float] | None:
        """When the first and the last of this urgency began to wait; None when there is none."""
        found = [entry.since_s for entry in self._entries if entry.distance == distance]
        return (found[0], found[-1]) if found else None

    def take(self, reach: Distance = Distance.OUTSIDE) -> tuple[Splice, ...]:
        """Those up to the urgency `reach`, to be told in this order; the others go on waiting.

        What lies behind the first of them in the text goes with them: it is read again anyway.
        """
        wanted = [entry for entry in self._entries if entry.distance <= reach]
        if not wanted or len(wanted) == len(self._entries) or len(self._entries) > MOST_MOVED:
            wanted, self._entries = self._entries, []
            return tuple(entry.splice for entry in wanted)
        first = min(entry.splice.at for entry in wanted)
        taken: list[Splice] = []
        left: list[Waiting] = []
        for entry in self._entries:
            if entry.distance <= reach or entry.splice.at >= first:
                moved = _moved_before(left, entry.splice)
                if moved is None:
                    return self.take()
                left, splice = moved
                taken.append(splice)
            else:
                left.append(entry)
        self._entries = left
        return tuple(taken)


def _moved_before(left: list[Waiting], splice: Splice) -> tuple[list[Waiting], Splice] | None:
    """`left` and `splice` as they are when `splice` is told first; None when two touch the same text."""
    behind: list[Waiting] = []
    for entry in reversed(left):
        exchanged = _exchanged(entry.splice, splice)
        if exchanged is None:
            return None
        splice, earlier = exchanged
        behind.append(replace(entry, splice=earlier))
    return behind[::-1], splice


def _exchanged(earlier: Splice, later: Splice) -> tuple[Splice, Splice] | None:
    """Two splices that follow each other, the later one first; None when they can't be parted."""
    grown = len(earlier.insert) - earlier.delete
    if later.at >= earlier.at + len(earlier.insert):
        return replace(later, at=later.at - grown), earlier
    if later.at + later.delete <= earlier.at:
        return later, replace(earlier, at=earlier.at + len(later.insert) - later.delete)
    return None
