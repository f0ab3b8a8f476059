"""Cards of a story as tests need them: found, taken from, and stored for a story that is opened again."""

from __future__ import annotations

from storygen.link.messages import StartSet
from storygen.store.records import (
    AliasRecord,
    CandidateRecord,
    RunRecord,
    SetRecord,
    SnapshotRecord,
    StoredCandidate,
    StoredSet,
    StoredStory,
    TokenRange,
    TokenRecord,
)
from storygen.story.card import Card
from storygen.story.card_sets import CandidateSet
from tests.unit.story.room import Room


def the_set(room: Room, set_id: str) -> CandidateSet:
    return room.story.candidates.get(set_id)


def sent(room: Room) -> StartSet:
    return next(command for command in room.commands if isinstance(command, StartSet))


def latest(room: Room, kind: type, **where: str) -> list:  # type: ignore[type-arg]
    """The newest record of each key among those of a kind."""
    found = {}
    for record in room.records:
        if isinstance(record, kind) and all(getattr(record, k) == v for k, v in where.items()):
            key = getattr(record, "run", None) or getattr(record, "set", None)
            found[key] = record
    return list(found.values())


def take(room: Room, card: Card, units: int, at: int | None = None) -> str:
    """What the page does: put the text in as one's own edit, an alias of the card's, and say so."""
    at = len(str(room.browser)) if at is None else at
    text = card.standing.encode("utf-16-le")[: 2 * units].decode("utf-16-le")
    own = room.own_clock()
    room.browser.insert(at, text)
    room.edit((AliasRecord("s", 7, own, units, card.client, card.clock),))
    checkpoint = room.story.candidates.taken(card.id, units, None, {card.id: units}, room.now)
    room.settle()
    return checkpoint


def stored_again(room: Room) -> StoredStory:
    """What a store would give back of all that was to be committed."""
    page = room.story.page
    page.snapshot()
    room.settle()
    snapshot = next(r for r in reversed(room.records) if isinstance(r, SnapshotRecord))
    runs = {record.run: record for record in latest(room, RunRecord)}
    tokens = [record for record in room.records if isinstance(record, TokenRecord)]
    sets = []
    for found in latest(room, SetRecord):
        cards = [
            StoredCandidate(
                record, runs[record.run], tuple(t for t in tokens if t.run == record.run)
            )
            for record in latest(room, CandidateRecord, set=found.set)
        ]
        sets.append(StoredSet(found, tuple(cards)))
    taken = {card.record.run for one in sets for card in one.candidates if card.record.taken}
    return StoredStory(
        record=page.record,
        snapshot=snapshot,
        updates=(),
        clients=tuple(page.clients()),
        aliases=tuple(page.aliases),
        runs=(),
        tokens=tuple(
            TokenRange(t.run, t.index, t.id, t.client, t.clock, t.units)
            for t in tokens
            if t.run in taken
        ),
        head=page.head,
        taken=tuple(runs[run] for run in taken),
        sets=tuple(sets),
    )
