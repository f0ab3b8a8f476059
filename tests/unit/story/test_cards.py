"""Sets of candidates of a story: what is written on cards, taken from them, and kept of them."""

from __future__ import annotations

import pytest

from storygen.errors import BadRequestError, ConflictError, NotFoundError
from storygen.link.messages import KnownToken, PrefillProgressed, StartRun, StartSet, StopRun
from storygen.store.records import (
    AliasRecord,
    CandidateRecord,
    CheckpointRecord,
    ChoiceRecord,
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
from storygen.story.card_asking import NewSet
from storygen.story.card_sets import NUM_FOLLOWED, CandidateSet
from tests.fakes import WINDOW
from tests.unit.story.room import MODEL, Room


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


def test_what_is_not_there_is_not_found() -> None:
    room = Room("Once")
    with pytest.raises(NotFoundError):
        room.story.candidates.get("nothing")
    with pytest.raises(NotFoundError):
        room.story.candidates.card("nothing")


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
