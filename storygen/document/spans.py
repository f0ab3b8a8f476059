"""Which identity stands where: the visible text as a list of spans in document order.

A span is a stretch of consecutive clocks of one client. Neighbours that continue each other are merged,
up to a size that keeps conversions inside a span cheap (one of ASCII needs none). The list never looks
at the CRDT; it is moved through every change of the text, so that any character's identity, and any
identity's place, is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from ..store.records import Span
from .units import bytes_of_units, units_of_bytes

_MAX_UNITS = 4096
_MAX_CHUNK = 128


class SpanList:
    """Spans of the whole visible text. Methods take the text's bytes as they were before the change.

    The spans lie in chunks whose lengths in bytes are known, so that a place in a text of a hundred
    thousand pieces is found without looking at each.
    """

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        whole = list(spans)
        self._chunks = [whole[at : at + _MAX_CHUNK] for at in range(0, len(whole), _MAX_CHUNK)]
        self._chunks = self._chunks or [[]]
        self._num_bytes = [_length(chunk) for chunk in self._chunks]
        self._near = (0, 0)  # a chunk and where it begins: the next place is looked for from there

    def __iter__(self) -> Iterator[Span]:
        return chain.from_iterable(self._chunks)

    def insert(self, text: bytearray, at: int, span: Span) -> None:
        """Put `span` before byte `at`; `text` is the text without it."""
        chunk, index = self._split(text, at)
        self._step_back()
        self._chunks[chunk].insert(index, span)
        self._num_bytes[chunk] += span.num_bytes
        self._merge(chunk, index)
        self._merge(*self._before(chunk, index))
        self._halve(chunk)

    def delete(self, text: bytearray, at: int, num_bytes: int) -> None:
        """Remove the spans of bytes `[at, at + num_bytes)`; `text` still holds them."""
        first, start = self._split(text, at)
        self._step_back()
        before = self._near
        last, stop = self._split(text, at + num_bytes)
        if first == last:
            del self._chunks[first][start:stop]
        else:
            del self._chunks[first][start:], self._chunks[last][:stop]
            del self._chunks[first + 1 : last], self._num_bytes[first + 1 : last]
            self._num_bytes[first + 1] = _length(self._chunks[first + 1])
        self._num_bytes[first] = _length(self._chunks[first])
        for chunk in (first + 1, first):
            self._drop_if_empty(chunk)
        self._merge(*self._before(first, start))
        self._halve(first)
        self._near = before

    def left_of(self, text: bytearray, at: int) -> tuple[int, int] | None:
        """Identity of the last UTF-16 unit before byte `at`; None at the start."""
        for start, span in self._from(at - 1):
            end = start + span.num_bytes
            if start < at <= end:
                return span.client, span.clock + _units_before(span, text, start, at - start) - 1
        return None

    def after(self, text: bytearray, client: int, clock: int) -> int | None:
        """Byte offset just after the character with this identity; None when it no longer stands."""
        start = 0
        for span in self:
            end = start + span.num_bytes
            if span.client == client and span.clock <= clock < span.clock + span.units:
                if _is_ascii(span):
                    return start + clock - span.clock + 1
                return start + bytes_of_units(text[start:end], clock - span.clock + 1)
            start = end
        return None

    def start_of(self, text: bytearray, at: int, client: int, clock: int, units: int) -> int | None:
        """Where units `[clock, clock + units)` begin that end at byte `at`; None unless they stand there
        whole and alone."""
        for start, span in self._from(at - 1):
            if start < at <= start + span.num_bytes:
                end = span.clock + _units_before(span, text, start, at - start)
                if span.client != client or clock + units != end or clock < span.clock:
                    return None
                return start + bytes_of_units(text[start:at], clock - span.clock)
        return None

    def between(self, text: bytearray, start: int, end: int) -> list[tuple[int, Span]]:
        """The spans of bytes `[start, end)`, cut to it, each with its byte offset."""
        found = []
        for at, span in self._from(start):
            stop = at + span.num_bytes
            if at >= end:
                break
            if stop > start:
                cut = _cut(span, text, at, max(start - at, 0), min(end, stop) - at)
                found.append((max(at, start), cut))
        return found

    def _from(self, at: int) -> Iterator[tuple[int, Span]]:
        """The spans with their byte offsets, from the chunk of byte `at` on."""
        chunk, start = self._chunk_of(at)
        for span in chain.from_iterable(islice(self._chunks, chunk, None)):
            yield start, span
            start += span.num_bytes

    def _chunk_of(self, at: int) -> tuple[int, int]:
        """The chunk that holds byte `at`, or ends there as the last, and where it begins."""
        chunk, start = self._near
        while chunk and at < start:
            chunk -= 1
            start -= self._num_bytes[chunk]
        while chunk + 1 < len(self._chunks) and at >= start + self._num_bytes[chunk]:
            start += self._num_bytes[chunk]
            chunk += 1
        self._near = chunk, start
        return self._near

    def _step_back(self) -> None:
        """Remember the chunk before: what is about to change begins after it, or in it."""
        chunk, start = self._near
        if chunk:
            self._near = chunk - 1, start - self._num_bytes[chunk - 1]

    def _split(self, text: bytearray, at: int) -> tuple[int, int]:
        """Chunk and index of the span that begins at byte `at`, made by cutting one in two if need be."""
        chunk, start = self._chunk_of(at)
        spans = self._chunks[chunk]
        for index, span in enumerate(spans):
            if start == at:
                return chunk, index
            end = start + span.num_bytes
            if start < at < end:
                spans[index : index + 1] = [
                    _cut(span, text, start, 0, at - start),
                    _cut(span, text, start, at - start, span.num_bytes),
                ]
                return chunk, index + 1
            start = end
        assert start == at, f"byte {at} is past the end of the text ({start})"
        return chunk, len(spans)

    def _before(self, chunk: int, index: int) -> tuple[int, int]:
        """The place of the span before; (0, -1) when there is none."""
        if index or not chunk:
            return chunk, index - 1
        return chunk - 1, len(self._chunks[chunk - 1]) - 1

    def _merge(self, chunk: int, index: int) -> None:
        """Make one span of the one there and the next, where the second continues the first."""
        there, after = chunk, index + 1
        if index + 1 == len(self._chunks[chunk]):
            there, after = chunk + 1, 0
        if index < 0 or there == len(self._chunks) or after >= len(self._chunks[there]):
            return
        left, right = self._chunks[chunk][index], self._chunks[there][after]
        continues = left.client == right.client and left.clock + left.units == right.clock
        if continues and left.units + right.units <= _MAX_UNITS:
            units, num_bytes = left.units + right.units, left.num_bytes + right.num_bytes
            self._chunks[chunk][index] = Span(left.client, left.clock, units, num_bytes)
            del self._chunks[there][after]
            if there != chunk:
                self._num_bytes[chunk] += right.num_bytes
                self._num_bytes[there] -= right.num_bytes
                self._drop_if_empty(there)

    def _halve(self, chunk: int) -> None:
        """Make two of a chunk that has grown too long: cutting spans in two lengthens it as well."""
        if chunk < len(self._chunks) and len(self._chunks[chunk]) > _MAX_CHUNK:
            spans = self._chunks[chunk]
            halves = [spans[: _MAX_CHUNK // 2], spans[_MAX_CHUNK // 2 :]]
            self._chunks[chunk : chunk + 1] = halves
            self._num_bytes[chunk : chunk + 1] = [_length(half) for half in halves]

    def _drop_if_empty(self, chunk: int) -> None:
        if 0 <= chunk < len(self._chunks) > 1 and not self._chunks[chunk]:
            del self._chunks[chunk], self._num_bytes[chunk]


def _length(spans: Iterable[Span]) -> int:
    return sum(span.num_bytes for span in spans)


def in_pieces(span: Span, raw: bytes) -> Iterator[Span]:
    """A new span whose text is `raw`, as several where conversions inside it would be dear."""
    clock, at = span.clock, 0
    while not _is_ascii(span) and span.clock + span.units - clock > _MAX_UNITS:
        head = raw[at : at + 4 * _MAX_UNITS]
        num_bytes = bytes_of_units(head, _MAX_UNITS)
        units = units_of_bytes(head, num_bytes)
        yield Span(span.client, clock, units, num_bytes)
        clock, at = clock + units, at + num_bytes
    yield Span(span.client, clock, span.clock + span.units - clock, len(raw) - at)


def _cut(span: Span, text: bytearray, at: int, start: int, end: int) -> Span:
    """Bytes `[start, end)` of a span that begins at byte `at` of `text`."""
    if start == 0 and end == span.num_bytes:
        return span
    before = _units_before(span, text, at, start)
    units = _units_before(span, text, at, end) - before
    return Span(span.client, span.clock + before, units, end - start)


def _units_before(span: Span, text: bytearray, at: int, offset: int) -> int:
    """How many UTF-16 units the first `offset` bytes of a span are that begins at byte `at`."""
    return offset if _is_ascii(span) else units_of_bytes(text[at : at + offset], offset)


def _is_ascii(span: Span) -> bool:
    """Any other character takes more bytes than units."""
    return span.units == span.num_bytes
