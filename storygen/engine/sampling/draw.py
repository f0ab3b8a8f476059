"""The random number of token i, and the choice that it makes.

The number is a function of (seed, i) alone, never of a generator's hidden state, so that a paused,
interrupted or re-read run goes on exactly as an uninterrupted one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor


def uniform(seed: int, index: int, purpose: str = "") -> float:
    """A number in [0, 1) for token `index` under `seed`; independent between indices and purposes.

    The draw itself has no `purpose`; a sampler that tosses a coin names its own.
    """
    key = f"{seed}:{index}:{purpose}" if purpose else f"{seed}:{index}"
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 11) / float(1 << 53)


def draw(scores: Tensor, number: float) -> int:
    """The token that `number` in [0, 1) picks from `scores` `(1, vocab)`, by the inverse of their CDF.

    Tokens at -inf are never picked.
    """
    return draw_many(scores[0].softmax(-1), [number])[0]


def draw_many(probs: Tensor, numbers: Sequence[float]) -> list[int]:
    """The token that each of `numbers` picks from `probs` `(vocab,)`, which need not sum to 1."""
    cumulative = probs.double().cumsum(-1)
    targets = cumulative[-1] * cumulative.new_tensor(numbers)
    picked = torch.searchsorted(cumulative, targets, right=True)
    most = len(probs) - 1
    return [min(token_id, most) for token_id in picked.tolist()]
