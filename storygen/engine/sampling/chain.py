"""The sampler chain of one run: from the model's scores to the next token.

What a stage remembers is a fold over the tokens that were accepted. The chain keeps those tokens, so that
tokens taken back are forgotten (`choose` with an index that it has passed), and a run that is resumed
elsewhere goes on as if it had never stopped (`replay`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .draw import draw, uniform
from .order import name_of, ordered
from .samplers import ORDER
from .stage import Plain, Stage

if TYPE_CHECKING:
    from ..writing_model import WritingModel


@dataclass(frozen=True, slots=True)
class Inside:
    """What a chain makes of one distribution; every tensor is probabilities `(vocab,)`.

    `stages`: each sampler that is on, by name, and the distribution after it. `final`: what the token is
    drawn from; all 0 where nothing may come any more.
    """

    stages: tuple[tuple[str, Tensor], ...]
    final: Tensor


class SamplerChain:
    """The samplers that `params` (full, checked) switch on, in the order that `params` ask for.

    `language` may be missing where no sampler needs words. Raises: BadRequestError when a sampler can't
    work as it is told: a token that the model doesn't have, a broken grammar.
    """

    def __init__(
        self, params: dict[str, Any], seed: int, language: WritingModel | None = None
    ) -> None:
        self._seed = seed
        self._greedy = params["temperature"] == 0
        built = (
            (name_of(sampler), _build(sampler, params, seed, language))
            for sampler in ordered(ORDER, params["sampler_order"])
        )
        self._stages = [(name, stage) for name, stage in built if stage is not None]
        self._first_index = 0
        self._accepted: list[tuple[int, float]] = []

    @property
    def constrained(self) -> bool:
        """Whether what the run writes must have a given form, so that it can't complete a typed word."""
        return any(stage.may_end for _, stage in self._stages)

    @property
    def accepted(self) -> tuple[list[tuple[int, float]], int]:
        """The tokens that stand and the index of the first, as `replay` takes them."""
        return list(self._accepted), self._first_index

    def replay(self, tokens: Sequence[tuple[int, float]], first_index: int) -> None:
        """Be where `choose` would have left the chain after `tokens`, the first of index `first_index`.

        Each is (id, natural logarithm of its probability under the model, before any sampler).
        """
        self._begin_at(first_index)
        for token_id, logprob in tokens:
            self._accept(token_id, logprob)

    def distribution(self, history: Tensor, scores: Tensor) -> Tensor:
        """`scores` `(1, vocab) float32` as the chain leaves them, with dropped tokens at -inf.

        `history` `(1, num_tokens) int64`: the tokens that the model has read. All tokens are at -inf where
        a constraint lets none come any more.
        """
        for _, changed in self._each(history, scores):
            scores = changed
        return scores

    def stages(self, history: Tensor, scores: Tensor) -> Inside:
        """How the next token's distribution changes from sampler to sampler; changes no state."""
        seen: list[tuple[str, Tensor]] = []
        for name, changed in self._each(history, scores):
            scores = changed
            seen.append((name, _probabilities(scores)))
        final = _probabilities(scores)
        if self._greedy and not _nothing_left(scores):
            final = final.zero_().index_fill_(0, scores[0].argmax(), 1.0)
        return Inside(tuple(seen), final)

    def expected(
        self, ids: Tensor, scores: Tensor, written: Sequence[tuple[int, float]] = ()
    ) -> Tensor:
        """How likely each token is to be chosen, `(num_rows, vocab)`, whatever coins samplers toss.

        `scores` `(num_rows, vocab) float32` of places that follow each other: the last row's comes after
        all of `ids` `(num_tokens,) int64`, each other's one token sooner. `written`: the token that stands at
        each place, as `replay` takes it; the chain goes on as if it had chosen them. A row is 0 where nothing
        may come any more.
        """
        branches, over = [(1.0, scores)], scores.new_zeros(len(scores), dtype=torch.bool)
        for _, stage in self._stages:
            branches = _through(stage, ids, branches, written)
            if stage.may_end:
                over |= branches[0][1].amax(-1) == float("-inf")
        self._accepted += written
        parts = [weight * self._chosen(changed) for weight, changed in branches]
        return functools.reduce(torch.add, parts).masked_fill_(over[:, None], 0.0)

    def _chosen(self, scores: Tensor) -> Tensor:
        if self._greedy:
            return torch.zeros_like(scores).scatter_(-1, scores.argmax(-1, keepdim=True), 1.0)
        return scores.softmax(-1).nan_to_num_(0.0)

    def choose(
        self,
        history: Tensor,
        scores: Tensor,
        index: int,
        logprobs: Tensor | None = None,
        *,
        purpose: str = "",
    ) -> int | None:
        """The id of token `index`, or None: a constraint lets nothing come any more, and the run is over.

        Tokens that must not come are at -inf in `scores` already. `logprobs` `(vocab,)`: the model's own,
        before that; those of `scores` unless given. An index that was passed already means that the
        tokens from there on were taken back. `purpose`: of the random number, where another is wanted than
        the index's own.
        """
        self._stand_at(index)
        changed = self.distribution(history, scores)
        if self.constrained and _nothing_left(changed):
            return None
        token_id = (
            int(changed.argmax())
            if self._greedy
            else draw(changed, uniform(self._seed, index, purpose))
        )
        if logprobs is None:
            logprobs = scores[0].log_softmax(-1)
        self._accept(token_id, float(logprobs[token_id]))
        return token_id

    def _each(self, history: Tensor, scores: Tensor) -> Iterator[tuple[str, Tensor]]:
        index = self._first_index + len(self._accepted)
        for name, stage in self._stages:
            scores = stage.apply(history, scores, index)
            yield name, scores
            if stage.may_end and _nothing_left(scores):
                return

    def _stand_at(self, index: int) -> None:
        """Of tokens before the first that the chain knows, or after a gap, nothing is remembered."""
        num_standing = index - self._first_index
        if not 0 <= num_standing <= len(self._accepted):
            self._begin_at(index)
        elif num_standing < len(self._accepted):
            self._go_back(num_standing)

    def _begin_at(self, index: int) -> None:
        self._first_index = index
        self._go_back(0)

    def _go_back(self, num_tokens: int) -> None:
        del self._accepted[num_tokens:]
        for _, stage in self._stages:
            stage.go_back(num_tokens)

    def _accept(self, token_id: int, logprob: float) -> None:
        self._accepted.append((token_id, logprob))
        for _, stage in self._stages:
            stage.accept(token_id, logprob)


