"""Tokens, spans and authors as bytes, and back. Pure.

A block of tokens is packed in two parts: *ranges* (which characters are whose: all that opening a story
needs) and *details* (probabilities, alternatives, times). Texts are left out where they are what the
model's vocabulary says, which is nearly always. Log-probabilities are kept as 32-bit floats, which is
what models compute, and times to a hundredth of a millisecond.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .records import Author, Span, TokenRange, TokenRecord
from .varints import Reader, get_all, put, put_signed, unfolded

_FLOAT = struct.Struct("<f")

TextOf = Callable[[int], str]


def blocks(tokens: Iterable[TokenRecord]) -> Iterator[list[TokenRecord]]:
    """`tokens` in blocks: each of one run and client, with consecutive indices, in the order given."""
    block: list[TokenRecord] = []
    for token in tokens:
        if block and not _follows(block[-1], token):
            yield block
            block = []
        block.append(token)
    if block:
        yield block


def _follows(last: TokenRecord, token: TokenRecord) -> bool:
    return (last.run, last.client, last.index + 1) == (token.run, token.client, token.index)


# ---------------------------------------------------------------- tokens


def pack_ids(ids: Sequence[int]) -> bytes:
    """Token ids."""
    out = bytearray()
    for id_ in ids:
        put(out, id_)
    return bytes(out)


def unpack_ids(data: bytes) -> tuple[int, ...]:
    """What `pack_ids` packed."""
    return tuple(get_all(data))


def pack_ranges(block: Sequence[TokenRecord | TokenRange]) -> bytes:
    """The identities of a block's tokens."""
    out = bytearray()
    clock = block[0].clock
    put(out, block[0].client)
    put(out, clock)
    for token in block:
        put(out, token.id + 1)  # a remote engine may know no id: -1
        put_signed(out, token.clock - clock)
        put(out, token.units)
        clock = token.clock + token.units
    return bytes(out)


def unpack_ranges(run: str, first: int, data: bytes) -> Iterator[TokenRange]:
    """What `pack_ranges` packed, for the tokens of `run` from index `first` on."""
    client, clock, *rest = get_all(data)
    numbers = iter(rest)
    for index, (id_, moved, units) in enumerate(zip(numbers, numbers, numbers, strict=True), first):
        clock += unfolded(moved)
        yield TokenRange(run, index, id_ - 1, client, clock, units)
        clock += units


def client_of(ranges: bytes) -> int:
    """Whose characters a block's tokens are."""
    return Reader(ranges).get()


def joined_ranges(parts: Iterable[bytes]) -> bytes:
    """The ranges of blocks of one client that follow each other, as one."""
    return pack_ranges([token for part in parts for token in unpack_ranges("", 0, part)])


def pack_details(block: Sequence[TokenRecord], vocabulary: Mapping[int, str]) -> bytes:
    """Everything else about a block's tokens; texts that differ from `vocabulary` are in it.

    No token's bytes depend on another's: the details of two blocks are those of both, one after the other.
    """
    out = bytearray()
    for token in block:
        odd = vocabulary.get(token.id) != token.text
        put(out, len(token.alternatives) << 1 | odd)
        if odd:
            _put_text(out, token.text)
        out += _FLOAT.pack(token.logprob)
        put(out, round(token.ms * 100))
        put(out, token.revision)
        for id_, text, logprob in token.alternatives:
            odd = vocabulary.get(id_) != text
            put(out, (id_ + 1) << 1 | odd)
            if odd:
                _put_text(out, text)
            out += _FLOAT.pack(logprob)
    return bytes(out)


@dataclass(frozen=True, slots=True)
class Details:
    """A token's details; a text that is None is what the vocabulary says."""

    text: str | None
    logprob: float
    ms: float
    revision: int
    alternatives: tuple[tuple[int, str | None, float], ...]

    def ids(self) -> Iterator[int]:
        """Alternatives whose text stands in the vocabulary."""
        return (id_ for id_, text, _ in self.alternatives if text is None)


