"""The tokens of models that still stand whole in a text: their ids need not be found again by tokenising."""

from __future__ import annotations

from collections.abc import Iterable

from ..document.live import LiveDocument
from ..link.messages import KnownToken
from ..store.records import TokenRange
from .feed import feed_base

BYTES_PER_TOKEN = 8  # how much text a worker is given for each token of its window


def text_before(
    document: LiveDocument, point: int, window: int, runs: set[str]
) -> tuple[str, tuple[KnownToken, ...]]:
    """The text that a model with a window of so many tokens is given before byte `point`, and what of it is
    tokens of `runs`."""
    base = feed_base(document.text, point, window * BYTES_PER_TOKEN)
    return document.slice(base, point), known_tokens(document, base, point, runs)


def known_tokens(
    document: LiveDocument, base: int, point: int, runs: set[str]
) -> tuple[KnownToken, ...]:
    """Tokens of `runs` in bytes `[base, point)` of the text, in code points from `base`."""
    out: list[KnownToken] = []
    at = 0
    for start, span in document.spans.between(document.text, base, point):
        document.rest()
        raw = document.slice(start, start + span.num_bytes)
        offsets = _code_points_by_unit(raw)
        done = 0
        for original in document.authorship.originals(span.client, span.clock, span.units):
            for token in _without_orphans(document.authorship.tokens_within(original)):
                if token.run in runs:
                    first = done + token.clock - original.clock
                    last = first + token.units
                    out.append(KnownToken(at + offsets[first], at + offsets[last], token.id))
            done += original.units
        at += len(raw)
    return tuple(out)


def _without_orphans(tokens: Iterable[TokenRange]) -> list[TokenRange]:
    """Tokens with text, each after those without that lead to it.

    A token without text is the beginning of a character. One that no other completed (its worker died) has
    no part in the text.
    """
    out: list[TokenRange] = []
    silent: dict[tuple[str, int], TokenRange] = {}
    for token in tokens:
        if not token.units:
            silent[token.run, token.index] = token
            continue
        chain = [token]
        while before := silent.get((token.run, chain[-1].index - 1)):
            chain.append(before)
        out += reversed(chain)
        silent.clear()
    return out


def _code_points_by_unit(text: str) -> list[int] | range:
    """For each UTF-16 offset of `text`, the code point offset."""
    if text.isascii():
        return range(len(text) + 1)
    out: list[int] = []
    for index, char in enumerate(text):
        out += [index] * (2 if char > "\uffff" else 1)
    return [*out, len(text)]