def _through(
    stage: Stage,
    ids: Tensor,
    branches: list[tuple[float, Tensor]],
    written: Sequence[tuple[int, float]],
) -> list[tuple[float, Tensor]]:
    """Each branch's scores after a stage, rows as in `SamplerChain.expected`; a coin makes two of each."""
    if not stage.row_by_row:
        acts = (
            stage.act if stage.chance < 1.0 else functools.partial(stage.apply, ids[None], index=0)
        )
        after = [(weight * stage.chance, acts(scores)) for weight, scores in branches]
        spared = [(weight * (1.0 - stage.chance), scores) for weight, scores in branches]
        return [*after, *(part for part in spared if part[0])]
    num_rows = len(branches[0][1])
    changed = [torch.empty_like(scores) for _, scores in branches]
    for row in range(num_rows):
        history = ids[None, : len(ids) - (num_rows - 1 - row)]
        for (_, scores), out in zip(branches, changed, strict=True):
            out[row] = stage.apply(history, scores[row : row + 1], 0)[0]
        if written:
            stage.accept(*written[row])
    return [(weight, out) for (weight, _), out in zip(branches, changed, strict=True)]


def _build(
    sampler: ModuleType, params: dict[str, Any], seed: int, language: WritingModel | None
) -> Stage | None:
    if hasattr(sampler, "build_stage"):
        stage: Stage | None = sampler.build_stage(params, seed, language)
        return stage
    step = sampler.build(params)
    row_by_row = getattr(sampler, "ROW_BY_ROW", False)
    return None if step is None else Plain(step, row_by_row=row_by_row)


def _nothing_left(scores: Tensor) -> bool:
    return float(scores.max()) == float("-inf")


def _probabilities(scores: Tensor) -> Tensor:
    """`(vocab,)`; all 0 where no token is left."""
    return scores[0].softmax(-1).nan_to_num(0.0)
