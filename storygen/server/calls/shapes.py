"""Stored and live things as browsers see them; docs/PROTOCOL.md, "Shapes"."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

from ...engine.sampling.parameter import Parameter
from ...store.records import AliasRecord, CheckpointHead, StoryRecord, TokenRange, TokenRecord
from ...story.story import Story


def token_shape(token: TokenRange) -> list[Any]:
    """TokenRange as in docs/PROTOCOL.md."""
    return [token.run, token.index, token.id, token.client, token.clock, token.units]


def alias_shape(alias: AliasRecord) -> list[Any]:
    """Alias as in docs/PROTOCOL.md."""
    return [alias.client, alias.clock, alias.units, alias.original_client, alias.original_clock]


def card_tokens_shape(told: Iterable[tuple[str, int, list[Any]]]) -> list[list[Any]]:
    """Tokens of cards, those of one card that follow each other in one entry."""
    found: list[list[Any]] = []
    latest: dict[str, list[Any]] = {}
    for card, index, (id_, text, logprob) in told:
        entry = latest.get(card)
        if entry is None or entry[1] + len(entry[2]) != index:
            entry = latest[card] = [card, index, []]
            found.append(entry)
        entry[2].append([id_, text, finite(logprob)])
    return found


def sets_shape(views: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whole sets, as `Candidates.whole_views` gives them, with numbers that JSON has."""
    for view in views:
        for card in view["cards"]:
            card["tokens"] = [[id_, text, finite(p)] for id_, text, p in card["tokens"]]
    return views


def look_shape(view: dict[str, Any]) -> dict[str, Any]:
    """A look, as `Looks.view` gives it, with numbers that JSON has."""
    for row in view["tokens"]:
        row[2], row[3] = finite(row[2]), finite(row[3])
    for name in ("entropy", "entropy_after"):
        view[name] = finite(view[name])
    return view


def checkpoint_shape(head: CheckpointHead) -> dict[str, Any]:
    """Checkpoint as in docs/PROTOCOL.md."""
    shape = dataclasses.asdict(head)
    shape["id"] = shape.pop("checkpoint")
    return shape


def story_shape(record: StoryRecord, running: bool) -> dict[str, Any]:
    """Story as in docs/PROTOCOL.md."""
    return {
        "id": record.story,
        "title": record.title,
        "created": record.created,
        "changed": record.changed,
        "binned": record.binned,
        "num_words": record.num_words,
        "opening": record.opening,
        "running": running,
    }


def open_shape(story: Story, state: bytes | None) -> dict[str, Any]:
    """The answer to `story_open`: everything that a replica with `state` lacks."""
    page = story.page
    return {
        "story": story_shape(page.record, bool(story.runs.live())),
        "settings": story.settings,
        "document": page.record.document,
        "update": page.document.update_since(state),
        "state": page.document.state(),
        "clients": page.clients(),
        "tokens": [token_shape(token) for token in page.tokens],
        "aliases": [alias_shape(alias) for alias in page.aliases],
        "runs": story.runs.views(),
        "head": page.head,
        "auto": story.automatic.view(),
        "memory": story.memories.present,
        "memory_version": story.memories.version,
    }


def parameter_shape(parameter: Parameter) -> dict[str, Any]:
    """Parameter as in docs/PROTOCOL.md."""
    names = (
        "name",
        "kind",
        "low",
        "high",
        "step",
        "default",
        "neutral",
        "choices",
        "title",
        "sentence",
        "sampler",
        "switches",
    )
    return {name: getattr(parameter, name) for name in names}


def token_details_shape(record: TokenRecord) -> dict[str, Any]:
    """One token of the answer to `token_details`."""
    return {
        "index": record.index,
        "id": record.id,
        "text": record.text,
        "logprob": finite(record.logprob),
        "ms": record.ms,
        "revision": record.revision,
        "alternatives": [
            [id_, text, finite(logprob)] for id_, text, logprob in record.alternatives
        ],
    }


def finite(logprob: float) -> float | None:
    """A number that JSON has; a damaged model's may be none, and browsers hang up on such a message."""
    return logprob if math.isfinite(logprob) else None
