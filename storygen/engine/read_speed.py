"""How fast a model reads on this machine, so that what a change costs can be told before it is made."""

from __future__ import annotations

LEAST_TOKENS = 32
"""Shorter readings say little about longer ones."""
NEWEST_PART = 0.25


class ReadSpeed:
    """A running mean of what was measured."""

    def __init__(self) -> None:
        self._s_per_token: float | None = None

    def note(self, num_tokens: int, took_s: float) -> None:
        """`num_tokens` were read at once."""
        if num_tokens < LEAST_TOKENS:
            return
        new, old = took_s / num_tokens, self._s_per_token
        self._s_per_token = new if old is None else old + NEWEST_PART * (new - old)

    def seconds(self, num_tokens: int) -> float | None:
        """How long it takes to read `num_tokens`; None until it is known."""
        if not num_tokens:
            return 0.0
        return None if self._s_per_token is None else num_tokens * self._s_per_token
