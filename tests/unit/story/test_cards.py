"""Cards: what is written on them, and taken from them."""

from __future__ import annotations

import pytest

from storygen.errors import BadRequestError, ConflictError, NotFoundError
from storygen.link.messages import KnownToken, StartRun
from storygen.store.records import (
    AliasRecord,
    CandidateRecord,
    CheckpointRecord,
    ChoiceRecord,
    TokenRecord,
)
from tests.unit.story.card_room import latest, sent, take, the_set
from tests.unit.story.room import Room


def test_cards_are_written_and_the_text_stays_as_it_is() -> None:
    room = Room("Once")
    set_id = room.ask()
    room.turn(4)
    cards = the_set(room, set_id).cards
    assert [card.written for card in cards] == [" w0 w1 w2 w3"] * 3
    assert {(card.state, card.reason) for card in cards} == {("ended", "finished")}
    assert str(room) == "Once"


def test_every_token_is_stored_under_an_identity_of_its_own() -> None:
    room = Room("Once")
    set_id = room.ask()
    room.turn(4)
    tokens = [record for record in room.records if isinstance(record, TokenRecord)]
    places = [(t.client, t.clock + unit) for t in tokens for unit in range(t.units)]
    assert len(tokens) == 12 and len(set(places)) == len(places)
    for card in the_set(room, set_id).cards:
        own = [token for token in tokens if token.run == card.id]
        assert own[0].clock == card.clock and own[0].client == card.client
        assert sum(token.units for token in own) == card.units
    assert room.story.page.document.client not in {client for client, _ in places}


def test_one_start_names_every_card_and_the_text_once() -> None:
    room = Room("Once upon a time. The end.")
    place = room.story.page.document.place(17)
    set_id = room.ask(place, num=5)
    command = sent(room)
    assert command.text == "Once upon a time."
    assert [row.run for row in command.rows] == [card.id for card in the_set(room, set_id).cards]
    assert len({row.seed for row in command.rows}) == 5


def test_what_it_goes_on_from_is_kept_by_the_checkpoint() -> None:
    room = Room("Once. The end.")
    room.type(0, "🙂 ")
    set_id = room.ask(room.story.page.document.place(10))
    record = the_set(room, set_id).record
    kept = [r for r in room.records if isinstance(r, CheckpointRecord)][-1]
    assert (record.checkpoint, kept.kind) == (kept.checkpoint, "asked")
    units = kept.text.encode("utf-16-le")[: 2 * record.offset].decode("utf-16-le")
    assert units == "🙂 Once."
    assert the_set(room, room.ask()).record.checkpoint == kept.checkpoint  # nothing has changed


def test_text_that_is_taken_is_the_models_and_the_rest_is_stored() -> None:
    room = Room("Once")
    set_id = room.ask()
    room.turn(4)
    card, other = the_set(room, set_id).cards[1], the_set(room, set_id).cards[2]
    take(room, card, 5)
    assert str(room) == str(room.browser) == "Once w0 w"
    written = room.story.page.written()
    assert [(w.units, w.run, w.index) for w in written][-2:] == [(3, card.id, 0), (2, card.id, 1)]
    (choice,) = [record for record in room.records if isinstance(record, ChoiceRecord)]
    assert (choice.candidate, choice.units, choice.text) == (card.id, 5, " w0 w")
    assert choice.set == set_id and choice.shown == {card.id: 5}
    assert (card.taken, other.taken) == (5, 0)
    assert [record.taken for record in latest(room, CandidateRecord)] == [0, 5, 0]
    kinds = [record.kind for record in room.records if isinstance(record, CheckpointRecord)]
    assert kinds[-1] == "accepted"


def test_browsers_learn_whose_the_taken_text_is() -> None:
    room = Room("Once")
    card = the_set(room, room.ask(num=1)).cards[0]
    room.turn(4)
    room.story.candidates.taken(card.id, 3, None, {}, room.now)
    news = room.settle().news
    assert [(t.run, t.index, t.units) for t in news.tokens] == [(card.id, n, 3) for n in range(4)]
    assert [t for t in room.story.page.tokens if t.run == card.id] == news.tokens


def test_more_than_a_card_says_cannot_be_taken() -> None:
    room = Room("Once")
    card = the_set(room, room.ask(num=1)).cards[0]
    room.turn(4)
    with pytest.raises(ConflictError):
        room.story.candidates.taken(card.id, 13, None, {}, room.now)


