"""A run that goes on in another worker, from what was stored of it: as if it had never stopped."""

from __future__ import annotations

from typing import Any

import pytest

from storygen.link.messages import AcceptedToken, KnownToken, SetRow, StartSet, decode, encode
from tests.tiny_engine import start, tiny_worker, tokens_of, write

TEXT = "Once upon a time there was a small house by the sea. "
NUM_TOKENS = 40
CUT = 17

REMEMBERING: list[dict[str, Any]] = [
    {"mirostat_tau": 5.0, "mirostat_eta": 0.9},
    {"regex": r"([a-z]+ )*\."},
    {"grammar": 'root ::= ("a" | "b" | "cd ")*'},
    {"dry_multiplier": 2.0, "xtc_probability": 0.5, "xtc_threshold": 0.01},
]


def rest_of(params: dict[str, Any], *, remembers: bool, as_card: bool) -> tuple[int, list[int]]:
    """Where a second worker takes over, about `CUT`, and the ids that it writes."""
    first = tiny_worker("gpt2")
    full = {"temperature": 1.2, "limit": "tokens", "max_tokens": NUM_TOKENS, **params}
    first.send(start(TEXT, params=full, heal=False))
    tokens = write(first, CUT)[:CUT]
    while not tokens[-1].text:  # the first bytes of a character are written again
        tokens.pop()
    text, known = TEXT, []
    for token in tokens:
        known.append(KnownToken(len(text), len(text) + len(token.text), token.id))
        text += token.text
    before = tuple(AcceptedToken(token.id, token.logprob) for token in tokens)
    given = {"known": tuple(known), "heal": False, "before": before if remembers else ()}
    second = tiny_worker("gpt2")
    if as_card:
        plain = start(text, params=full)
        row = SetRow("r", plain.seed, plain.params)
        second.send(StartSet("set", text, (row,), next_index=len(tokens), **given))
    else:
        second.send(start(text, params=full, next_index=len(tokens), **given))
    second.run_until()
    return len(tokens), [token.id for token in tokens_of(second.events)]


def whole(params: dict[str, Any]) -> list[int]:
    worker = tiny_worker("gpt2")
    full = {"temperature": 1.2, "limit": "tokens", "max_tokens": NUM_TOKENS, **params}
    worker.send(start(TEXT, params=full, heal=False))
    worker.run_until()
    return [token.id for token in tokens_of(worker.events)]


@pytest.mark.parametrize("as_card", [False, True])
@pytest.mark.parametrize("params", REMEMBERING, ids=lambda params: next(iter(params)))
def test_samplers_that_remember_go_on_from_what_they_remembered(
    params: dict[str, Any], as_card: bool
) -> None:
    at, rest = rest_of(params, remembers=True, as_card=as_card)
    assert rest == whole(params)[at:]


def test_without_it_they_would_not() -> None:
    params = REMEMBERING[0]
    at, rest = rest_of(params, remembers=False, as_card=False)
    assert rest != whole(params)[at:]


def test_what_was_written_before_travels_exactly() -> None:
    command = start(TEXT, before=(AcceptedToken(7, -0.1234567890123456), AcceptedToken(8, -3.5)))
    assert decode(encode(command)) == command
