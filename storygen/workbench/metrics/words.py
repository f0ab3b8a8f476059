"""Texts cut for the text metrics: words, and runs of several of them.

A word is a run of letters, marks and digits, in small letters; a sign of a script that puts no spaces
between words (Chinese, Japanese, Thai and the like) stands alone. On ASCII these are the words of ROUGE.
"""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Sequence

import regex

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(
    rf"(?V1)[{_UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+|\p{{Emoji_Presentation}}"
)


@functools.lru_cache(maxsize=256)
def words(text: str) -> tuple[str, ...]:
    """The words of `text` in small letters, without punctuation; an emoji is a word of its own."""
    return tuple(_WORD.findall(unicodedata.normalize("NFC", text).lower()))


def ngrams(units: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    """How often each run of `size` neighbours stands in `units`."""
    return Counter(zip(*(units[start:] for start in range(size)), strict=False))


def shared(one: Counter[tuple[str, ...]], other: Counter[tuple[str, ...]]) -> int:
    """How many both have, each counted as often as the one that has it less often."""
    if len(other) < len(one):
        one, other = other, one
    return sum(min(count, other[gram]) for gram, count in one.items() if gram in other)
