"""Temperature: above 1 the unlikely becomes likelier, below 1 the likely; 0 is greedy (see `chain`)."""

from __future__ import annotations

from typing import Any

from ..parameter import Parameter

LEAST = 1e-3
"""A temperature below this acts as this one, which is as good as greedy: scores must stay finite."""

PARAMETERS = (
    Parameter(
        "temperature",
        "number",
        default=0.8,
        neutral=1.0,
        title="Temperature",
        sentence="How daring the choice of words is: low stays with the likeliest, high surprises.",
        low=0,
        high=5,
        step=0.05,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The scaling, or None when it is 1 or greedy."""
    if params["temperature"] in (0.0, 1.0):
        return None
    from transformers.generation.logits_process import TemperatureLogitsWarper

    return TemperatureLogitsWarper(max(LEAST, params["temperature"]))
