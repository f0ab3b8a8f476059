"""Sets of cards: stopped, following each other, waiting, interrupted, cleared, and there again."""

from __future__ import annotations

import pytest

from storygen.errors import ConflictError
from storygen.link.messages import PrefillProgressed, StopRun
from storygen.store.records import (
    CheckpointRecord,
    RunRecord,
    TokenRecord,
)
from storygen.story.card_asking import NewSet
from storygen.story.card_sets import NUM_FOLLOWED
from tests.fakes import WINDOW
from tests.unit.story.card_room import sent, stored_again, take, the_set
from tests.unit.story.room import MODEL, Room


def test_a_sets_version_grows_with_each_state_of_it_and_is_another_after_each_opening() -> None:
    room = Room("Once")
    set_id = room.ask(num=2)
    versions = [the_set(room, set_id).view()["version"]]
    for _ in range(4):
        room.turn()
        room.story.candidates.change(the_set(room, set_id).cards[0].id, room.now, pinned=True)
        versions.append(the_set(room, set_id).view()["version"])
    assert versions == sorted(versions) and len({number for _, number in versions}) == 5
    again = Room(stored=stored_again(room), client=room.story.page.document.client + 1)
    assert the_set(again, set_id).view()["version"][0] != versions[0][0]


def test_stopping_a_set_stops_its_cards_and_those_to_come() -> None:
    room = Room("Once")
    set_id = room.ask(sets_left=3)
    room.turn(2)
    room.story.candidates.stop_set(set_id, room.now)
    effects = room.settle()
    assert [type(command) for _, command in effects.commands] == [StopRun]
    room.turn(5)
    cards = the_set(room, set_id).cards
    assert {(card.reason, card.written) for card in cards} == {("stopped", " w0 w1")}
    assert room.story.candidates.set_ids() == {set_id}


def test_one_card_is_stopped_and_the_others_go_on() -> None:
    room = Room("Once")
    set_id = room.ask()
    room.turn(2)
    cards = the_set(room, set_id).cards
    room.story.candidates.stop_card(cards[0].id, room.now)
    room.settle()
    room.turn(3)
    assert [card.reason for card in cards] == ["stopped", "finished", "finished"]
    with pytest.raises(ConflictError):
        room.story.candidates.stop_card(cards[0].id, room.now)


def test_sets_follow_each_other_by_themselves() -> None:
    room = Room("Once")
    first = room.ask(num=2, sets_left=2, origin="auto")
    room.turn(20)
    sets = [the_set(room, name) for name in room.story.candidates.set_ids()]
    assert len(sets) == 3 and all(not found.live for found in sets)
    assert sorted(found.record.sets_left for found in sets) == [0, 0, 0]
    assert {found.record.origin for found in sets} == {"auto"}
    seeds = [card.seed for found in sets for card in found.cards]
    assert len(set(seeds)) == 6
    assert first in room.story.candidates.set_ids()


def test_a_set_waits_for_its_model_and_reads_what_stands_then() -> None:
    room = Room("Once")
    room.story.candidates.model_gone(MODEL, room.now)
    rows = ((1, {"limit": "tokens", "max_tokens": 2}),)
    new = NewSet(MODEL, "Test", "continue", "", 0, rows)
    set_id = room.story.ask_candidates(new, "end", room.now)
    room.settle()
    room.type(4, " upon")
    assert the_set(room, set_id).record.stale
    room.story.model_ready(MODEL, WINDOW, room.now)
    room.settle()
    assert sent(room).text == "Once upon"
    found = the_set(room, set_id).record
    kept = {r.checkpoint: r for r in room.records if isinstance(r, CheckpointRecord)}
    assert not found.stale and kept[found.checkpoint].text == "Once upon"


def test_the_death_of_a_worker_interrupts_cards_and_they_can_go_on() -> None:
    room = Room("Once")
    card = the_set(room, room.ask(num=1)).cards[0]
    room.turn(2)
    room.story.model_gone(MODEL, room.now)
    room.settle()
    assert (card.state, card.reason) == ("ended", "interrupted")
    room.commands.clear()
    room.events.clear()
    room.story.candidates.more(card.id, 2, room.now)
    room.story.model_ready(MODEL, WINDOW, room.now)
    room.settle()
    assert sent(room).next_index == 2
    room.turn(3)
    assert card.written == " w0 w1 w2 w3"


