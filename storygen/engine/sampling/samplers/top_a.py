"""Top-a: tokens go that are less likely than a · (probability of the likeliest)².

Source: BlinkDL 2021, RWKV-LM, "The top-a sampling method".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from torch import Tensor

PARAMETERS = (
    Parameter(
        "top_a",
        "number",
        default=0.0,
        neutral=0.0,
        title="Top a",
        sentence="Drops unlikely tokens, and more of them the surer the model is; 0 is off.",
        low=0,
        high=1,
        step=0.01,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 0."""
    top_a = params["top_a"]
    if top_a == 0.0:
        return None
    from ..cuts import only

    def cut(_history: Tensor, scores: Tensor) -> Tensor:
        probs = scores.softmax(-1)
        return only(scores, probs >= top_a * probs.amax(-1, keepdim=True) ** 2)

    return cut
