"""Presence and frequency penalties: the first once for each token that was used, the second each time.

Source: OpenAI's API reference, "Frequency and presence penalties": logit - count · frequency - (count > 0) ·
presence. Here everything that the model reads counts, within `repetition_range`, weighted by
`repetition_slope` (see `repeats.recency`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from torch import Tensor

PARAMETERS = (
    Parameter(
        "presence_penalty",
        "number",
        default=0.0,
        neutral=0.0,
        title="Presence penalty",
        sentence="Above 0, a word that was used once already becomes less likely.",
        low=-2,
        high=2,
        step=0.05,
    ),
    Parameter(
        "frequency_penalty",
        "number",
        default=0.0,
        neutral=0.0,
        title="Frequency penalty",
        sentence="Above 0, a word becomes less likely each time that it is used.",
        low=-2,
        high=2,
        step=0.05,
    ),
)

ROW_BY_ROW = True


def build(params: dict[str, Any]) -> Any:
    """The penalties, or None when both are 0."""
    presence: float = params["presence_penalty"]
    frequency: float = params["frequency_penalty"]
    num_back, slope = params["repetition_range"], params["repetition_slope"]
    if presence == 0.0 and frequency == 0.0:
        return None
    from ..repeats import recency

    def penalise(history: Tensor, scores: Tensor) -> Tensor:
        latest, total = recency(history[:, -num_back:], scores, slope)
        return scores - presence * latest - frequency * total

    return penalise
