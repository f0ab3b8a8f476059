"""What of a text is spoken: between quotation marks of several languages, or after a dash that opens a line.

A quotation ends with its line at the latest, so that a mark which was forgotten costs one paragraph.
Offsets are code points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLOSERS = {
    '"': '"',
    "“": "”",
    "„": "“”",  # German, Polish
    "”": "”",  # Swedish, Finnish
    "«": "»",
    "»": "«»",  # German, Danish; Finnish
    "‹": "›",
    "‘": "’",
    "「": "」",
    "『": "』",
    "〝": "〟",
    "＂": "＂",
}
OPENERS = frozenset(_CLOSERS)

_MARKS = re.compile("[" + "".join(sorted({*_CLOSERS, *"".join(_CLOSERS.values())})) + "]")
_DASHED = re.compile(r"\s*(?:[—–―]|--)")
_LINE = re.compile(r"[^\n]+")
_LONGEST_LINE = 2000  # of the text before, which may be one endless line


def spoken_share(before: str, text: str) -> float:
    """0 to 1: the share of the characters of `text` that are spoken, where it goes on from `before`.

    A quotation that is open at the end of `before` goes on in `text`.
    """
    if not text:
        return 0.0
    line = before[-_LONGEST_LINE:].rpartition("\n")[2]
    begun = len(line)
    spans = _spans(line + text)
    return sum(max(end - max(start, begun), 0) for start, end in spans) / len(text)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what is spoken, marks included."""
    for line in _LINE.finditer(text):
        if _DASHED.match(line[0]):
            yield line.span()
        else:
            yield from _quoted(text, *line.span())


def _quoted(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    opened, closers = start, ""
    for mark in _MARKS.finditer(text, start, end):
        if closers and mark[0] in closers and not _is_apostrophe(text, mark.start()):
            yield opened, mark.end()
            closers = ""
        elif not closers and mark[0] in OPENERS:
            opened, closers = mark.start(), _CLOSERS[mark[0]]
    if closers:
        yield opened, end


def _is_apostrophe(text: str, at: int) -> bool:
    return text[at] == "’" and text[at + 1 : at + 2].isalnum()
