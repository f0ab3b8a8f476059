"""chrF from 0 to 100, of one text and of a corpus, with the numbers of sacrebleu's chrF2.

Runs of 1 to 6 characters without the spaces between them; recall weighs twice as much as precision.

Source: Popović, chrF: character n-gram F-score, 2015.
"""

from __future__ import annotations

from collections.abc import Sequence

from .case import Case
from .words import ngrams, shared

ORDER = 6
BETA = 2


def chrf_sums(case: Case) -> tuple[float, ...]:
    """What adds up over a corpus: per order what the text has, the target, and both; of the best target."""
    found = "".join(case.text.split())
    return max((_sums(found, "".join(one.split())) for one in case.targets), key=chrf_of)


def _sums(found: str, wanted: str) -> tuple[float, ...]:
    sums: list[float] = []
    for size in range(1, ORDER + 1):
        ours, theirs = ngrams(found, size), ngrams(wanted, size)
        sums += (ours.total() if theirs else 0, theirs.total(), shared(ours, theirs))
    return tuple(sums)


def chrf_of(sums: Sequence[float]) -> float:
    """chrF of such sums."""
    precisions, recalls = [], []
    for found, wanted, match in zip(sums[::3], sums[1::3], sums[2::3], strict=True):
        if found and wanted:
            precisions.append(match / found)
            recalls.append(match / wanted)
    if not any(precisions):
        return 0.0
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    weight = BETA**2
    return 100 * (1 + weight) * precision * recall / (weight * precision + recall)


def chrf(case: Case) -> float:
    """chrF of one text."""
    return chrf_of(chrf_sums(case))
