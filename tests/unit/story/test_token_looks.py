"""Looks at the tokens that could stand somewhere: what a worker is asked, and what is kept of a taken one."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from storygen.errors import BadRequestError, ConflictError, NotFoundError
from storygen.link.messages import ListNext, NextListed, NextToken, StartRun
from storygen.store.records import (
    AliasRecord,
    CandidateRecord,
    CheckpointRecord,
    ChoiceRecord,
    RunRecord,
    ServerClientRecord,
    SetRecord,
    SnapshotRecord,
    StoredStory,
    TokenRange,
    TokenRecord,
)
from storygen.story.looks import MOST_LOOKS, NewLook
from storygen.story.story import Place
from tests.fakes import WINDOW
from tests.unit.story.room import MODEL, Room

NEW = NewLook(MODEL, "Test", "continue", "", {"temperature": 1.0}, 3)


def question(room: Room, at: Place | str = "end") -> ListNext:
    return room.story.ask_next(NEW, at, WINDOW, 100, 100)[2]


def look(room: Room, at: Place | str = "end", *rows: NextToken) -> dict[str, Any]:
    """A look as a browser sees it; its tokens are the scripted worker's unless given."""
    new, left, asked = room.story.ask_next(NEW, at, WINDOW, 100, 100)
    (answer,) = room.worker.handle(asked)
    assert isinstance(answer, NextListed)
    if rows:
        answer = NextListed(answer.request, rows)
    view = room.story.next_told(new, left, answer, room.now)
    room.settle()
    return view


def take(room: Room, view: dict[str, Any], text: str, at: int | None = None) -> str:
    """What the page does: put a token in as one's own edit, an alias of the look's, and say so."""
    row = next(row for row in view["tokens"] if row[1] == text)
    at = len(str(room.browser)) if at is None else at
    units = len(text.encode("utf-16-le")) // 2
    own = room.own_clock()
    room.browser.insert(at, text)
    room.edit((AliasRecord("s", 7, own, units, view["client"], row[4]),))
    checkpoint = room.story.looks.taken(view["id"], row[0], units, room.now)
    room.settle()
    return checkpoint


def one(room: Room, kind: type) -> Any:
    (found,) = [record for record in room.records if isinstance(record, kind)]
    return found


def reopened(room: Room) -> Room:
    """The story opened again from what was stored of it."""
    page = room.story.page
    data, spans = page.document.update_since(None), tuple(page.document.spans)
    aliases = tuple(record for record in room.records if isinstance(record, AliasRecord))
    taken = tuple(record for record in room.records if isinstance(record, RunRecord))
    stored = StoredStory(
        page.record,
        SnapshotRecord("s", page.seq, data, spans),
        (),
        tuple(page.clients()),
        aliases,
        (),
        tuple(page.tokens),
        page.head,
        taken,
    )
    again = Room(stored=stored, client=2002)
    again.browser.receive(again.story.page.document.update_since(None))
    return again


def test_the_worker_is_asked_for_the_text_up_to_the_place() -> None:
    room = Room("Once upon a time")
    asked = question(room, room.story.page.document.place(4))
    assert (asked.text, asked.heal, asked.seed, asked.params) == ("Once", True, 3, NEW.params)
    assert question(room).text == "Once upon a time"
    with pytest.raises(NotFoundError):
        question(room, (1, 1))


def test_looking_stores_nothing_but_a_client_id_once() -> None:
    room = Room("Once")
    before = len(room.records)
    look(room)
    look(room)
    new = room.records[before:]
    assert [type(record) for record in new] == [ServerClientRecord]
    assert not room.story.candidates.set_ids()


def test_a_taken_token_is_stored_as_a_choice_of_a_set_that_was_cleared_at_once() -> None:
    room = Room("Once")
    view = look(room)
    checkpoint = take(room, view, " light")
    stored, run, candidate = one(room, SetRecord), one(room, RunRecord), one(room, CandidateRecord)
    token, choice = one(room, TokenRecord), one(room, ChoiceRecord)
    assert (stored.origin, stored.cleared, stored.sets_left) == ("token", room.now, 0)
    assert (run.run, run.state, run.reason, run.next_index) == (
        candidate.run,
        "ended",
        "finished",
        1,
    )
    assert (candidate.set, candidate.taken) == (stored.set, 6)
    assert (token.text, token.index, len(token.alternatives)) == (" light", 0, 10)
    assert (choice.candidate, choice.units, choice.text) == (run.run, 6, " light")
    kept = _checkpoint(room, checkpoint)
    assert stored.checkpoint == checkpoint and (kept.kind, kept.run) == ("accepted", run.run)
    assert kept.text[: stored.offset] == "Once"  # what the token was chosen after


