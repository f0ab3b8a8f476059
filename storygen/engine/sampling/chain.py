"""The sampler chain of one run: from the model's scores to the next token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .draw import draw, uniform
from .samplers import ORDER

if TYPE_CHECKING:
    from torch import Tensor

    from ..writing_model import WritingModel

    Step = Callable[[Tensor, Tensor], Tensor]


class SamplerChain:
    """The samplers that `params` (full, checked) switch on, in their order. Holds no state between tokens."""

    def __init__(
        self, params: dict[str, Any], seed: int, language: WritingModel | None = None
    ) -> None:
        self._seed = seed
        self._greedy = params["temperature"] == 0
        built = (sampler.build(params) for sampler in ORDER)
        self._steps: list[Step] = [step for step in built if step is not None]

    def distribution(self, history: Tensor, scores: Tensor) -> Tensor:
        """`scores` `(1, vocab) float32` as the chain leaves them, with dropped tokens at -inf.

        `history` `(1, num_tokens) int64`: the tokens that the model has read.
        """
        for step in self._steps:
            scores = step(history, scores)
        return scores

    def choose(self, history: Tensor, scores: Tensor, index: int) -> int:
        """The id of token `index`. Tokens that must not come are at -inf in `scores` already."""
        scores = self.distribution(history, scores)
        if self._greedy:
            return int(scores.argmax())
        return draw(scores, uniform(self._seed, index))
