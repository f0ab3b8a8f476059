"""Logit bias: a number that is added to the scores of some tokens.

A text stands for itself and for itself after a space; one of several tokens is biased where it would be
completed, as transformers' SequenceBiasLogitsProcessor does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from ...writing_model import WritingModel

PARAMETERS = (
    Parameter(
        "logit_bias",
        "biases",
        default=[],
        neutral=[],
        title="Token bias",
        sentence="Makes words or tokens likelier (above 0) or less likely (below 0).",
        low=-100,
        high=100,
        step=0.1,
    ),
)


def build_stage(params: dict[str, Any], _seed: int, language: WritingModel | None) -> Any:
    """The biases, or None where there are none. Raises: BadRequestError for a token that isn't there."""
    entries = [(token, bias) for token, bias in params["logit_bias"] if bias]
    if not entries:
        return None
    assert language is not None
    from ..biases import Biases
    from ..wording import sequences_of

    return Biases(
        (sequence, bias)
        for token, bias in entries
        for sequence in sequences_of(language, token, "logit_bias")
    )
