"""Which identity stands where: the visible text as a list of spans in document order.

A span is a stretch of consecutive clocks of one client. Neighbours that continue each other are merged,
up to a size that keeps conversions inside a span cheap. The list never looks at the CRDT; it is moved
through every change of the text, so that any character's identity, and any identity's place, is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..store.records import Span
from .units import bytes_of_units, units_of_bytes

_MAX_UNITS = 4096


class SpanList:
    """Spans of the whole visible text. Methods take the text's bytes as they were before the change."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans = list(spans)

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def insert(self, text: bytearray, at: int, span: Span) -> None:
        """Put `span` before byte `at`; `text` is the text without it."""
        index = self._split(text, at)
        self._spans.insert(index, span)
        self._merge(index)
        self._merge(index - 1)

    def delete(self, text: bytearray, at: int, num_bytes: int) -> None:
        """Remove the spans of bytes `[at, at + num_bytes)`; `text` still holds them."""
        first = self._split(text, at)
        last = self._split(text, at + num_bytes)
        del self._spans[first:last]
        self._merge(first - 1)

    def left_of(self, text: bytearray, at: int) -> tuple[int, int] | None:
        """Identity of the last UTF-16 unit before byte `at`; None at the start."""
        start = 0
        for span in self._spans:
            end = start + span.num_bytes
            if start < at <= end:
                return span.client, span.clock + units_of_bytes(text[start:end], at - start) - 1
            start = end
        return None

    def after(self, text: bytearray, client: int, clock: int) -> int | None:
        """Byte offset just after the character with this identity; None when it no longer stands."""
        start = 0
        for span in self._spans:
            end = start + span.num_bytes
            if span.client == client and span.clock <= clock < span.clock + span.units:
                return start + bytes_of_units(text[start:end], clock - span.clock + 1)
            start = end
        return None

    def between(self, text: bytearray, start: int, end: int) -> list[tuple[int, Span]]:
        """The spans of bytes `[start, end)`, cut to it, each with its byte offset."""
        found = []
        at = 0
        for span in self._spans:
            stop = at + span.num_bytes
            if stop > start and at < end:
                cut = _cut(span, text[at:stop], max(start - at, 0), min(end, stop) - at)
                found.append((max(at, start), cut))
            at = stop
        return found

    def _split(self, text: bytearray, at: int) -> int:
        """The index of the span that begins at byte `at`, made by cutting one in two if need be."""
        start = 0
        for index, span in enumerate(self._spans):
            if start == at:
                return index
            end = start + span.num_bytes
            if start < at < end:
                raw = text[start:end]
                self._spans[index : index + 1] = [
                    _cut(span, raw, 0, at - start),
                    _cut(span, raw, at - start, span.num_bytes),
                ]
                return index + 1
            start = end
        assert start == at, f"byte {at} is past the end of the text ({start})"
        return len(self._spans)

    def _merge(self, index: int) -> None:
        """Make one span of the one at `index` and the next, where the second continues the first."""
        if not 0 <= index < len(self._spans) - 1:
            return
        left, right = self._spans[index], self._spans[index + 1]
        continues = left.client == right.client and left.clock + left.units == right.clock
        if continues and left.units + right.units <= _MAX_UNITS:
            self._spans[index : index + 2] = [
                Span(
                    left.client,
                    left.clock,
                    left.units + right.units,
                    left.num_bytes + right.num_bytes,
                )
            ]


def _cut(span: Span, raw: bytes | bytearray, start: int, end: int) -> Span:
    """Bytes `[start, end)` of a span whose text is `raw`."""
    if start == 0 and end == span.num_bytes:
        return span
    before = units_of_bytes(raw, start)
    return Span(span.client, span.clock + before, units_of_bytes(raw, end) - before, end - start)
