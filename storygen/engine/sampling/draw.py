"""The choice that a random number makes; which number it is, `chance` says."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .chance import uniform

__all__ = ["draw", "draw_many", "uniform"]


def draw(scores: Tensor, number: float) -> int:
    """The token that `number` in [0, 1) picks from `scores` `(1, vocab)`, by the inverse of their CDF.

    Tokens at -inf are never picked.
    """
    return draw_many(scores[0].softmax(-1), [number])[0]


def draw_many(probs: Tensor, numbers: Sequence[float]) -> list[int]:
    """The token that each of `numbers` picks from `probs` `(vocab,)`, which need not sum to 1."""
    cumulative = probs.double().cumsum(-1)
    targets = cumulative[-1] * cumulative.new_tensor(numbers)
    picked = torch.searchsorted(cumulative, targets, right=True)
    most = len(probs) - 1
    return [min(token_id, most) for token_id in picked.tolist()]
