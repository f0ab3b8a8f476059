"""Tokens as a page draws them: how surprising each was, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..elements import ShownToken
from ..models.base import ScoredToken

DARKEST = 0.001
"""A token that is this improbable or more has the strongest shade."""

LEGEND = (
    "The stronger the shade, the less probable the model thought the token; strongest at 1 in 1000."
)

_MOST_NAMED = 5


def shade(logprob: float | None) -> float | None:
    """0 (certain) to 1, by the logarithm of the probability; None where it is not known."""
    if logprob is None or math.isnan(logprob):
        return None
    return min(1.0, max(0.0, logprob / math.log(DARKEST)))


def shown(token: ScoredToken, coloured: bool = True) -> ShownToken:
    """A token with its shade, if wanted, and its facts."""
    tint = shade(token.logprob) if coloured else None
    return ShownToken(token.text, token.id, tint, hint=facts(token))


def all_shown(tokens: Iterable[ScoredToken], coloured: bool = True) -> list[ShownToken]:
    """As `shown`, of each."""
    return [shown(token, coloured) for token in tokens]


def facts(token: ScoredToken) -> str:
    """Probability, rank, entropy and what else was likely, as far as they are known."""
    parts = [percent(token.logprob)] if token.logprob is not None else []
    if token.rank is not None:
        parts.append(f"rank {token.rank:,}")
    if token.entropy is not None:
        parts.append(f"entropy {token.entropy:.2f} nats")
    likely = ", ".join(f"{one.text!r} {percent(one.logprob)}" for one in token.top[:_MOST_NAMED])
    return " · ".join([*parts, *([f"likeliest {likely}"] if likely else [])])


def percent(logprob: float) -> str:
    """A probability for people: three figures, and "NaN" for what is no number."""
    if math.isnan(logprob):
        return "NaN"
    return f"{100 * math.exp(min(logprob, 0.0)):.3g} %"
