"""Where a continuation is cut: what was accepted of it, and a part of another that can be compared with that.

Lengths and places are code points; a fraction is of UTF-16 units, as a browser counts letters.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_WORD = 32
"""So many code points a word may go on behind a cut; scripts without spaces know no nearer end."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_JOINER = "\u200d"


def storable(text: str) -> str:
    """`text` with U+FFFD for each lone surrogate, which neither UTF-8 nor Parquet can hold.

    As long as before, in code points and in UTF-16 units, so that fractions of it stay what they were.
    """
    return _SURROGATE.sub("\ufffd", text)


def accepted_part(text: str, taken: float) -> str:
    """The beginning of `text` that was accepted: the fraction `taken` (0 to 1) of its UTF-16 units.

    Never half of a character: where the fraction ends between the two units of one, it is left out.
    """
    if taken >= 1:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    part = units[: 2 * round(max(taken, 0.0) * (len(units) // 2))].decode(
        "utf-16-le", "surrogatepass"
    )
    return part[:-1] if part and "\ud800" <= part[-1] <= "\udbff" else part


def comparable_part(text: str, length: int) -> str:
    """The beginning of `text` up to the first word border at or behind `length` code points.

    All of `text` where it is not longer. A word that does not end within `LONGEST_WORD` is cut after
    `length`, but not between a letter and its marks.
    """
    for end in range(length, min(length + LONGEST_WORD, len(text))):
        if not _inside_word(text, end):
            return text[:end]
    if length + LONGEST_WORD >= len(text):
        return text
    end = length
    while end < len(text) and _belongs(text, end):
        end += 1
    return text[:end]


def _inside_word(text: str, place: int) -> bool:
    """Whether a cut at `place` would part letters of one word, or a letter from its marks."""
    if place <= 0:
        return False
    left, right = text[place - 1], text[place]
    if _belongs(text, place):
        return True
    if right in "'’" and left.isalnum():
        return text[place + 1 : place + 2].isalnum()
    in_word = left.isalnum() or left in "'’_" or _is_mark(left)
    return in_word and (right.isalnum() or right == "_")


def _belongs(text: str, place: int) -> bool:
    """Whether what stands right of `place` is drawn as one letter with what stands left of it."""
    if place <= 0:
        return False
    left, right = text[place - 1], text[place]
    return right == _JOINER or left == _JOINER or _is_mark(right)


def _is_mark(letter: str) -> bool:
    """Combining marks, variation selectors and the five colours of skin."""
    return unicodedata.category(letter)[0] == "M" or "\U0001f3fb" <= letter <= "\U0001f3ff"
