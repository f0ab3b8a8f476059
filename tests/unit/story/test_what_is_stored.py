"""What an open story leaves for the store, and what is made of it again."""

from __future__ import annotations

from storygen.store.records import (
    RunRecord,
    StoryRecord,
    TokenRecord,
    UpdateRecord,
)
from storygen.story.run import from_record, with_tokens
from tests.unit.story.room import MODEL, Room


def test_every_token_and_update_is_recorded_in_order() -> None:
    room = Room("Once")
    room.start()
    room.turn(3)
    updates = [r for r in room.records if isinstance(r, UpdateRecord)]
    assert [u.seq for u in updates] == list(range(1, len(updates) + 1))
    tokens = [r for r in room.records if isinstance(r, TokenRecord)]
    assert [(t.index, t.text, t.units) for t in tokens] == [
        (0, " w0", 3),
        (1, " w1", 3),
        (2, " w2", 3),
    ]


def told(room: Room) -> RunRecord:
    """The only run, as the store tells it when it is opened again."""
    rows = {r.run: r for r in room.records if isinstance(r, RunRecord)}
    (run,) = with_tokens(rows.values(), room.story.page.tokens)
    return run


def test_a_run_is_stored_when_its_tokens_do_not_tell_where_it_stands() -> None:
    room = Room("Once", script=[" one", "", " 😀", " two"])
    room.start()
    for place in (8, 8, 13, 17):
        before = len([r for r in room.records if isinstance(r, RunRecord)])
        room.turn(1)
        assert len([r for r in room.records if isinstance(r, RunRecord)]) == before
        document = room.story.page.document
        assert told(room).left == document.place(place) and len(document.text) == place
    assert told(room).next_index == 4
    room.type(len(str(room)), "!")
    assert told(room).left == room.story.page.document.place(18)
    room.wait(1.0)
    room.turn(1)
    assert (told(room).next_index, told(room).left) == (5, room.story.page.document.place(22))
    room.erase(0, len(str(room)))
    assert told(room).left is None


def test_what_no_database_stores_in_a_text_is_replaced() -> None:
    room = Room("a\0b", script=["\0"])
    room.start()
    room.turn(1)
    room.story.page.describe(room.now)
    room.settle()
    stories = [r for r in room.records if isinstance(r, StoryRecord)]
    assert stories[-1].opening == "a\ufffdb\ufffd"
    assert [r.text for r in room.records if isinstance(r, TokenRecord)] == ["\ufffd"]


def test_why_a_run_failed_is_still_said_when_the_story_is_opened_again() -> None:
    room = Room("Once")
    run = room.story.runs.get(room.start())
    room.story.runs.model_gone(MODEL, room.now, reason="There was not enough memory.")
    said = run.view("s")
    again = from_record(run.record("s"), 1, 0).view("s")
    assert (again["reason"], again["message"], again["detail"]) == (
        "failed",
        "There was not enough memory.",
        said["detail"],
    )
