"""Stories as a whole: new, opened, copied, binned. Pure record-making; the store is the caller's."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from ..engine.sampling.parameters import check_params
from ..errors import BadRequestError
from ..preferences import ranges
from ..preferences.learned import POLICIES
from ..store.records import (
    CheckpointRecord,
    MemoryRecord,
    Record,
    RunRecord,
    ServerClientRecord,
    SnapshotRecord,
    StoredStory,
    StoryRecord,
    TokenRecord,
)
from ..story.automatic import KEPT_AS
from ..story.card_asking import MOST_BEAMS
from ..story.page import Page
from .calls.checks import MAX_ID, MAX_PROMPT, MAX_TITLE, Fields

SETTINGS = (
    "mode",
    "model",
    "prompt",
    "params",
    "preset",
    "keep_writing",
    "author_colours",
    "num_candidates",
    "candidate_tokens",
    "candidate_beams",
    "candidate_limit",
    "candidate_spread",
    "fate_policy",
    "fate_blind",
    "fate_ranges",
    "fate_expects",
    "choices_shared",
    "quickgen",
)
MOST_CANDIDATES = 20
MOST_CANDIDATE_TOKENS = 500
UNTITLED = "Untitled"


def fresh_client(used: Iterable[int]) -> int:
    """A CRDT client id that was never used for this story.

    Yjs draws from 32 bits, and puts the smaller id left when two insert at one place without knowing of
    each other. Ours is among the largest, so that what a person types goes before a token that overtook it.
    """
    taken = set(used)
    while (client := 2**32 - 1 - secrets.randbits(20)) in taken:
        pass
    return client


def new_id() -> str:
    """A new id for a story, run or checkpoint."""
    return secrets.token_hex(8)


def new_story(title: str, settings: dict[str, Any], now: float) -> StoryRecord:
    """The row of an empty story."""
    return StoryRecord(new_id(), title or UNTITLED, now, now, settings, document=new_id())


def check_settings(patch: dict[str, Any]) -> dict[str, Any]:
    """A patch of a story's settings; null removes a setting.

    Raises: BadRequestError.
    """
    fields = Fields(patch, SETTINGS)
    checked: dict[str, Any] = {name: None for name, value in patch.items() if value is None}
    if fields.has("mode"):
        checked["mode"] = fields.choice("mode", ("continue", "prompt"), "continue")
    for name, most in (("model", 2 * MAX_ID), ("prompt", MAX_PROMPT), ("preset", MAX_TITLE)):
        if fields.has(name):
            checked[name] = fields.string(name, most)
    if fields.has("params"):
        checked["params"] = check_params(fields.object("params"))
    for name, high in (
        ("num_candidates", MOST_CANDIDATES),
        ("candidate_tokens", MOST_CANDIDATE_TOKENS),
    ):
        if fields.has(name):
            checked[name] = fields.integer(name, 1, high)
    if fields.has("candidate_beams"):
        checked["candidate_beams"] = fields.integer("candidate_beams", 1, MOST_BEAMS)
    if fields.has("candidate_limit"):
        limits = ("tokens", "sentence", "paragraph")
        checked["candidate_limit"] = fields.choice("candidate_limit", limits, "tokens")
    if fields.has("candidate_spread"):
        spreads = ("same", "temperatures", "presets", "fate")
        checked["candidate_spread"] = fields.choice("candidate_spread", spreads, "same")
    if fields.has("fate_policy"):
        checked["fate_policy"] = fields.choice("fate_policy", POLICIES, "random")
    if fields.has("fate_ranges"):
        checked["fate_ranges"] = ranges.to_json(ranges.from_json(fields.object("fate_ranges")))
    for name in (
        "keep_writing",
        "author_colours",
        "quickgen",
        "fate_blind",
        "fate_expects",
        "choices_shared",
    ):
        if fields.has(name):
            checked[name] = fields.flag(name)
    return checked


def copy_of(
    stored: StoredStory,
    tokens: Callable[[str], list[TokenRecord]],
    memories: Iterable[MemoryRecord],
    now: float,
) -> tuple[StoryRecord, list[Record]]:
    """Records of a copy with its authors: a new document under new ids. `tokens(run)` reads a run's tokens;
    `memories`: every version of its memory.

    Raises: BadRequestError when the title would be too long.
    """
    title = f"{stored.record.title} (copy)"
    if len(title) > MAX_TITLE:
        raise BadRequestError("The title is too long for a copy of it; shorten it first.")
    page = Page(stored, fresh_client(stored.clients), new_id)
    settings = {name: one for name, one in stored.record.settings.items() if name != KEPT_AS}
    record = dataclasses.replace(
        new_story(title, settings, now),
        num_words=stored.record.num_words,
        opening=stored.record.opening,
    )
    story = record.story
    wrote = (*stored.runs, *stored.taken)
    runs = {run.run: new_id() for run in wrote}
    records: list[Record] = [record]
    records += [ServerClientRecord(story, client, now) for client in stored.clients]
    data, spans = page.document.update_since(None), tuple(page.document.spans)
    records.append(SnapshotRecord(story, 0, data, spans))
    records += [dataclasses.replace(alias, story=story) for alias in stored.aliases]
    records += [dataclasses.replace(memory, story=story) for memory in memories]
    for run in wrote:
        records.append(_copied_run(run, story, runs))
        records += [
            dataclasses.replace(token, story=story, run=runs[token.run])
            for token in tokens(run.run)
        ]
    text, authors = page.document.text.decode(), page.document.authors()
    records.append(CheckpointRecord(new_id(), story, None, "created", now, None, "", text, authors))
    return record, records


def _copied_run(run: RunRecord, story: str, ids: dict[str, str]) -> RunRecord:
    ended = run.state == "ended"
    return dataclasses.replace(
        run,
        run=ids[run.run],
        story=story,
        state="ended",
        reason=run.reason if ended and run.reason != "interrupted" else "stopped",
        continues=ids.get(run.continues) if run.continues else None,
        ended=run.ended or run.started,
        left=None,
    )
