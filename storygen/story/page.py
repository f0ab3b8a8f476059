"""A story's page: its document, who wrote it, its log and its history, as effects.

Whoever changes the text here hands every change on to the runs, records what must be
committed and collects what browsers must be told. Nothing is deleted from the log, ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from ..document.authorship import Authorship, Written
from ..document.live import Change, LiveDocument
from ..document.units import units_of_bytes
from ..document.updates import Struct
from ..link.messages import TokenWritten
from ..store.records import (
    AliasRecord,
    Author,
    CheckpointRecord,
    ServerClientRecord,
    SnapshotRecord,
    StoredStory,
    StoryRecord,
    TokenRange,
    TokenRecord,
    UpdateRecord,
    storable,
)
from .effects import Effects
from .history import edits_between

SNAPSHOT_EVERY = 500
_OPENING = 160

Listener = Callable[[Change, str | None, float], None]


class Page:
    """The text of one open story. `listener(change, run or None, now)` hears of every change, and
    `on_typed(structs, now)` of what a person's update inserted, once it stands.
    """

    def __init__(self, stored: StoredStory, client: int, new_id: Callable[[], str]) -> None:
        self.id = stored.record.story
        self.record = stored.record
        self.effects = Effects()
        self.new_id = new_id
        self.listener: Listener = lambda change, run, now: None
        self.on_typed: Callable[[Sequence[Struct], float], None] = lambda structs, now: None
        self.typed_at = 0.0  # when a person's last update came
        self.document = LiveDocument(
            client, stored.clients, Authorship(stored.aliases, stored.tokens)
        )
        self.tokens: list[TokenRange] = list(stored.tokens)
        self.aliases: list[AliasRecord] = list(stored.aliases)
        self.head = stored.head
        self._seq = self._replay(stored)
        self._cause: tuple[str | None, float] = (None, 0.0)
        self.document.on_change = self._hear
        self._snapshot_seq = stored.snapshot.seq if stored.snapshot else 0
        self._client_stored = False
        self._head_text: bytes | None = None
        self._counted: bytes | None = None

    def _replay(self, stored: StoredStory) -> int:
        seq = 0
        if stored.snapshot:
            self.document.restore_snapshot(stored.snapshot.data, stored.snapshot.spans)
            seq = stored.snapshot.seq
        for update in stored.updates:
            self.document.replay(update.data)
            seq = update.seq
        return seq

    # ------------------------------------------------------------ reading

    @property
    def seq(self) -> int:
        """The number of the last update."""
        return self._seq

    def clients(self) -> list[int]:
        """Every client id that a server used for this story."""
        return sorted(self.document.server_clients)

    def units_before(self, at: int) -> int:
        """How many UTF-16 units of the text stand before byte `at`."""
        return units_of_bytes(self.document.text, at)

    def written(self) -> list[Written]:
        """Who wrote what over the whole text."""
        return self.document.written()

    # ------------------------------------------------------------ changes

    def human_update(self, data: bytes, aliases: Sequence[AliasRecord], now: float) -> int:
        """Apply a browser's update; returns the number of the last one in the log.

        Raises: what `LiveDocument.apply_update` raises; then nothing was changed.
        """
        self._cause = (None, now)
        applied = self.document.apply_update(data, aliases)
        for alias in aliases:
            self._learn(alias)
        if applied.news:
            self._log(applied.news, "human", now)
            self.typed_at = now
        self.on_typed(applied.structs, now)
        return self._seq

    def token(self, event: TokenWritten, at: int, now: float) -> TokenRange:
        """Take a run's token into the text at byte `at`; returns where it stands."""
        text = storable(event.text.replace("\r", "\n"))
        clock, units = self.document.own_clock, 0
        if text:
            self._cause = (event.run, now)
            done = self.document.insert(at, text)
            clock, units = done.clock, done.units
            self._log(done.update, f"run:{event.run}", now)
        known = TokenRange(event.run, event.index, event.id, self.document.client, clock, units)
        self.take_token(known)
        self.effects.records.append(_token_record(self.id, event, text, known))
        return known

    def take_token(self, token: TokenRange) -> None:
        """Know from now on that a token of the story stands there, and tell."""
        self.document.authorship.add_token(token)
        self.tell_token(token)

    def tell_token(self, token: TokenRange) -> None:
        """Tell of a token whose identity is known already."""
        self.tokens.append(token)
        self.effects.news.tokens.append(token)

    def put_in(
        self, at: int, text: str, authors: Sequence[Author], origin: str, now: float
    ) -> None:
        """Insert text that was written before, as an alias of its original; no authors: a person's."""
        self._cause = (None, now)
        done = self.document.insert(at, text)
        clock, client = done.clock, self.document.client
        if not authors:
            self._learn_own(AliasRecord(self.id, client, clock, done.units, None, 0))
        for author in authors:
            alias = AliasRecord(self.id, client, clock, author.units, author.client, author.clock)
            self._learn_own(alias)
            clock += author.units
        self._log(done.update, origin, now)

    def take_out(self, start: int, end: int, origin: str, now: float) -> None:
        """Delete bytes `[start, end)`."""
        self._cause = (None, now)
        data, _ = self.document.delete(start, end - start)
        self._log(data, origin, now)

    def take_client(self, now: float) -> int:
        """A client id of ours, under which nothing stands in the document; for text that may be taken."""
        used = self.document.server_clients
        client = next(one for one in count(self.document.client - 1, -1) if one not in used)
        used.add(client)
        self.effects.records.append(ServerClientRecord(self.id, client, now))
        self.effects.news.clients.append(client)
        return client

    # ------------------------------------------------------------ history

    def checkpoint(
        self,
        kind: str,
        now: float,
        *,
        run: str | None = None,
        parent: str | None = None,
        label: str = "",
    ) -> str:
        """Keep the present text and its authors as a node; its parent is the newest unless given."""
        record = CheckpointRecord(
            checkpoint=self.new_id(),
            story=self.id,
            parent=parent or self.head,
            kind=kind,
            time=now,
            run=run,
            label=label,
            text=self.document.text.decode(),
            authors=self.document.authors(),
        )
        self.head = record.checkpoint
        self._head_text = bytes(self.document.text)
        self.effects.records.append(record)
        self.effects.news.checkpoints.append(record.head())
        return record.checkpoint

    def changed_since_head(self) -> bool:
        """Whether the text differs from the newest checkpoint made since the story was opened."""
        return self._head_text is None or self._head_text != bytes(self.document.text)

    def restore(self, target: CheckpointRecord, now: float) -> str:
        """Bring the text back to `target`; returns the checkpoint that holds what stood before."""
        before = self.head
        if before is None or self.changed_since_head():
            before = self.checkpoint("before_restore", now)
        edits = edits_between(bytes(self.document.text), self.document.authors(), target)
        for edit in edits:
            if edit.end > edit.start:
                self.take_out(edit.start, edit.end, "restore", now)
            if edit.text:
                self.put_in(edit.start, edit.text, edit.authors, "restore", now)
        self.checkpoint("restored", now, parent=target.checkpoint, label=target.label)
        return before

    # ------------------------------------------------------------ effects

    def describe(self, now: float, **changes: Any) -> None:
        """Store the story's own row anew, with its counts and these changed fields."""
        fields = {
            "num_words": len(self.document.text.split()),
            "opening": storable(self.document.text[: 4 * _OPENING].decode(errors="ignore"))[
                :_OPENING
            ],
            "changed": now,
            **changes,
        }
        old = self.record
        self.record = StoryRecord(
            story=old.story,
            title=fields.get("title", old.title),
            created=old.created,
            changed=fields["changed"],
            settings=fields.get("settings", old.settings),
            binned=fields.get("binned", old.binned),
            document=old.document,
            num_words=fields["num_words"],
            opening=fields["opening"],
        )
        self._counted = bytes(self.document.text)
        self.effects.records.append(self.record)
        self.effects.news.story = True

    def keep(self, name: str, value: Any) -> None:
        """Store a setting of the story that no browser may set, and that is no change of the story."""
        self.record = replace(self.record, settings={**self.record.settings, name: value})
        self.effects.records.append(self.record)

    def uncounted(self) -> bool:
        """Whether the text has changed since the story's row was stored."""
        return self._counted != bytes(self.document.text)

    def take_effects(self) -> Effects:
        """Everything that must follow the inputs since the last call."""
        if self._seq - self._snapshot_seq >= SNAPSHOT_EVERY:
            self.snapshot()
        effects, self.effects = self.effects, Effects()
        return effects

    def snapshot(self) -> None:
        """Store the whole document, so that opening need not replay the log."""
        if self._seq == self._snapshot_seq:
            return
        self._snapshot_seq = self._seq
        data, spans = self.document.update_since(None), tuple(self.document.spans)
        self.effects.records.append(SnapshotRecord(self.id, self._seq, data, spans))

    def _log(self, data: bytes, origin: str, now: float) -> None:
        if not self._client_stored and origin != "human":
            self._client_stored = True
            client = self.document.client
            self.effects.records.append(ServerClientRecord(self.id, client, now))
            self.effects.news.clients.append(client)
        self._seq += 1
        self.effects.records.append(UpdateRecord(self.id, self._seq, data, origin, now))
        self.effects.news.updates.append(data)

    def _learn_own(self, alias: AliasRecord) -> None:
        self.document.authorship.add_alias(alias)
        self._learn(alias)

    def _learn(self, alias: AliasRecord) -> None:
        self.aliases.append(alias)
        self.effects.records.append(alias)
        self.effects.news.aliases.append(alias)

    def _hear(self, change: Change) -> None:
        self.listener(change, *self._cause)


def _token_record(story: str, event: TokenWritten, text: str, known: TokenRange) -> TokenRecord:
    return TokenRecord(
        story=story,
        run=event.run,
        index=event.index,
        id=event.id,
        text=text,
        logprob=event.logprob,
        ms=event.ms,
        revision=event.revision,
        client=known.client,
        clock=known.clock,
        units=known.units,
        alternatives=tuple((a.id, storable(a.text), a.logprob) for a in event.alternatives),
    )
