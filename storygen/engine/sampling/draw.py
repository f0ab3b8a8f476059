"""The random number of token i, and the choice that it makes.

The number is a function of (seed, i) alone, never of a generator's hidden state, so that a paused,
interrupted or re-read run goes on exactly as an uninterrupted one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    cumulative = scores[0].softmax(-1).double().cumsum(-1)
    target = cumulative[-1] * number
    return min(int((cumulative <= target).sum()), int(scores.shape[-1]) - 1)
