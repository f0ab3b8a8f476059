"""Top-p (nucleus): only the likeliest tokens that together reach the probability p stay.

Source: Holtzman et al. 2020. The result is that of transformers' TopPLogitsWarper, which sorts the whole
vocabulary (4 ms of 49,000); here the likeliest thousand are looked at first, and nearly always suffice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from torch import Tensor

NUM_FIRST = 1024

PARAMETERS = (
    Parameter(
        "top_p",
        "number",
        default=1.0,
        neutral=1.0,
        title="Top p",
        sentence="Chooses among the likeliest tokens that together have this probability; 1 is off.",
        low=0,
        high=1,
        step=0.01,
    ),
)

ROW_BY_ROW = True


def build(params: dict[str, Any]) -> Any:
    """The cut, or None when it is 1."""
    top_p = params["top_p"]
    if top_p >= 1.0:
        return None
    return lambda _history, scores: keep_nucleus(scores, top_p)


def keep_nucleus(scores: Tensor, top_p: float) -> Tensor:
    """`scores` `(1, vocab)` with all but the nucleus at -inf; at least one token stays."""
    probs = scores.softmax(-1)
    num_looked_at = min(NUM_FIRST, scores.shape[-1])
    likeliest = probs.topk(num_looked_at)
    if float(likeliest.values.sum()) < top_p:
        likeliest = probs.topk(scores.shape[-1])
    before = likeliest.values.cumsum(-1) - likeliest.values
    kept = likeliest.indices[:, : max(1, int((before < top_p).sum()))]
    out = scores.new_full(scores.shape, float("-inf"))
    return out.scatter_(1, kept, scores.gather(1, kept))
