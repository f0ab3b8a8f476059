"""The commands that ask what a model thinks and let it write nothing. Loads no torch."""

from __future__ import annotations

from ..link.messages import (
    CancelRequest,
    ContextShown,
    EmbedTexts,
    Event,
    ListNext,
    NextListed,
    ScoreText,
    ShowContext,
    ShowScored,
    TextScored,
    TextsEmbedded,
    TokensScored,
)

LookCommand = ListNext | ScoreText | ShowContext | ShowScored | EmbedTexts | CancelRequest


def refusal(command: LookCommand, message: str) -> list[Event]:
    """The answer to a command that can't be carried out."""
    if isinstance(command, ScoreText):
        if command.params is None:
            return [TextScored(command.request, (), message)]
        return [TokensScored(command.request, partial=False, error=message)]
    if isinstance(command, ShowContext):
        return [ContextShown(command.request, error=message)]
    if isinstance(command, EmbedTexts):
        return [TextsEmbedded(command.request, error=message)]
    if isinstance(command, CancelRequest):
        return []
    return [NextListed(command.request, error=message)]
