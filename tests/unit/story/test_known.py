"""Which token ids a worker is told when it is given a text again."""

from __future__ import annotations

from room import MODEL, Room

from storygen.link.messages import KnownToken, StartRun
from tests.fakes import WINDOW

CAT_IN_TWO = [" a", "", "猫"]  # a character of two tokens; the first one shows nothing


def test_a_character_that_death_cut_is_written_again_from_its_first_token() -> None:
    room = Room("Once", script=CAT_IN_TWO)
    run = room.start()
    room.turn(2)
    start = continued(room, run)
    assert (start.text, start.next_index) == ("Once a", 1)
    assert start.known == (KnownToken(4, 6, 1000),)
    room.turn(2)
    assert str(room) == "Once a猫"


def test_a_token_that_death_left_without_a_character_is_never_told_again() -> None:
    room = Room("Once", script=CAT_IN_TWO)
    run = room.start()
    room.turn(2)
    again = continued(room, run)
    room.turn(3)
    assert str(room) == "Once a猫 a"
    start = continued(room, again.run)
    known = [(start.text[k.start : k.end], k.id) for k in start.known]
    assert known == [(" a", 1000), ("", 1001), ("猫", 1002), (" a", 1003)]


def test_a_part_of_a_token_is_not_known() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(2)
    room.erase(5, 6)
    start = continued(room, run)
    assert start.text == "Once 0 w1"
    assert start.known == (KnownToken(6, 9, 1001),)


def continued(room: Room, run: str) -> StartRun:
    """The worker dies; the run is resumed: what the new worker is given."""
    room.story.runs.model_gone(MODEL, room.now)
    room.worker.runs.clear()
    room.settle()
    room.commands.clear()
    room.story.runs.resume(run, room.now)
    room.story.runs.model_ready(MODEL, WINDOW, room.now)
    room.settle()
    return next(command for command in room.commands if isinstance(command, StartRun))
