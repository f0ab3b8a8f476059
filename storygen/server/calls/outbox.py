"""What one browser is still to be told of one story: one message under way, the rest merged behind it.

A browser that is slow to acknowledge makes nothing grow but its own merged update.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pycrdt import merge_updates

from ...store.records import AliasRecord, CheckpointHead, TokenRange
from .shapes import alias_shape, card_tokens_shape, checkpoint_shape, token_shape

MERGE_AT = 64


@dataclass(slots=True)
class Package:
    """News of one commit, or several merged."""

    updates: list[bytes] = field(default_factory=list)
    tokens: list[TokenRange] = field(default_factory=list)
    aliases: list[AliasRecord] = field(default_factory=list)
    clients: list[int] = field(default_factory=list)
    checkpoints: list[CheckpointHead] = field(default_factory=list)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    cards: list[tuple[str, int, list[Any]]] = field(default_factory=list)  # card, index, token
    carets: dict[str, dict[str, Any]] = field(default_factory=dict)
    memory: dict[str, Any] | None = None
    auto: dict[str, Any] | None = None
    saved: float | None = None
    trouble: str = ""

    def merge(self, later: Package) -> None:
        """Take in what came after; the latest state of a run or caret wins."""
        self.updates += later.updates
        if len(self.updates) >= MERGE_AT:
            self.updates = [merge_updates(*self.updates)]
        self.tokens += later.tokens
        self.aliases += later.aliases
        self.clients += later.clients
        self.checkpoints += later.checkpoints
        self.runs |= later.runs
        self.sets |= later.sets
        self.cards += later.cards
        self.carets |= later.carets
        self.memory = later.memory or self.memory
        self.auto = later.auto or self.auto
        self.saved = later.saved or self.saved
        self.trouble = "" if later.saved else later.trouble or self.trouble

    def message(self, story: str) -> dict[str, Any]:
        """The `update` event; docs/PROTOCOL.md."""
        message: dict[str, Any] = {
            "story": story,
            "tokens": [token_shape(token) for token in self.tokens],
            "aliases": [alias_shape(alias) for alias in self.aliases],
            "clients": self.clients,
            "runs": list(self.runs.values()),
            "checkpoints": [checkpoint_shape(head) for head in self.checkpoints],
            "sets": list(self.sets.values()),
            "cards": card_tokens_shape(self.cards),
            "carets": list(self.carets.values()),
        }
        if self.updates:
            message["doc"] = (
                merge_updates(*self.updates) if len(self.updates) > 1 else self.updates[0]
            )
        if self.memory is not None:
            message["memory"] = self.memory
        if self.auto is not None:
            message["auto"] = self.auto
        if self.saved is not None:
            message["saved"] = self.saved
        if self.trouble:
            message["trouble"] = self.trouble
        return message


class Outbox:
    """`emit(message, acknowledged)` sends one message and calls back when the browser has it."""

    def __init__(
        self, story: str, emit: Callable[[dict[str, Any], Callable[..., None]], None]
    ) -> None:
        self._story, self._emit = story, emit
        self._lock = threading.Lock()  # held for moments; with threads, news and answers cross
        self._waiting: Package | None = None
        self._under_way = True  # until `open`: the answer to story_open must be there first

    def open(self) -> None:
        """Begin to send."""
        self._acknowledged()

    def add(self, package: Package) -> None:
        """Send now, or with the next message."""
        with self._lock:
            if self._waiting is None:
                self._waiting = Package()
            self._waiting.merge(package)
        self._send()

    def _send(self) -> None:
        with self._lock:
            if self._under_way or self._waiting is None:
                return
            package, self._waiting = self._waiting, None
            self._under_way = True
        self._emit(package.message(self._story), self._acknowledged)

    def _acknowledged(self, *_: Any) -> None:
        with self._lock:
            self._under_way = False
        self._send()