def unpack_details(data: bytes) -> list[Details]:
    """What `pack_details` packed."""
    reader = Reader(data)
    found: list[Details] = []
    while not reader.exhausted:
        head = reader.get()
        text = _get_text(reader) if head & 1 else None
        logprob = _get_float(reader)
        ms = reader.get() / 100
        revision = reader.get()
        alternatives = tuple(_get_alternative(reader) for _ in range(head >> 1))
        found.append(Details(text, logprob, ms, revision, alternatives))
    return found


def token_record(story: str, at: TokenRange, details: Details, text_of: TextOf) -> TokenRecord:
    """A whole token from its two parts; `text_of` looks an id up in the vocabulary."""
    return TokenRecord(
        story=story,
        run=at.run,
        index=at.index,
        id=at.id,
        text=text_of(at.id) if details.text is None else details.text,
        logprob=details.logprob,
        ms=details.ms,
        revision=details.revision,
        client=at.client,
        clock=at.clock,
        units=at.units,
        alternatives=tuple(
            (id_, text_of(id_) if text is None else text, logprob)
            for id_, text, logprob in details.alternatives
        ),
    )


def _get_alternative(reader: Reader) -> tuple[int, str | None, float]:
    head = reader.get()
    text = _get_text(reader) if head & 1 else None
    return (head >> 1) - 1, text, _get_float(reader)


def _get_float(reader: Reader) -> float:
    value: float = _FLOAT.unpack(reader.take(4))[0]
    return value


def _put_text(out: bytearray, text: str) -> None:
    data = text.encode()
    put(out, len(data))
    out += data


def _get_text(reader: Reader) -> str:
    return reader.take(reader.get()).decode()


# ---------------------------------------------------------------- spans and authors


def pack_spans(spans: Sequence[Span]) -> bytes:
    """Spans of identity. Few clients write most of a story: each is named once, then by its place."""
    out = bytearray()
    clients = _Clients.of(out, (span.client for span in spans))
    for span in spans:
        clients.put(span.client, span.clock, span.units)
        put_signed(out, span.num_bytes - span.units)
    return bytes(out)


def unpack_spans(data: bytes) -> tuple[Span, ...]:
    """What `pack_spans` packed."""
    reader = Reader(data)
    clients = _ClientsBack(reader)
    found = []
    while not reader.exhausted:
        client, clock, units = clients.get()
        found.append(Span(client, clock, units, units + reader.get_signed()))
    return tuple(found)


def pack_authors(authors: Sequence[Author]) -> bytes:
    """Authorship of a stretch of text."""
    out = bytearray()
    clients = _Clients.of(out, (author.client for author in authors))
    for author in authors:
        clients.put(author.client, author.clock, author.units)
    return bytes(out)


def unpack_authors(data: bytes) -> tuple[Author, ...]:
    """What `pack_authors` packed."""
    reader = Reader(data)
    clients = _ClientsBack(reader)
    found = []
    while not reader.exhausted:
        client, clock, units = clients.get()
        found.append(Author(units, client, clock))
    return tuple(found)


class _Clients:
    """Writes (client, clock, units) with clocks as differences to where that client's last stretch ended."""

    def __init__(self, out: bytearray, clients: list[int]) -> None:
        self._out = out
        self._place = {client: place for place, client in enumerate(clients)}
        self._clock = dict.fromkeys(clients, 0)

    @classmethod
    def of(cls, out: bytearray, clients: Iterable[int]) -> _Clients:
        named = list(dict.fromkeys(clients))
        put(out, len(named))
        for client in named:
            put(out, client)
        return cls(out, named)

    def put(self, client: int, clock: int, units: int) -> None:
        put(self._out, self._place[client])
        put_signed(self._out, clock - self._clock[client])
        put(self._out, units)
        self._clock[client] = clock + units


class _ClientsBack:
    """Reads what `_Clients` wrote."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._clients = [reader.get() for _ in range(reader.get())]
        self._clock = [0] * len(self._clients)

    def get(self) -> tuple[int, int, int]:
        place = self._reader.get()
        clock = self._clock[place] + self._reader.get_signed()
        units = self._reader.get()
        self._clock[place] = clock + units
        return self._clients[place], clock, units
