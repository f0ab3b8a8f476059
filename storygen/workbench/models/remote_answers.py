"""What servers answer, read into the workbench's own types. Pure.

Two forms of log-probabilities are in use: the lists of the older completions, and the objects of chats
(which llama.cpp gives for both). What a server doesn't tell stays None: a rank beyond its list, an entropy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import remote_errors
from .base import Likely, ScoredToken

HIGHEST = 1e-3
"""Rounding may lift a log-probability above 0, but not higher than this."""

_FARTHEST = 10**18

MOST_CHARACTERS_PER_TOKEN = 4
"""So many characters a token that can't be shown by itself may stand for."""

_BYTES = re.compile(r"bytes:((?:\\x[0-9a-fA-F]{2})+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one text, or all of it. `finish` is the server's own word for its end, "" before it.

    `stopped_at`: the string at which it stopped; None: the server doesn't tell; "": at none. `thought`: what
    a model that thinks before it speaks thought, where the server tells that apart.
    """

    text: str
    tokens: tuple[ScoredToken, ...]
    finish: str = ""
    stopped_at: str | None = None
    thought: str = ""


@dataclass(frozen=True, slots=True)
class _Told:
    """A token as the server tells it, its text perhaps with marks of what is no whole character."""

    text: str
    likely: Likely | None
    top: tuple[Likely, ...]


def read_pieces(answer: Any, num_top: int) -> list[Piece]:
    """The pieces of all `choices`, in their order; none for a part that tells of something else.

    Raises: RemoteError for what has not the protocol's form, and for log-probabilities that are none.
    """
    choices = answer.get("choices") if isinstance(answer, Mapping) else None
    if choices is None and isinstance(answer, Mapping):
        return []
    if not isinstance(choices, list) or not all(isinstance(each, Mapping) for each in choices):
        raise remote_errors.bad_answer("it holds no list of choices")
    return [_piece(choice, num_top) for choice in sorted(choices, key=_index)]


def with_thoughts(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same pieces, with thoughts in the text as models write them: between <think> and </think>."""
    is_thinking = False
    for piece in pieces:
        if piece.thought:
            yield _plain(piece.thought if is_thinking else f"<think>{piece.thought}")
            is_thinking = True
        if is_thinking and piece.text:
            yield _plain("</think>")
            is_thinking = False
        if piece.text or piece.finish or not piece.thought:
            yield piece


def _plain(text: str) -> Piece:
    return Piece(text, (ScoredToken(None, text),))


def spread(text: str, tokens: Sequence[str]) -> list[str]:
    """What of `text` each of `tokens` adds; joined it is `text` again.

    Tokens that are no whole character by themselves, or not part of the text, add nothing or, the last
    of several, what lies before the next one that is found.
    """
    shares = [""] * len(tokens)
    place, odd = 0, 0  # the last `odd` tokens are still without a place
    for i, token in enumerate(tokens):
        furthest = place + odd * MOST_CHARACTERS_PER_TOKEN
        found = text.find(token, place, furthest + len(token)) if _is_plain(token) else -1
        if found < 0 and odd == 0 and token and text.startswith(" " + token, place):
            token, found = " " + token, place  # some tokenizers hide the space before a word
        if found < 0:
            odd += 1
            continue
        if odd:
            shares[i - 1] = text[place:found]
        shares[i] = token
        place, odd = found + len(token), 0
    if tokens:
        shares[-1] += text[place:]
    return shares


def _piece(choice: Mapping[str, Any], num_top: int) -> Piece:
    text, thought = _texts(choice)
    told = _tokens(choice.get("logprobs"))
    if told:
        shares = spread(text, [each.text for each in told])
        tokens = tuple(
            _scored(each, share, num_top) for each, share in zip(told, shares, strict=True)
        )
    else:
        tokens = (ScoredToken(None, text),) if text else ()
    stopped_at = None
    if "stop_reason" in choice:  # vLLM: the string, the number of a token, or null
        reason = choice["stop_reason"]
        stopped_at = reason if isinstance(reason, str) else ""
    return Piece(text, tokens, str(choice.get("finish_reason") or ""), stopped_at, thought)


def _texts(choice: Mapping[str, Any]) -> tuple[str, str]:
    """What is said and what is thought."""
    said = choice if "text" in choice else choice.get("delta", choice.get("message")) or {}
    if not isinstance(said, Mapping):
        raise remote_errors.bad_answer("a choice holds no text")
    text = said.get("text" if said is choice else "content") or ""
    thought = said.get("reasoning_content") or said.get("reasoning") or ""
    if not isinstance(text, str):
        raise remote_errors.bad_answer("a choice holds no text")
    return text, thought if isinstance(thought, str) else ""


def _tokens(logprobs: Any) -> list[_Told]:
    if not isinstance(logprobs, Mapping):
        return []
    if isinstance(logprobs.get("content"), list):
        return [_told_object(each) for each in logprobs["content"]]
    if isinstance(logprobs.get("tokens"), list):
        return list(_told_lists(logprobs))
    return []


def _told_object(each: Any) -> _Told:
    if not isinstance(each, Mapping):
        raise remote_errors.bad_answer("a token is no object")
    tops = each.get("top_logprobs") or []
    if not isinstance(tops, list):
        raise remote_errors.bad_answer("the likeliest tokens are no list")
    likely = _likely_object(each)
    return _Told(
        likely[0].text if likely else str(each.get("token", "")),
        likely[0] if likely else None,
        tuple(found for top in tops for found in _likely_object(top)),
    )


def _likely_object(each: Any) -> list[Likely]:
    logprob = _logprob(each.get("logprob")) if isinstance(each, Mapping) else None
    if logprob is None:
        return []
    raw, token_id = each.get("bytes"), each.get("id")
    text = _shown(str(each.get("token", "")))
    if isinstance(raw, list) and raw and all(isinstance(b, int) and 0 <= b < 256 for b in raw):
        text = bytes(raw).decode("utf-8", "replace")
    return [Likely(token_id if isinstance(token_id, int) else None, text, logprob)]


def _told_lists(logprobs: Mapping[str, Any]) -> Iterator[_Told]:
    tokens = logprobs["tokens"]
    values = logprobs.get("token_logprobs") or [None] * len(tokens)
    tops = logprobs.get("top_logprobs") or [None] * len(tokens)
    if not isinstance(values, list) or not isinstance(tops, list):
        raise remote_errors.bad_answer("its lists of tokens are none")
    if not len(tokens) == len(values) == len(tops):
        raise remote_errors.bad_answer("its lists of tokens differ in length")
    for token, value, top in zip(tokens, values, tops, strict=True):
        text, logprob = _shown(str(token)), _logprob(value)
        if top is not None and not isinstance(top, Mapping):
            raise remote_errors.bad_answer("the likeliest tokens are no object")
        yield _Told(
            text,
            None if logprob is None else Likely(None, text, logprob),
            tuple(
                Likely(None, _shown(each), found)
                for each, told in (top or {}).items()
                if (found := _logprob(told)) is not None
            ),
        )


def _scored(told: _Told, share: str, num_top: int) -> ScoredToken:
    if told.likely is None:
        return ScoredToken(None, share)
    top = sorted(told.top, key=lambda each: -each.logprob)
    return ScoredToken(
        told.likely.id, share, told.likely.logprob, _rank(told.likely, top, num_top), None,
        tuple(top[:num_top]),
    )  # fmt: skip


def _rank(likely: Likely, top: Sequence[Likely], num_top: int) -> int | None:
    """Its place among the likeliest. Servers add a token that is not among those asked for: no rank then."""
    place = sum(each.logprob > likely.logprob for each in top)
    return place + 1 if top and place < max(1, num_top) else None


def _logprob(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise remote_errors.bad_answer("a log-probability is no number")
    if isinstance(value, int) and abs(value) > _FARTHEST:
        raise remote_errors.bad_answer("a log-probability is no number")
    if math.isnan(value):
        raise remote_errors.bad_answer(
            "a log-probability is not a number (NaN). The model computes nonsense there: another "
            "precision or other weights may help"
        )
    if value > HIGHEST:
        raise remote_errors.bad_answer("a log-probability is above 0")
    return min(0.0, float(value))


def _shown(token: str) -> str:
    """The text of a token, which OpenAI writes as bytes where it is no whole character."""
    match = _BYTES.fullmatch(token)
    if match is None:
        return token
    return bytes.fromhex(match[1].replace("\\x", "")).decode("utf-8", "replace")


def _is_plain(token: str) -> bool:
    return "\ufffd" not in token


def _index(choice: Mapping[str, Any]) -> int:
    index = choice.get("index", 0)
    return index if isinstance(index, int) else 0
