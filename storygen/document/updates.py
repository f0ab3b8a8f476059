"""Reading a Yjs update (encoding v1) without applying it: whose structs it carries, and each one alone.

A browser's update is taken apart so that each struct can be applied by itself: the change of the text
that it causes then tells exactly where that identity landed. The format is that of Yjs's
`encodeStateAsUpdate`: per client a list of structs, then a delete set.
Source: https://github.com/yjs/yjs/blob/main/README.md#yjs-crdt-algorithm and INTERNALS.md there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import BadRequestError
from .slices import SLICE, Rest, T, in_slices, no_rest
from .units import utf16_units

RANGES_PER_STRUCT = 5  # deletions that may stand in an update for each struct that may
_GC, _DELETED, _STRING, _SKIP = 0, 1, 4, 10
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_PARENT_KEY = 0x80, 0x40, 0x20
_MAX_VARINT_BYTES = 9
_MAX_CLIENT = 2**53  # what a browser can read as a number
_MAX_CLOCK = 2**31  # what both CRDT libraries count exactly


@dataclass(frozen=True, slots=True)
class Struct:
    """One struct: units `[clock, clock + units)` of `client`, and the identities it stands between."""

    client: int
    clock: int
    units: int
    needs: tuple[tuple[int, int], ...]  # identities that must be known before
    text: str | None  # None: deleted content
    raw: bytes  # the struct's own encoding

    def as_update(self) -> bytes:
        """An update that carries this struct alone."""
        return Update((self,), ()).encode()

    def cuts(self) -> list[tuple[int, int]]:
        """The identities right after which this struct asks to stand or to be followed."""
        left = bool(self.raw[0] & _HAS_ORIGIN)
        return [
            (client, clock if left and at == 0 else clock - 1)
            for at, (client, clock) in enumerate(self.needs)
        ]

    @property
    def right(self) -> tuple[int, int] | None:
        """The identity that stood right of it for who wrote it; None for the end of the text."""
        return self.needs[-1] if self.raw[0] & _HAS_RIGHT_ORIGIN else None

    def since(self, clock: int) -> Struct:
        """The part of this struct from `clock` on, as Yjs writes it: it follows its own part before.

        Raises: BadRequestError when that cuts a character in two.
        """
        gone = clock - self.clock
        text, units = self.text, self.units - gone
        if text is not None:
            text = _text_from(text, gone)
        needs = ((self.client, clock - 1), *self.needs[bool(self.raw[0] & _HAS_ORIGIN) :])
        raw = bytearray([_HAS_ORIGIN | self.raw[0] & (_HAS_RIGHT_ORIGIN | 0x1F)])
        for number in (part for need in needs for part in need):
            raw += _varint(number)
        if text is None:
            raw += _varint(units)
        else:
            raw += _varint(len(text.encode())) + text.encode()
        return Struct(self.client, clock, units, needs, text, bytes(raw))


@dataclass(frozen=True, slots=True)
class DeletedRange:
    """Units `[clock, clock + units)` of `client` are deleted."""

    client: int
    clock: int
    units: int


@dataclass(frozen=True, slots=True)
class Update:
    """A parsed update."""

    structs: tuple[Struct, ...]
    deleted: tuple[DeletedRange, ...]

    def encode(self, rest: Rest = no_rest) -> bytes:
        """The update as bytes; each client's structs must follow each other without a gap."""
        structs: dict[int, list[Struct]] = {}
        for struct in in_slices(self.structs, rest):
            structs.setdefault(struct.client, []).append(struct)
        parts = [_varint(len(structs))]
        for client, items in in_slices(structs.items(), rest):
            parts += [_varint(len(items)), _varint(client), _varint(items[0].clock)]
            parts += [item.raw for item in items]
        deleted: dict[int, list[DeletedRange]] = {}
        for gone in in_slices(self.deleted, rest):
            deleted.setdefault(gone.client, []).append(gone)
        parts.append(_varint(len(deleted)))
        for client, ranges in deleted.items():
            parts += [_varint(client), _varint(len(ranges))]
            parts += [_varint(gone.clock) + _varint(gone.units) for gone in in_slices(ranges, rest)]
        return b"".join(parts)

    def deletions_alone(self) -> Iterator[bytes]:
        """Updates that carry the delete set alone, a slice of it each."""
        for start in range(0, len(self.deleted), SLICE):
            yield Update((), self.deleted[start : start + SLICE]).encode()


def parse_update(data: bytes, root: str, most: int | None = None, rest: Rest = no_rest) -> Update:
    """The structs and deletions of an update of a document whose only content is the text `root`.

    `most` bounds how many structs it may carry, and `most` times `RANGES_PER_STRUCT` its deletions;
    `rest` is called now and then.

    Raises: BadRequestError when the bytes are no such update, carry too much ("too_large"), leave a gap,
    carry anything but plain text for that root, or text with a carriage return (which editors would
    count as another line break).
    """
    reader = _Reader(data)
    try:
        structs = tuple(in_slices(_at_most(most, _structs(reader, root)), rest))
        ranges = None if most is None else most * RANGES_PER_STRUCT
        deleted = list(in_slices(_at_most(ranges, _deletions(reader)), rest))
    except (IndexError, UnicodeDecodeError) as error:
        raise BadRequestError("This document update is cut off or damaged.") from error
    if reader.at != len(data):
        raise BadRequestError("This document update has bytes after its end.")
    return Update(structs, tuple(_united(deleted, rest)))


