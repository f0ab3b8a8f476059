"""The one place where units of text offsets are converted.

UTF-16 units in the browser and in CRDT clocks, UTF-8 bytes in pycrdt and in our offsets, code points in
Python strings and on the worker link.
"""


def utf16_units(text: str) -> int:
    """How many UTF-16 units `text` has."""
    return len(text) if text.isascii() else len(_wide(text)) // 2


def num_bytes(text: str) -> int:
    """How many bytes `text` has in UTF-8."""
    return len(text.encode())


def bytes_of_units(raw: bytes | bytearray, units: int) -> int:
    """How many of the bytes of `raw` (UTF-8) its first `units` UTF-16 units take.

    A count that would split a character is rounded up to the character's end.
    """
    if raw[:units].isascii():
        return min(units, len(raw))
    text = raw.decode(errors="ignore")  # `raw` may end inside a character
    wide = _wide(text)
    if 2 * units > len(wide):
        return len(raw)
    cuts_pair = units > 0 and wide[2 * units - 1] & 0xFC == 0xD8
    return len(wide[: 2 * (units + cuts_pair)].decode("utf-16-le").encode())


def units_of_bytes(raw: bytes | bytearray, offset: int) -> int:
    """How many UTF-16 units the first `offset` bytes of `raw` are."""
    head = raw[:offset]
    return len(head) if head.isascii() else utf16_units(head.decode())


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")
