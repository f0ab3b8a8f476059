"""Cards that the server itself puts into the story: where, whose the text is, and what is kept of it."""

from __future__ import annotations

import pytest

from storygen.errors import ConflictError
from storygen.link.messages import StartSet
from storygen.store.records import (
    AliasRecord,
    CheckpointRecord,
    ChoiceRecord,
    UpdateRecord,
)
from storygen.story.card import Card
from tests.unit.story.room import Room


def written(room: Room, at: object = "end", num: int = 2) -> tuple[str, list[Card]]:
    set_id = room.ask(at, num)  # type: ignore[arg-type]
    room.turn(4)
    return set_id, room.story.candidates.get(set_id).cards


def authors(room: Room) -> list[tuple[int, str | None, int]]:
    return [(one.units, one.run, one.index) for one in room.story.page.written()]


def test_the_text_stands_and_is_the_models_token_by_token() -> None:
    room = Room("Once")
    set_id, (card, other) = written(room)
    checkpoint = room.story.candidates.accept(card.id, card.units, room.now)
    news = room.settle().news
    assert str(room) == str(room.browser) == "Once w0 w1 w2 w3"
    assert authors(room) == [(4, None, 0), *((3, card.id, index) for index in range(4))]
    assert [(token.run, token.index) for token in news.tokens] == [(card.id, n) for n in range(4)]
    assert [alias.original_client for alias in news.aliases] == [card.client]
    (choice,) = [one for one in room.records if isinstance(one, ChoiceRecord)]
    assert (choice.by, choice.set, choice.candidate) == ("auto", set_id, card.id)
    assert (choice.units, choice.text) == (12, " w0 w1 w2 w3")
    assert choice.shown == {card.id: 12, other.id: 12} and choice.seconds is None
    kept = [one for one in room.records if isinstance(one, CheckpointRecord)][-1]
    assert (kept.checkpoint, kept.kind, kept.run) == (checkpoint, "accepted", card.id)
    assert kept.text == "Once w0 w1 w2 w3" and (card.taken, other.taken) == (12, 0)
    assert [one.origin for one in room.records if isinstance(one, UpdateRecord)][-1] == "accept"


def test_it_is_what_a_browser_that_takes_it_would_have_made() -> None:
    mine, theirs = Room("Once"), Room("Once")
    _, (card, _) = written(mine)
    _, (same, _) = written(theirs)
    mine.story.candidates.accept(card.id, 5, mine.now)
    mine.settle()
    own = theirs.own_clock()
    theirs.browser.insert(4, " w0 w")
    theirs.edit((AliasRecord("s", 7, own, 5, same.client, same.clock),))
    theirs.story.candidates.taken(same.id, 5, None, {}, theirs.now, by="auto")
    assert str(mine) == str(theirs)
    assert mine.story.page.document.authors() == theirs.story.page.document.authors()
    assert authors(mine) == authors(theirs)


def test_what_was_accepted_needs_no_tokenising() -> None:
    room = Room("Once")
    _, (card, _) = written(room)
    room.story.candidates.accept(card.id, card.units, room.now)
    room.settle()
    room.ask()
    asked = [command for command in room.commands if isinstance(command, StartSet)][-1]
    assert [token.id for token in asked.known] == [token.id for token in card.tokens]


def test_an_edited_card_is_a_persons_where_it_was_edited() -> None:
    room = Room("Once")
    _, (card, _) = written(room)
    room.story.candidates.change(card.id, room.now, text=" w0 – w2 w3")
    room.story.candidates.accept(card.id, len(" w0 – w2 w3"), room.now)
    room.settle()
    assert str(room) == str(room.browser) == "Once w0 – w2 w3"
    runs = [(run, units) for units, run, _ in authors(room)]
    assert runs == [
        (None, 4),
        (card.id, 3),
        (card.id, 1),
        (None, 1),
        (card.id, 3),
        (card.id, 3),
    ]


def test_it_goes_where_its_place_has_moved_to() -> None:
    room = Room("Once upon. The end.")
    _, (card, _) = written(room, room.story.page.document.place(9))
    room.type(0, "🙂 ")
    room.erase(2, 7)
    room.type(len(str(room.browser)), " Fin.")
    room.story.candidates.accept(card.id, 3, room.now)
    room.settle()
    assert str(room) == str(room.browser) == "🙂 upon w0. The end. Fin."


def test_it_goes_where_its_text_was_when_that_was_deleted() -> None:
    room = Room("Once upon. The end.")
    _, (card, _) = written(room, room.story.page.document.place(9))
    room.erase(4, 9)
    room.story.candidates.accept(card.id, 3, room.now)
    room.settle()
    assert str(room) == "Once w0. The end."


def test_it_goes_to_the_end_when_its_place_is_gone() -> None:
    room = Room("Once upon. The end.")
    set_id, (card, _) = written(room, room.story.page.document.place(9))
    found = room.story.candidates.get(set_id)
    room.story.candidates.clear(room.now)  # its place is not moved along any more
    room.erase(4, 9)
    assert found.record.cleared is not None
    room.story.candidates.accept(card.id, 3, room.now)
    room.settle()
    assert str(room) == "Once upon. The end. w0".replace(" upon", "")


def test_more_than_it_says_is_refused_and_changes_nothing() -> None:
    room = Room("Once")
    _, (card, _) = written(room)
    with pytest.raises(ConflictError):
        room.story.candidates.accept(card.id, card.units + 1, room.now)
    assert str(room) == "Once" and not card.taken


def test_restoring_brings_it_back_as_the_models() -> None:
    room = Room("Once")
    first = [one for one in room.records if isinstance(one, CheckpointRecord)][-1]
    _, (card, _) = written(room)
    room.story.candidates.accept(card.id, card.units, room.now)
    room.settle()
    accepted = [one for one in room.records if isinstance(one, CheckpointRecord)][-1]
    room.story.restore(first, room.now)
    assert str(room) == "Once"
    room.story.restore(accepted, room.now)
    room.settle()
    assert str(room) == str(room.browser) == "Once w0 w1 w2 w3"
    assert {run for _, run, _ in authors(room)} == {None, card.id}


def test_a_retired_set_leaves_the_page_and_what_was_taken_stays_known() -> None:
    room = Room("Once")
    set_id, (card, other) = written(room)
    room.story.candidates.accept(card.id, card.units, room.now)
    room.story.candidates.retire(set_id, room.now)
    room.settle()
    assert room.story.candidates.whole_views() == []
    assert room.story.candidates.card_ids() == {card.id} != {other.id}
    assert authors(room)[-1] == (3, card.id, 3)
