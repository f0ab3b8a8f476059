"""A bandit that follows its reader's choices: what was taken back, or is gone from the library, it unlearns.

A model cannot forget one set, and to begin anew with each choice would take ever longer. So the newest sets,
of which most is still taken, taken back or deleted, are taught anew each time on top of those that have
settled; where one of the settled has changed, all is taught from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterable

from .observations import Observation
from .ranges import Ranges
from .thompson import ThompsonPolicy

NUM_UNSETTLED = 32
"""So many of the newest sets at least, and up to twice as many, are taught anew each time."""

_Lesson = tuple[tuple[str, float], ...]  # how much was taken of each candidate, by its id


class Taught:
    """A Thompson policy within `ranges`, and what it was taught so far."""

    def __init__(self, ranges: Ranges) -> None:
        self._new = self._settled = ThompsonPolicy.new(ranges)
        self._lessons: dict[str, _Lesson] = {}  # of the settled sets

    def by(self, observations: Iterable[Observation]) -> ThompsonPolicy:
        """The policy that learned from what people took in `observations`: all that there are now."""
        told = [one for one in observations if one.by == "human" and one.chosen]
        told.sort(key=lambda one: one.time)
        lessons = {one.set: _lesson(one) for one in told}
        if any(lessons.get(name) != lesson for name, lesson in self._lessons.items()):
            self._settled, self._lessons = self._new, {}
        fresh = [one for one in told if one.set not in self._lessons]
        if len(fresh) > 2 * NUM_UNSETTLED:
            settling, fresh = fresh[:-NUM_UNSETTLED], fresh[-NUM_UNSETTLED:]
            self._settled = self._settled.updated(settling)
            self._lessons |= {one.set: lessons[one.set] for one in settling}
        return self._settled.updated(fresh)


def _lesson(one: Observation) -> _Lesson:
    return tuple((candidate.candidate, candidate.taken) for candidate in one.candidates)
