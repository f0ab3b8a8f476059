"""What stands in a model's context beside the story: memory, note and lore, as the worker is told of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class LoreEntry:
    """Something to be known when the text speaks of it.

    A key is a word or words, or a pattern `/…/` or `/…/i`. `constant`: always there. `order`: the higher, the
    later it stands, and the longer the budget keeps it. `depth`: None: before the story; else so many lines
    back.
    """

    id: str
    text: str
    keys: tuple[str, ...] = ()
    constant: bool = False
    order: int = 100
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What stands in a context beside the story: `text` before it, `note` so many lines back, lore.

    `share`: the least part of the room (the window without what is reserved for the response) that the
    story keeps. `lore_range`: characters before the place that are searched for keys. `lore_budget`: tokens.
    """

    text: str = ""
    note: str = ""
    note_lines: int = 3
    share: float = 0.75
    lore_range: int = 2000
    lore_budget: int = 400
    entries: tuple[LoreEntry, ...] = ()


NO_MEMORY = Memory()


def memory_to_fields(memory: Memory) -> list[Any]:
    """Its fields' values in order, an entry being a list of its own; quick for large lorebooks."""
    entries = [[e.id, e.text, e.keys, e.constant, e.order, e.depth] for e in memory.entries]
    plain = [memory.text, memory.note, memory.note_lines, memory.share, memory.lore_range]
    return [*plain, memory.lore_budget, entries]


def memory_from_fields(fields: list[Any]) -> Memory:
    """A `Memory` from its fields' values in order, an entry being a list of its own."""
    *plain, entries = fields
    return replace(Memory(*plain), entries=tuple(_entry(*entry) for entry in entries))


def _entry(name: str, text: str, keys: list[str], *rest: Any) -> LoreEntry:
    return LoreEntry(name, text, tuple(keys), *rest)
