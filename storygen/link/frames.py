"""Newline-delimited frames out of a byte stream; knows no socket."""

from __future__ import annotations

from ..errors import BadRequestError

MAX_LINE_BYTES = 64 * 1024 * 1024


class LineReader:
    """Collects received bytes and gives back whole lines, without their newline."""

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._parts: list[bytes] = []
        self._num_bytes = 0
        self._max = max_line_bytes

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, in order.

        Raises: BadRequestError when a line grows past the limit.
        """
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join(self._parts) + lines[0]
            self._parts, self._num_bytes = [], 0
        if rest:
            self._parts.append(rest)
            self._num_bytes += len(rest)
        if self._num_bytes > self._max:
            raise BadRequestError("A line on the worker link is too long.")
        return lines
