"""When a card ends: every candidate has a length at which it does."""

from __future__ import annotations

from typing import Any

from ..engine.sampling.parameters import check_params
from ..errors import BadRequestError
from .library import MOST_CANDIDATE_TOKENS

PLAIN_TOKENS = 40


def ending(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters under which a card ends by itself.

    Raises: BadRequestError when they allow more than a card holds.
    """
    full = check_params(params)
    if full["limit"] == "endless":
        full["limit"] = "tokens"
    if not full["max_tokens"]:
        full["max_tokens"] = PLAIN_TOKENS
    if full["max_tokens"] > MOST_CANDIDATE_TOKENS:
        raise BadRequestError(f"A candidate has at most {MOST_CANDIDATE_TOKENS} tokens.")
    return full
