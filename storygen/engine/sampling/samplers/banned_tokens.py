"""Banned tokens: these never come.

A text is banned as it stands and after a space; one of several tokens is kept from being completed, as
transformers' NoBadWordsLogitsProcessor does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from ...writing_model import WritingModel

PARAMETERS = (
    Parameter(
        "banned_tokens",
        "tokens",
        default=[],
        neutral=[],
        title="Banned tokens",
        sentence="Words or tokens that the model never writes.",
    ),
)


def build_stage(params: dict[str, Any], _seed: int, language: WritingModel | None) -> Any:
    """The ban, or None where nothing is banned. Raises: BadRequestError for a token that isn't there."""
    if not params["banned_tokens"]:
        return None
    assert language is not None
    from ..biases import Bans
    from ..wording import sequences_of

    return Bans(
        sequence
        for token in params["banned_tokens"]
        for sequence in sequences_of(language, token, "banned_tokens")
    )
