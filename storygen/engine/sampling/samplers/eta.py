"""Eta cutoff: like epsilon's, but lower where the model is unsure.

Tokens go that are less likely than min(ε, √ε · exp(-entropy)). Source: Hewitt et al. 2022, section 4. The
result is that of transformers' EtaLogitsWarper, without the checks of its distribution object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from torch import Tensor

PARAMETERS = (
    Parameter(
        "eta_cutoff",
        "number",
        default=0.0,
        neutral=0.0,
        title="Eta cutoff",
        sentence="Drops very unlikely tokens, fewer of them where the model is unsure; 0 is off.",
        low=0,
        high=0.1,
        step=0.0001,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 0."""
    epsilon = params["eta_cutoff"]
    if epsilon == 0.0:
        return None
    from ..cuts import entropy, keep_above

    def cut(_history: Tensor, scores: Tensor) -> Tensor:
        return keep_above(scores, (epsilon**0.5 * (-entropy(scores)).exp()).clamp(max=epsilon))

    return cut
