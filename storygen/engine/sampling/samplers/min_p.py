"""Min-p: tokens less likely than a fraction of the likeliest one go. Source: Nguyen et al. 2024."""

from __future__ import annotations

from typing import Any

from ..parameter import Parameter

PARAMETERS = (
    Parameter(
        "min_p",
        "number",
        default=0.05,
        neutral=0.0,
        title="Min p",
        sentence="Drops tokens less likely than this fraction of the likeliest one; 0 is off.",
        low=0,
        high=1,
        step=0.01,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 0."""
    if params["min_p"] == 0.0:
        return None
    from transformers.generation.logits_process import MinPLogitsWarper

    return MinPLogitsWarper(params["min_p"])
