"""Which tail of the story the model reads: a window that moves in large steps, so that its start stays put.

While a text only grows, its start is a multiple of the step, and thus the same for every run that reads
it. An edit before or in the window moves the start with the tokens that it stands at.
"""

from __future__ import annotations

from ..text.tokenized import Replaced

STEP_PARTS = 3
"""A full window drops this part of its room at once."""


class Window:
    """`start` is the first token of the story that is read; `room` how many tokens may be."""

    def __init__(self, room: int) -> None:
        assert room > 1
        self.room = room
        self.start = 0

    @property
    def step(self) -> int:
        """How many tokens it moves at once."""
        return max(1, self.room // STEP_PARTS)

    def fit(self, num_tokens: int) -> bool:
        """Move so that a story of `num_tokens` fits; returns whether the start changed.

        It moves on when the tail is too long, and back when an edit left it too short.
        """
        before = self.start
        if num_tokens - self.start > self.room:
            missing = num_tokens - self.start - self.room
            self.start += -(-missing // self.step) * self.step
        elif self.start and num_tokens - self.start < self.room - 2 * self.step:
            self.start = max(0, -(-(num_tokens - self.room) // self.step) * self.step)
        return self.start != before

    @property
    def next_start(self) -> int:
        """Where it will begin when it has moved once more."""
        return self.start + self.step

    def left(self, num_tokens: int) -> int:
        """How many tokens may follow a story of `num_tokens` before it moves."""
        return self.room - (num_tokens - self.start)

    def moved(self, replaced: Replaced) -> None:
        """Follow an edit of the tokens."""
        if replaced.first + replaced.removed <= self.start:
            self.start += replaced.inserted - replaced.removed
        elif replaced.first < self.start:
            self.start = replaced.first
