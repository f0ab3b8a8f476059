"""Runs on a live page: what stands after edits, pauses, stops and deaths, as exact strings."""

from __future__ import annotations

import pytest

from storygen.errors import ConflictError, NotFoundError
from storygen.link.messages import AcceptedToken, ReviseRun, StartRun
from storygen.store.records import (
    CheckpointRecord,
)
from tests.unit.story.room import MODEL, Room


def test_a_run_writes_at_the_end() -> None:
    room = Room("Once")
    room.start()
    room.turn(3)
    assert str(room) == str(room.browser) == "Once w0 w1 w2"


def test_a_run_writes_at_a_place_in_the_middle_and_keeps_what_follows() -> None:
    room = Room("Once. The end.")
    place = room.story.page.document.place(5)
    room.start(place)
    room.turn(2)
    assert str(room) == "Once. w0 w1 The end."


def test_a_queued_run_shows_its_place_at_once() -> None:
    room = Room("Once. The end.")
    place = room.story.page.document.place(5)
    assert room.story.start_run(_new_run(), place, room.now)["left"] == list(place or ())


def test_a_pause_takes_the_token_in_flight_and_no_more() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(1)
    room.write()
    room.story.runs.pause(run, room.now)
    room.deliver_events()
    room.settle()
    room.turn(3)
    assert (str(room), room.state(run)) == ("Once w0 w1", "paused")
    room.story.runs.resume(run, room.now)
    room.settle()
    room.turn(2)
    assert str(room) == "Once w0 w1 w2 w3"


def test_a_resume_without_an_edit_sends_no_text() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(1)
    room.story.runs.pause(run, room.now)
    room.settle()
    room.turn(1)
    room.story.runs.resume(run, room.now)
    effects = room.settle()
    assert [type(c).__name__ for _, c in effects.commands] == ["ResumeRun"]


def test_a_stop_ends_the_run_and_drops_what_was_in_flight() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(1)
    room.write()
    room.story.runs.stop(run, room.now)
    room.deliver_events()
    assert str(room) == "Once w0"
    assert room.story.runs.get(run).reason == "stopped"
    with pytest.raises(ConflictError):
        room.story.runs.resume(run, room.now)


def test_a_limit_finishes_the_run() -> None:
    room = Room("Once")
    run = room.start(max_tokens=2)
    room.turn(4)
    view = room.story.runs.get(run).view("s")
    assert (str(room), view["state"], view["reason"], view["detail"]) == (
        "Once w0 w1",
        "ended",
        "finished",
        "max_tokens",
    )


def test_a_dead_worker_interrupts_and_resume_goes_on_with_the_next_token_and_known_ids() -> None:
    room = Room("Once 😀")
    run = room.start()
    room.turn(2)
    room.story.runs.model_gone(MODEL, room.now)
    room.settle()
    assert room.story.runs.get(run).reason == "interrupted"
    room.worker.runs.clear()
    room.type(0, "é")
    again = room.story.runs.resume(run, room.now)
    room.story.runs.model_ready(MODEL, 1000, room.now)
    room.settle()
    start = next(c for c in room.commands if isinstance(c, StartRun))
    assert (start.text, start.next_index, start.heal) == ("éOnce 😀 w0 w1", 2, False)
    assert [(start.text[k.start : k.end], k.id) for k in start.known] == [
        (" w0", 1000),
        (" w1", 1001),
    ]
    room.turn(1)
    assert str(room) == "éOnce 😀 w0 w1 w2"
    assert again.continues == run
    with pytest.raises(ConflictError, match="already"):
        room.story.runs.resume(run, room.now)


def test_what_was_written_before_goes_along_as_far_as_the_run_goes_on_from_it() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(2)
    room.story.runs.model_gone(MODEL, room.now)
    room.settle()
    room.worker.runs.clear()
    before = [AcceptedToken(1000 + index, -0.5) for index in range(3)]  # one never came to stand
    room.story.runs.resume(run, room.now, before)
    room.story.runs.model_ready(MODEL, 1000, room.now)
    room.settle()
    start = next(c for c in room.commands if isinstance(c, StartRun))
    assert start.before == tuple(before[:2])