def _checkpoint(room: Room, checkpoint: str) -> CheckpointRecord:
    return next(
        record
        for record in room.records
        if isinstance(record, CheckpointRecord) and record.checkpoint == checkpoint
    )


def test_a_taken_token_needs_no_tokenising_by_whoever_goes_on() -> None:
    room = Room("Once")
    take(room, look(room), " light")
    asked = question(room)
    (known,) = asked.known
    assert (asked.text[known.start : known.end], asked.heal) == (" light", False)
    room.start()
    started = next(command for command in room.commands if isinstance(command, StartRun))
    assert started.known == asked.known and not started.heal


def test_a_taken_token_is_the_models_after_the_story_was_opened_again() -> None:
    room = Room("Once")
    take(room, look(room), " light")
    run = one(room, RunRecord).run
    again = reopened(room)
    assert [(w.units, w.run) for w in again.story.page.written()] == [(4, None), (6, run)]
    assert [token.id for token in question(again).known] == [
        token.id for token in room.story.page.tokens
    ]


def test_text_of_a_taken_token_may_come_back_after_the_story_was_opened_again() -> None:
    room = Room("Once")
    view = look(room)
    take(room, view, " light")
    again = reopened(room)
    (token,) = again.story.page.tokens
    own = again.own_clock()
    again.browser.insert(0, " light")
    again.edit((AliasRecord("s", 7, own, 6, token.client, token.clock),))
    assert again.story.page.written()[0].run == token.run
    again.browser.insert(0, "beyond")
    with pytest.raises(BadRequestError):
        again.edit((AliasRecord("s", 7, own + 6, 6, token.client, token.clock + 300),))


def test_only_the_newest_looks_can_be_taken_from() -> None:
    room = Room("Once")
    first = look(room)
    for _ in range(MOST_LOOKS):
        newest = look(room)
    with pytest.raises(NotFoundError):
        room.story.looks.taken(first["id"], 100, 4, room.now)
    assert take(room, newest, " light")
    assert len(room.story.looks.ids()) == MOST_LOOKS


@pytest.mark.parametrize(
    ("token", "units"),
    [
        (NextToken(5, None, "<end>", -1.0, 0.5, 0), 1),
        (NextToken(5, " ab", " ab", -1.0, 0.5, 0), 4),
        (NextToken(5, " " * 300, " " * 300, -1.0, 0.5, 0), 10),
    ],
    ids=["no text", "more than it says", "longer than its identities"],
)
def test_what_a_token_does_not_say_cannot_be_taken(token: NextToken, units: int) -> None:
    room = Room("Once")
    view = look(room, "end", token)
    before = len(room.records)
    with pytest.raises(ConflictError):
        room.story.looks.taken(view["id"], 5, units, room.now)
    room.settle()
    assert len(room.records) == before


def test_a_carriage_return_is_offered_as_a_line_feed() -> None:
    room = Room("Once")
    view = look(room, "end", NextToken(5, "\r", "\r", -1.0, 0.5, 0))
    assert view["tokens"][0][1] == "\n"
    take(room, view, "\n")
    assert one(room, TokenRecord).text == "\n"


def test_every_token_of_every_look_has_identities_of_its_own() -> None:
    room = Room("Once")
    rows = [row for _ in range(3) for row in look(room)["tokens"]]
    clocks = [row[4] for row in rows]
    assert len(set(clocks)) == len(clocks)
    assert all(abs(a - b) >= 256 for a, b in itertools.pairwise(clocks))


def test_a_whole_story_is_scored_with_what_models_wrote_known_and_every_unit_named() -> None:
    room = Room("Once 🙂")
    take(room, look(room), " light")
    whole = room.story.looks.whole(NEW)
    assert (whole.command.text, whole.command.params) == ("Once 🙂 light", NEW.params)
    assert [whole.command.text[k.start : k.end] for k in whole.command.known] == [" light"]
    assert sum(units for _, _, units in whole.stretches) == 13
    assert whole.stretches[-1] == (7, 0, 6)


def test_ranges_of_taken_tokens_are_told_once() -> None:
    room = Room("Once")
    view = look(room)
    row = next(row for row in view["tokens"] if row[1] == " light")
    take(room, view, " light")
    take(room, view, " light")
    run = one(room, RunRecord).run
    assert room.story.page.tokens == [TokenRange(run, 0, row[0], view["client"], row[4], 6)]
    choices = [record for record in room.records if isinstance(record, ChoiceRecord)]
    assert len(choices) == 2
