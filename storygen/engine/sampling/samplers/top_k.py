"""Top-k: only the k likeliest tokens stay. Source: Fan et al. 2018."""

from __future__ import annotations

from typing import Any

from ..parameter import Parameter

PARAMETERS = (
    Parameter(
        "top_k",
        "integer",
        default=0,
        neutral=0,
        title="Top k",
        sentence="Chooses among this many of the likeliest tokens; 0 is off.",
        low=0,
        high=1000,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 0."""
    if params["top_k"] == 0:
        return None
    from transformers.generation.logits_process import TopKLogitsWarper

    return TopKLogitsWarper(params["top_k"])
