"""Which sets tell a picker something, and how many of them it needs."""

from __future__ import annotations

from ..observations import Observation
from .scoring import MOST_CANDIDATES

FEWEST_SETS = 30
"""From fewer sets with a choice nothing is learned: no claim about them could hold."""


def tells(one: Observation) -> bool:
    """Whether more was taken of one of its candidates than of another."""
    taken = [candidate.taken for candidate in one.candidates]
    return 2 <= len(taken) <= MOST_CANDIDATES and max(taken) > min(taken)
