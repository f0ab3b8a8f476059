"""The one connection that writes: each call is one transaction, whole or not at all.

Its methods belong to one OS thread at a time. What it remembers between commits (keys, vocabularies,
the last checkpoint) is dropped whenever a transaction fails.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from ..errors import ConflictError, NotFoundError
from .database import in_words
from .history import History
from .merging import merge_blocks
from .packing import blocks, pack_details, pack_ranges, pack_spans
from .records import (
    AliasRecord,
    CandidateRecord,
    CheckpointRecord,
    ChoiceRecord,
    MemoryRecord,
    Record,
    RunRecord,
    ServerClientRecord,
    SetRecord,
    SnapshotRecord,
    StoryRecord,
    TokenRecord,
    UpdateRecord,
)
from .rows import (
    alias_row,
    candidate_row,
    choice_row,
    memory_row,
    run_row,
    set_row,
    story_row,
    to_json,
)
from .tables import (
    aliases,
    candidate_sets,
    candidates,
    choices,
    memories,
    runs,
    server_clients,
    settings,
    snapshots,
    stories,
    token_blocks,
    updates,
)
from .upserts import insert_or_replace
from .vocabulary import Vocabulary


class Writing:
    """Writes records through `connection`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stories: dict[str, int] = {}
        self._runs: dict[str, tuple[int, str]] = {}  # key and model
        self._vocabulary = Vocabulary()
        self._history = History()
        self._write: dict[type[Any], Callable[[list[Any]], None]] = {
            StoryRecord: self._write_stories,
            ServerClientRecord: self._write_clients,
            UpdateRecord: self._write_updates,
            SnapshotRecord: self._write_snapshots,
            AliasRecord: self._write_aliases,
            MemoryRecord: self._write_memories,
            RunRecord: self._write_runs,
            CheckpointRecord: self._write_checkpoints,
            SetRecord: self._write_sets,
            CandidateRecord: self._write_candidates,
            ChoiceRecord: self._write_choices,
        }

    def commit(self, records: Sequence[Record]) -> None:
        """Writes `records` in their order (tokens last) in one transaction. See `Store.commit`."""
        tokens = [record for record in records if isinstance(record, TokenRecord)]
        others = (record for record in records if not isinstance(record, TokenRecord))
        with self._transaction():
            for kind, group in groupby(others, type):
                self._write[kind](list(group))
            if tokens:
                self._write_tokens(tokens)

    def delete_story(self, story: str) -> None:
        """Deletes a binned story and all that belongs to it. See `Store.delete_story`."""
        with self._transaction():
            query = select(stories.c.binned).where(stories.c.id == story)
            row = self._connection.execute(query).one_or_none()
            if row is None:
                raise NotFoundError("This story does not exist any more.")
            if row.binned is None:
                raise ConflictError("Only a story in the bin can be deleted. Move it there first.")
            self._connection.execute(delete(stories).where(stories.c.id == story))
        self._forget()

    def set_setting(self, name: str, value: Any) -> None:
        """Stores `value`, anything that JSON can hold, under `name`."""
        row = {"name": name, "value": to_json(value)}
        with self._transaction():
            self._connection.execute(insert_or_replace(self._connection, settings, "name"), row)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with in_words(), self._connection.begin():
                yield
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        self._stories.clear()
        self._runs.clear()
        self._vocabulary.forget()
        self._history.forget()

    # ------------------------------------------------------------ one kind of record each

    def _write_stories(self, records: list[StoryRecord]) -> None:
        upsert = insert_or_replace(self._connection, stories, "id")
        for record in records:
            key = self._connection.execute(upsert, story_row(record)).scalar_one()
            self._stories[record.story] = key

    def _write_clients(self, records: list[ServerClientRecord]) -> None:
        rows = [
            {"story": self._story(r.story), "client": r.client, "opened": r.opened} for r in records
        ]
        self._connection.execute(insert(server_clients), rows)

    def _write_updates(self, records: list[UpdateRecord]) -> None:
        rows = [
            {
                "story": self._story(r.story),
                "seq": r.seq,
                "origin": r.origin,
                "time": r.time,
                "data": r.data,
            }
            for r in records
        ]
        self._connection.execute(insert(updates), rows)

    def _write_snapshots(self, records: list[SnapshotRecord]) -> None:
        """A snapshot takes the place of the one before: the log, which stays, holds everything.

        What else makes opening a story slow is tidied up along with it.
        """
        for record in records:
            story = self._story(record.story)
            self._connection.execute(delete(snapshots).where(snapshots.c.story == story))
            row = {
                "story": story,
                "seq": record.seq,
                "data": record.data,
                "spans": pack_spans(record.spans),
            }
            self._connection.execute(insert(snapshots), row)
            merge_blocks(self._connection, story)

    def _write_aliases(self, records: list[AliasRecord]) -> None:
        rows = [alias_row(record, self._story(record.story)) for record in records]
        self._connection.execute(insert(aliases), rows)

    def _write_memories(self, records: list[MemoryRecord]) -> None:
        for record in records:
            story = self._story(record.story)
            replaced = (memories.c.story == story) & (memories.c.version == record.replaces)
            if record.replaces is not None:
                self._connection.execute(delete(memories).where(replaced))
            self._connection.execute(insert(memories), memory_row(record, story))

    def _write_runs(self, records: list[RunRecord]) -> None:
        upsert = insert_or_replace(self._connection, runs, "id")
        for record in records:
            row = run_row(record, self._story(record.story))
            key = self._connection.execute(upsert, row).scalar_one()
            self._runs[record.run] = (key, record.model)

    def _write_checkpoints(self, records: list[CheckpointRecord]) -> None:
        for record in records:
            self._history.write(self._connection, record, self._story(record.story))

    def _write_sets(self, records: list[SetRecord]) -> None:
        upsert = insert_or_replace(self._connection, candidate_sets, "id")
        for record in records:
            self._connection.execute(upsert, set_row(record, self._story(record.story)))

    def _write_candidates(self, records: list[CandidateRecord]) -> None:
        """Their sets and runs are there already."""
        upsert = insert_or_replace(self._connection, candidates, "run")
        for record in records:
            query = select(candidate_sets.c.key).where(candidate_sets.c.id == record.set)
            set_key = self._connection.execute(query).scalar_one_or_none()
            if set_key is None:
                raise NotFoundError("This set of candidates does not exist any more.")
            row = candidate_row(record, self._run(record.run)[0], set_key)
            self._connection.execute(upsert, row)

    def _write_choices(self, records: list[ChoiceRecord]) -> None:
        rows = [choice_row(record, self._story(record.story)) for record in records]
        self._connection.execute(insert(choices), rows)

    def _write_tokens(self, records: list[TokenRecord]) -> None:
        """Tokens of a run that follow each other in `records`, others' between them or not, make blocks."""
        by_run: dict[str, list[TokenRecord]] = {}
        for record in records:
            by_run.setdefault(record.run, []).append(record)
        rows = []
        for run, tokens in by_run.items():
            key, model = self._run(run)
            texts = self._vocabulary.texts(self._connection, model, tokens)
            for block in blocks(tokens):
                rows.append(
                    {
                        "run": key,
                        "first": block[0].index,
                        "num_tokens": len(block),
                        "ranges": pack_ranges(block),
                        "details": pack_details(block, texts),
                    }
                )
        self._connection.execute(insert(token_blocks), rows)

    # ------------------------------------------------------------ keys

    def _story(self, story: str) -> int:
        if story not in self._stories:
            query = select(stories.c.key).where(stories.c.id == story)
            key = self._connection.execute(query).scalar_one_or_none()
            if key is None:
                raise NotFoundError("This story does not exist any more.")
            self._stories[story] = key
        return self._stories[story]

    def _run(self, run: str) -> tuple[int, str]:
        if run not in self._runs:
            query = select(runs.c.key, runs.c.model).where(runs.c.id == run)
            row = self._connection.execute(query).one_or_none()
            if row is None:
                raise NotFoundError("This run does not exist any more.")
            self._runs[run] = (row.key, row.model)
        return self._runs[run]
