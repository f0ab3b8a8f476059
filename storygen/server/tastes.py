"""What is known of the reader's taste: the library's choices, read once and again where one was made.

Reading and learning happen in the store's reading thread, so that the loop goes on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any

from ..observed.choices import observe
from ..preferences.learned import learned
from ..preferences.observations import Observation
from ..preferences.policies import Policy
from ..preferences.ranges import Ranges
from ..preferences.statistics import Statistics, gather
from ..preferences.taught import Taught
from ..store.store import Store

TAIL = 4000  # characters of the text before a set that are kept in memory
MOST_DEALERS = 8


class Tastes:
    """Observations of every story in the library, and what learns from them."""

    def __init__(self, read: Callable[[Callable[[Store], Any]], Any]) -> None:
        """`read(work)` does `work(store)` in the one thread that reads the store, and waits for it."""
        self._read = read
        self._known: dict[str, list[Observation]] | None = None
        self._stale: set[str] = set()
        self._lock = Lock()  # of `_stale`, which the loop marks and the reading thread looks at
        self._dealers: dict[tuple[str, Ranges], Policy] = {}
        self._statistics: Statistics | None = None
        self._bandits: dict[Ranges, Taught] = {}

    def changed(self, story: str) -> None:
        """Something was dealt or chosen in a story, or it came or went."""
        with self._lock:
            self._stale.add(story)

    def observations(self) -> list[Observation]:
        """All of them, story after story. Raises: what the store raises."""
        found: list[Observation] = self._read(self._up_to_date)
        return found

    def statistics(self) -> Statistics:
        """What people chose against what they passed over. Raises: what the store raises."""
        found: Statistics = self._read(self._gathered)
        return found

    def dealer(self, name: str, ranges: Ranges) -> Policy:
        """Who draws parameters by the policy of that name in `fates`. Raises: what the store raises."""
        found: Policy = self._read(partial(self._dealer, name=name, ranges=ranges))
        return found

    # ------------------------------------------------------------ in the reading thread

    def _up_to_date(self, store: Store) -> list[Observation]:
        with self._lock:
            stale, self._stale = self._stale, set()
        try:
            if self._known is None or stale:
                self._look_again(store, stale)
        except BaseException:
            with self._lock:
                self._stale |= stale
            raise
        assert self._known is not None
        return [one for story in self._known.values() for one in story]

    def _look_again(self, store: Store, stale: set[str]) -> None:
        known = self._known or {}
        there = store.choosers()
        fresh = {
            story: observe(store, story, TAIL, kept=False) if story in stale else known.get(story)
            for story in there
        }
        self._known = {
            story: observe(store, story, TAIL, kept=False) if seen is None else seen
            for story, seen in fresh.items()
        }
        self._dealers.clear()
        self._statistics = None

    def _gathered(self, store: Store) -> Statistics:
        seen = self._up_to_date(store)
        if self._statistics is None:
            self._statistics = gather(seen)
        return self._statistics

    def _dealer(self, store: Store, name: str, ranges: Ranges) -> Policy:
        if name == "random":
            return learned(name, ranges, ())
        seen = self._up_to_date(store)
        found = self._dealers.get((name, ranges))
        if found is None:
            if name == "bandit":
                found = self._bandit(ranges).by(seen)
            else:
                statistics = self._gathered(store) if name == "fixed" else None
                found = learned(name, ranges, seen, statistics)
            if len(self._dealers) >= MOST_DEALERS:
                self._dealers.pop(next(iter(self._dealers)))
            self._dealers[name, ranges] = found
        return found

    def _bandit(self, ranges: Ranges) -> Taught:
        """The one for these ranges, used last of all: who was used longest ago goes first."""
        found = self._bandits.pop(ranges, None) or Taught(ranges)
        if len(self._bandits) >= MOST_DEALERS:
            self._bandits.pop(next(iter(self._bandits)))
        self._bandits[ranges] = found
        return found
