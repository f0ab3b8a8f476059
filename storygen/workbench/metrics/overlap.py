"""How many words a text shares with a target: F1 and exact match as SQuAD counts them, and ROUGE.

All are between 0 and 1; of several targets the best one counts.

Source: Rajpurkar et al., SQuAD, 2016, whose script normalises (an empty answer as in SQuAD 2.0);
Lin, ROUGE, 2004, as the package rouge-score counts it without stemming.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

from .case import Case
from .words import ngrams, shared, words

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalised(text: str) -> str:
    """`text` in small letters without ASCII punctuation, English articles and needless spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(case: Case) -> float:
    """1.0 where the text, normalised, is one of the targets."""
    return float(normalised(case.text) in {normalised(target) for target in case.targets})


def f1(case: Case) -> float:
    """The harmonic mean of precision and recall of the normalised words."""
    found = normalised(case.text).split()
    return max(_f1(found, normalised(target).split()) for target in case.targets)


def _f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    if not found or not wanted:
        return float(found == wanted)
    num_shared = (Counter(found) & Counter(wanted)).total()
    return harmonic(num_shared, len(found), len(wanted))


def harmonic(num_shared: int, num_found: int, num_wanted: int) -> float:
    """The harmonic mean of precision and recall: of all that both have, how much they share."""
    return 2 * num_shared / (num_found + num_wanted) if num_shared else 0.0


def rouge_n(case: Case, size: int) -> float:
    """F of the runs of `size` words that text and target share."""
    found = ngrams(words(case.text), size)
    return max(_rouge_n(found, ngrams(words(target), size)) for target in case.targets)


def _rouge_n(found: Counter[tuple[str, ...]], wanted: Counter[tuple[str, ...]]) -> float:
    return harmonic(shared(found, wanted), found.total(), wanted.total())


def rouge_l(case: Case) -> float:
    """F of the longest sequence of words that both have in the same order, gaps allowed."""
    found = words(case.text)
    wanted = [words(target) for target in case.targets]
    return max(harmonic(common_length(found, one), len(found), len(one)) for one in wanted)


def common_length(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence. Time: the product of both lengths over a word's bits.

    Source: Hyyrö, Bit-parallel LCS-length computation revisited, 2004.
    """
    where: dict[str, int] = {}
    for place, word in enumerate(one):
        where[word] = where.get(word, 0) | 1 << place
    every = (1 << len(one)) - 1
    row = every
    for word in other:
        match = row & where.get(word, 0)
        row = (row + match | row - match) & every
    return (every ^ row).bit_count()
