"""The cuts that look at tokens in the order of their probability: tail-free and top-H.

Sorting a vocabulary of 49,000 takes 4 ms, so the likeliest thousand are looked at first; where these can't
tell, all are.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .cuts import NUM_FIRST, entropy, keep_first


def keep_without_tail(scores: Tensor, share: float) -> Tensor:
    """`scores` `(batch, vocab)` with the tail of each row at -inf; at least one token stays.

    Curvature is the size of the second difference of the sorted probabilities, and belongs to the token in
    its middle. Tokens stay as long as the curvature up to them is at most `share` of all.
    """
    probs = scores.softmax(-1)
    num_first = min(NUM_FIRST, scores.shape[-1])
    top = probs.topk(num_first)
    curvature = _curvature(top.values)
    if num_first < scores.shape[-1]:
        # What isn't seen sums to at most twice the last probability but one: does that change the cut?
        rest = 2 * top.values[:, -2:-1].double()
        if bool(
            (_num_before(curvature, 0 * rest, share) != _num_before(curvature, rest, share)).any()
        ):
            top = probs.topk(scores.shape[-1])
            curvature = _curvature(top.values)
    nothing = curvature.new_zeros(curvature.shape[0], 1)
    return keep_first(scores, top.indices, _num_before(curvature, nothing, share))


def _curvature(probs: Tensor) -> Tensor:
    """Of sorted `probs` `(batch, n)`, summed up to each token but the last `(batch, n - 1) float64`."""
    second = probs.double().diff(dim=-1).diff(dim=-1).abs()
    return torch.nn.functional.pad(second, (1, 0)).cumsum(-1)


def _num_before(curvature: Tensor, rest: Tensor, share: float) -> Tensor:
    """How many tokens stay, `(batch, 1)`, when what isn't looked at has the curvature `rest` `(batch, 1)`."""
    return (curvature <= share * (curvature[:, -1:] + rest)).sum(-1, keepdim=True)


def keep_entropy(scores: Tensor, share: float) -> Tensor:
    """`scores` `(batch, vocab)` with each row's likeliest tokens only; at least one stays.

    As many as fit: the entropy of what stays, made to sum to 1, is at most `share` of the row's.
    """
    most = share * entropy(scores).double()
    probs = scores.softmax(-1)
    top = probs.topk(min(NUM_FIRST, scores.shape[-1]))
    num_kept = _num_within(top.values, most)
    if bool((num_kept == top.values.shape[-1]).any()) and top.values.shape[-1] < scores.shape[-1]:
        top = probs.topk(scores.shape[-1])
        num_kept = _num_within(top.values, most)
    return keep_first(scores, top.indices, num_kept)


def _num_within(probs: Tensor, most: Tensor) -> Tensor:
    """How many of sorted `probs` `(batch, n)` have, made to sum to 1, at most the entropy `most`."""
    probs = probs.double()
    mass = probs.cumsum(-1)
    entropies = mass.log() - probs.xlogy(probs).cumsum(-1) / mass
    return (entropies <= most).sum(-1, keepdim=True)
