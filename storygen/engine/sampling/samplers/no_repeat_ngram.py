"""No-repeat n-gram: no run of n tokens comes twice. Source: Paulus et al. 2018, section 2.5.

The result is that of transformers' NoRepeatNGramLogitsProcessor, which lists every n-gram of the text again
for each token. Where all tokens would be forbidden, none is.
"""

from __future__ import annotations

from typing import Any

from ..parameter import Parameter

PARAMETERS = (
    Parameter(
        "no_repeat_ngram",
        "integer",
        default=0,
        neutral=0,
        title="No repeated n-gram",
        sentence="No sequence of this many tokens is ever written twice; 0 is off.",
        low=0,
        high=20,
    ),
)

ROW_BY_ROW = True


def build(params: dict[str, Any]) -> Any:
    """The ban, or None when it is 0."""
    size = params["no_repeat_ngram"]
    if size == 0:
        return None
    from ..repeats import ngram_ban

    return ngram_ban(size)