def test_an_interrupted_run_keeps_its_place_while_the_text_around_it_changes() -> None:
    room = Room("One. Two.")
    run = room.start(room.story.page.document.place(4))
    room.turn(2)
    room.story.runs.model_gone(MODEL, room.now)
    room.settle()
    room.worker.runs.clear()
    room.erase(2, 9)
    room.type(0, "xx")
    room.story.runs.resume(run, room.now)
    room.story.runs.model_ready(MODEL, 1000, room.now)
    room.settle()
    room.turn(1)
    assert str(room) == "xxOn1 w2 Two."


def test_a_model_that_cannot_be_loaded_fails_its_queued_runs_with_the_reason() -> None:
    room = Room("Once")
    view = room.story.start_run(_new_run(), "end", room.now)
    room.story.runs.model_gone(MODEL, room.now, reason="It needs 9 GB and 4 GB are free.")
    run = room.story.runs.get(view["id"])
    assert (run.state, run.reason, run.message) == (
        "ended",
        "failed",
        "It needs 9 GB and 4 GB are free.",
    )


def test_continue_here_keeps_what_followed_as_a_checkpoint_and_restore_brings_it_back() -> None:
    room = Room("One. Two. Three.")
    room.start()
    room.turn(2)
    place = room.story.page.document.place(4)
    kept = room.story.continue_here(place, room.now)
    room.settle()
    assert str(room) == str(room.browser) == "One."
    record = next(
        r for r in room.records if isinstance(r, CheckpointRecord) and r.checkpoint == kept
    )
    before = room.story.restore(record, room.now)
    room.settle()
    assert str(room) == str(room.browser) == "One. Two. Three. w0 w1"
    first = room.story.page.written()[0]
    assert (first.units, first.run) == (16, None)
    assert [w.index for w in room.story.page.written()][1:] == [0, 1]
    assert before != kept


def test_restoring_changes_only_what_differs() -> None:
    room = Room("One. Two. Three.")
    checkpoint = room.story.page.checkpoint("created", room.now)
    room.settle()
    record = next(r for r in room.records if getattr(r, "checkpoint", "") == checkpoint)
    one = room.story.page.document.place(4)
    room.erase(5, 10)
    room.type(5, "zwei ")
    room.story.restore(record, room.now)
    room.settle()
    assert str(room) == "One. Two. Three."
    assert room.story.page.document.place(4) == one


def test_a_place_that_is_gone_is_said() -> None:
    room = Room("One. Two.")
    place = room.story.page.document.place(4)
    room.erase(2, 6)
    with pytest.raises(NotFoundError):
        room.story.start_run(_new_run(), place, room.now)


def test_a_dropped_token_gives_its_credit_back() -> None:
    room = Room("A cat sat.")
    run = room.start()
    for _ in range(40):
        room.deliver_commands()
        room.write()
        room.type(2, "x")
        room.deliver_events()
    room.deliver_commands()
    assert room.worker.runs[run].credits > 0


def test_new_parameters_reach_the_worker_with_a_revision() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(1)
    room.story.runs.change_params(run, {"temperature": 0.1}, room.now)
    (command,) = [c for _, c in room.settle().commands]
    assert isinstance(command, ReviseRun)
    assert (command.params, command.accepted) == ({"temperature": 0.1}, 1)


def _new_run():  # type: ignore[no-untyped-def]
    from storygen.story.runs import NewRun

    return NewRun(MODEL, "Test", "continue", "", {}, 1, 0)


def test_a_checkpoints_excerpt_is_its_last_words() -> None:
    room = Room("word " * 100 + "the end.")
    room.story.page.checkpoint("created", room.now)
    (head,) = room.story.page.effects.news.checkpoints
    assert head.excerpt.startswith("…word ") and head.excerpt.endswith("the end.")
    assert len(head.excerpt) <= 80
