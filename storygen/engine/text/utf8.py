"""Where characters begin and end in UTF-8, and which bytes can follow an unfinished one."""

from __future__ import annotations

import codecs

_strict = codecs.getincrementaldecoder("utf-8")


def is_boundary(data: bytes | bytearray, at: int) -> bool:
    """Whether a character begins at byte `at` (or the data ends there)."""
    return at >= len(data) or data[at] & 0xC0 != 0x80


def unfinished_tail(data: bytes | bytearray) -> bytes:
    """The last bytes of `data` if they begin a character that isn't whole yet, else nothing."""
    for num_bytes in range(1, min(4, len(data) + 1)):
        lead = data[-num_bytes]
        if lead & 0xC0 == 0x80:
            continue
        needed = 4 if lead >= 0xF0 else 3 if lead >= 0xE0 else 2 if lead >= 0xC0 else 1
        return bytes(data[-num_bytes:]) if needed > num_bytes else b""
    return b""


def can_follow(unfinished: bytes, data: bytes) -> bool:
    """Whether `unfinished + data` is the beginning of well-formed UTF-8 (its last character may be cut)."""
    both = unfinished + data
    try:
        _strict().decode(both)
    except UnicodeDecodeError:
        return False
    # Python takes the first two bytes of a surrogate for unfinished, though no third one makes them good.
    return not (len(both) >= 2 and both[-2] == 0xED and both[-1] >= 0xA0)
