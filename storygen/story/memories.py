"""A story's memory, note and lore: versions that are only ever added to, and what workers are told of them.

A version that nobody has read and that is younger than `SETTLED_S` gives way to the next one, so that typing
makes no version with every key; one from which something was removed does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from ..errors import BadRequestError, NotFoundError
from ..link.memory import NO_MEMORY, LoreEntry, Memory
from ..store.records import MemoryRecord
from .effects import Effects

SETTLED_S = 60.0
MOST_ENTRIES = 1000
MOST_JSON = 2_000_000

DEFAULT: Mapping[str, Any] = {
    "text": NO_MEMORY.text,
    "note": NO_MEMORY.note,
    "note_lines": NO_MEMORY.note_lines,
    "share": NO_MEMORY.share,
    "lore_range": NO_MEMORY.lore_range,
    "lore_budget": NO_MEMORY.lore_budget,
    "entries": [],
}

Plain = dict[str, Any]


class Holder(Protocol):
    """What is needed of a page."""

    id: str
    effects: Effects


class Memories:
    """The versions at hand. Version 0 is that of a story whose memory nobody has touched."""

    def __init__(self, page: Holder, stored: Sequence[MemoryRecord]) -> None:
        self._page = page
        self._versions: dict[int, Plain] = {0: dict(DEFAULT)}
        self._versions |= {record.version: record.memory for record in stored}
        self.version = max(self._versions)
        self._read: set[int] = {0, self.version}
        self._born = 0.0
        self._for_workers: tuple[int, Memory] = (0, NO_MEMORY)
        self._sizes: dict[str, tuple[Plain, int]] = {}

    @property
    def present(self) -> Plain:
        """The newest version, as in docs/PROTOCOL.md."""
        return self._versions[self.version]

    def view(self) -> Plain:
        """What browsers are told of a new version."""
        return {"memory": self.present, "version": self.version}

    def set(self, patch: Plain, removed: Iterable[str], now: float) -> int:
        """A new version, the present one with `patch`; returns its number.

        Raises: NotFoundError; BadRequestError when it would be too large. Nothing is changed then.
        """
        gone = list(removed)
        memory = self.merged(patch, gone)
        if memory == self.present:
            return self.version
        old = self.version
        replaces = old not in self._read and now - self._born < SETTLED_S and not gone
        if replaces:
            del self._versions[old]
        else:
            self._born = now
            if old not in self._read:
                del self._versions[old]  # it is stored
        self.version = old + 1
        self._versions[self.version] = memory
        effects = self._page.effects
        record = MemoryRecord(
            self._page.id, self.version, now, memory, replaces=old if replaces else None
        )
        effects.records.append(record)
        effects.news.memory = self.version
        return self.version

    def merged(self, patch: Plain, removed: Iterable[str]) -> Plain:
        """The present version with fields of `patch`, whose entries take the places of those with their ids.

        Raises: NotFoundError for an entry to be removed that isn't there; BadRequestError (too_large).
        """
        entries = {entry["id"]: entry for entry in self.present["entries"]}
        for entry_id in removed:
            if entries.pop(entry_id, None) is None:
                raise NotFoundError("There is no such entry in this lorebook.")
        entries |= {entry["id"]: entry for entry in patch.get("entries", [])}
        memory = {**self.present, **patch, "entries": list(entries.values())}
        if len(entries) > MOST_ENTRIES:
            raise BadRequestError(
                f"A lorebook holds at most {MOST_ENTRIES} entries.", code="too_large"
            )
        if self._size(memory) > MOST_JSON:
            raise BadRequestError(
                "Memory, note and lorebook are larger than can be kept; shorten them.",
                code="too_large",
            )
        return memory

    def read(self, version: int | None = None) -> int:
        """Note that a version is read, the present one unless it is at hand; returns which."""
        known = version if version in self._versions else None
        found = self.version if known is None else known
        self._read.add(found)
        return found

    def of(self, version: int | None) -> Memory:
        """What a worker is told of a version; the present one if it isn't at hand."""
        number = version if version in self._versions and version is not None else self.version
        if self._for_workers[0] != number:
            self._for_workers = number, for_worker(self._versions[number])
        return self._for_workers[1]

    def _size(self, memory: Plain) -> int:
        plain = {name: value for name, value in memory.items() if name != "entries"}
        return len(json.dumps(plain)) + sum(map(self._entry_size, memory["entries"]))

    def _entry_size(self, entry: Plain) -> int:
        known = self._sizes.get(entry["id"])
        if known is None or known[0] is not entry:
            known = self._sizes[entry["id"]] = entry, len(json.dumps(entry))
        return known[1]


def for_worker(memory: Plain) -> Memory:
    """A memory as workers are told of it: without what is switched off or empty."""
    return Memory(
        text=memory["text"],
        note=memory["note"],
        note_lines=memory["note_lines"],
        share=memory["share"],
        lore_range=memory["lore_range"],
        lore_budget=memory["lore_budget"],
        entries=tuple(
            LoreEntry(
                entry["id"],
                entry["text"],
                tuple(entry["keys"]),
                entry["constant"],
                entry["order"],
                entry["depth"],
            )
            for entry in memory["entries"]
            if entry["on"] and entry["text"].strip()
        ),
    )
