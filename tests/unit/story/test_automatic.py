"""The automatic writer's states, turns and steps: what each command does in each state, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storygen.errors import ConflictError
from storygen.store.records import StoredStory, StoryRecord
from storygen.story import automatic
from storygen.story.automatic import Plan, Reaction
from storygen.story.card_asking import NewSet
from tests.fakes import WINDOW
from tests.unit.story.room import MODEL, Room, empty_story

PLAN = Plan(MODEL, "Test", "continue", "", {}, 2, 2, "random", "logprob", {}, 5)
WELL = Reaction()


def calm(before: str, after: str, entropies: tuple[float, ...], was: Reaction) -> Reaction:
    return WELL


def asked(room: Room, turn: int) -> str | None:
    rows = tuple((seed, {"limit": "tokens", "max_tokens": 4, "num_beams": 1}) for seed in range(2))
    new = NewSet(MODEL, "Test", "continue", "", 0, rows, origin="writer")
    found = room.story.automatic.write(turn, new, room.now)
    room.story.model_ready(MODEL, WINDOW, room.now)
    room.settle()
    return found


def taken(room: Room, turn: int, judge: Any = calm) -> bool:
    offered = room.story.automatic.offered(turn, room.now)
    assert offered is not None and not offered.trouble
    goes_on = room.story.automatic.take(turn, offered.cards[0][0], judge, room.now)
    room.settle()
    return goes_on


def begun(text: str = "Once", plan: Plan = PLAN) -> tuple[Room, int]:
    room = Room(text)
    return room, room.story.automatic.start(plan, room.now)


def view(room: Room) -> dict[str, Any]:
    found = room.story.automatic.view()
    assert found is not None
    return found


def in_state(state: str) -> Room:
    room, turn = begun()
    if state != "asking":
        asked(room, turn)
    if state == "choosing":
        room.turn(4)
        room.story.automatic.offered(turn, room.now)
    if state == "paused":
        room.story.automatic.pause(room.now)
    if state == "ended":
        room.story.automatic.stop(room.now)
    assert view(room)["state"] == state
    return room


@pytest.mark.parametrize("state", automatic.STATES)
@pytest.mark.parametrize("command", ["start", "pause", "resume", "stop"])
def test_a_command_that_the_table_forbids_changes_nothing(state: str, command: str) -> None:
    room = in_state(state)
    before = view(room)
    writer = room.story.automatic
    does = {
        "start": lambda: writer.start(PLAN, room.now),
        "pause": lambda: writer.pause(room.now),
        "resume": lambda: writer.resume(room.now),
        "stop": lambda: writer.stop(room.now),
    }
    allowed = {
        "start": state == "ended",
        "pause": state in automatic.ACTIVE,
        "resume": state == "paused",
        "stop": state != "ended",
    }
    if allowed[command]:
        does[command]()
        assert view(room) != before
    else:
        with pytest.raises(ConflictError):
            does[command]()
        assert view(room) == before


def test_two_steps_and_it_has_finished() -> None:
    room, turn = begun()
    for step in (1, 2):
        found = room.story.automatic.step(turn, room.now)
        assert found is not None and (found.number, found.wait_s) == (step, 0.0)
        asked(room, turn)
        assert room.story.automatic.look(turn, room.now) == "writing"
        room.turn(4)
        assert room.story.automatic.look(turn, room.now) == "ended"
        assert taken(room, turn) is (step == 1)
    assert str(room) == "Once" + 2 * " w0 w1 w2 w3"
    assert (view(room)["state"], view(room)["reason"], view(room)["step"]) == (
        "ended",
        "finished",
        2,
    )
    assert room.story.live() == 0 and room.story.models_in_use() == set()


def test_a_turn_that_is_over_changes_nothing() -> None:
    room, turn = begun()
    found = asked(room, turn)
    room.turn(2)
    room.story.automatic.pause(room.now)
    room.turn(2)
    assert found is not None
    cards = room.story.candidates.get(found).cards
    assert {(card.reason, len(card.tokens)) for card in cards} == {("stopped", 2)}
    later = room.story.automatic.resume(room.now)
    assert room.story.automatic.step(turn, room.now) is None
    assert asked(room, turn) is None
    assert room.story.automatic.look(turn, room.now) == "over"
    assert room.story.automatic.offered(turn, room.now) is None
    assert room.story.automatic.take(turn, cards[0].id, calm, room.now) is False
    assert str(room) == "Once" and view(room)["state"] == "asking"
    assert room.story.automatic.step(later, room.now) is not None


def test_typing_where_it_writes_ends_the_set_and_holds_it_until_the_hand_rests() -> None:
    room, turn = begun()
    asked(room, turn)
    room.turn(2)
    room.type(4, " upon")
    assert room.story.automatic.look(turn, room.now) == "again"
    step = room.story.automatic.step(turn, room.now)
    assert step is not None and step.number == 1 and 0 < step.wait_s <= 0.5
    room.wait(1.0)
    step = room.story.automatic.step(turn, room.now)
    assert step is not None and step.wait_s == 0.0
    asked(room, turn)
    room.turn(4)
    assert taken(room, turn)
    assert str(room) == "Once upon w0 w1 w2 w3"


def test_typing_into_an_empty_story_is_seen_too() -> None:
    room, turn = begun("")
    asked(room, turn)
    room.type(0, "Mine")
    assert room.story.automatic.look(turn, room.now) == "again"


def test_what_is_typed_and_deleted_again_changes_nothing() -> None:
    room, turn = begun()
    asked(room, turn)
    room.type(4, "x")
    room.erase(4, 5)
    assert room.story.automatic.look(turn, room.now) == "writing"


def test_a_last_edit_before_the_card_is_taken_is_seen() -> None:
    room, turn = begun()
    asked(room, turn)
    room.turn(4)
    offered = room.story.automatic.offered(turn, room.now)
    assert offered is not None
    room.type(4, "!")
    assert room.story.automatic.take(turn, offered.cards[0][0], calm, room.now)
    assert str(room) == "Once!" and view(room)["state"] == "asking"


def test_what_is_done_about_trouble_is_kept_and_told_and_may_end_it() -> None:
    room, turn = begun(plan=replace(PLAN, steps=0))
    asked(room, turn)
    room.turn(4)
    warmer = Reaction("repeats", 1, "It repeats itself: warmer")
    assert taken(room, turn, lambda *_: warmer)
    assert view(room)["reaction"] == warmer.words and view(room)["steps"] is None
    step = room.story.automatic.step(turn, room.now)
    assert step is not None and step.reaction == warmer
    asked(room, turn)
    room.turn(4)
    assert not taken(room, turn, lambda *_: Reaction("repeats", 6, "In vain.", gives_up=True))
    assert (view(room)["reason"], view(room)["message"]) == ("failed", "In vain.")
    assert str(room) == "Once" + 2 * " w0 w1 w2 w3"


def test_a_story_that_was_closed_meanwhile_finds_it_interrupted_and_it_goes_on() -> None:
    room, turn = begun()
    asked(room, turn)
    room.turn(4)
    taken(room, turn)
    before = view(room)
    kept = [one for one in room.records if isinstance(one, StoryRecord)][-1]
    stored: StoredStory = replace(empty_story(), record=kept)
    again = Room(stored=stored, client=2002)
    found = view(again)
    assert (found["state"], found["reason"]) == ("ended", "interrupted")
    assert (found["id"], found["step"]) == (before["id"], 1)
    assert "auto" not in again.story.settings
    later = again.story.automatic.resume(again.now)
    step = again.story.automatic.step(later, again.now)
    assert step is not None and (step.number, step.plan) == (2, PLAN)
    again.story.automatic.pause(again.now)


def test_a_set_that_a_person_stopped_is_not_chosen_from() -> None:
    room, turn = begun()
    found = asked(room, turn)
    room.turn(2)
    assert found is not None
    room.story.candidates.stop_set(found, room.now)
    offered = room.story.automatic.offered(turn, room.now)
    assert offered is not None and offered.trouble == "stopped"


def test_one_card_that_a_person_stopped_may_be_chosen_as_it_stands() -> None:
    room, turn = begun()
    found = asked(room, turn)
    room.turn(2)
    assert found is not None
    first, _ = room.story.candidates.get(found).cards
    room.story.candidates.stop_card(first.id, room.now)
    room.turn(2)
    offered = room.story.automatic.offered(turn, room.now)
    assert offered is not None and offered.trouble == ""
    assert [text for _, text, _ in offered.cards] == [" w0 w1", " w0 w1 w2 w3"]


def test_no_more_than_its_newest_sets_stay_on_the_page() -> None:
    room, turn = begun(plan=replace(PLAN, steps=0))
    for _ in range(automatic.SETS_SHOWN + 3):
        asked(room, turn)
        room.turn(4)
        taken(room, turn)
    assert len(room.story.candidates.whole_views()) == automatic.SETS_SHOWN
    assert len(room.story.candidates.card_ids()) == 3 + 2 * automatic.SETS_SHOWN


def test_a_judge_sees_the_surprises_of_the_last_steps_alone() -> None:
    seen: list[tuple[float, ...]] = []

    def judge(before: str, after: str, entropies: tuple[float, ...], was: Reaction) -> Reaction:
        seen.append(entropies)
        return WELL

    room, turn = begun(plan=replace(PLAN, steps=0))
    for _ in range(automatic.ENTROPIES_KEPT + 2):
        asked(room, turn)
        room.turn(4)
        assert taken(room, turn, judge)
    most = automatic.ENTROPIES_KEPT
    assert [len(one) for one in seen] == [*range(1, most + 1), most, most]
    assert seen[-1][:-1] == seen[-2][1:]
