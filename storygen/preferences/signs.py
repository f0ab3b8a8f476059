"""Signs of trouble in a story, and how far it has come, from its text and its tokens' log-probabilities.

A word here is a run of letters, marks and digits. In scripts that put no spaces between words (Chinese,
Japanese, Thai, …) each character counts as one, and so it does in any run of more than 40 letters or more
than 4 symbols, so that "aaaa…" and "!!!!…" are seen for what they are. Capitals make no difference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

from .observations import Situation

REPETITION_WORDS = 200
"""Of so many last words the repetition is told."""

NGRAM = 4
"""Three words in a row come back in good prose ("out of the"); four seldom do."""

HIGH_REPETITION = 0.1
"""From here on a text repeats itself: good prose has under 0.05 in 200 words, a loop above 0.5."""

LOOP_WORDS = 60
"""When so many last words stand before already, word for word, the text runs in a circle."""

BEGINNING_STEPS, BEGINNING_WORDS = 4, 250
"""The beginning: up to this step and this many words."""

LATE_STEPS, LATE_WORDS = 16, 1500
"""Late: from this step or this many words on."""

PHASES = ("beginning", "middle", "late")

ENTROPY_TOKENS = 64
"""Over so many last tokens the entropy is averaged."""

FALLING = 0.2
"""Entropy falls when its straight line loses this fraction of its mean from the first value to the last."""

_LONGEST_WORD = 40
_LONGEST_SYMBOLS = 4
_CHARACTERS_OF_WINDOW = 8000  # in which 200 words stand in any script
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x30FF),  # kana, iteration mark
    (0x3400, 0x9FFF),  # Chinese characters
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def words(text: str) -> list[str]:
    """The words of `text`, lower case, in their order."""
    return [word for run, kind in _runs(text.casefold()) for word in _split(run, kind)]


def repetition(text: str) -> float:
    """0 to 1: the share of four-word sequences among the last 200 words that stood there before already.

    (all - different) / (all - 1): 0 when no sequence comes twice, 1 when there is but one. Under 8 words: 0.
    """
    tail = words(text[-_CHARACTERS_OF_WINDOW:])[-REPETITION_WORDS:]
    num = len(tail) - NGRAM + 1
    if len(tail) < 2 * NGRAM:
        return 0.0
    different = len({tuple(tail[at : at + NGRAM]) for at in range(num)})
    return (num - different) / (num - 1)


def runs_in_circle(text: str, num_words: int = LOOP_WORDS) -> bool:
    """Whether the last `num_words` words stand before already, in the same order; they may overlap."""
    all_words = words(text)
    if len(all_words) <= num_words:
        return False
    tail = "\0".join(["", *all_words[-num_words:], ""])
    before = "\0".join(["", *all_words[:-1], ""])
    return tail in before


def mean_entropy(logprobs: Sequence[float], num_tokens: int = ENTROPY_TOKENS) -> float | None:
    """The mean surprise of the last tokens, in nats: an estimate of the entropy. None where there are none.

    `logprobs`: of each token, natural logarithm. The mean of -log p over tokens drawn from p is the entropy
    of p; samplers that keep to likely tokens make it lower, which is the sign that is looked for.
    """
    last = [-one for one in logprobs[-num_tokens:] if one == one and one > -1e6]
    return sum(last) / len(last) if last else None


def slope(values: Sequence[float]) -> float:
    """Of the straight line through `values` by least squares, per place; 0 for fewer than two."""
    num = len(values)
    if num < 2:
        return 0.0
    middle, mean = (num - 1) / 2, sum(values) / num
    across = sum((at - middle) * (value - mean) for at, value in enumerate(values))
    return across / (num * (num * num - 1) / 12)


def is_falling(entropies: Sequence[float | None], least: int = 3) -> bool | None:
    """Whether entropy falls over `entropies`, oldest first, such as those of the last sets of a story.

    It does where the straight line through those known loses a fifth of their mean. None: fewer than
    `least` are known.
    """
    known = [one for one in entropies if one is not None]
    if len(known) < least:
        return None
    mean = sum(known) / len(known)
    return mean > 0 and -slope(known) * (len(known) - 1) >= FALLING * mean


def phase(situation: Situation) -> str:
    """ "beginning", "middle" or "late", whichever of steps and words says the later one."""
    if situation.step >= LATE_STEPS or situation.num_words >= LATE_WORDS:
        return "late"
    if situation.step > BEGINNING_STEPS or situation.num_words > BEGINNING_WORDS:
        return "middle"
    return "beginning"


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """(run, kind) of characters of one kind: "word", "alone" (a script without spaces) or "symbol"."""
    for kind, run in groupby(_joined(text), key=_kind):
        if kind:
            yield "".join(run), kind


def _joined(text: str) -> str:
    """Without the apostrophes and joiners that stand within words."""
    return text.translate({0x27: None, 0x2019: None, 0x200C: None, 0x200D: None, 0xAD: None})


def _kind(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return "word" if character.isalnum() else "" if character.isspace() else "symbol"
    if any(first <= code <= last for first, last in _UNSPACED):
        return "alone"
    category = unicodedata.category(character)[0]
    return "word" if category in "LMN" else "symbol" if category in "PS" else ""


def _split(run: str, kind: str) -> list[str]:
    if kind == "symbol":
        return list(run) if len(run) > _LONGEST_SYMBOLS else []
    return list(run) if kind == "alone" or len(run) > _LONGEST_WORD else [run]
