"""One sampler of a chain that is switched on.

Most are a mere function of history and scores. A `Stage` may also look at the token's index, and keep a
state: a fold over the tokens that were accepted, so that it can be made again from them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    Step = Callable[[Tensor, Tensor], Tensor]


class Stage:
    """`may_end`: that nothing may come any more is an answer of this stage, and ends the run."""

    may_end = False

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """`scores` `(batch, vocab)` for token `index` after `history` `(batch, num_tokens)`, changed.

        Changes neither its arguments nor the state; tokens at -inf stay there, and one at least stays above.
        """
        raise NotImplementedError

    def accept(self, token_id: int, logprob: float) -> None:
        """The next token is this one; `logprob` is the model's own, before any sampler."""

    def go_back(self, num_tokens: int) -> None:
        """Of the tokens accepted only the first `num_tokens` stand."""


class Plain(Stage):
    """A function of (history, scores) as a stage."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """What the function says."""
        return self._step(history, scores)
