"""The metrics that come with the workbench, and how a developer's list names others.

The sentences say what a number means and where it misleads; a page shows them.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from ...errors import BadRequestError
from . import bleu, chrf, overlap, probability, repetition
from .case import Case
from .metric import Direction, Format, Metric, Need, Pool, Sums, ratio

HIGHER, LOWER, NEITHER = Direction.HIGHER, Direction.LOWER, Direction.NEITHER
_TARGET, _SCORES = frozenset({Need.TARGET}), frozenset({Need.SCORES})
SHARE = "{:.1%}"


def _against(
    name: str, title: str, value: Callable[[Case], float], sentence: str, pool: Pool | None = None
) -> Metric:
    """A metric of a text and a target: a share, or out of 100 where it pools."""
    format, high = (SHARE, 1.0) if pool is None else ("{:.1f}", 100.0)
    return Metric(name, value, format, title, sentence, HIGHER, _TARGET, pool, high=high)


def _alone(
    name: str,
    title: str,
    value: Callable[[Case], float],
    sentence: str,
    format: Format = "{:.0f}",
    high: float | None = None,
) -> Metric:
    """A metric of a text for itself."""
    return Metric(name, value, format, title, sentence, NEITHER, high=high)


def _scored(
    name: str,
    title: str,
    sums: Callable[[Case], Sums],
    of: Callable[[Sequence[float]], float],
    sentence: str,
    direction: Direction,
    format: Format = "{:.2f}",
    high: float | None = None,
    low: float | None = 0.0,
) -> Metric:
    """A metric of what a model thought, whose sums run over all tokens of a corpus."""
    return Metric(
        name,
        lambda case: of(sums(case)),
        format,
        title,
        sentence,
        direction,
        _SCORES,
        Pool(sums, of),
        low,
        high,
    )


def _mean(read: Callable[[Case], Sequence[float]]) -> Callable[[Case], Sums]:
    """Sums whose ratio is the mean of what `read` gives for each token."""

    def sums(case: Case) -> Sums:
        values = read(case)
        return float(sum(values)), float(len(values))

    return sums


def _share(holds: Callable[[float], bool]) -> Callable[[Case], Sums]:
    """Sums whose ratio is the share of the tokens whose rank is such."""
    return _mean(lambda case: [float(holds(rank)) for rank in probability.ranks(case)])


_TEXT = (
    _against(
        "f1",
        "F1",
        overlap.f1,
        "How many words the text and the target share, in any order, as SQuAD counts them. Kind to "
        "short answers, blind to their order; English articles and punctuation don't count.",
    ),
    _against(
        "exact_match",
        "Exact match",
        overlap.exact_match,
        "Whether the text is the target, but for capitals, punctuation and English articles. For short "
        "answers; a right one in other words counts as wrong.",
    ),
    _against(
        "bleu",
        "BLEU",
        bleu.bleu,
        "Runs of up to four words that stand in the target too, 0 to 100, as sacrebleu counts them "
        "(tokens 13a, smoothing exp). Made for whole corpora of translations: of one text it is rough.",
        Pool(bleu.bleu_sums, bleu.bleu_of),
    ),
    _against(
        "chrf",
        "chrF",
        chrf.chrf,
        "Runs of up to six characters shared with the target, 0 to 100, as sacrebleu's chrF2. Works for "
        "languages with many word forms, and without spaces; says little about open stories.",
        Pool(chrf.chrf_sums, chrf.chrf_of),
    ),
    _against(
        "rouge1",
        "ROUGE-1",
        partial(overlap.rouge_n, size=1),
        "Words shared with the target, F-measure, without stemming. Blind to their order and to meaning.",
    ),
    _against(
        "rouge2",
        "ROUGE-2",
        partial(overlap.rouge_n, size=2),
        "Pairs of neighbouring words shared with the target, F-measure. Another wording counts as wrong.",
    ),
    _against(
        "rougeL",
        "ROUGE-L",
        overlap.rouge_l,
        "The longest sequence of words that text and target have in the same order, gaps allowed, "
        "F-measure. Rewards the target's order, not its meaning.",
    ),
)

_ALONE = (
    *(
        _alone(
            f"distinct{size}",
            f"Distinct-{size}",
            partial(repetition.distinct, size=size),
            f"The share of different ones among all {what}. Falls as a text grows longer, so compare "
            "texts of like length.",
            SHARE,
            1.0,
        )
        for size, what in ((1, "words"), (2, "pairs of neighbouring words"))
    ),
    Metric(
        "repetition",
        partial(repetition.repeated, size=4),
        SHARE,
        "Repetition",
        "The share of runs of four words that stood earlier in the same text. Above some percent a text "
        "usually goes in circles; a refrain counts too.",
        LOWER,
        high=1.0,
    ),
    _alone(
        "longest_repeat",
        "Longest repeat",
        repetition.longest_repeat,
        "How many words the longest stretch has that stands in the text twice (both may overlap). Grows "
        "with the text's length.",
    ),
    _alone("words", "Words", repetition.num_words, "How many words the text has."),
    _alone("characters", "Characters", repetition.num_characters, "How many characters it has."),
)

_PROBABILITY = (
    _scored(
        "perplexity",
        "Perplexity",
        probability.surprise_sums,
        probability.perplexity_of,
        "Among so many equally likely tokens the model would have been as unsure. Only comparable "
        "between models with the same tokens; a text in circles has a low one.",
        LOWER,
        low=1.0,
    ),
    _scored(
        "cross_entropy",
        "Cross-entropy",
        probability.surprise_sums,
        ratio,
        "The mean surprise of a token, in nats. Only comparable between models with the same tokens.",
        LOWER,
        "{:.3f}",
    ),
    _scored(
        "bits_per_byte",
        "Bits per byte",
        probability.byte_sums,
        probability.bits_per_byte_of,
        "The surprise of the text for each of its bytes, in bits: comparable between models with "
        "different tokens, not between languages.",
        LOWER,
        "{:.3f}",
    ),
    _scored(
        "mean_rank",
        "Mean rank",
        _mean(probability.ranks),
        ratio,
        "The mean place of a token among all that the model thought possible; 1 is the likeliest. A few "
        "very unlikely ones carry it far off.",
        LOWER,
        "{:.1f}",
        low=1.0,
    ),
    Metric(
        "median_rank",
        probability.median_rank,
        "{:.1f}",
        "Median rank",
        "The place that half of the tokens reach; 1 is the likeliest. Of several texts, the mean of "
        "their medians.",
        LOWER,
        _SCORES,
        low=1.0,
    ),
    _scored(
        "rank1",
        "At rank 1",
        _share(lambda rank: rank == 1),
        ratio,
        "The share of tokens that were the likeliest at their place.",
        HIGHER,
        SHARE,
        1.0,
    ),
    _scored(
        "within10",
        "Within 10",
        _share(lambda rank: rank <= 10),
        ratio,
        "The share of tokens that were among the ten likeliest at their place.",
        HIGHER,
        SHARE,
        1.0,
    ),
    _scored(
        "surprising",
        "Surprising",
        probability.surprising_sums,
        ratio,
        "The share of tokens that the model gave a chance of less than 1 in 100.",
        LOWER,
        SHARE,
        1.0,
    ),
    _scored(
        "entropy",
        "Entropy",
        _mean(probability.entropies),
        ratio,
        "How unsure the model was on average before each token, in nats, whatever came then.",
        NEITHER,
        "{:.3f}",
    ),
    Metric(
        "entropy_spread",
        lambda case: statistics.pstdev(probability.entropies(case)),
        "{:.3f}",
        "Spread of entropy",
        "The standard deviation of the entropy within a text, in nats: whether sure and open places "
        "alternate.",
        NEITHER,
        _SCORES,
    ),
    _scored(
        "excess",
        "Excess surprise",
        probability.excess_sums,
        ratio,
        "By how many nats a token surprised the model more than it expected. Near 0 for what it writes "
        "itself at temperature 1; below 0 for safe text; above 0 for what is strange to it.",
        NEITHER,
        "{:+.3f}",
        low=None,
    ),
)

BUILT_IN: tuple[Metric, ...] = (*_TEXT, *_ALONE, *_PROBABILITY)
"""Every metric that comes with the workbench, in the order shown."""

_BY_NAME = {one.name: one for one in BUILT_IN}


Given = Metric | str | Callable[[Case], "float | None"] | tuple[object, Format]
"""What a developer's list of metrics may hold."""


def as_metric(given: Given) -> Metric:
    """The metric that a developer meant: one, a built-in one's name, a function, or (function, format).

    Raises: BadRequestError for anything else.
    """
    if isinstance(given, Metric):
        return given
    if isinstance(given, str):
        if given not in _BY_NAME:
            known = ", ".join(_BY_NAME)
            raise BadRequestError(f"There is no metric {given!r}; there are {known}.")
        return _BY_NAME[given]
    if callable(given):
        return Metric.of(given)
    if isinstance(given, tuple) and len(given) == 2 and callable(given[0]):
        return Metric.of(given[0], given[1])
    raise BadRequestError(
        "A metric is a Metric, the name of one, a function, or a function and a format."
    )


def chosen(given: Iterable[Given]) -> tuple[Metric, ...]:
    """The metrics of a developer's list; of two with one name the later stands in the earlier's place."""
    by_name: dict[str, Metric] = {}
    for one in map(as_metric, given):
        by_name[one.name] = one
    return tuple(by_name.values())
