"""The words of `signs`, found faster in the scripts that most stories are written in.

Latin, Greek and Cyrillic letters without marks of their own need one regular expression; whatever is rarer,
and endless runs of letters or symbols, is left to `signs.words`, which gives the same for all.
"""

from __future__ import annotations

import re

from .. import signs

_PLAIN = re.compile("[\0-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2010-\u2027\u20a0-\u20bf]*")
_ENDLESS = re.compile(r"[^\W_]{41}|(?:[^\w\s]|_){5}")
_WORD = re.compile(r"[^\W_]+")
_WITHIN_WORDS = {0x27: None, 0x2019: None, 0xAD: None}


def words(text: str) -> list[str]:
    """What `signs.words` gives: the words of `text`, lower case, in their order."""
    folded = text.casefold()
    if _PLAIN.fullmatch(folded):
        joined = folded.translate(_WITHIN_WORDS)
        if not _ENDLESS.search(joined):
            return _WORD.findall(joined)
    return signs.words(text)
