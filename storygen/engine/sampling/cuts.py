"""What samplers that drop tokens share. Every function takes and returns `(batch, vocab)`, row by row."""

from __future__ import annotations

import torch
from torch import Tensor

NUM_FIRST = 1024
"""So many of the likeliest tokens are looked at before the whole vocabulary is sorted."""


def without(scores: Tensor, drop: Tensor) -> Tensor:
    """`scores` with the tokens of the mask `drop` at -inf; a row that would lose all its tokens stays."""
    left = scores.masked_fill(drop, float("-inf"))
    lost = left.amax(-1, keepdim=True) == float("-inf")
    return left.where(~lost, scores) if bool(lost.any()) else left


def only(scores: Tensor, kept: Tensor) -> Tensor:
    """`scores` where `kept` says so, and of every row the likeliest token; the others at -inf."""
    kept = kept.scatter(-1, scores.argmax(-1, keepdim=True), True)
    return scores.masked_fill(~kept, float("-inf"))


def entropy(scores: Tensor) -> Tensor:
    """Shannon's, in nats, `(batch, 1)`; tokens at -inf add nothing."""
    logprobs = scores.log_softmax(-1)
    return -(logprobs.exp() * logprobs.clamp(min=-1e30)).sum(-1, keepdim=True)


def entropy_of(probs: Tensor) -> Tensor:
    """The same of probabilities, `(batch,)`; several times faster than `torch.special.entr`."""
    return -(probs * probs.clamp(min=1e-30).log_()).sum(-1)


def keep_above(scores: Tensor, least: float | Tensor) -> Tensor:
    """`scores` with tokens less likely than `least` (a probability) at -inf; the likeliest one stays."""
    return only(scores, scores.softmax(-1) >= least)


def keep_first(scores: Tensor, order: Tensor, num_kept: Tensor) -> Tensor:
    """`scores` with all but the first `num_kept` `(batch, 1)` of each row's `order` at -inf; one stays.

    `order` `(batch, num_looked_at)`: token ids.
    """
    places = torch.arange(order.shape[-1], device=order.device)
    values = scores.gather(-1, order).masked_fill(places >= num_kept.clamp(min=1), float("-inf"))
    return scores.new_full(scores.shape, float("-inf")).scatter_(-1, order, values)
