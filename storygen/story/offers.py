"""Identities for text that stands in no document but may be taken into one: of cards, of listed tokens.

They are of a client id of ours under which nothing is ever inserted. Text that is taken is an alias of them.
"""

from __future__ import annotations

from .page import Page

CLOCKS_PER_OFFER = 1 << 16  # units that a card may have: 500 tokens, several times over
CLOCKS_PER_CLIENT = 1 << 30


class Offers:
    """Gives out identities that were never used; a new client id of its own for each opening."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._client: int | None = None
        self._next_clock = 0
        for token in page.tokens:  # whatever was taken may be taken again, as by cut and paste
            self.offer(token.client, token.clock + token.units)

    def reserve(self, now: float) -> tuple[int, int]:
        """A client id, and the first of `CLOCKS_PER_OFFER` clocks."""
        if self._client is None or self._next_clock >= CLOCKS_PER_CLIENT:
            self._client, self._next_clock = self._page.take_client(now), 0
        clock = self._next_clock
        self._next_clock += CLOCKS_PER_OFFER
        self.offer(self._client, self._next_clock)
        return self._client, clock

    def offer(self, client: int, end: int) -> None:
        """Text of `client` up to clock `end` may be taken: an alias of it points to something known."""
        offered = self._page.document.offered
        offered[client] = max(offered.get(client, 0), end)
