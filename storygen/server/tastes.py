"""What is known of the reader's taste: the library's choices, read once and again where one was made.

Belongs to the server's loop; reads in the store's reading thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from ..preferences.drawing import Draw, draw
from ..preferences.observations import Observation, Situation
from ..preferences.ranges import Ranges
from ..store.store import Store
from .fates import Dealer
from .observed import observe

TAIL = 4000  # characters of the text before a set that are kept in memory


class Tastes:
    """Observations of every story in the library, and the policies that learn from them."""

    def __init__(self, read: Callable[[Callable[[Store], Any]], Any]) -> None:
        """`read(work)` does `work(store)` where the store is read, and waits for it."""
        self._read = read
        self._known: dict[str, list[Observation]] | None = None
        self._stale: set[str] = set()

    def changed(self, story: str) -> None:
        """Something was chosen in a story, or it came or went."""
        self._stale.add(story)

    def observations(self) -> list[Observation]:
        """All of them, story after story."""
        if self._known is None:
            self._known, stale = {}, set(self._read(lambda store: store.choosers()))
        else:
            stale, self._stale = self._stale, set()
        for story in sorted(stale):
            self._known[story] = self._read(partial(observe, story=story, most=TAIL))
        return [one for story in self._known.values() for one in story]

    def dealer(self, name: str, ranges: Ranges) -> Dealer:
        """Who draws parameters by the policy of that name."""
        return _Even(ranges)


class _Even:
    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges

    def draw(self, situation: Situation, num: int, random: Random) -> list[Draw]:
        return [draw(self._ranges, random) for _ in range(num)]
