"""The one place where units of text offsets are converted.

UTF-16 units in the browser and in CRDT clocks, UTF-8 bytes in pycrdt and in our offsets, code points in
Python strings and on the worker link.
"""


def utf16_units(text: str) -> int:
    """How many UTF-16 units `text` has."""
    return len(text) + sum(1 for char in text if char > "\uffff")


def num_bytes(text: str) -> int:
    """How many bytes `text` has in UTF-8."""
    return len(text.encode())


def bytes_of_units(raw: bytes | bytearray, units: int) -> int:
    """How many of the bytes of `raw` (UTF-8) its first `units` UTF-16 units take.

    A count that would split a character is rounded up to the character's end.
    """
    if raw[:units].isascii():
        return min(units, len(raw))
    seen = 0
    for at, byte in enumerate(raw):
        if byte & 0xC0 == 0x80:
            continue
        if seen >= units:
            return at
        seen += 2 if byte >= 0xF0 else 1
    return len(raw)


def units_of_bytes(raw: bytes | bytearray, offset: int) -> int:
    """How many UTF-16 units the first `offset` bytes of `raw` are."""
    head = raw[:offset]
    return len(head) if head.isascii() else utf16_units(head.decode())
