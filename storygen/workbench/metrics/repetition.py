"""What a text says about itself: how long it is, how varied, how often it says the same again."""

from __future__ import annotations

from collections.abc import Sequence

from .case import Case
from .silence import SilenceError
from .words import ngrams, words


def distinct(case: Case, size: int) -> float:
    """The share of different ones among all runs of `size` words.

    Source: Li et al., A diversity-promoting objective function for neural conversation models, 2016.
    """
    found = ngrams(words(case.text), size)
    if not found:
        raise SilenceError(_too_short(size))
    return len(found) / found.total()


def repeated(case: Case, size: int) -> float:
    """The share of the runs of `size` words that stood earlier in the same text."""
    return 1 - distinct(case, size)


def _too_short(size: int) -> str:
    return "The text has no words." if size == 1 else f"The text has fewer than {size} words."


def longest_repeat(case: Case) -> float:
    """How many words the longest stretch has that stands in the text twice; both may overlap."""
    found = words(case.text)
    low, high = 0, max(len(found) - 1, 0)
    while low < high:  # what is repeated has beginnings that are repeated too
        middle = (low + high + 1) // 2
        if _repeats(found, middle):
            low = middle
        else:
            high = middle - 1
    return float(low)


def _repeats(units: Sequence[str], size: int) -> bool:
    seen: set[Sequence[str]] = set()
    for start in range(len(units) - size + 1):
        stretch = units[start : start + size]
        if stretch in seen:
            return True
        seen.add(stretch)
    return False


def num_words(case: Case) -> float:
    """How many words the text has."""
    return float(len(words(case.text)))


def num_characters(case: Case) -> float:
    """How many code points the text has."""
    return float(len(case.text))
