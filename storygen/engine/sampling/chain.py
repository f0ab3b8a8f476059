"""The sampler chain of one run: from the model's scores to the next token.

What a stage remembers is a fold over the tokens that were accepted. The chain keeps those tokens, so that
tokens taken back are forgotten (`choose` with an index that it has passed), and a run that is resumed
elsewhere goes on as if it had never stopped (`replay`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .draw import draw, uniform
from .order import name_of, ordered
from .samplers import ORDER
from .stage import Plain, Stage

if TYPE_CHECKING:
    from torch import Tensor

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


def _build(
    sampler: ModuleType, params: dict[str, Any], seed: int, language: WritingModel | None
) -> Stage | None:
    if hasattr(sampler, "build_stage"):
        stage: Stage | None = sampler.build_stage(params, seed, language)
        return stage
    step = sampler.build(params)
    return None if step is None else Plain(step)


def _nothing_left(scores: Tensor) -> bool:
    return float(scores.max()) == float("-inf")


def _probabilities(scores: Tensor) -> Tensor:
    """`(vocab,)`; all 0 where no token is left."""
    return scores[0].softmax(-1).nan_to_num(0.0)
