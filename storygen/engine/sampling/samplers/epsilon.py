"""Epsilon cutoff: tokens less likely than this go. Source: Hewitt et al. 2022, section 3."""

from __future__ import annotations

from typing import Any

from ..parameter import Parameter

PARAMETERS = (
    Parameter(
        "epsilon_cutoff",
        "number",
        default=0.0,
        neutral=0.0,
        title="Epsilon cutoff",
        sentence="Drops tokens less likely than this, however sure the model is; 0 is off.",
        low=0,
        high=0.1,
        step=0.0001,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 0."""
    epsilon = params["epsilon_cutoff"]
    if epsilon == 0.0:
        return None
    from ..cuts import keep_above

    return lambda _history, scores: keep_above(scores, epsilon)
