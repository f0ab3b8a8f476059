"""What a model says of the tokens of a text, from its logits: how probable, of which rank, out of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ...engine.likeliest import likeliest
from ...engine.text.utf8 import unfinished_tail
from ...errors import ModelError
from .base import Likely, ScoredToken

if TYPE_CHECKING:
    from torch import Tensor

    from ...engine.text.token_bytes import TokenBytes

NUM_TOGETHER = 16
"""So many places are worked out together: few enough that they stay in the processor's cache."""
MOST_TOP = 100


@dataclass(frozen=True, slots=True)
class Fact:
    """Of one token: the natural logarithm of its probability, its rank, and what could have stood there."""

    logprob: float
    rank: int
    entropy: float
    top: tuple[tuple[int, float], ...] = ()

    def scored(self, token_id: int, text: str, table: TokenBytes) -> ScoredToken:
        """The token with all that is known of it."""
        top = tuple(Likely(number, table.shown(number), logprob) for number, logprob in self.top)
        return ScoredToken(token_id, text, self.logprob, self.rank, self.entropy, top)


@torch.inference_mode()
def facts(logits: Tensor, ids: Sequence[int], num_top: int, name: str) -> list[Fact]:
    """Of each of `ids`, under its row of `logits` `(num_ids, vocab)`, of any precision.

    Raises: ModelError naming the model where it computes no numbers.
    """
    found: list[Fact] = []
    for start in range(0, len(ids), NUM_TOGETHER):
        part = slice(start, start + NUM_TOGETHER)
        found += _facts(logits[part].float(), list(ids[part]), min(num_top, MOST_TOP), name)
    return found


def _facts(logits: Tensor, ids: list[int], num_top: int, name: str) -> list[Fact]:
    logprobs = logits.log_softmax(-1)
    own = logprobs.gather(-1, torch.tensor(ids, device=logits.device)[:, None])
    ranks = 1 + (logprobs > own).sum(-1)
    if num_top:
        top = likeliest(logprobs, min(num_top, logits.shape[1]))
        tops = zip(top.tolist(), logprobs.gather(-1, top).tolist(), strict=True)
    else:
        tops = zip([[]] * len(ids), [[]] * len(ids), strict=True)
    entropies = -(logprobs.exp() * logprobs.clamp_(min=-1e30)).sum(-1)
    if bool((entropies + own[:, 0]).isnan().any()):
        raise no_numbers(name)
    return [
        Fact(logprob, rank, entropy, tuple(zip(*pairs, strict=True)))
        for logprob, rank, entropy, pairs in zip(
            own[:, 0].tolist(), ranks.tolist(), entropies.tolist(), tops, strict=True
        )
    ]


def check_numbers(logits: Tensor, name: str) -> None:
    """Raises: ModelError when some of `logits` are no numbers, or none of them is finite."""
    if bool(logits.amax(-1).isfinite().logical_not().any()):  # the largest of a row with NaN is NaN
        raise no_numbers(name)


def no_numbers(name: str) -> ModelError:
    """The error of a model whose weights or precision have gone wrong."""
    return ModelError(
        f"{name} computes no numbers (NaN) here: there is nothing to draw from.",
        mend="Load it in fp32; if it stays so, its weights are damaged or its training diverged.",
    )


def cut(data: bytes, ends: Sequence[int]) -> list[str]:
    """What each token adds to a text, given its UTF-8 and the byte where each ends.

    A token that ends in the midst of a character has "", and the last one of that character all of it.
    """
    done, texts = 0, []
    for end in ends:
        shown = max(done, end - len(unfinished_tail(data[max(0, end - 4) : end])))
        texts.append(data[done:shown].decode("utf-8", "replace"))
        done = shown
    return texts
