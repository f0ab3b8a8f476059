"""What a model thought of a text, from its tokens' log-probabilities, ranks and entropies.

A number over only those tokens that happen to be known would mislead (a server tells ranks of the likely
ones alone), so a metric speaks when all are known. Only the first of all may lack one: nothing stood
before it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import TypeVar

from ..models.base import ScoredToken
from .case import Case
from .silence import SilenceError

SURPRISING = 0.01
"""Below this probability a token counts as surprising."""

Known = TypeVar("Known")


def known(
    case: Case, what: str, read: Callable[[ScoredToken], Known | None]
) -> list[tuple[ScoredToken, Known]]:
    """The scored tokens with what `read` takes from each. `what`: its name in a sentence, plural.

    Raises: SilenceError where there are none, or not of all.
    """
    scores = case.scores
    if scores is None:
        raise SilenceError("The model was not asked, or tells no probabilities.")
    if not scores:
        raise SilenceError("The text has no tokens.")
    told = [(token, value) for token in scores if (value := read(token)) is not None]
    rest = scores[1:] if read(scores[0]) is None else scores
    if len(told) < len(rest):
        some = f"only of {len(told)} of {len(scores)} tokens" if told else "of no token"
        raise SilenceError(f"The model tells {what} {some}.")
    if not told:
        raise SilenceError(
            f"The model tells no {what} of the first token of all, the only one here."
        )
    return told


def logprobs(case: Case) -> list[float]:
    """The log-probabilities, in nats. Raises: SilenceError as `known`, or where one is no number."""
    values = [value for _, value in known(case, "probabilities", lambda token: token.logprob)]
    if any(math.isnan(value) for value in values):
        raise SilenceError("The model gave a probability that is no number (NaN).")
    if any(value == -math.inf for value in values):
        raise SilenceError("It is infinite: the model gave some token no chance at all.")
    return values


def ranks(case: Case) -> list[int]:
    """The ranks, 1 the likeliest."""
    return [value for _, value in known(case, "ranks", lambda token: token.rank)]


def entropies(case: Case) -> list[float]:
    """The entropies, in nats, of the distributions that the tokens came from."""
    return [value for _, value in known(case, "entropies", lambda token: token.entropy)]


def surprise_sums(case: Case) -> tuple[float, float]:
    """The information of all tokens in nats, and how many they are."""
    values = logprobs(case)
    return -math.fsum(values), float(len(values))


def byte_sums(case: Case) -> tuple[float, float]:
    """The information of all tokens in nats, and how many bytes of UTF-8 their text has."""
    nats, _ = surprise_sums(case)
    told = known(case, "probabilities", lambda token: token.logprob)
    num_bytes = len("".join(token.text for token, _ in told).encode("utf-8", "replace"))
    if not num_bytes:
        raise SilenceError("The tokens have no text.")
    return nats, float(num_bytes)


def perplexity_of(sums: Sequence[float]) -> float:
    """Perplexity of `surprise_sums`."""
    return math.exp(sums[0] / sums[1])


def bits_per_byte_of(sums: Sequence[float]) -> float:
    """Bits per byte of `byte_sums`."""
    return sums[0] / math.log(2) / sums[1]


def median_rank(case: Case) -> float:
    """The rank that half of the tokens reach; between the two in the midst, their mean."""
    return statistics.median(ranks(case))


def surprising_sums(case: Case) -> tuple[float, float]:
    """How many tokens were surprising, of how many."""
    values = logprobs(case)
    return float(sum(value < math.log(SURPRISING) for value in values)), float(len(values))


def excess_sums(case: Case) -> tuple[float, float]:
    """By how many nats all tokens surprised beyond what the model expected, and how many they are."""
    logprobs(case)
    told = known(case, "entropies", _excess)
    return math.fsum(value for _, value in told), float(len(told))


def _excess(token: ScoredToken) -> float | None:
    if token.logprob is None or token.entropy is None:
        return None
    return -token.logprob - token.entropy
