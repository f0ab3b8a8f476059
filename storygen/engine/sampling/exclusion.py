"""The stage of `samplers.xtc`."""

from __future__ import annotations

from torch import Tensor

from .draw import uniform
from .stage import Stage


class TopChoices(Stage):
    """Drops the top choices of the tokens that a coin picks; `spared` ids are never dropped."""

    row_by_row = False

    def __init__(self, probability: float, threshold: float, seed: int, spared: list[int]) -> None:
        self.chance = probability
        self._threshold = threshold
        self._seed = seed
        self._spared = spared

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """`scores` without the top choices, if the coin of token `index` says so."""
        if uniform(self._seed, index, "xtc") >= self.chance:
            return scores
        return self.act(scores)

    def act(self, scores: Tensor) -> Tensor:
        """`scores` without the top choices."""
        probs = scores.softmax(-1)
        top = probs >= self._threshold
        least = probs.masked_fill(~top, 2.0).argmin(-1, keepdim=True)
        top.scatter_(-1, least, False)
        if self._spared:
            top &= ~top[:, self._spared].any(-1, keepdim=True)
        return scores.masked_fill(top, float("-inf"))
