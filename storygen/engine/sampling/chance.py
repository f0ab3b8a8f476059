"""The random number of token i: a function of (seed, i) alone, never of a generator's hidden state.

So a paused, interrupted or re-read run goes on exactly as an uninterrupted one. Loads no torch.
"""

from __future__ import annotations

import hashlib


def uniform(seed: int, index: int, purpose: str = "") -> float:
    """A number in [0, 1) for token `index` under `seed`; independent between indices and purposes.

    The draw itself has no `purpose`; a sampler that tosses a coin names its own.
    """
    key = f"{seed}:{index}:{purpose}" if purpose else f"{seed}:{index}"
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 11) / float(1 << 53)
