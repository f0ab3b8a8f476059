"""Repetition penalty over a range: tokens that stand in the recent text become less likely.

Source: Keskar et al. 2019, CTRL, section 4.1. With a slope the penalty is the weaker the longer ago a token
was written (see `repeats.recency`).
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
        sentence="How many tokens back the penalties look; 0 looks at everything the model reads.",
        low=0,
        high=8192,
        switches=False,
    ),
    Parameter(
        "repetition_slope",
        "number",
        default=0.0,
        neutral=0.0,
        title="Repetition slope",
        sentence="Above 0, what was said long ago counts less against a word than what was said just now.",
        low=0,
        high=10,
        step=0.1,
        switches=False,
    ),
)

ROW_BY_ROW = True


def build(params: dict[str, Any]) -> Any:
    """The penalty, or None when it is 1."""
    penalty, slope = params["repetition_penalty"], params["repetition_slope"]
    if penalty == 1.0:
        return None
    from ..repeats import penaliser

    return penaliser(penalty, params["repetition_range"], slope)
