"""Records with sensible values, so that a test names only what it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from storygen.store.records import (
    Author,
    CheckpointRecord,
    RunRecord,
    StoryRecord,
    TokenRecord,
    UpdateRecord,
)

CLIENT = 2**53 - 7


def story(id_: str = "s1", **changes: Any) -> StoryRecord:
    return replace(StoryRecord(id_, "A title", 100.5, 200.25), **changes)


def run(id_: str = "r1", **changes: Any) -> RunRecord:
    plain = RunRecord(
        run=id_,
        story="s1",
        state="running",
        reason="",
        detail="",
        model="smollm",
        model_name="SmolLM",
        mode="continue",
        prompt="",
        params={"temperature": 0.8},
        seed=2**64 - 1,
        next_index=0,
        continues=None,
        started=300.0,
        ended=None,
        left=(CLIENT, 12),
    )
    return replace(plain, **changes)


def update(seq: int, data: bytes = b"update", **changes: Any) -> UpdateRecord:
    return replace(UpdateRecord("s1", seq, data, "human", 300.0 + seq), **changes)


def token(index: int, **changes: Any) -> TokenRecord:
    plain = TokenRecord(
        story="s1",
        run="r1",
        index=index,
        id=3,
        text=" once",
        logprob=-0.5,
        ms=18.25,
        revision=2,
        client=CLIENT,
        clock=5 * index,
        units=5,
        alternatives=((3, " once", -0.5), (9, " upon", -1.25)),
    )
    return replace(plain, **changes)


def checkpoint(id_: str, text: str, parent: str | None = None, **changes: Any) -> CheckpointRecord:
    units = len(text.encode("utf-16-le")) // 2
    plain = CheckpointRecord(
        id_, "s1", parent, "run_paused", 400.0, "r1", "", text, (Author(units, CLIENT, 0),)
    )
    return replace(plain, **changes)
