"""Dynamic temperature: low where the model is sure, high where many tokens would do.

The temperature is low + (high - low) · (H / Hmax)^exponent, where H is the entropy and Hmax that of as many
tokens, all equally likely. It works on top of `temperature`. Source: kalomaze 2023, "Dynamic Temperature
Sampling"; Zhang et al. 2024, EDT, for the idea of an entropy-based temperature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from torch import Tensor

PARAMETERS = (
    Parameter(
        *("dynatemp_low", "number", 1.0, 1.0, "Dynamic temperature, low"),
        sentence="The temperature, times the fixed one, where the model is sure of the next word.",
        low=0.05,
        high=5,
        step=0.05,
    ),
    Parameter(
        *("dynatemp_high", "number", 1.0, 1.0, "Dynamic temperature, high"),
        sentence="The temperature, times the fixed one, where many words would do.",
        low=0.05,
        high=5,
        step=0.05,
    ),
    Parameter(
        *("dynatemp_exponent", "number", 1.0, 1.0, "Dynamic temperature, exponent"),
        sentence="Above 1, only where very many words would do does the temperature rise.",
        low=0.1,
        high=10,
        step=0.1,
        switches=False,
    ),
)


def build(params: dict[str, Any]) -> Any:
    """The scaling, or None when both temperatures are 1."""
    low: float = params["dynatemp_low"]
    high: float = params["dynatemp_high"]
    exponent: float = params["dynatemp_exponent"]
    if low == high == 1.0:
        return None
    from ..cuts import entropy

    def scale(_history: Tensor, scores: Tensor) -> Tensor:
        most = (scores > float("-inf")).sum(-1, keepdim=True).clamp(min=2).log()
        share = (entropy(scores) / most).clamp(0, 1)
        return scores / (low + (high - low) * share**exponent)

    return scale
