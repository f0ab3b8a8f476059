"""Locally typical sampling: only tokens about as surprising as the distribution itself stay.

Source: Meister et al. 2022. The result is that of transformers' TypicalLogitsWarper, which sorts the whole
vocabulary; here the most typical thousand are looked at first, and nearly always suffice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from torch import Tensor

NUM_FIRST = 1024

PARAMETERS = (
    Parameter(
        "typical_p",
        "number",
        default=1.0,
        neutral=1.0,
        title="Typical p",
        sentence="Chooses among tokens that are neither too likely nor too surprising; 1 is off.",
        low=0,
        high=1,
        step=0.01,
    ),
)

ROW_BY_ROW = True


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 1."""
    typical_p = params["typical_p"]
    if typical_p >= 1.0:
        return None
    return lambda _history, scores: keep_typical(scores, typical_p)


def keep_typical(scores: Tensor, typical_p: float) -> Tensor:
    """`scores` `(1, vocab)` with all but the typical set at -inf; at least one token stays."""
    logprobs = scores.log_softmax(-1)
    probs = logprobs.exp()
    entropy = -(logprobs * probs).nansum(-1, keepdim=True)
    oddness = (-logprobs - entropy).abs()
    order = oddness.topk(min(NUM_FIRST, scores.shape[-1]), largest=False).indices
    if float(probs.gather(1, order).sum()) < typical_p:
        order = oddness.topk(scores.shape[-1], largest=False).indices
    chosen = probs.gather(1, order)
    before = chosen.cumsum(-1) - chosen
    kept = order[:, : max(1, int((before < typical_p).sum()))]
    out = scores.new_full(scores.shape, float("-inf"))
    return out.scatter_(1, kept, scores.gather(1, kept))
