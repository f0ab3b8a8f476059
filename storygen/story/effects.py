"""What must follow an input: records to commit, news for browsers, commands for workers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..link.messages import Command
from ..store.records import AliasRecord, CheckpointHead, Record, TokenRange


@dataclass(slots=True)
class News:
    """What browsers are told once the records are committed. `runs` and `sets` hold ids."""

    updates: list[bytes] = field(default_factory=list)
    tokens: list[TokenRange] = field(default_factory=list)
    aliases: list[AliasRecord] = field(default_factory=list)
    clients: list[int] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)
    checkpoints: list[CheckpointHead] = field(default_factory=list)
    sets: set[str] = field(default_factory=set)
    cards: list[tuple[str, int, list[Any]]] = field(default_factory=list)  # card, index, token
    memory: int = 0  # the number of a new version of the memory
    auto: bool = False  # the automatic writer's state changed
    story: bool = False  # title, counts or settings changed

    def __bool__(self) -> bool:
        return bool(
            self.updates
            or self.tokens
            or self.aliases
            or self.clients
            or self.runs
            or self.checkpoints
            or self.sets
            or self.cards
            or self.memory
            or self.auto
            or self.story
        )


@dataclass(slots=True)
class Effects:
    """`commands` go at once to the model's worker; `credits` (run, model, count) only after the commit."""

    records: list[Record] = field(default_factory=list)
    news: News = field(default_factory=News)
    commands: list[tuple[str, Command]] = field(default_factory=list)
    credits: list[tuple[str, str, int]] = field(default_factory=list)
