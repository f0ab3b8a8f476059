"""Top-H: as many of the likeliest tokens stay as keep the entropy within a part of the model's own.

Source: Potraghloo et al. 2025, "Top-H Decoding: Adapting the Creativity and Coherence with Bounded Entropy
in Text Generation", algorithm 1. (transformers' TopHLogitsWarper looks at a hundred tokens, and at the
terms of their entropy without making them sum to 1.)
"""

from __future__ import annotations

from typing import Any

from ..parameter import Parameter

PARAMETERS = (
    Parameter(
        "top_h",
        "number",
        default=1.0,
        neutral=1.0,
        title="Top H",
        sentence="Keeps the choice within this share of the model's own uncertainty; 1 is off.",
        low=0,
        high=1,
        step=0.01,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 1."""
    share = params["top_h"]
    if share == 1.0:
        return None
    from ..tails import keep_entropy

    return lambda _history, scores: keep_entropy(scores, share)
