"""Repetition penalty over a range: tokens that stand in the recent text become less likely.

Source: Keskar et al. 2019, CTRL, section 4.1.
"""

from __future__ import annotations

from typing import Any

from ..parameter import Parameter

PARAMETERS = (
    Parameter(
        "repetition_penalty",
        "number",
        default=1.1,
        neutral=1.0,
        title="Repetition penalty",
        sentence="Above 1, words that already stand in the text become less likely.",
        low=0.5,
        high=3,
        step=0.01,
    ),
    Parameter(
        "repetition_range",
        "integer",
        default=0,
        neutral=0,
        title="Repetition range",
        sentence="How many tokens back the repetition penalty looks; 0 looks at everything the model reads.",
        low=0,
        high=8192,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The penalty, or None when it is 1."""
    if params["repetition_penalty"] == 1.0:
        return None
    from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor

    penalise = RepetitionPenaltyLogitsProcessor(params["repetition_penalty"])
    num_back = params["repetition_range"]
    if num_back == 0:
        return penalise
    return lambda history, scores: penalise(history[:, -num_back:], scores)
