"""A text that is being written by tokens of whole characters, and where it stops.

What may be the beginning of a stop string is held back until it is not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from ...engine.text.endings import find_stop, num_held_for_stops, paragraph_end, sentence_end
from .base import ScoredToken


class StoppingText:
    """`ended`: "" while it goes on, then why it does not, as in `Generated`."""

    def __init__(self, params: dict[str, Any]) -> None:
        """`params` are full and checked."""
        self.ended = ""
        self._stops = tuple(params["stop"])
        self._limit, self._most = params["limit"], params["max_tokens"]
        self._text, self._told, self._num_tokens = "", 0, 0
        self._held: list[ScoredToken] = []

    def push(self, token: ScoredToken) -> Iterator[ScoredToken]:
        """Take a token; gives those that are final now."""
        self._text += token.text
        self._held.append(token)
        self._num_tokens += 1
        cut = self._cut()
        if cut is not None:
            yield from self._tell(cut)
            self.ended = "stop"
        elif self._num_tokens >= self._most:
            yield from self.finish("length")
        else:
            yield from self._tell(len(self._text) - num_held_for_stops(self._text, self._stops))

    def finish(self, ended: str) -> Iterator[ScoredToken]:
        """Nothing follows; gives what was held."""
        yield from self._tell(len(self._text))
        self.ended = ended

    def _cut(self) -> int | None:
        """The character where the text stops, or None while it goes on."""
        places = [find_stop(self._text, self._stops)]
        if self._limit == "sentence":
            places.append(sentence_end(self._text))
        if self._limit == "paragraph":
            places.append(paragraph_end(self._text))
        return min((place for place in places if place is not None), default=None)

    def _tell(self, end: int) -> Iterator[ScoredToken]:
        """The held tokens that lie before character `end`; at a stop the last may be a part of one."""
        while self._held:
            token = self._held[0]
            if self._told + len(token.text) <= end:
                self._told += len(token.text)
                yield self._held.pop(0)
                continue
            if self._cut() is not None and self._told < end:
                part = token.text[: end - self._told]
                self._told, self._held = end, []
                yield dataclasses.replace(token, text=part)
            return
