"""Records as rows of the tables, and back. Pure."""

from __future__ import annotations

import json
import zlib
from typing import Any

from sqlalchemy import RowMapping as Row

from ..errors import BadRequestError
from .packing import pack_ids, unpack_ids
from .records import (
    AliasRecord,
    CandidateRecord,
    CheckpointHead,
    CheckpointRecord,
    ChoiceRecord,
    MemoryRecord,
    RunRecord,
    SetRecord,
    StoryRecord,
)


def to_json(value: Any) -> str:
    """`value` as JSON text.

    Raises: BadRequestError when it is no JSON (NaN and infinities are none).
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadRequestError(f"Not JSON: {error}") from error


def story_row(record: StoryRecord) -> dict[str, Any]:
    """A row of `stories`, without its key."""
    return {
        "id": record.story,
        "title": record.title,
        "created": record.created,
        "changed": record.changed,
        "settings": to_json(record.settings),
        "binned": record.binned,
        "document": record.document,
        "num_words": record.num_words,
        "opening": record.opening,
    }


def story_record(row: Row) -> StoryRecord:
    """The record in a row of `stories`."""
    return StoryRecord(
        story=row["id"],
        title=row["title"],
        created=row["created"],
        changed=row["changed"],
        settings=json.loads(row["settings"]),
        binned=row["binned"],
        document=row["document"],
        num_words=row["num_words"],
        opening=row["opening"],
    )


def run_row(record: RunRecord, story: int) -> dict[str, Any]:
    """A row of `runs`, without its key; `story` is the story's key."""
    client, clock = record.left or (None, None)
    return {
        "id": record.run,
        "story": story,
        "state": record.state,
        "reason": record.reason,
        "detail": record.detail,
        "model": record.model,
        "model_name": record.model_name,
        "mode": record.mode,
        "prompt": record.prompt,
        "params": to_json(record.params),
        "seed": str(record.seed),
        "next_index": record.next_index,
        "continues": record.continues,
        "started": record.started,
        "ended": record.ended,
        "left_client": client,
        "left_clock": clock,
        "memory_version": record.memory_version,
    }


def run_record(row: Row, story: str) -> RunRecord:
    """The record in a row of `runs`."""
    client = row["left_client"]
    return RunRecord(
        run=row["id"],
        story=story,
        state=row["state"],
        reason=row["reason"],
        detail=row["detail"],
        model=row["model"],
        model_name=row["model_name"],
        mode=row["mode"],
        prompt=row["prompt"],
        params=json.loads(row["params"]),
        seed=int(row["seed"]),
        next_index=row["next_index"],
        continues=row["continues"],
        started=row["started"],
        ended=row["ended"],
        left=None if client is None else (client, row["left_clock"]),
        memory_version=row["memory_version"],
    )


def memory_row(record: MemoryRecord, story: int) -> dict[str, Any]:
    """A row of `memories`; `story` is the story's key."""
    data = zlib.compress(to_json(record.memory).encode())
    return {"story": story, "version": record.version, "time": record.time, "data": data}


def memory_record(row: Row, story: str) -> MemoryRecord:
    """The record in a row of `memories`."""
    memory = json.loads(zlib.decompress(row["data"]))
    return MemoryRecord(story, row["version"], row["time"], memory)


def alias_row(record: AliasRecord, story: int) -> dict[str, Any]:
    """A row of `aliases`, without its key."""
    return {
        "story": story,
        "client": record.client,
        "clock": record.clock,
        "units": record.units,
        "original_client": record.original_client,
        "original_clock": record.original_clock,
    }


def alias_record(row: Row, story: str) -> AliasRecord:
    """The record in a row of `aliases`."""
    return AliasRecord(
        story,
        row["client"],
        row["clock"],
        row["units"],
        row["original_client"],
        row["original_clock"],
    )


def checkpoint_row(record: CheckpointRecord, story: int) -> dict[str, Any]:
    """A row of `checkpoints`, without its key and what it is a difference to."""
    head = record.head()
    return {
        "id": head.checkpoint,
        "story": story,
        "parent": head.parent,
        "kind": head.kind,
        "time": head.time,
        "run": head.run,
        "label": head.label,
        "num_words": head.num_words,
        "excerpt": head.excerpt,
    }


def checkpoint_head(row: Row, story: str) -> CheckpointHead:
    """The head in a row of `checkpoints`."""
    return CheckpointHead(
        row["id"],
        story,
        row["parent"],
        row["kind"],
        row["time"],
        row["run"],
        row["label"],
        row["num_words"],
        row["excerpt"],
    )


def set_row(record: SetRecord, story: int) -> dict[str, Any]:
    """A row of `candidate_sets`, without its key."""
    client, clock = record.left or (None, None)
    return {
        "id": record.set,
        "story": story,
        "time": record.time,
        "origin": record.origin,
        "checkpoint": record.checkpoint,
        "offset": record.offset,
        "left_client": client,
        "left_clock": clock,
        "sets_left": record.sets_left,
        "stale": record.stale,
        "cleared": record.cleared,
        "memory_version": record.memory_version,
        "input_ids": pack_ids(record.input_ids) if record.input_ids else None,
        "fate": None if record.fate is None else to_json(record.fate),
    }


def set_record(row: Row, story: str) -> SetRecord:
    """The record in a row of `candidate_sets`."""
    client = row["left_client"]
    return SetRecord(
        set=row["id"],
        story=story,
        time=row["time"],
        origin=row["origin"],
        checkpoint=row["checkpoint"],
        offset=row["offset"],
        left=None if client is None else (client, row["left_clock"]),
        sets_left=row["sets_left"],
        stale=row["stale"],
        cleared=row["cleared"],
        memory_version=row["memory_version"],
        input_ids=() if row["input_ids"] is None else unpack_ids(row["input_ids"]),
        fate=None if row["fate"] is None else json.loads(row["fate"]),
    )


def candidate_row(record: CandidateRecord, run: int, set_key: int) -> dict[str, Any]:
    """A row of `candidates`; `run` and `set_key` are keys."""
    return {
        "run": run,
        "candidate_set": set_key,
        "number": record.number,
        "client": record.client,
        "clock": record.clock,
        "text": record.text,
        "pinned": record.pinned,
        "dismissed": record.dismissed,
        "taken": record.taken,
        "log_density": record.log_density,
    }


def candidate_record(row: Row, run: str, set_id: str) -> CandidateRecord:
    """The record in a row of `candidates`."""
    return CandidateRecord(
        run=run,
        set=set_id,
        number=row["number"],
        client=row["client"],
        clock=row["clock"],
        text=row["text"],
        pinned=row["pinned"],
        dismissed=row["dismissed"],
        taken=row["taken"],
        log_density=row["log_density"],
    )


def choice_row(record: ChoiceRecord, story: int) -> dict[str, Any]:
    """A row of `choices`, without its key."""
    return {
        "id": record.choice,
        "story": story,
        "candidate_set": record.set,
        "candidate": record.candidate,
        "time": record.time,
        "units": record.units,
        "text": record.text,
        "shown": to_json(record.shown),
        "by": record.by,
        "seconds": record.seconds,
    }


def choice_record(row: Row, story: str) -> ChoiceRecord:
    """The record in a row of `choices`."""
    return ChoiceRecord(
        choice=row["id"],
        story=story,
        set=row["candidate_set"],
        candidate=row["candidate"],
        time=row["time"],
        units=row["units"],
        text=row["text"],
        shown=json.loads(row["shown"]),
        by=row["by"],
        seconds=row["seconds"],
    )
