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
from .units import utf16_units

_GC, _DELETED, _STRING, _SKIP = 0, 1, 4, 10
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_PARENT_KEY = 0x80, 0x40, 0x20
_MAX_VARINT_BYTES = 9


@dataclass(frozen=True, slots=True)
class Struct:
    """One struct: units `[clock, clock + units)` of `client`, and the identities it stands between."""

    client: int
    clock: int
    units: int
    needs: tuple[tuple[int, int], ...]  # identities that must be known before
    text: str | None  # None: deleted or collected content
    raw: bytes  # the struct's own encoding

    def as_update(self) -> bytes:
        """An update that carries this struct alone."""
        return Update((self,), ()).encode()


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

    def encode(self) -> bytes:
        """The update as bytes; each client's structs must follow each other without a gap."""
        structs: dict[int, list[Struct]] = {}
        for struct in self.structs:
            structs.setdefault(struct.client, []).append(struct)
        parts = [_varint(len(structs))]
        for client, items in structs.items():
            parts += [_varint(len(items)), _varint(client), _varint(items[0].clock)]
            parts += [item.raw for item in items]
        deleted: dict[int, list[DeletedRange]] = {}
        for gone in self.deleted:
            deleted.setdefault(gone.client, []).append(gone)
        parts.append(_varint(len(deleted)))
        for client, ranges in deleted.items():
            parts += [_varint(client), _varint(len(ranges))]
            parts += [_varint(gone.clock) + _varint(gone.units) for gone in ranges]
        return b"".join(parts)

    def deletions_alone(self) -> bytes:
        """An update that carries the delete set alone."""
        return Update((), self.deleted).encode()


def parse_update(data: bytes, root: str) -> Update:
    """The structs and deletions of an update of a document whose only content is the text `root`.

    Raises: BadRequestError when the bytes are no such update, leave a gap, carry anything but plain text
    for that root, or text with a carriage return (which editors would count as another line break).
    """
    reader = _Reader(data)
    try:
        structs = tuple(_structs(reader, root))
        deleted = tuple(_deletions(reader))
    except (IndexError, UnicodeDecodeError) as error:
        raise BadRequestError("This document update is cut off or damaged.") from error
    if reader.at != len(data):
        raise BadRequestError("This document update has bytes after its end.")
    return Update(structs, deleted)


def parse_state(data: bytes) -> dict[int, int]:
    """A state vector as {client: next clock}.

    Raises: BadRequestError when the bytes are no state vector.
    """
    reader = _Reader(data)
    try:
        return {reader.varint(): reader.varint() for _ in range(reader.varint())}
    except IndexError as error:
        raise BadRequestError("This state vector is cut off or damaged.") from error


class _Reader:
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


def _structs(reader: _Reader, root: str) -> Iterator[Struct]:
    for _ in range(reader.varint()):
        num_structs, client, clock = reader.varint(), reader.varint(), reader.varint()
        for _ in range(num_structs):
            struct = _struct(reader, root, client, clock)
            clock += struct.units
            yield struct


def _struct(reader: _Reader, root: str, client: int, clock: int) -> Struct:
    start = reader.at
    info = reader.byte()
    kind = info & 0x1F
    needs: list[tuple[int, int]] = []
    if info == _SKIP:
        raise BadRequestError(
            "This document update leaves a gap; send everything since the last answer."
        )
    if kind != _GC:
        needs = _neighbours(reader, info, root)
    text = None
    if kind in (_GC, _DELETED):
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


def _deletions(reader: _Reader) -> Iterator[DeletedRange]:
    for _ in range(reader.varint()):
        client = reader.varint()
        for _ in range(reader.varint()):
            yield DeletedRange(client, reader.varint(), reader.varint())


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
