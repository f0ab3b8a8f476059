"""Who picks one of the automatic writer's candidates.

A picker is made anew for each step, by its name and the step's seed, and may block the task that asks it. One
more is added with `Pickers.add`, before the first browser comes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

from ..errors import BadRequestError

Texts = Sequence[tuple[str, Sequence[float]]]
"""Each candidate's text, and the log-probabilities of its tokens."""

Picker = Callable[[str, Texts], int]
"""The text before, and the candidates (at least one) → which of them."""

PLAIN = "logprob"


def likeliest(before: str, texts: Texts) -> int:
    """The one whose tokens are likeliest on average; the first of several."""
    return max(range(len(texts)), key=lambda at: _mean(texts[at][1]))


def _mean(logprobs: Sequence[float]) -> float:
    known = [one for one in logprobs if math.isfinite(one)]
    return math.fsum(known) / len(known) if known else -math.inf


def by_chance(random: Random) -> Picker:
    """Any of them, evenly."""
    return lambda before, texts: random.randrange(len(texts))


class Pickers:
    """Pickers by name."""

    def __init__(self) -> None:
        self._makers: dict[str, Callable[[Random], Picker]] = {
            PLAIN: lambda random: likeliest,
            "random": by_chance,
        }

    def add(self, name: str, make: Callable[[Random], Picker]) -> None:
        """Another one. `make(random)` is called at each step."""
        self._makers[name] = make

    def names(self) -> tuple[str, ...]:
        """All there are, the plain one first."""
        return tuple(self._makers)

    def check(self, name: str) -> None:
        """Raises: BadRequestError where there is none of that name."""
        if name not in self._makers:
            raise BadRequestError(f"picker must be one of: {', '.join(self._makers)}.")

    def make(self, name: str, random: Random) -> Picker:
        """The picker of that name, for one step. Raises: BadRequestError."""
        self.check(name)
        return self._makers[name](random)
