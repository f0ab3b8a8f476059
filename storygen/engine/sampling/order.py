"""In which order the samplers of a chain act. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from .samplers import ORDER

FIRST = "grammar"
"""Always first: what the text must look like is no matter of likelihood."""


def name_of(sampler: ModuleType) -> str:
    """What a sampler is called in `sampler_order` and on the page: its module's name."""
    return sampler.__name__.rpartition(".")[2]


def movable() -> tuple[str, ...]:
    """The samplers whose place can be changed, in their usual order."""
    return tuple(name for name in map(name_of, ORDER) if name != FIRST)


def ordered(samplers: Iterable[ModuleType], first: list[str]) -> list[ModuleType]:
    """`samplers` with those that `first` names in front, in that order; `FIRST` stays before all."""
    places = {name: place for place, name in enumerate([FIRST, *first])}
    return sorted(samplers, key=lambda sampler: places.get(name_of(sampler), len(places)))
