"""The connection that reads, beside the one that writes; its methods belong to one OS thread at a time.

Each call sees one moment of the database, with everything that was committed before the call.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from .database import in_words
from .history import read_body
from .packing import Details, token_record, unpack_details, unpack_ranges, unpack_spans
from .records import (
    AliasRecord,
    CheckpointHead,
    CheckpointRecord,
    ChoiceRecord,
    MemoryRecord,
    RunRecord,
    SnapshotRecord,
    StoredCandidate,
    StoredSet,
    StoredStory,
    StoryRecord,
    TokenRange,
    TokenRecord,
    UpdateRecord,
)
from .rows import (
    alias_record,
    candidate_record,
    checkpoint_head,
    choice_record,
    memory_record,
    run_record,
    set_record,
    story_record,
)
from .tables import (
    aliases,
    candidate_sets,
    candidates,
    checkpoints,
    choices,
    memories,
    models,
    runs,
    server_clients,
    settings,
    snapshots,
    stories,
    token_blocks,
    updates,
)
from .vocabulary import read_texts

MOST_SETS = 12
"""So many sets of candidates are at hand when a story is opened; the others stay stored."""

MOST_RESUMED = 3
"""Of so many interrupted runs the memory is at hand; another one that is resumed reads the present one."""

_UNFINISHED = ("queued", "running", "paused")


class Reading:
    """Reads records through `connection`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stories(self, binned: bool) -> list[StoryRecord]:
        """See `Store.stories`."""
        chosen = stories.c.binned.is_not(None) if binned else stories.c.binned.is_(None)
        query = select(stories).where(chosen).order_by(stories.c.changed.desc(), stories.c.key)
        with self._moment():
            return [story_record(row._mapping) for row in self._connection.execute(query)]

    def open_story(self, story: str, whole_log: bool) -> StoredStory | None:
        """See `Store.open_story`."""
        with self._moment():
            row = self._one(select(stories).where(stories.c.id == story))
            if row is None:
                return None
            key = row.key
            wrote, sets = self._runs(story, key), self._sets(story, key)
            snapshot = None if whole_log else self._snapshot(story, key)
            return StoredStory(
                record=story_record(row._mapping),
                snapshot=snapshot,
                updates=self._updates(story, key, -1 if snapshot is None else snapshot.seq),
                clients=self._clients(key),
                aliases=self._aliases(story, key),
                runs=wrote,
                tokens=tuple(self._token_ranges(key)),
                head=self._head(key),
                taken=self._runs(story, key, taken=True),
                sets=sets,
                memories=self._memories(story, key, _versions_read(wrote, sets)),
            )

    def checkpoints(self, story: str) -> list[CheckpointHead]:
        """See `Store.checkpoints`."""
        columns = [column for column in checkpoints.c if column is not checkpoints.c.data]
        query = (
            select(*columns)
            .join(stories, stories.c.key == checkpoints.c.story)
            .where(stories.c.id == story)
            .order_by(checkpoints.c.key)
        )
        with self._moment():
            return [checkpoint_head(row._mapping, story) for row in self._connection.execute(query)]

    def checkpoint(self, checkpoint: str) -> CheckpointRecord | None:
        """See `Store.checkpoint`."""
        query = (
            select(checkpoints, stories.c.id.label("story_id"))
            .join(stories, stories.c.key == checkpoints.c.story)
            .where(checkpoints.c.id == checkpoint)
        )
        with self._moment():
            row = self._one(query)
            if row is None:
                return None
            body = read_body(self._connection, row.key)
        return CheckpointRecord(
            checkpoint=checkpoint,
            story=row.story_id,
            parent=row.parent,
            kind=row.kind,
            time=row.time,
            run=row.run,
            label=row.label,
            text=body.text,
            authors=body.authors,
        )

    def run(self, run: str) -> RunRecord | None:
        """See `Store.run`."""
        query = _runs_with_story().where(runs.c.id == run)
        with self._moment():
            row = self._one(query)
        return None if row is None else run_record(row._mapping, row.story_id)

    def runs_to_interrupt(self) -> list[RunRecord]:
        """See `Store.runs_to_interrupt`."""
        query = _runs_with_story().where(runs.c.state.in_(_UNFINISHED)).order_by(runs.c.key)
        with self._moment():
            rows = self._connection.execute(query).all()
        return [run_record(row._mapping, row.story_id) for row in rows]

    def token_details(self, run: str, start: int, stop: int) -> list[TokenRecord]:
        """See `Store.token_details`."""
        with self._moment():
            row = self._one(_runs_with_story().where(runs.c.id == run))
            return [] if row is None else self._tokens(row, start, stop)

    def choices(self, story: str) -> list[ChoiceRecord]:
        """See `Store.choices`."""
        query = (
            select(choices)
            .join(stories, stories.c.key == choices.c.story)
            .where(stories.c.id == story)
            .order_by(choices.c.key)
        )
        with self._moment():
            return [choice_record(row._mapping, story) for row in self._connection.execute(query)]

    def choosers(self) -> list[str]:
        """See `Store.choosers`."""
        chosen = select(choices.c.story).distinct()
        query = (
            select(stories.c.id)
            .where(stories.c.key.in_(chosen), stories.c.binned.is_(None))
            .order_by(stories.c.key)
        )
        with self._moment():
            return list(self._connection.execute(query).scalars())

    def num_steps(self, story: str) -> int:
        """See `Store.num_steps`."""
        # The last of each card; one of nothing takes it back.
        last = select(func.max(choices.c.key)).join(stories, stories.c.key == choices.c.story)
        last = last.where(stories.c.id == story).group_by(choices.c.candidate, choices.c.by)
        query = (
            select(func.count(func.distinct(choices.c.candidate_set)))
            .join(candidate_sets, candidate_sets.c.id == choices.c.candidate_set)
            .where(choices.c.key.in_(last), or_(choices.c.units > 0, choices.c.text != ""))
            .where(candidate_sets.c.origin != "token")
        )
        with self._moment():
            return int(self._connection.execute(query).scalar_one())

    def sets_to_choose_from(self, story: str) -> list[StoredSet]:
        """See `Store.sets_to_choose_from`."""
        with self._moment():
            key = self._connection.execute(
                select(stories.c.key).where(stories.c.id == story)
            ).scalar_one_or_none()
            chosen = select(choices.c.candidate_set).where(choices.c.story == key)
            query = (
                select(candidate_sets)
                .where(candidate_sets.c.story == key, candidate_sets.c.origin != "token")
                .where(or_(candidate_sets.c.id.in_(chosen), candidate_sets.c.fate.is_not(None)))
                .order_by(candidate_sets.c.key)
            )
            return [self._stored_set(story, row) for row in self._connection.execute(query).all()]

    def memories(self, story: str) -> list[MemoryRecord]:
        """See `Store.memories`."""
        query = (
            select(memories)
            .join(stories, stories.c.key == memories.c.story)
            .where(stories.c.id == story)
            .order_by(memories.c.version)
        )
        with self._moment():
            return [memory_record(row._mapping, story) for row in self._connection.execute(query)]

    def setting(self, name: str) -> Any:
        """See `Store.setting`."""
        with self._moment():
            row = self._one(select(settings.c.value).where(settings.c.name == name))
        return None if row is None else json.loads(row.value)

    # ------------------------------------------------------------ parts of a story

    def _snapshot(self, story: str, key: int) -> SnapshotRecord | None:
        row = self._one(select(snapshots).where(snapshots.c.story == key))
        if row is None:
            return None
        return SnapshotRecord(story, row.seq, row.data, unpack_spans(row.spans))

    def _memories(self, story: str, key: int, versions: set[int]) -> tuple[MemoryRecord, ...]:
        """The newest version, and `versions`."""
        newest = select(func.max(memories.c.version)).where(memories.c.story == key)
        query = (
            select(memories)
            .where(memories.c.story == key)
            .where(
                or_(
                    memories.c.version == newest.scalar_subquery(), memories.c.version.in_(versions)
                )
            )
            .order_by(memories.c.version)
        )
        rows = self._connection.execute(query)
        return tuple(memory_record(row._mapping, story) for row in rows)

    def _updates(self, story: str, key: int, after: int) -> tuple[UpdateRecord, ...]:
        query = (
            select(updates.c.seq, updates.c.data, updates.c.origin, updates.c.time)
            .where(updates.c.story == key, updates.c.seq > after)
            .order_by(updates.c.seq)
        )
        return tuple(UpdateRecord(story, *row) for row in self._connection.execute(query))

    def _clients(self, key: int) -> tuple[int, ...]:
        query = (
            select(server_clients.c.client)
            .where(server_clients.c.story == key)
            .order_by(server_clients.c.opened)
        )
        return tuple(self._connection.execute(query).scalars())

    def _aliases(self, story: str, key: int) -> tuple[AliasRecord, ...]:
        query = select(aliases).where(aliases.c.story == key).order_by(aliases.c.key)
        return tuple(alias_record(row._mapping, story) for row in self._connection.execute(query))

    def _runs(self, story: str, key: int, *, taken: bool = False) -> tuple[RunRecord, ...]:
        """Runs that wrote into the story, or with `taken` those of candidates that were taken."""
        chosen = candidates.c.taken != 0 if taken else candidates.c.run.is_(None)
        query = (
            select(runs)
            .outerjoin(candidates, candidates.c.run == runs.c.key)
            .where(runs.c.story == key, chosen)
            .order_by(runs.c.key)
        )
        return tuple(run_record(row._mapping, story) for row in self._connection.execute(query))

    def _token_ranges(self, key: int) -> Iterator[TokenRange]:
        query = (
            select(runs.c.id, token_blocks.c.first, token_blocks.c.ranges)
            .join(runs, runs.c.key == token_blocks.c.run)
            .outerjoin(candidates, candidates.c.run == runs.c.key)
            .where(runs.c.story == key, or_(candidates.c.run.is_(None), candidates.c.taken != 0))
            .order_by(token_blocks.c.run, token_blocks.c.first)
        )
        for run, first, ranges in self._connection.execute(query):
            yield from unpack_ranges(run, first, ranges)

    def _sets(self, story: str, key: int) -> tuple[StoredSet, ...]:
        query = (
            select(candidate_sets)
            .where(candidate_sets.c.story == key, candidate_sets.c.cleared.is_(None))
            .order_by(candidate_sets.c.key.desc())
            .limit(MOST_SETS)
        )
        rows = self._connection.execute(query).all()
        return tuple(self._stored_set(story, row) for row in reversed(rows))

    def _stored_set(self, story: str, row: Row[Any]) -> StoredSet:
        return StoredSet(set_record(row._mapping, story), self._candidates(story, row.key, row.id))

    def _candidates(self, story: str, set_key: int, set_id: str) -> tuple[StoredCandidate, ...]:
        query = (
            select(candidates, runs.c.id)
            .join(runs, runs.c.key == candidates.c.run)
            .where(candidates.c.candidate_set == set_key)
            .order_by(candidates.c.number)
        )
        found = []
        for row in self._connection.execute(query).all():
            run = self._one(_runs_with_story().where(runs.c.key == row.run))
            assert run is not None
            found.append(
                StoredCandidate(
                    candidate_record(row._mapping, row.id, set_id),
                    run_record(run._mapping, story),
                    tuple(self._tokens(run, 0, 1 << 40)),
                )
            )
        return tuple(found)

    def _head(self, key: int) -> str | None:
        query = (
            select(checkpoints.c.id)
            .where(checkpoints.c.story == key)
            .order_by(checkpoints.c.key.desc())
            .limit(1)
        )
        return self._connection.execute(query).scalar_one_or_none()

    # ------------------------------------------------------------ tokens

    def _tokens(self, run: Row[Any], start: int, stop: int) -> list[TokenRecord]:
        found = [
            (at, details)
            for block in self._blocks(run.key, start, stop)
            for at, details in _tokens_of(run.id, block)
            if start <= at.index < stop
        ]
        texts = self._texts(run.model, found)
        return [token_record(run.story_id, at, more, texts.__getitem__) for at, more in found]

    def _blocks(self, run: int, start: int, stop: int) -> list[Row[Any]]:
        """Blocks that may hold tokens of `[start, stop)`, in order."""
        last_before = (
            select(func.max(token_blocks.c.first))
            .where(token_blocks.c.run == run, token_blocks.c.first <= start)
            .scalar_subquery()
        )
        query = (
            select(token_blocks)
            .where(token_blocks.c.run == run, token_blocks.c.first < stop)
            .where(token_blocks.c.first >= func.coalesce(last_before, start))
            .order_by(token_blocks.c.first)
        )
        return list(self._connection.execute(query).all())

    def _texts(self, model: str, found: list[tuple[TokenRange, Details]]) -> dict[int, str]:
        key = self._connection.execute(
            select(models.c.key).where(models.c.id == model)
        ).scalar_one_or_none()
        if key is None:
            return {}
        ids = {at.id for at, more in found if more.text is None}
        ids.update(id_ for _, more in found for id_ in more.ids())
        return read_texts(self._connection, key, ids)

    # ------------------------------------------------------------ the connection

    @contextlib.contextmanager
    def _moment(self) -> Iterator[None]:
        with in_words(), self._connection.begin():
            yield

    def _one(self, query: Any) -> Row[Any] | None:
        return self._connection.execute(query).one_or_none()


def _versions_read(wrote: Sequence[RunRecord], sets: Iterable[StoredSet]) -> set[int]:
    """Versions of the memory that may be read again: by runs that can be resumed, and by sets."""
    resumable = [run for run in wrote if run.state in _UNFINISHED or run.reason == "interrupted"]
    versions = {run.memory_version for run in resumable[-MOST_RESUMED:]}
    versions |= {found.record.memory_version for found in sets}
    return {version for version in versions if version}


def _runs_with_story() -> Any:
    return select(runs, stories.c.id.label("story_id")).join(stories, stories.c.key == runs.c.story)


def _tokens_of(run: str, block: Row[Any]) -> Iterator[tuple[TokenRange, Details]]:
    ranges = unpack_ranges(run, block.first, block.ranges)
    return zip(ranges, unpack_details(block.details), strict=True)