def parse_state(data: bytes, rest: Rest = no_rest) -> dict[int, int]:
    """A state vector as {client: next clock}; `rest` is called now and then.

    Raises: BadRequestError when the bytes are no state vector.
    """
    reader = _Reader(data)
    try:
        return {reader.varint(): reader.varint() for _ in in_slices(range(reader.varint()), rest)}
    except IndexError as error:
        raise BadRequestError("This state vector is cut off or damaged.") from error


class _Reader:
    """Reads numbers and texts in turn."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        value = shift = 0
        for _ in range(_MAX_VARINT_BYTES):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise BadRequestError("This document update has a number that is too long.")

    def string(self) -> str:
        size = self.varint()
        raw = self.data[self.at : self.at + size]
        if len(raw) != size:
            raise IndexError
        self.at += size
        return raw.decode()


def _at_most(most: int | None, found: Iterator[T]) -> Iterator[T]:
    """What is found, read no further than the bound. Raises: BadRequestError ("too_large")."""
    for number, item in enumerate(found, 1):
        if most is not None and number > most:
            raise BadRequestError("This document update is too large.", code="too_large")
        yield item


def _structs(reader: _Reader, root: str) -> Iterator[Struct]:
    for _ in range(reader.varint()):
        num_structs, client, clock = reader.varint(), reader.varint(), reader.varint()
        if num_structs == 0:
            raise BadRequestError("This document update names a client that it says nothing of.")
        for _ in range(num_structs):
            struct = _struct(reader, root, client, clock)
            clock += struct.units
            if client >= _MAX_CLIENT or clock >= _MAX_CLOCK:
                raise BadRequestError("This document update has a number that is too large.")
            yield struct


def _struct(reader: _Reader, root: str, client: int, clock: int) -> Struct:
    start = reader.at
    info = reader.byte()
    kind = info & 0x1F
    if info == _SKIP:
        raise BadRequestError(
            "This document update leaves a gap; send everything since the last answer."
        )
    if kind == _GC:  # left of what stood in a nested type; replicas part on what refers to it
        raise BadRequestError("A story is plain text; this update carries something else.")
    needs = _neighbours(reader, info, root)
    text = None
    if kind == _DELETED:
        units = reader.varint()
    elif kind == _STRING:
        text = reader.string()
        units = utf16_units(text)
        if "\r" in text:
            raise BadRequestError("Text may not contain carriage returns; use line feeds alone.")
    else:
        raise BadRequestError("A story is plain text; this update carries something else.")
    if units == 0:
        raise BadRequestError("This document update carries an empty struct.")
    return Struct(client, clock, units, tuple(needs), text, reader.data[start : reader.at])


def _neighbours(reader: _Reader, info: int, root: str) -> list[tuple[int, int]]:
    needs = []
    if info & _HAS_ORIGIN:
        needs.append((reader.varint(), reader.varint()))
    if info & _HAS_RIGHT_ORIGIN:
        needs.append((reader.varint(), reader.varint()))
    if needs:
        return needs
    if reader.varint() != 1 or reader.string() != root or info & _HAS_PARENT_KEY:
        raise BadRequestError("This update is not of the story's text.")
    return needs


def _deletions(reader: _Reader) -> Iterator[tuple[int, int, int]]:
    """(client, clock, units) of each."""
    for _ in range(reader.varint()):
        client, num_ranges = reader.varint(), reader.varint()
        if num_ranges == 0:
            raise BadRequestError("This document update names a client that it says nothing of.")
        for _ in range(num_ranges):
            clock, units = reader.varint(), reader.varint()
            if client >= _MAX_CLIENT or clock + units >= _MAX_CLOCK:
                raise BadRequestError("This document update has a number that is too large.")
            if units:  # CRDT libraries stumble over empty ones
                yield client, clock, units


def _united(ranges: list[tuple[int, int, int]], rest: Rest) -> list[DeletedRange]:
    """The same deletions in order, none twice: merging updates with others loses some of them."""
    out: list[DeletedRange] = []
    ranges.sort()
    for client, clock, units in in_slices(ranges, rest):
        last = out[-1] if out else None
        if last and last.client == client and last.clock + last.units >= clock:
            units = max(last.units, clock + units - last.clock)
            out[-1] = DeletedRange(last.client, last.clock, units)
        else:
            out.append(DeletedRange(client, clock, units))
    return out


def _text_from(text: str, units: int) -> str:
    """`text` without its first UTF-16 units. Raises: BadRequestError when that cuts a character in two."""
    try:
        return text.encode("utf-16-le")[2 * units :].decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise BadRequestError("This document update cuts a character in two.") from error


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
