"""Strings that must not appear in what a run writes: where one stands, and how much of one may stand.

Letters match without regard to case. Each is folded to one letter, so that places stay what they are: "ß" is
no "ss". All pure functions of text.
"""

from __future__ import annotations

from collections.abc import Iterable


class BannedStrings:
    """False when there are none."""

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings = tuple(dict.fromkeys(map(folded, strings)))
        self._beginnings = {text[:size] for text in self._strings for size in range(1, len(text))}
        self._longest = max(map(len, self._strings), default=0)

    def __bool__(self) -> bool:
        return bool(self._strings)

    @property
    def num_before(self) -> int:
        """So many characters before a text may belong to one that ends in it."""
        return max(0, self._longest - 1)

    def find(self, text: str, start: int) -> int | None:
        """Where in `text` one begins that ends after character `start`, or None; of several the last."""
        text = folded(text)
        places = (text.rfind(one, max(0, start - len(one) + 1)) for one in self._strings)
        return max((place for place in places if place >= 0), default=None)

    def num_held(self, text: str) -> int:
        """How many characters at the end of `text` might be the beginning of one."""
        for size in range(min(self.num_before, len(text)), 0, -1):
            if folded(text[-size:]) in self._beginnings:
                return size
        return 0


def folded(text: str) -> str:
    """`text` in one case, of the same length."""
    return text.lower() if text.isascii() else "".join(map(_fold, text))


def _fold(letter: str) -> str:
    return next(one for one in (letter.casefold(), letter.lower(), letter) if len(one) == 1)
