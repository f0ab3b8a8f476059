"""A tiny language model for the test servers: what follows a word in a short story, known exactly.

Its tokens are words with the space before them, signs, and single bytes of all that is not ASCII, so that a
character may take several tokens. Needs nothing but Python.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterator

END = b""
"""The token that ends a text."""

STORY = (
    "The cat sat on the mat. The dog sat on the cat. The cat ran to the café and the dog ran after the cat. "
    "“Where is the mat?” said the dog. “The mat is on the dog,” said the cat. The café was warm 🙂 and the "
    "cat was happy. User: the cat sat. assistant: The dog ran to the café 🙂 and the cat sat on the mat.\n"
)
_PIECES = re.compile(r" ?[A-Za-z]+| ?[!-@\[-`{-~]|[^\x00-\x7f]|\s")


def tokenize(text: str) -> list[bytes]:
    """The tokens of `text`; joined they are its UTF-8 bytes."""
    tokens: list[bytes] = []
    for piece in _PIECES.findall(text):
        raw = piece.encode()
        tokens += [raw] if piece.isascii() else [bytes([byte]) for byte in raw]
    return tokens


_TOKENS = [*tokenize(STORY), END]
_SEEN = Counter(_TOKENS)
_PAIRS = Counter(zip([END, *_TOKENS], _TOKENS, strict=False))
_BEFORE = Counter([END, *_TOKENS[:-1]])
VOCABULARY = sorted({*_SEEN, *(bytes([byte]) for byte in range(256))})
IDS = {token: number for number, token in enumerate(VOCABULARY)}


def distribution(before: bytes) -> dict[bytes, float]:
    """The probability of every token after `before`; they sum to 1."""
    seen = _BEFORE[before]
    pairs = 0.9 if seen else 0.0
    return {
        token: pairs * (_PAIRS[before, token] / seen if seen else 0.0)
        + (0.99 - pairs) * _SEEN[token] / len(_TOKENS)
        + 0.01 / len(VOCABULARY)
        for token in VOCABULARY
    }


def likeliest(before: bytes, num: int) -> list[tuple[bytes, float]]:
    """The `num` likeliest tokens after `before` with their log-probabilities; ties by their bytes."""
    ranked = sorted(distribution(before).items(), key=lambda item: (-item[1], item[0]))
    return [(token, math.log(share)) for token, share in ranked[:num]]


def logprob(before: bytes, token: bytes) -> float:
    """The log-probability of `token` after `before`."""
    return math.log(distribution(before)[token]) if token in IDS else -30.0


def write(text: str, seed: int, *, temperature: float, top_k: int = 0) -> Iterator[bytes]:
    """The tokens of a continuation, without end unless END is drawn, which is the last."""
    before = (tokenize(text) or [END])[-1]
    for place in range(100_000):
        ranked = likeliest(before, top_k if top_k > 0 else len(VOCABULARY))
        if temperature == 0:
            before = ranked[0][0]
        else:
            weights = [math.exp(value / temperature) for _, value in ranked]
            chance = random.Random(f"{seed} {place}")
            before = chance.choices([token for token, _ in ranked], weights)[0]
        yield before
        if before == END:
            return
