"""A story that was written by itself, span by span: who wrote it, with what, and what was passed over.

Reads the store and the page alone. {"version": 1, "text", "spans": [span]}; a span is {"text", "author":
"person"} or {"text", "author": "model", "step", "model", "seed", "params", "policy", "picker", "reaction",
"logprobs": [[token, logprob]], "passed_over": [{"text", "params", "seed", "logprobs"}]}.
"""

from __future__ import annotations

from typing import Any

from ..store.records import StoredCandidate, StoredSet
from ..store.store import Store
from ..story.story import Story
from .calls.shapes import finite

VERSION = 1


def stretches(story: Story) -> list[tuple[str, str | None]]:
    """The whole text in pieces, each with the run or card that wrote it; None: a person."""
    raw = story.page.document.text.decode().encode("utf-16-le", "surrogatepass")
    found: list[tuple[str, str | None]] = []
    at = 0
    for written in story.page.written():
        text = raw[2 * at : 2 * (at + written.units)].decode("utf-16-le", "replace")
        at += written.units
        if found and found[-1][1] == written.run:
            found[-1] = found[-1][0] + text, written.run
        else:
            found.append((text, written.run))
    return found


def annotated(store: Store, story: str, pieces: list[tuple[str, str | None]]) -> dict[str, Any]:
    """All that is known of each piece of a story's text."""
    cards = {
        card.record.run: (found, card)
        for found in store.sets_to_choose_from(story)
        for card in found.candidates
    }
    spans = [
        {"text": text, "author": "model", **_of_card(*cards[run])}
        if run in cards
        else {"text": text, "author": "person" if run is None else "model"}
        for text, run in pieces
    ]
    return {"version": VERSION, "text": "".join(text for text, _ in pieces), "spans": spans}


def _of_card(found: StoredSet, card: StoredCandidate) -> dict[str, Any]:
    fate: dict[str, Any] = found.record.fate or {}
    auto = fate.get("auto", {})
    return {
        "step": auto.get("step"),
        "model": card.run.model_name,
        **_written(card),
        "policy": fate.get("policy"),
        "picker": auto.get("picker"),
        "reaction": fate.get("reaction"),
        "passed_over": [
            {"text": "".join(token.text for token in other.tokens), **_written(other)}
            for other in found.candidates
            if other is not card
        ],
    }


def _written(card: StoredCandidate) -> dict[str, Any]:
    return {
        "seed": card.run.seed,
        "params": card.run.params,
        "logprobs": [[token.text, finite(token.logprob)] for token in card.tokens],
    }
