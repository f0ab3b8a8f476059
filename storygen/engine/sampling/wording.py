"""Words as a model's tokens: which ids a text stands for. Knows no scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import BadRequestError

if TYPE_CHECKING:
    from ..writing_model import WritingModel

Sequences = frozenset[tuple[int, ...]]


def sequences_of(language: WritingModel, token: int | str, name: str) -> Sequences:
    """What says `token`, a number or a text, as sequences of ids; `name`: the parameter that asks.

    A text is said as it stands and, unless it begins with one, after a space: by each token that is just
    that, and by the tokens that the tokenizer makes of it. Raises: BadRequestError for a number that the
    model has no token for.
    """
    if isinstance(token, str):
        return _single(language, _spellings(token)) | _tokenised(language, _spellings(token))
    if token >= language.model.vocabulary:
        most = language.model.vocabulary - 1
        raise BadRequestError(f"{name}: there is no token {token}; this model's go to {most}.")
    return frozenset({(token,)})


def beginnings_of(language: WritingModel, text: str) -> Sequences:
    """Every beginning of every way in which the tokenizer spells `text`, in the midst of a line."""
    spelled = _tokenised(language, _spellings(text))
    return frozenset(ids[:size] for ids in spelled for size in range(1, len(ids) + 1))


def breaking_ids(language: WritingModel | None, breakers: Sequence[str]) -> frozenset[int]:
    """The tokens that hold one of `breakers`; where none does, the last token of the breaker counts."""
    if language is None:
        return frozenset()
    found = {text: _holding(language, text.encode()) for text in breakers}
    for text, ids in found.items():
        if not ids:
            ids.update(language.encoder.encode(text, first=False)[0][-1:])
    return frozenset[int]().union(*found.values())


def newline_ids(language: WritingModel | None) -> list[int]:
    """The tokens that hold a line break."""
    return [] if language is None else sorted(_holding(language, b"\n"))


def _spellings(text: str) -> list[str]:
    return [text] if text[0].isspace() else [text, " " + text]


def _single(language: WritingModel, texts: list[str]) -> Sequences:
    wanted = {text.encode() for text in texts}
    table = language.bytes
    return frozenset((number,) for number in range(len(table)) if table.of(number) in wanted)


def _tokenised(language: WritingModel, texts: list[str]) -> Sequences:
    spelled = (language.encoder.encode(text, first=False)[0] for text in texts)
    return frozenset(tuple(ids) for ids in spelled if ids)


def _holding(language: WritingModel, data: bytes) -> set[int]:
    table = language.bytes
    return {number for number in range(len(table)) if data in table.of(number)}
