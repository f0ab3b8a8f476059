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
    """`may_end`: that nothing may come any more is an answer of this stage, and ends the run.

    `row_by_row`: it looks at the tokens before, or takes one row only; else scores of several places of a
    text may come together. `chance`: with which probability it acts at all, by the coin of a token's index.
    """

    may_end = False
    row_by_row = True
    chance = 1.0

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """`scores` `(batch, vocab)` for token `index` after `history` `(batch, num_tokens)`, changed.

        Changes neither its arguments nor the state; tokens at -inf stay there, and one at least stays above.
        """
        raise NotImplementedError

    def act(self, scores: Tensor) -> Tensor:
        """What `apply` does where a coin lets it; only of a stage that looks at a coin."""
        raise NotImplementedError

    def accept(self, token_id: int, logprob: float) -> None:
        """The next token is this one; `logprob` is the model's own, before any sampler."""

    def go_back(self, num_tokens: int) -> None:
        """Of the tokens accepted only the first `num_tokens` stand."""


class Plain(Stage):
    """A function of (history, scores) as a stage."""

    def __init__(self, step: Step, *, row_by_row: bool) -> None:
        self._step = step
        self.row_by_row = row_by_row

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """What the function says."""
        return self._step(history, scores)
