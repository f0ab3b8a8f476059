"""What was read and may be of use again: whoever begins to read goes on from the longest beginning that is
the same, so that a text is read once whoever asks about it.
"""

from __future__ import annotations

from collections.abc import Iterable

from .cache_plan import Ids, num_common
from .model import LanguageModel, ReadState

MOST_STATES = 4
LEAST_TOKENS = 16
"""Fewer are read sooner than a cache is copied."""


class Shelf:
    """States of those who have ended, the last used first."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._states: list[ReadState] = []

    @property
    def num_bytes(self) -> int:
        """The memory that it takes."""
        return sum(state.num_bytes for state in self._states)

    def put(self, state: ReadState) -> None:
        """Keep a state that nobody reads on with."""
        if len(state.ids) >= LEAST_TOKENS and state.cache is not None:
            self._states = [state, *self._states][:MOST_STATES]

    def drop_oldest(self) -> int:
        """Free one; returns the bytes that it took, 0 when there is none."""
        return self._states.pop().num_bytes if self._states else 0

    def find(self, wanted: Ids, in_use: Iterable[ReadState]) -> ReadState:
        """A state to read `wanted` with: taken from here, or a copy of one that is in use; else a new one."""
        used = list(in_use)
        best = max([*self._states, *used], key=lambda state: self._use(state, wanted), default=None)
        if best is None or self._use(best, wanted) < LEAST_TOKENS:
            return ReadState()
        if any(best is state for state in used):
            best = best.copied()
        else:
            self._states = [state for state in self._states if state is not best]
        return best

    def num_ready(self, wanted: Ids, in_use: Iterable[ReadState]) -> int:
        """How many tokens of `wanted` whoever begins to read it now has read already."""
        best = max((self._use(state, wanted) for state in [*self._states, *in_use]), default=0)
        return min(best, len(wanted) - 1) if best >= LEAST_TOKENS else 0

    def _use(self, state: ReadState, wanted: Ids) -> int:
        """How many tokens of `wanted` would not have to be read again."""
        if state.cache is None:
            return 0
        same = num_common(state.ids, wanted)
        return same if self._model.croppable or same == len(state.ids) < len(wanted) else 0
