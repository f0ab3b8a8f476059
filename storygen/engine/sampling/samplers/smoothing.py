"""Smoothing: scores near the highest come closer to it, those far away fall off faster.

With d the distance below the highest score, a score becomes max - factor · d² · ((3 - curve) / 2 +
(curve - 1) / 2 · d): a parabola under a curve of 1, a cubic under 3.
Source: kalomaze 2024, "Smooth Sampling".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from torch import Tensor

PARAMETERS = (
    Parameter(
        "smoothing_factor",
        "number",
        default=0.0,
        neutral=0.0,
        title="Smoothing",
        sentence="Evens out the likeliest words and drops the unlikely: the less, the bolder; 0 is off.",
        low=0,
        high=10,
        step=0.01,
    ),
    Parameter(
        "smoothing_curve",
        "number",
        default=1.0,
        neutral=1.0,
        title="Smoothing curve",
        sentence="Above 1, smoothing is gentler on good words and harder on bad ones.",
        low=1,
        high=3,
        step=0.05,
        switches=False,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The change, or None when the factor is 0."""
    factor: float = params["smoothing_factor"]
    curve: float = params["smoothing_curve"]
    if factor == 0.0:
        return None

    def smooth(_history: Tensor, scores: Tensor) -> Tensor:
        highest = scores.amax(-1, keepdim=True)
        below = (highest - scores).clamp(max=1e6)
        fallen = highest - factor * below**2 * ((3 - curve) / 2 + (curve - 1) / 2 * below)
        return fallen.masked_fill(scores == float("-inf"), float("-inf"))

    return smooth
