"""The live document: the server's authoritative replica of one story's text.

Every change, a browser's or our own, comes out as a list of `Change`s in the order in which they apply,
so that insertion points and what a worker was told can be moved through them. The text is mirrored as
bytes, so that nothing ever turns the whole story into a string. Opening uses a fresh client id.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pycrdt import Doc, Text, TextEvent

from ..errors import BadRequestError, RefusedError
from ..store.records import AliasRecord, Author, Span, TokenRange
from .authorship import Authorship, Written
from .ordering import check_characters, in_order
from .slices import SLICE, Rest, in_slices, no_rest
from .spans import SpanList, in_pieces
from .units import utf16_units
from .updates import DeletedRange, Struct, Update, parse_state, parse_update

ROOT = "text"
MAX_STRUCTS = 50_000  # more than a week of offline writing makes


class UnfitSnapshotError(Exception):
    """A stored state and its spans do not belong together; the log still says what stands."""


@dataclass(frozen=True, slots=True)
class Change:
    """At byte `at`, `deleted` went away or `inserted` came (one of them is empty)."""

    at: int
    deleted: str
    inserted: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What a browser's update came to: `news` is that part of it that was not known, b"" if all was, and
    `structs` its insertions.

    Only `news` may be logged or sent on: the rest of an update could say other things of identities that
    stand here already, and replicas that have not heard of those yet would believe it.
    """

    changes: tuple[Change, ...]
    structs: tuple[Struct, ...]
    news: bytes


@dataclass(frozen=True, slots=True)
class Inserted:
    """Our own insertion: units `[clock, clock + units)` of our client, and the update to send on."""

    clock: int
    units: int
    update: bytes
    changes: tuple[Change, ...]


