"""Takings that are taken back, and taken again: what the card says, and what is kept of it."""

from __future__ import annotations

from storygen.store.records import AliasRecord, CandidateRecord, ChoiceRecord
from storygen.story.card import Card
from storygen.story.taken_back import FRESH_S
from tests.unit.story.card_room import latest, stored_again, take, the_set
from tests.unit.story.room import Room


def taken_room(text: str = "Once") -> tuple[Room, str, Card]:
    """A room with a card of which six units are taken."""
    room = Room(text)
    set_id = room.ask(num=2)
    room.turn(4)
    card = the_set(room, set_id).cards[0]
    take(room, card, 6)
    return room, set_id, card


def choices(room: Room) -> list[tuple[int, str]]:
    return [(one.units, one.text) for one in room.records if isinstance(one, ChoiceRecord)]


def redo(room: Room, card: Card) -> None:
    """What the page does when an undone insertion comes back: new text that is an alias."""
    own, at = room.own_clock(), len(str(room.browser))
    room.browser.insert(at, " w0 w1")
    room.edit((AliasRecord("s", 7, own, 6, card.client, card.clock),))


def test_a_taking_that_is_undone_is_taken_back_and_redone_it_is_there_again() -> None:
    room, _, card = taken_room()
    room.erase(4, 10)
    assert str(room) == "Once" and card.taken == 0
    assert choices(room) == [(6, " w0 w1"), (0, "")]
    (record,) = latest(room, CandidateRecord, run=card.id)
    assert record.taken == -6
    redo(room, card)
    assert card.taken == 6 and choices(room)[2] == (6, " w0 w1")
    (record,) = latest(room, CandidateRecord, run=card.id)
    assert record.taken == 6


def test_browsers_are_told_that_it_is_not_taken_any_more() -> None:
    room, set_id, card = taken_room()
    room.browser.delete(4, 10)
    room.story.page.human_update(room.browser.unsent(), (), room.now)
    effects = room.story.take_effects()
    assert set_id in effects.news.sets
    views = room.story.candidates.views([set_id])[0]["cards"]
    assert views[0]["id"] == card.id and views[0]["taken"] == 0


def test_as_long_as_a_letter_of_it_stands_it_is_taken() -> None:
    room, _, card = taken_room()
    room.erase(4, 9)
    assert card.taken == 6
    room.type(4, "typed ")
    assert card.taken == 6
    room.erase(10, 11)
    assert str(room) == "Oncetyped " and card.taken == 0


def test_text_that_was_moved_elsewhere_stands() -> None:
    room, _, card = taken_room("Once upon a time. " * 400)
    end = len(str(room))
    own = room.own_clock()
    room.browser.delete(end - 6, end)
    room.browser.insert(0, " w0 w1")
    room.edit((AliasRecord("s", 7, own, 6, card.client, card.clock),))
    assert card.taken == 6 and str(room).startswith(" w0 w1")


def test_what_is_deleted_long_after_was_taken_all_the_same() -> None:
    room, _, card = taken_room()
    room.wait(FRESH_S + 1)
    room.erase(4, 10)
    assert card.taken == 6 and len(choices(room)) == 1


def test_after_a_restart_what_was_taken_back_stays_so_and_its_text_the_models() -> None:
    room, set_id, card = taken_room()
    room.erase(4, 10)
    again = Room(stored=stored_again(room), client=room.story.page.document.client + 1)
    same = the_set(again, set_id).cards[0]
    assert same.taken == 0 and same.was_taken
    again.browser.doc, again.browser.text = room.browser.doc, room.browser.text
    redo(again, same)
    assert {one.run for one in again.story.page.written()} >= {card.id}


def test_what_the_automatic_writer_took_is_not_taken_back_by_who_deletes_it() -> None:
    room = Room("Once")
    set_id = room.ask(num=2)
    room.turn(4)
    card = the_set(room, set_id).cards[0]
    room.story.candidates.accept(card.id, 6, room.now)
    room.settle()
    room.erase(4, 10)
    assert card.taken == 6