def test_an_alias_may_point_to_a_card_but_not_beyond_what_was_offered() -> None:
    room = Room("Once")
    card = the_set(room, room.ask(num=1)).cards[0]
    room.turn(4)
    own = room.own_clock()
    room.browser.insert(0, "x")
    with pytest.raises(BadRequestError):
        room.edit((AliasRecord("s", 7, own, 1, card.client, card.clock + (1 << 20)),))


def test_no_browser_may_write_under_the_client_of_cards() -> None:
    room = Room("Once")
    card = the_set(room, room.ask(num=1)).cards[0]
    assert card.client in room.story.page.document.server_clients


def test_a_run_after_taken_text_knows_its_tokens() -> None:
    room = Room("Once")
    card = the_set(room, room.ask(num=1)).cards[0]
    room.turn(4)
    take(room, card, 6)
    room.start()
    command = next(c for c in room.commands if isinstance(c, StartRun))
    assert command.text == "Once w0 w1"
    assert [(k.start, k.end, k.id) for k in command.known] == [(4, 7, 1000), (7, 10, 1001)]
    assert command.heal is False


def test_a_card_goes_on_from_its_text_with_the_same_numbers() -> None:
    room = Room("Once")
    card = the_set(room, room.ask(num=2)).cards[1]
    room.turn(4)
    room.commands.clear()
    room.story.candidates.more(card.id, 3, room.now)
    room.settle()
    command = sent(room)
    assert command.text == "Once w0 w1 w2 w3" and command.next_index == 4
    assert command.known == tuple(KnownToken(4 + 3 * n, 7 + 3 * n, 1000 + n) for n in range(4))
    room.turn(4)
    assert card.written == " w0 w1 w2 w3 w4 w5 w6"
    assert [t.index for t in card.ranges()] == list(range(7))


def test_an_edited_card_goes_on_from_the_edit() -> None:
    room = Room("Once")
    card = the_set(room, room.ask(num=1)).cards[0]
    room.turn(4)
    room.story.candidates.change(card.id, room.now, text=" w0 w1 yes")
    room.settle()
    room.commands.clear()
    room.story.candidates.more(card.id, 1, room.now)
    room.settle()
    assert sent(room).text == "Once w0 w1 yes"
    assert sent(room).known == (KnownToken(4, 7, 1000), KnownToken(7, 10, 1001))
    room.turn(2)
    assert (card.standing, card.written) == (" w0 w1 yes w4", " w0 w1 w2 w3 w4")
    room.story.candidates.change(card.id, room.now, text=card.written)
    assert card.text is None


def test_a_card_is_not_edited_while_it_is_written() -> None:
    room = Room("Once")
    card = the_set(room, room.ask(num=1)).cards[0]
    room.turn(1)
    with pytest.raises(ConflictError):
        room.story.candidates.change(card.id, room.now, text="x")
    with pytest.raises(ConflictError):
        room.story.candidates.more(card.id, 5, room.now)
    room.story.candidates.change(card.id, room.now, pinned=True)
    assert card.pinned


def test_another_card_takes_the_place_of_one_that_is_dismissed() -> None:
    room = Room("Once")
    set_id = room.ask()
    room.turn(4)
    old = the_set(room, set_id).cards[1]
    room.story.candidates.add(set_id, 1, room.now, old.id)
    room.settle()
    room.turn(4)
    new = the_set(room, set_id).cards[3]
    assert old.dismissed and new.number == 3 and new.written == " w0 w1 w2 w3"
    assert new.seed not in {card.seed for card in the_set(room, set_id).cards[:3]}


def test_what_comes_in_a_pinned_cards_place_is_pinned() -> None:
    room = Room("Once")
    set_id = room.ask(num=2)
    room.turn(4)
    card = the_set(room, set_id).cards[0]
    room.story.candidates.change(card.id, room.now, pinned=True)
    room.story.candidates.add(set_id, 1, room.now, card.id)
    assert [one.pinned for one in the_set(room, set_id).cards] == [False, False, True]


def test_what_is_not_there_is_not_found() -> None:
    room = Room("Once")
    with pytest.raises(NotFoundError):
        room.story.candidates.get("nothing")
    with pytest.raises(NotFoundError):
        room.story.candidates.card("nothing")
