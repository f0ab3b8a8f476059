"""What the text says again: the arithmetic of the samplers that hold repetition against a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .cuts import without
from .stage import Stage

Ids = NDArray[np.int64]

LONGEST_REPEAT = 64
"""DRY looks no further back than this; by then a penalty is beyond all measure."""

MOST_PENALTY = 1e4
"""Beyond all measure: no token of any model comes back from there, and floats don't overflow."""


def recency(history: Tensor, scores: Tensor, slope: float) -> tuple[Tensor, Tensor]:
    """For each token: the weight of its latest occurrence, and the sum of all; two of `scores`' shape.

    The i-th of n tokens of `history` `(batch, n)` weighs (i / n)^slope: all weigh 1 under a slope of 0.
    """
    num_tokens = history.shape[-1]
    weights = torch.arange(1, num_tokens + 1, dtype=scores.dtype, device=scores.device) / num_tokens
    weights = (weights**slope).expand(history.shape)
    nothing = scores.new_zeros(scores.shape)
    latest = nothing.scatter_reduce(-1, history, weights, "amax")
    return latest, nothing.scatter_add(-1, history, weights)


def penaliser(penalty: float, num_back: int, slope: float) -> Callable[[Tensor, Tensor], Tensor]:
    """The repetition penalty: transformers' own, unless a token's weight depends on its place."""
    from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor

    plain: Any = RepetitionPenaltyLogitsProcessor(penalty)

    def penalise(history: Tensor, scores: Tensor) -> Tensor:
        window = history[:, -num_back:]
        if slope == 0.0:
            result: Tensor = plain(window, scores)
            return result
        latest, _ = recency(window, scores, slope)
        factor = 1 + (penalty - 1) * latest
        return torch.where(scores < 0, scores * factor, scores / factor)

    return penalise


def tokens_after(ids: Ids, size: int) -> Ids:
    """The tokens that came wherever `ids` `(num_tokens,)` held its own last `size` tokens before."""
    if len(ids) <= size:
        return ids[:0]
    same = np.ones(len(ids) - size, dtype=bool)
    for place in range(size):
        same &= ids[place : place + len(same)] == ids[len(ids) - size + place]
    return ids[size:][same]


def ngram_ban(size: int) -> Callable[[Tensor, Tensor], Tensor]:
    """Forbids what would complete a sequence of `size` tokens that `history` holds already."""

    def forbid(history: Tensor, scores: Tensor) -> Tensor:
        drop = torch.zeros_like(scores, dtype=torch.bool)
        for row, ids in enumerate(history.cpu().numpy()):
            drop[row, tokens_after(ids, size - 1).tolist()] = True
        return without(scores, drop)

    return forbid


def repeats(ids: Ids, breaking: frozenset[int], most: int) -> tuple[Ids, Ids]:
    """For each place where the last token stood before: the token after it, and the length of the match.

    The match goes back from there and from the end of `ids` `(num_tokens,)` alike, over at most `most`
    tokens and no `breaking` one.
    """
    if len(ids) < 2 or int(ids[-1]) in breaking:
        return ids[:0], ids[:0]
    places = np.flatnonzero(ids[:-1] == ids[-1])
    lengths = np.ones(len(places), dtype=np.int64)
    growing = np.arange(len(places))
    for back in range(1, min(most, len(ids) - 1)):
        growing = growing[places[growing] >= back]
        growing = growing[ids[places[growing] - back] == ids[-1 - back]]
        if not len(growing) or int(ids[-1 - back]) in breaking:
            break
        lengths[growing] += 1
    return ids[places + 1], lengths


class Dry(Stage):
    """The penalty that `samplers.dry` describes, with its parameters; `breaking` ids end a repeat."""

    def __init__(self, params: dict[str, Any], breaking: frozenset[int]) -> None:
        self._multiplier = params["dry_multiplier"]
        self._base = params["dry_base"]
        self._allowed = params["dry_allowed_length"]
        self._num_back = params["dry_range"]
        self._breaking = breaking

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """`scores` less the penalties; a breaking token has none."""
        penalties = np.zeros(scores.shape, dtype=np.float64)
        for row, ids in enumerate(history[:, -self._num_back :].cpu().numpy()):
            after, lengths = repeats(ids, self._breaking, LONGEST_REPEAT)
            long = lengths >= self._allowed
            sizes = self._multiplier * self._base ** (lengths[long] - self._allowed).astype(float)
            np.maximum.at(penalties[row], after[long], np.minimum(sizes, MOST_PENALTY))
        penalties[:, [number for number in self._breaking if number < scores.shape[-1]]] = 0.0
        return scores - torch.from_numpy(penalties).to(scores)