class LiveDocument:
    """One open story's text with identities. Not thread-safe: one thread at a time."""

    def __init__(self, client: int, server_clients: Sequence[int], authorship: Authorship) -> None:
        self.client = client
        self.server_clients = {*server_clients, client}
        self.offered: dict[int, int] = {}
        """Clients of ours whose text stands in no document but may be taken into it; how far it reaches."""
        self.authorship = authorship
        self.spans = SpanList()
        self.text = bytearray()
        self.on_change: Callable[[Change], None] | None = None  # told of each when `text` has it
        self.rest: Rest = no_rest  # called now and then in the middle of long updates
        self._doc: Doc[Text] = Doc(client_id=client, allow_multithreading=True)
        self._root = self._doc.get(ROOT, type=Text)
        self._num_pairs = 0  # characters of the text that are two UTF-16 units
        self.own_clock = 0  # the clock that our next insertion begins at
        self._deltas: list[list[dict[str, object]]] = []
        self._subscription = self._root.observe(self._observe)

    # ------------------------------------------------------------ reading

    def slice(self, start: int, end: int) -> str:
        """The text of bytes `[start, end)`, which must not cut a character."""
        return self.text[start:end].decode()

    def state(self) -> bytes:
        """The state vector, encoded."""
        return self._doc.get_state()

    def update_since(self, state: bytes | None) -> bytes:
        """Everything that a replica with `state` lacks, as one update.

        Raises: BadRequestError when `state` is no state vector.
        """
        if state is None:
            return self._doc.get_update()
        parse_state(state, self.rest)
        return self._doc.get_update(state)

    def place(self, at: int) -> tuple[int, int] | None:
        """Identity of the character left of byte `at`; None for the start of the text."""
        return self.spans.left_of(self.text, at)

    def locate(self, place: tuple[int, int] | None) -> int | None:
        """Byte offset just after the character `place`; 0 for None; None when it no longer stands."""
        return 0 if place is None else self.spans.after(self.text, *place)

    def start_of(self, token: TokenRange, at: int) -> int | None:
        """Where a token begins that ends at byte `at`; None unless it stands there whole."""
        return self.spans.start_of(self.text, at, token.client, token.clock, token.units)

    def authors(self) -> tuple[Author, ...]:
        """Original identities of the whole text."""
        return tuple(self.authorship.authors(self.spans))

    def written(self) -> list[Written]:
        """Who wrote what, over the whole text: tokens one by one, a person's text merged."""
        out: list[Written] = []
        for author in self.authors():
            for part in self.authorship.written(author):
                last = out[-1] if out else None
                if last and (last.run, last.index) == (part.run, part.index):
                    out[-1] = Written(last.units + part.units, part.run, part.index)
                else:
                    out.append(part)
        return out

    # ------------------------------------------------------------ a stored document

    def restore_snapshot(self, data: bytes, spans: Sequence[Span]) -> None:
        """Take a stored state into this fresh replica.

        Raises: UnfitSnapshotError when `spans` are not of this text; the replica is of no use then.
        """
        try:
            self._apply_raw(data)
        except ValueError as error:
            raise UnfitSnapshotError("The stored state can't be read.") from error
        self._deltas.clear()  # text and spans are taken whole: nothing of it may be absorbed again
        self.text = bytearray(str(self._root).encode())
        self._num_pairs = _num_pairs(self.text.decode())
        num_bytes = sum(span.num_bytes for span in spans)
        num_units = sum(span.units for span in spans)
        if num_bytes != len(self.text) or num_units != utf16_units(self.text.decode()):
            raise UnfitSnapshotError("The stored spans are of another text.")
        self.spans = SpanList(self._pieces(spans))

    def _pieces(self, spans: Sequence[Span]) -> Iterator[Span]:
        at = 0
        for span in spans:
            yield from in_pieces(span, bytes(self.text[at : at + span.num_bytes]))
            at += span.num_bytes

    def replay(self, data: bytes) -> None:
        """Apply a stored update, whoever made it."""
        self._apply_parsed(parse_update(data, ROOT))

    # ------------------------------------------------------------ a browser's update

    def apply_update(self, data: bytes, aliases: Sequence[AliasRecord]) -> Applied:
        """Apply a browser's update and the aliases that it declares for its own new text.

        Raises: BadRequestError, RefusedError, ConflictError; then nothing was changed.
        """
        update = parse_update(data, ROOT, MAX_STRUCTS, self.rest)
        known = parse_state(self.state(), self.rest)
        order = in_order(update, known, self.rest)
        if foreign := {struct.client for struct in order} & self.server_clients:
            raise RefusedError(f"An update may not write under a server's id ({min(foreign)}).")
        if self._num_pairs or any(_num_pairs(struct.text) for struct in order):
            check_characters(self.spans, self.text, order, update, self.rest)
        self._check_aliases(aliases, order, known)
        for alias in in_slices(aliases, self.rest):
            self.authorship.add_alias(alias)
        changes = self._apply_structs(order)
        deleted = tuple(self._standing(update.deleted))
        changes += self._apply_deletions(deleted)
        news = Update(tuple(order), deleted)
        return Applied(
            tuple(changes), news.structs, news.encode(self.rest) if order or changes else b""
        )

    def _apply_parsed(self, update: Update) -> None:
        self._apply_structs(in_order(update, parse_state(self.state())))
        self._apply_deletions(update.deleted)

    def _apply_structs(self, order: list[Struct]) -> list[Change]:
        changes: list[Change] = []
        for struct in order:
            self.rest()
            changes += self._apply_one(struct.as_update(), struct)
        return changes

    def _apply_deletions(self, deleted: tuple[DeletedRange, ...]) -> list[Change]:
        changes: list[Change] = []
        for data in Update((), deleted).deletions_alone():
            self.rest()
            changes += self._apply_one(data, None)
        return changes

    def _standing(self, deleted: tuple[DeletedRange, ...]) -> Iterator[DeletedRange]:
        """Those of many deletions that still find something: a browser that comes back sends all that
        were ever made."""
        if len(deleted) <= SLICE:
            yield from deleted
            return
        standing: dict[int, list[tuple[int, int]]] = {}
        for span in in_slices(self.spans, self.rest):
            standing.setdefault(span.client, []).append((span.clock, span.clock + span.units))
        for stretches in standing.values():
            stretches.sort()
        for gone in in_slices(deleted, self.rest):
            stretches = standing.get(gone.client, [])
            at = bisect_left(stretches, (gone.clock + gone.units,))
            if at and stretches[at - 1][1] > gone.clock:
                yield gone

    def _apply_one(self, data: bytes, struct: Struct | None) -> list[Change]:
        self._apply_raw(data)
        return self._absorb(
            struct.client if struct else 0, struct.clock + struct.units if struct else 0
        )

    def _check_aliases(
        self, aliases: Sequence[AliasRecord], order: list[Struct], known: dict[int, int]
    ) -> None:
        """An alias may speak of text that this very update brings, and point to text known before."""
        fresh = [(s.client, max(s.clock, known.get(s.client, 0)), s.clock + s.units) for s in order]
        fresh = _joined(fresh)
        taken: dict[int, int] = {}
        ordered = sorted(aliases, key=lambda a: (a.client, a.clock))
        for alias in in_slices(ordered, self.rest):
            end = alias.clock + alias.units
            at = bisect_right(fresh, (alias.client, alias.clock, 1 << 62)) - 1
            inside = at >= 0 and fresh[at][0] == alias.client and end <= fresh[at][2]
            original = alias.original_client
            reach = known.get(original, 0) if original is not None else 1 << 62
            if original in self.offered:
                reach = max(reach, self.offered[original])
            if original == self.client:
                reach = max(reach, self.own_clock)
            if not inside or alias.clock < taken.get(alias.client, 0):
                raise BadRequestError("An alias speaks of text that this update does not bring.")
            if (
                alias.units < 1
                or alias.original_clock < 0
                or alias.original_clock + alias.units > reach
            ):
                raise BadRequestError("An alias points to text that is not known.")
            taken[alias.client] = end

    # ------------------------------------------------------------ our own edits

    def insert(self, at: int, text: str) -> Inserted:
        """Insert `text` (not empty) before byte `at` under our own client id."""
        before, clock = self.state(), self.own_clock
        self._root.insert(at, text)
        self.own_clock += utf16_units(text)
        self.rest()
        changes = self._absorb(self.client, self.own_clock)
        self.rest()
        return Inserted(clock, self.own_clock - clock, self._doc.get_update(before), tuple(changes))

    def delete(self, at: int, num_bytes: int) -> tuple[bytes, list[Change]]:
        """Delete bytes `[at, at + num_bytes)`; returns the update to send on and the changes."""
        gone = self.spans.between(self.text, at, at + num_bytes)
        del self._root[at : at + num_bytes]
        changes = self._absorb(0, 0)
        deleted = tuple(DeletedRange(s.client, s.clock, s.units) for _, s in gone)
        return Update((), deleted).encode(), changes

    # ------------------------------------------------------------ inside

    def _observe(self, event: TextEvent) -> None:
        self._deltas.append(event.delta)  # type: ignore[attr-defined]  # set by the extension

    def _apply_raw(self, data: bytes) -> None:
        self._deltas.clear()
        self._doc.apply_update(data)

    def _absorb(self, client: int, end_clock: int) -> list[Change]:
        """Move the mirror and the spans through the deltas of the last transaction.

        `client` and `end_clock` identify the end of the struct that was inserted: what the delta shows is
        its last units (the first may have been known already).
        """
        changes: list[Change] = []
        for delta in self._deltas:
            at = 0
            for part in delta:
                if "retain" in part:
                    at += _count(part["retain"])
                elif "delete" in part:
                    changes.append(self._take_out(at, _count(part["delete"])))
                else:
                    text = str(part["insert"])
                    changes.append(self._put_in(at, text, client, end_clock))
                    at += len(text.encode())
        self._deltas.clear()
        return changes

    def _put_in(self, at: int, text: str, client: int, end_clock: int) -> Change:
        raw = text.encode()
        units = utf16_units(text)
        end = at
        for piece in in_pieces(Span(client, end_clock - units, units, len(raw)), raw):
            self.spans.insert(self.text, end, piece)
            end += piece.num_bytes
        self.text[at:at] = raw
        self._num_pairs += units - len(text)
        return self._tell(Change(at, "", text))

    def _take_out(self, at: int, num_bytes: int) -> Change:
        deleted = self.slice(at, at + num_bytes)
        self.spans.delete(self.text, at, num_bytes)
        del self.text[at : at + num_bytes]
        self._num_pairs -= _num_pairs(deleted)
        return self._tell(Change(at, deleted, ""))

    def _tell(self, change: Change) -> Change:
        if self.on_change:
            self.on_change(change)
        return change


def _num_pairs(text: str | None) -> int:
    return utf16_units(text) - len(text) if text else 0


def _count(value: object) -> int:
    assert isinstance(value, int)
    return value


def _joined(ranges: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    out: list[tuple[int, int, int]] = []
    for client, start, end in sorted(ranges):
        if out and out[-1][0] == client and out[-1][2] == start:
            out[-1] = (client, out[-1][1], end)
        else:
            out.append((client, start, end))
    return out