def test_a_model_that_cannot_be_loaded_fails_the_cards_with_the_reason() -> None:
    room = Room("Once")
    set_id = room.ask(sets_left=2)
    room.story.model_gone(MODEL, room.now, reason="It needs 9 GB.")
    room.settle()
    cards = the_set(room, set_id).cards
    assert {(card.reason, card.message) for card in cards} == {("failed", "It needs 9 GB.")}
    assert room.story.candidates.set_ids() == {set_id}


def test_a_place_moves_along_with_the_text_and_says_that_the_text_has_changed() -> None:
    room = Room("Once. The end.")
    set_id = room.ask(room.story.page.document.place(5))
    found = the_set(room, set_id)
    room.type(14, " Amen.")
    assert not found.record.stale
    room.type(0, "Well. ")
    assert found.record.stale and found.feed.point == 11
    room.erase(0, 6)
    assert found.feed.point == 5
    assert found.record.left == room.story.page.document.place(5)


def test_clearing_leaves_the_text_and_what_is_stored() -> None:
    room = Room("Once")
    set_id = room.ask()
    room.turn(2)
    room.story.candidates.clear(room.now)
    room.settle()
    assert room.story.candidates.whole_views() == []
    assert the_set(room, set_id).record.cleared == room.now
    assert all(card.reason == "stopped" for card in the_set(room, set_id).cards)
    assert str(room) == "Once"
    assert sum(isinstance(record, TokenRecord) for record in room.records) == 6


def test_candidates_are_written_while_a_run_writes_at_the_same_place() -> None:
    room = Room("Once")
    room.start()
    room.turn(1)
    set_id = room.ask(num=1)
    room.turn(4)
    card = the_set(room, set_id).cards[0]
    assert card.written == " w0 w1 w2 w3"
    assert str(room) == "Once w0 w1 w2 w3 w4"
    assert the_set(room, set_id).feed.point == len("Once w0")  # the run's words come behind it
    assert the_set(room, set_id).record.stale is False


def test_a_story_opened_again_has_its_cards_and_knows_whose_text_is_whose() -> None:
    room = Room("Once")
    set_id = room.ask(num=2)
    room.turn(4)
    card = the_set(room, set_id).cards[0]
    take(room, card, 6)
    room.story.candidates.change(card.id, room.now, pinned=True)
    before = room.story.candidates.whole_views()
    again = Room(stored=stored_again(room), client=room.story.page.document.client + 1)
    opened_again = [{**view, "version": None} for view in again.story.candidates.whole_views()]
    assert opened_again == [{**view, "version": None} for view in before]
    assert [(w.units, w.run) for w in again.story.page.written()][-2:] == [
        (3, card.id),
        (3, card.id),
    ]
    other = the_set(again, set_id).cards[1]
    again.browser.doc = room.browser.doc
    again.story.candidates.taken(other.id, 3, None, {}, again.now)  # it is still at hand
    assert the_set(again, set_id).cards[1].taken == 3


def test_cards_that_were_being_written_when_the_server_died_are_interrupted() -> None:
    room = Room("Once")
    set_id = room.ask(num=1)
    room.turn(2)
    again = Room(stored=stored_again(room), client=999)
    card = the_set(again, set_id).cards[0]
    assert (card.state, card.reason, card.written) == ("ended", "interrupted", " w0 w1")
    stored = [record for record in again.records if isinstance(record, RunRecord)]
    assert [record.reason for record in stored] == ["interrupted"]


def test_a_set_view_says_how_far_reading_is() -> None:
    room = Room("Once")
    set_id = room.ask(num=1)
    name = sent(room).run
    room.story.worker_said(PrefillProgressed(name, 3, 9, 0), room.now)
    (view,) = room.story.candidates.views([set_id])
    assert (view["state"], view["reading"]) == ("reading", {"done": 3, "total": 9})
    room.turn(1)
    (view,) = room.story.candidates.views([set_id])
    assert (view["state"], view["reading"]) == ("writing", None)


def test_of_many_sets_the_older_ones_keep_the_character_that_they_stand_behind() -> None:
    room = Room("Once. The end.")
    first = room.ask(room.story.page.document.place(5), num=1, tokens=1)
    for _ in range(NUM_FOLLOWED):
        room.turn(2)
        room.ask(num=1, tokens=1)
    room.turn(2)
    room.type(0, "Well. ")
    assert the_set(room, first).feed.point == 5  # not moved along any more
    room.commands.clear()
    room.story.candidates.add(first, 1, room.now)
    room.settle()
    assert sent(room).text == "Well. Once."
