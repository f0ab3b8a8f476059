"""Integers in as few bytes as they need: seven bits a byte, the lowest first. Pure.

Signed numbers are folded first, so that small negative ones stay short.
"""

from __future__ import annotations


def put(out: bytearray, value: int) -> None:
    """Appends `value` (not negative) to `out`."""
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def put_signed(out: bytearray, value: int) -> None:
    """Appends `value`, of any sign, to `out`."""
    put(out, value << 1 if value >= 0 else ((-value) << 1) - 1)


def get_all(data: bytes) -> list[int]:
    """Every number in `data`, which holds nothing else; several times quicker than a `Reader`."""
    found: list[int] = []
    value = shift = 0
    for byte in data:
        if byte < 128:
            found.append(value | byte << shift)
            value = shift = 0
        else:
            value |= (byte & 127) << shift
            shift += 7
    return found


def unfolded(value: int) -> int:
    """The signed number that `put_signed` folded into `value`."""
    return -((value + 1) >> 1) if value & 1 else value >> 1


class Reader:
    """Reads back, in order, what was put into `data`."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def get(self) -> int:
        """The next number, which was put by `put`."""
        value = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            if byte < 128:
                return value | byte << shift
            value |= (byte & 127) << shift
            shift += 7

    def get_signed(self) -> int:
        """The next number, which was put by `put_signed`."""
        return unfolded(self.get())

    def take(self, num_bytes: int) -> bytes:
        """The next bytes as they are."""
        start = self._at
        self._at += num_bytes
        return self._data[start : self._at]

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._at)

    @property
    def exhausted(self) -> bool:
        """Whether everything has been read."""
        return self._at >= len(self._data)
