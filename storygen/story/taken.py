"""Which units of a text that is taken from a card are the model's: stretches of what its tokens say. Pure.

An edited card keeps its common beginning and end with what the tokens say; what stands between is a
person's. The browser's `static/js/document/taken.js` says the same. Offsets are UTF-16 units.
"""

from __future__ import annotations

from collections.abc import Iterator

_BYTES = 2  # of a unit


def stretches(written: str, shown: str, units: int) -> list[tuple[str, int | None]]:
    """The first `units` units of `shown` in pieces: each with the unit of `written` that it begins at, or
    None for a person's own. A unit that would split a character is left out.
    """
    if written == shown:
        return [(text, 0)] if (text := _cut(shown, 0, units)) else []
    head, tail = _common(written, shown)
    tail_at = _units(shown) - tail
    pieces = (
        (_cut(shown, 0, min(units, head)), 0),
        (_cut(shown, head, min(units, tail_at)), None),
        (_cut(shown, tail_at, units), _units(written) - tail),
    )
    return [(text, start) for text, start in pieces if text]


def _common(written: str, shown: str) -> tuple[int, int]:
    """Units that both have at their beginning and, apart from those, at their end."""
    most = min(len(written), len(shown))
    head = _same(zip(written, shown, strict=False), most)
    tail = _same(zip(reversed(written), reversed(shown), strict=False), most - head)
    return _units(shown[:head]), _units(shown[len(shown) - tail :])


def _same(pairs: Iterator[tuple[str, str]], most: int) -> int:
    num = 0
    for one, other in pairs:
        if num == most or one != other:
            break
        num += 1
    return num


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // _BYTES


def _cut(text: str, start: int, end: int) -> str:
    raw = text.encode("utf-16-le", "surrogatepass")[_BYTES * start : _BYTES * max(start, end)]
    return raw.decode("utf-16-le", "ignore")
