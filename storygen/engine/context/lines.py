"""Where in a growing text what stands "so many lines back" is put.

Lines are those that aren't blank. A place moves in steps, not with every new line: of L lines it stands
before line (L − N) − (L − N) mod N, so N to 2N − 1 lines back, and what stands before it stays a prefix.
For N = 0 that is the last sentence's end, or the text's: never in the middle of a sentence.

All places are bytes, and functions of the text alone, so that whoever reads it again finds the same.
"""

from __future__ import annotations

from bisect import bisect_left

from ..text.endings import last_sentence_end

TAIL_BYTES = 480


class Lines:
    """Follows a text that grows; after any other change it is begun anew."""

    def __init__(self) -> None:
        self._starts: list[int] = []  # of lines that aren't blank
        self._open = 0  # where the line begins that was the last one

    def read(self, data: bytearray) -> None:
        """Read on to the end of `data`, which begins with all that was read before."""
        del self._starts[bisect_left(self._starts, self._open) :]
        at = self._open
        for line in data[at:].split(b"\n"):
            if line.strip():
                self._starts.append(at)
            self._open = at
            at += len(line) + 1

    def place(self, depth: int, data: bytearray) -> int:
        """The byte before which something stands that is `depth` lines back."""
        if depth == 0:
            return self._end_of_sentence(data)
        back = len(self._starts) - depth
        number = back - back % depth
        return self._starts[number] if number > 0 else 0

    def _end_of_sentence(self, data: bytearray) -> int:
        last = self._starts[-1] if self._starts else 0
        if self._open > last:  # a line that has only begun
            return self._open
        start = max(last, len(data) - TAIL_BYTES)
        tail = data[start:].decode(errors="ignore")
        end = last_sentence_end(tail)
        if end is None:
            return last
        return len(data) - len(tail[end:].encode())

    def copied(self) -> Lines:
        """The same, to be read on by itself."""
        other = Lines()
        other._starts, other._open = list(self._starts), self._open
        return other
