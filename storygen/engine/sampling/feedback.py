"""The stage of `samplers.mirostat`."""

from __future__ import annotations

import math

from torch import Tensor

from .cuts import keep_above
from .stage import Stage


class Mirostat(Stage):
    """Cuts at a surprise of μ bits, which begins at 2τ and after each token moves by η · (τ - surprise).

    What is cut is measured by the distribution that comes to this stage. The surprise of the token that
    was accepted is the model's own, -log2 of its probability before any sampler, as the paper's algorithm
    has it: so τ means the same whatever else the chain does, and μ can be made again from what is stored
    of the tokens.
    """

    def __init__(self, tau: float, eta: float) -> None:
        self._tau = tau
        self._eta = eta
        self._most = [2 * tau]  # μ before each token

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """`scores` with what is more surprising than μ at -inf; the likeliest token stays."""
        return keep_above(scores, min(1.0, 2.0 ** -max(self._most[-1], 0.0)))

    def accept(self, token_id: int, logprob: float) -> None:
        """Move μ."""
        surprise = -logprob / math.log(2)
        self._most.append(self._most[-1] - self._eta * (surprise - self._tau))

    def go_back(self, num_tokens: int) -> None:
        """Take the moves of later tokens back."""
        del self._most[num_tokens + 1 :]
