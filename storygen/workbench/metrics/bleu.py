"""BLEU from 0 to 100, of one text and of a corpus, with the numbers of sacrebleu.

Tokens are those of its default, "13a". Where no run of some length matches, smoothing "exp" stands in
for it: 1/2, then 1/4 ... of one match. One text is judged by the lengths that it has ("effective order").

Source: Papineni et al., BLEU, 2002; Post, A call for clarity in reporting BLEU scores, 2018; NIST's
mteval-v13a for the tokens.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Sequence

from .case import Case
from .words import ngrams, shared

ORDER = 4
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_CUTS = (
    (re.compile(r"([!-&(-+/:-@\[-`{-~])"), r" \1 "),  # a sign that never belongs to a number
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)


@functools.lru_cache(maxsize=256)
def tokens_13a(text: str) -> tuple[str, ...]:
    """`text` cut as mteval-v13a cuts it."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    text = f" {text} "
    for pattern, spaced in _CUTS:
        text = pattern.sub(spaced, text)
    return tuple(text.split())


def bleu_sums(case: Case) -> tuple[float, ...]:
    """What adds up over a corpus: both lengths, then for each order the matches and what there was."""
    found = tokens_13a(case.text)
    wanted = [tokens_13a(target) for target in case.targets]
    closest = min((abs(len(one) - len(found)), len(one)) for one in wanted)[1]
    sums: list[float] = [len(found), closest]
    for size in range(1, ORDER + 1):
        most: Counter[tuple[str, ...]] = Counter()
        for one in wanted:
            most |= ngrams(one, size)
        ours = ngrams(found, size)
        sums += (shared(ours, most), ours.total())
    return tuple(sums)


def bleu_of(sums: Sequence[float], *, effective_order: bool = False) -> float:
    """BLEU of such sums."""
    length, wanted_length, *counts = sums
    matches, totals = counts[::2], counts[1::2]
    if not any(matches):
        return 0.0
    logs, halving = [], 1.0
    for match, total in zip(matches, totals, strict=True):
        if total == 0:
            break
        if match == 0:
            halving *= 2
        logs.append(math.log((match or 1 / halving) / total))
    if len(logs) < ORDER and not effective_order:
        return 0.0
    brevity = min(0.0, 1 - wanted_length / length)
    return 100 * math.exp(brevity + math.fsum(logs) / len(logs))


def bleu(case: Case) -> float:
    """BLEU of one text; all targets count at once."""
    return bleu_of(bleu_sums(case), effective_order=True)
