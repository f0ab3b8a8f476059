"""Phrase bias: a phrase gets likelier to begin, and once it is being said, likelier to go on.

A phrase counts as being said when the text ends with its first tokens, whoever wrote them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from ...writing_model import WritingModel

PARAMETERS = (
    Parameter(
        "phrase_bias",
        "phrases",
        default=[],
        neutral=[],
        title="Phrase bias",
        sentence="Makes phrases likelier to be begun, and once begun, to be said to their end.",
        low=-100,
        high=100,
        step=0.1,
    ),
)


def build_stage(params: dict[str, Any], _seed: int, language: WritingModel | None) -> Any:
    """The biases, or None where there are none."""
    phrases = [entry for entry in params["phrase_bias"] if entry[1] or entry[2]]
    if not phrases:
        return None
    assert language is not None
    from ..biases import Biases
    from ..wording import beginnings_of

    return Biases(
        (sequence, beginning if len(sequence) == 1 else following)
        for text, beginning, following in phrases
        for sequence in beginnings_of(language, text)
    )
