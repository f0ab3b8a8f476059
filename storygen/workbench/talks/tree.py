"""A talk as a tree: every turn may have several versions, and what followed each stays below it.

One version of each turn is chosen; the chosen ones from the first turn on are the talk that is shown.
Nothing is changed in place but the turn that is being written: an edit and another answer are new versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import BadRequestError, NotFoundError
from ..models.base import Turn

ROLES = ("user", "assistant")
STATES = ("", "writing", "stopped", "failed")


@dataclass(slots=True)
class Said:
    """A version of a turn. `after`: what it follows, None at the beginning.

    `state`: "" (whole), "writing", "stopped" or "failed", then with a `problem`. `made`: what it was made
    with, by name (model, seed …); empty for what a person wrote.
    """

    id: int
    after: int | None
    role: str
    text: str
    state: str = ""
    problem: str = ""
    made: Mapping[str, Any] = field(default_factory=dict)


class TalkTree:
    """A talk. Not safe to be changed by several threads at once."""

    def __init__(self, system: str = "") -> None:
        self.system = system
        self.source: dict[str, Any] = {}
        """Where it began: a sample's place and target, if it was one."""
        self._said: dict[int, Said] = {}
        self._below: dict[int | None, list[int]] = {None: []}
        self._chosen: dict[int | None, int] = {}
        self._next = 1

    def __len__(self) -> int:
        return len(self._said)

    def __iter__(self) -> Iterator[Said]:
        """Every version of every turn, each after what it follows."""
        return iter(self._said.values())

    @property
    def path(self) -> list[Said]:
        """The turns that are shown, from the first to the last."""
        found: list[Said] = []
        at: int | None = None
        while at in self._chosen:
            at = self._chosen[at]
            found.append(self._said[at])
        return found

    @property
    def last(self) -> Said | None:
        """The last turn that is shown."""
        path = self.path
        return path[-1] if path else None

    @property
    def title(self) -> str:
        """How it begins."""
        first = next((one.text for one in self.path if one.text.strip()), "")
        line = " ".join(first.split())
        return line if len(line) <= 40 else line[:39] + "…"

    def get(self, number: int) -> Said:
        """Raises: NotFoundError for a turn that is not there (any more)."""
        if number not in self._said:
            raise NotFoundError("This turn is not there any more.")
        return self._said[number]

    def say(self, role: str, text: str, after: int | None) -> Said:
        """A new version of what follows `after`, chosen. Raises: NotFoundError, BadRequestError."""
        if role not in ROLES:
            raise BadRequestError(f"A turn is the user's or the assistant's, not {role!r}.")
        if after is not None:
            self.get(after)
        said = Said(self._next, after, role, text)
        self._next += 1
        self._said[said.id] = said
        self._below.setdefault(after, []).append(said.id)
        self._below[said.id] = []
        self._chosen[after] = said.id
        return said

    def edit(self, number: int, text: str) -> Said:
        """A new version of a turn with another text; the old one keeps what followed it."""
        old = self.get(number)
        return self.say(old.role, text, old.after)

    def versions(self, number: int) -> tuple[int, int]:
        """Which version of its turn it is, from 1, and how many there are."""
        there = self._below[self.get(number).after]
        return there.index(number) + 1, len(there)

    def leaf(self, number: int, step: int) -> None:
        """Choose the version that lies `step` further; at the ends nothing changes."""
        after = self.get(number).after
        there = self._below[after]
        at = there.index(number) + step
        if 0 <= at < len(there):
            self._chosen[after] = there[at]

    def choose(self, number: int) -> None:
        """Show this version, and those that lead to it."""
        at: int | None = number
        while at is not None:
            said = self.get(at)
            self._chosen[said.after] = at
            at = said.after

    def delete(self, number: int) -> None:
        """Take away a version of a turn, and all that follows it."""
        after = self.get(number).after
        there = self._below[after]
        place = there.index(number)
        there.remove(number)
        if self._chosen.get(after) == number:
            if there:
                self._chosen[after] = there[min(place, len(there) - 1)]
            else:
                del self._chosen[after]
        waiting = [number]
        while waiting:
            gone = waiting.pop()
            waiting += self._below.pop(gone)
            self._chosen.pop(gone, None)
            del self._said[gone]

    def turns_to(self, number: int | None) -> list[Turn]:
        """What a model is given to answer the turn `number`: the system prompt, and all turns up to it."""
        turns: list[Turn] = []
        at = number
        while at is not None:
            said = self.get(at)
            turns.append(Turn(said.role, said.text))
            at = said.after
        if self.system.strip():
            turns.append(Turn("system", self.system))
        return turns[::-1]
