"""Tokens that are written but not shown yet, because their text isn't final.

A token is let go when every byte of it belongs to whole characters and none of them can be the beginning
of a stop string or of a banned one. Tokens go in order; one that only holds the first part of a character
has no text, and the last one of it has the whole character.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from ...link.messages import Alternative
from .endings import find_stop, num_held_for_stops
from .utf8 import unfinished_tail


@dataclass(frozen=True, slots=True)
class DrawnToken:
    """A token as it was drawn; `width` is how many bytes of the run's text it stands for."""

    index: int
    id: int
    logprob: float
    alternatives: tuple[Alternative, ...]
    ms: float
    revision: int
    used: int
    width: int


@dataclass(frozen=True, slots=True)
class ReadyToken:
    """A token whose text is final."""

    drawn: DrawnToken
    text: str


class HeldText:
    """Bytes that were written and not let go yet, and the tokens that they belong to."""

    def __init__(self) -> None:
        self.tokens: list[DrawnToken] = []
        self._ends: list[int] = []
        self._data = bytearray()
        self._num_before = 0  # of the bytes, those of a token that was let go and cut a character

    @property
    def num_bytes(self) -> int:
        """Bytes that are held."""
        return len(self._data)

    @property
    def unfinished(self) -> bytes:
        """The bytes of a character that isn't whole yet."""
        return unfinished_tail(self._data)

    @property
    def whole(self) -> str:
        """The held text, as far as its characters are whole."""
        end = len(self._data) - len(self.unfinished)
        return self._data[:end].decode("utf-8", "replace")

    def push(self, token: DrawnToken, data: bytes) -> None:
        """A token that adds `data` to the text."""
        self._data += data
        self.tokens.append(token)
        self._ends.append(len(self._data))

    def stop_at(self, stops: tuple[str, ...]) -> int | None:
        """The character of `whole` where a stop string begins, or None."""
        return find_stop(self.whole, stops) if stops else None

    def release(self, stops: tuple[str, ...] = (), num_held: int = 0) -> list[ReadyToken]:
        """The tokens whose text is final, taken out of here; the last `num_held` characters aren't."""
        text = self.whole
        num_held = max(num_held, num_held_for_stops(text, stops))
        final = text[: max(0, len(text) - num_held)]
        return self._take(len(final.encode()))

    def token_at(self, num_chars: int) -> int:
        """The number of the held token in which character `num_chars` of `whole` begins."""
        return bisect_right(self._ends, len(self.whole[:num_chars].encode()))

    def drop(self, num_tokens: int) -> None:
        """Forget all but the first `num_tokens` tokens."""
        del self.tokens[num_tokens:], self._ends[num_tokens:]
        del self._data[self._ends[-1] if self._ends else self._num_before :]

    def cut(self, num_chars: int) -> list[ReadyToken]:
        """The tokens of the first `num_chars` characters; what follows them is dropped."""
        end = len(self.whole[:num_chars].encode())
        num_tokens = sum(1 for place in ([0, *self._ends[:-1]]) if place < end)
        del self._data[end:]
        del self.tokens[num_tokens:]
        self._ends = [min(place, end) for place in self._ends[:num_tokens]]
        return self._take(end)

    def clear(self) -> None:
        """Forget everything."""
        self.tokens, self._ends, self._data = [], [], bytearray()
        self._num_before = 0

    def copied(self) -> HeldText:
        """The same, to be changed by itself."""
        other = HeldText()
        other.tokens, other._ends = list(self.tokens), list(self._ends)
        other._data, other._num_before = bytearray(self._data), self._num_before
        return other

    def _take(self, num_final: int) -> list[ReadyToken]:
        ready: list[ReadyToken] = []
        done = 0
        for token, end in zip(self.tokens, self._ends, strict=True):
            if end > num_final:
                break
            # The character that this token cuts goes to the token that completes it.
            shown = end - len(unfinished_tail(self._data[:end]))
            ready.append(ReadyToken(token, self._data[done:shown].decode("utf-8", "replace")))
            done = shown
            self._num_before = end - done
        self.tokens = self.tokens[len(ready) :]
        self._ends = [end - done for end in self._ends[len(ready) :]]
        del self._data[:done]
        return ready
