"""Cards that a beam search fills: what is told of it, what stopping it leaves, and what more of it is."""

from __future__ import annotations

import pytest

from storygen.errors import ConflictError
from storygen.link.messages import (
    ContextRead,
    PrefillProgressed,
    SearchProgressed,
    StartSet,
    StopRun,
)
from storygen.store.records import RunRecord, TokenRecord
from storygen.story.card_asking import MOST_BEAMS, NewSet
from storygen.story.card_sets import CandidateSet
from tests.unit.story.room import MODEL, Room


def the_set(room: Room, set_id: str) -> CandidateSet:
    return room.story.candidates.get(set_id)


def view(room: Room, set_id: str) -> dict:  # type: ignore[type-arg]
    return room.story.candidates.views([set_id])[0]


def sent(room: Room) -> list[StartSet]:
    return [command for command in room.commands if isinstance(command, StartSet)]


def hear(room: Room, event: object) -> None:
    room.story.worker_said(event, room.now)  # type: ignore[arg-type]


def test_how_far_it_is_is_told_until_its_cards_are_full() -> None:
    room = Room("Once")
    set_id = room.ask(num=2, tokens=3, beams=5)
    name = sent(room)[0].run
    hear(room, PrefillProgressed(name, 1, 4, 0))
    assert view(room, set_id)["state"] == "reading"
    hear(room, SearchProgressed(name, 1, 3))
    assert view(room, set_id)["state"] == "searching"
    assert view(room, set_id)["searching"] == {"done": 1, "total": 3}
    assert view(room, set_id)["reading"] is None
    room.turn(4)
    ended = view(room, set_id)
    assert (ended["state"], ended["searching"]) == ("ended", None)
    assert [card.written for card in the_set(room, set_id).cards] == [
        " b0w0 b0w1 b0w2",
        " b1w0 b1w1 b1w2",
    ]


def test_what_was_read_before_the_cards_is_stored_once() -> None:
    room = Room("Once")
    set_id = room.ask(num=2, tokens=3)
    name = sent(room)[0].run
    hear(room, ContextRead(name, (5, 6, 7)))
    hear(room, ContextRead(name, (8,)))
    room.turn(4)
    assert the_set(room, set_id).record.input_ids == (5, 6, 7)
    card = the_set(room, set_id).cards[0]
    room.story.candidates.more(card.id, 2, room.now)
    room.settle()
    hear(room, ContextRead(sent(room)[-1].run, (9,)))
    assert the_set(room, set_id).record.input_ids == (5, 6, 7)


def test_what_it_found_is_stored_with_the_number_of_its_beams() -> None:
    room = Room("Once")
    room.ask(num=2, tokens=3, beams=5)
    room.turn(4)
    tokens = [record for record in room.records if isinstance(record, TokenRecord)]
    assert [token.text for token in tokens][:3] == [" b0w0", " b0w1", " b0w2"]
    assert all(token.logprob == -1.0 for token in tokens)
    runs = [record for record in room.records if isinstance(record, RunRecord)]
    assert {run.params["num_beams"] for run in runs} == {5}


@pytest.mark.parametrize("by", ["set", "card"])
def test_stopped_it_ends_with_the_best_that_it_found(by: str) -> None:
    room = Room("Once")
    set_id = room.ask(num=2, tokens=9, beams=4)
    room.turn(3)
    candidates = room.story.candidates
    if by == "set":
        candidates.stop_set(set_id, room.now)
    else:
        candidates.stop_card(the_set(room, set_id).cards[1].id, room.now)
    assert view(room, set_id)["state"] == "searching"
    candidates.stop_set(set_id, room.now)  # pressed twice
    room.settle()
    assert sum(isinstance(command, StopRun) for command in room.commands) == 1
    room.turn(1)
    cards = the_set(room, set_id).cards
    assert {(card.state, card.reason) for card in cards} == {("ended", "stopped")}
    assert cards[0].written.startswith(" b0w0 b0w1")


def test_one_that_waits_for_its_model_is_stopped_at_once() -> None:
    room = Room("Once")
    params = {"limit": "tokens", "max_tokens": 4, "num_beams": 4}
    new = NewSet(MODEL, "Test", "continue", "", 4, ((1, params), (2, params)))
    set_id = room.story.candidates.ask(new, room.now).id
    room.story.candidates.stop_set(set_id, room.now)
    assert {card.reason for card in the_set(room, set_id).cards} == {"stopped"}


def test_clearing_does_not_wait_for_what_it_found() -> None:
    room = Room("Once")
    set_id = room.ask(num=2, tokens=9, beams=4)
    room.turn(2)
    room.story.candidates.clear(room.now)
    assert {card.reason for card in the_set(room, set_id).cards} == {"stopped"}
    room.turn(2)
    assert not any(card.written for card in the_set(room, set_id).cards)


def test_a_worker_that_dies_under_it_interrupts_its_cards() -> None:
    room = Room("Once")
    set_id = room.ask(num=2, tokens=9, beams=4)
    room.turn(2)
    room.story.candidates.stop_set(set_id, room.now)
    room.story.model_gone(MODEL, room.now)
    assert {card.reason for card in the_set(room, set_id).cards} == {"interrupted"}


def test_more_of_it_are_the_next_best_in_a_search_as_wide_as_that_needs() -> None:
    room = Room("Once")
    set_id = room.ask(num=2, tokens=3, beams=3)
    room.turn(4)
    room.story.candidates.add(set_id, 2, room.now)
    room.settle()
    command = sent(room)[-1]
    assert command.passed_over == 2
    assert {row.params["num_beams"] for row in command.rows} == {4}
    room.turn(4)
    texts = [card.written for card in the_set(room, set_id).cards]
    assert texts[2:] == [" b2w0 b2w1 b2w2", " b3w0 b3w1 b3w2"]
    with pytest.raises(ConflictError):
        room.story.candidates.add(set_id, MOST_BEAMS - 3, room.now)


def test_after_the_text_has_changed_more_of_it_begin_with_the_best() -> None:
    room = Room("Once")
    set_id = room.ask(num=2, tokens=3, beams=3)
    room.turn(4)
    room.type(0, "x")
    room.story.candidates.add(set_id, 1, room.now)
    room.settle()
    assert sent(room)[-1].passed_over == 0


def test_a_card_that_goes_on_is_searched_for_by_itself() -> None:
    room = Room("Once")
    set_id = room.ask(num=2, tokens=3, beams=3)
    room.turn(4)
    card = the_set(room, set_id).cards[1]
    room.story.candidates.more(card.id, 2, room.now)
    room.settle()
    command = sent(room)[-1]
    assert [row.params["num_beams"] for row in command.rows] == [3]
    assert (command.next_index, command.rows[0].params["max_tokens"]) == (3, 5)
    assert [token.id for token in command.before] == [1000, 1001, 1002]
    room.turn(4)
    assert card.written == " b1w0 b1w1 b1w2 b0w0 b0w1"
