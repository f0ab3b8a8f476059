"""Where a sentence or a paragraph that is being written ends, and how much of a stop string stands.

All pure functions of text. A sentence's end shows only when something follows it (a closing quote may),
so the ends lie before the last character.
"""

from __future__ import annotations

import re

_CLOSERS = "\"'”’»)\\]」』）】›"
_SENTENCE = re.compile(
    rf"(?P<stop>[.!?…]+)[{_CLOSERS}]*(?=\s)|[。！？]+[{_CLOSERS}]*(?=[^{_CLOSERS}。！？])|(?=\n)"
)
_ENDED = re.compile(rf"(?P<stop>[.!?…]+)[{_CLOSERS}]*(?=\s|$)|[。！？]+[{_CLOSERS}]*")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“\"'])(?:Mrs?|Ms|Dr|St|Prof|Sr|Jr|vs|cf|No|[A-Z]|[eE]\.g|[iI]\.e)$"
)


def sentence_end(text: str) -> int | None:
    """The code point after the first sentence in `text`, or None while it may still go on."""
    for match in _SENTENCE.finditer(text):
        before = text[: match.start()]
        if not (before + match[0]).strip():
            continue
        if match["stop"] == "." and _ABBREVIATION.search(before):
            continue
        return match.end()
    return None


def last_sentence_end(text: str) -> int | None:
    """The code point after the last sentence that has ended in `text`, nothing need follow it; or None."""
    last = None
    for match in _ENDED.finditer(text):
        before = text[: match.start()]
        number = match["stop"] == "." and match.end() == len(text) and before[-1:].isdigit()
        if not number and not (match["stop"] == "." and _ABBREVIATION.search(before)):
            last = match.end()
    return last


def paragraph_end(text: str) -> int | None:
    """The code point before the line break that ends the first paragraph, or None while it goes on."""
    num_leading = len(text) - len(text.lstrip())
    at = text.find("\n", num_leading)
    return None if at < 0 else at


def find_stop(text: str, stops: tuple[str, ...]) -> int | None:
    """Where the first stop string in `text` begins, or None."""
    found = [at for at in (text.find(stop) for stop in stops) if at >= 0]
    return min(found, default=None)


def num_held_for_stops(text: str, stops: tuple[str, ...]) -> int:
    """How many characters at the end of `text` might be the beginning of a stop string."""
    longest = max((len(stop) for stop in stops), default=0)
    for size in range(min(longest - 1, len(text)), 0, -1):
        if any(stop.startswith(text[-size:]) for stop in stops):
            return size
    return 0
