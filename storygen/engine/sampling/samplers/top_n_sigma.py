"""Top-nσ: only tokens whose score is within n standard deviations of the highest one stay.

The deviation is that of the scores themselves, so that temperature changes nothing about the cut.
Source: Tang et al. 2024, "Top-nσ: Not All Logits Are You Need".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from torch import Tensor

PARAMETERS = (
    Parameter(
        "top_n_sigma",
        "number",
        default=0.0,
        neutral=0.0,
        title="Top n sigma",
        sentence="Drops tokens that fall out of the model's own spread, at any temperature; 0 is off.",
        low=0,
        high=10,
        step=0.05,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 0."""
    num_deviations = params["top_n_sigma"]
    if num_deviations == 0.0:
        return None
    from ..cuts import only

    def cut(_history: Tensor, scores: Tensor) -> Tensor:
        there = scores > float("-inf")
        num_there = there.sum(-1, keepdim=True)
        below = (scores.amax(-1, keepdim=True) - scores).masked_fill(~there, 0.0)
        mean = below.sum(-1, keepdim=True) / num_there
        spread = ((below - mean) ** 2).masked_fill(~there, 0.0).sum(-1, keepdim=True) / num_there
        return only(scores, there & (below <= num_deviations * spread.sqrt()))

    return cut
