"""Tail-free: the flat tail of unlikely tokens goes, wherever the curve of probabilities bends into it.

Source: Bricken 2019, "Tail Free Sampling"; `tails.keep_without_tail` says where exactly the cut falls.
"""

from __future__ import annotations

from typing import Any

from ..parameter import Parameter

PARAMETERS = (
    Parameter(
        "tfs_z",
        "number",
        default=1.0,
        neutral=1.0,
        title="Tail free",
        sentence="Cuts off the long tail of words that are all about equally unlikely; 1 is off.",
        low=0,
        high=1,
        step=0.01,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 1."""
    share = params["tfs_z"]
    if share == 1.0:
        return None
    from ..tails import keep_without_tail

    return lambda _history, scores: keep_without_tail(scores, share)
