"""Where a run went back because of a banned string, and what may not be drawn there again. Knows no text.

A place is the index of a token that has not been let go. What is banned at a place holds as long as
everything before it stands; so it follows from the text alone, and a run that goes on elsewhere bans the
same. Going back has an end: who has gone back `MOST_REWINDS` times without getting a token out writes
carefully from the first place on, so that no banned string can even begin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

MOST_REWINDS = 20


@dataclass(slots=True)
class _Place:
    banned: list[int] = field(default_factory=list)
    num_rewinds: int = 0  # to here or beyond, since all that stands before was drawn


class Rewinds:
    """`careful`: whether every token is drawn so that no banned string begins."""

    def __init__(self) -> None:
        self.careful = False
        self._places: dict[int, _Place] = {}

    def banned_at(self, index: int) -> list[int]:
        """The ids that must not be drawn at a place."""
        place = self._places.get(index)
        return place.banned if place else []

    def ban(self, first: int, index: int, token_id: int) -> int:
        """The token at `index` began a banned string; returns the place to go back to, at least `first`."""
        self._forget(lambda place: place > index)
        for number in range(first, index + 1):
            self._places.setdefault(number, _Place()).num_rewinds += 1
        self._places[index].banned.append(token_id)
        if self._places[first].num_rewinds < MOST_REWINDS:
            return index
        self.be_careful()
        return first

    def be_careful(self) -> None:
        """From the first place on, until a token is let go."""
        self.forget()
        self.careful = True

    def let_go(self, first: int) -> None:
        """Tokens were let go: `first` is the first place now."""
        self.careful = False
        self._forget(lambda place: place < first)

    def forget(self) -> None:
        """The text is another one."""
        self.careful = False
        self._places.clear()

    def _forget(self, which: Callable[[int], bool]) -> None:
        self._places = {place: kept for place, kept in self._places.items() if not which(place)}
