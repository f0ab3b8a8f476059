"""Runs on a live page: what stands after edits, pauses, stops and deaths, as exact strings."""

from __future__ import annotations

import pytest

from storygen.errors import ConflictError, NotFoundError
from storygen.link.messages import ReviseRun, StartRun
from storygen.store.records import (
    CheckpointRecord,
    RunRecord,
    StoryRecord,
    TokenRecord,
    UpdateRecord,
)
from storygen.story.run import from_record, with_tokens
from tests.unit.story.room import MODEL, Browser, Room


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


def test_a_near_edit_drops_the_token_in_flight_and_is_read_before_the_next() -> None:
    room = Room("A cat sat.", script="quote")
    room.start()
    room.turn(1)
    room.write()
    room.browser.delete(2, 5)
    room.browser.insert(2, "dog")
    room.edit()
    room.deliver_events()
    room.turn(1)
    assert str(room) == "A dog sat. «sat.» ««sat.»»"
    room.agree()


def test_words_typed_over_are_read_as_one_edit() -> None:
    room = Room("A cat sat.")
    run = room.start()
    room.turn(1)
    room.browser.delete(2, 5)
    room.browser.insert(2, "dog")
    room.edit()
    assert room.story.runs.get(run).feed.revision == 1


def test_an_edit_some_words_back_is_near_however_short_the_sentences_are() -> None:
    room = Room("Far. " * 60 + "No. Yes. No. Yes. No.")
    run = room.start()
    room.turn(1)
    room.type(len(str(room)) - 24, "x")
    assert room.story.runs.get(run).feed.revision == 1


def test_fast_typing_near_the_end_does_not_starve_a_slow_model() -> None:
    room = Room("A cat sat.")
    room.start()
    room.turn(1)
    for _ in range(10):
        room.deliver_commands()
        room.write()
        room.type(2, "x")
        room.type(2, "y")
        room.now += 0.12
        room.deliver_events()
    room.turn(2)
    assert str(room).count(" w") >= 8
    assert room.worker.runs["id1001-2"].text == str(room)


def test_a_far_edit_keeps_tokens_until_typing_has_rested() -> None:
    room = Room("cat\n" + "One sentence. " * 60)
    room.start()
    room.turn(1)
    room.type(0, "x")
    room.turn(2)
    assert str(room).endswith(" w0 w1 w2")
    assert room.worker.runs["id1001-2"].text.startswith("cat")
    room.wait(0.41)
    room.turn(1)
    assert room.worker.runs["id1001-2"].text.startswith("xcat")
    assert str(room).endswith(" w0 w1 w2 w3")
    room.agree()


def test_a_far_edit_is_read_at_most_a_second_and_a_half_late_however_one_types() -> None:
    room = Room("cat\n" + "One sentence. " * 60)
    run = room.start()
    room.turn(1)
    typed = 0
    while room.story.runs.get(run).feed.revision == 0:
        room.type(0, "x")
        typed += 1
        room.wait(0.12)
        assert typed * 0.12 < 1.7
    assert typed * 0.12 > 1.3


KEYS_A_READING_TAKES = 20


def type_before_a_slow_reader(room: Room, at: int, num_keys: int) -> None:
    """A key every 120 ms; the worker writes a token a key, but a revision keeps it reading for long."""
    reading = 0
    for _ in range(num_keys):
        revised = any(isinstance(command, ReviseRun) for command in room.commands)
        room.deliver_commands()
        reading = KEYS_A_READING_TAKES if revised else reading - 1
        if reading <= 0:
            room.write()
            room.deliver_events()
        room.type(at, "x")
        room.wait(0.12)


def test_fast_typing_far_from_the_end_does_not_starve_a_model_that_reads_slowly() -> None:
    room = Room("cat\n" + "One sentence. " * 60)
    run = room.start()
    room.turn(1)
    type_before_a_slow_reader(room, 0, 200)
    # It reads for 2.4 s and may then write for 1.5 s: a token a key.
    assert 50 <= str(room).count(" w") <= 90
    assert 4 <= room.story.runs.get(run).feed.revision <= 8
    room.wait(2.0)
    room.turn(1)
    room.wait(2.0)
    room.turn(1)
    room.agree()


def test_a_key_near_the_end_does_not_make_a_run_read_what_another_writes_far_up() -> None:
    room = Room("Once. " + "One sentence. " * 60)
    room.start(room.story.page.document.place(5))
    run = room.start()
    room.turn(2)
    room.deliver_commands()
    room.type(len(str(room)) - 20, "x")
    (revise,) = [c for c in room.commands if isinstance(c, ReviseRun)]
    assert (revise.run, len(revise.splices)) == (run, 1)
    known = len(room.worker.runs[run].text)
    room.turn(1)
    assert len(room.worker.runs[run].text) == known + 1 + len(" w2")


def test_what_another_run_wrote_last_is_read_when_it_pauses_or_ends() -> None:
    room = Room("Once. " + "One sentence. " * 60)
    first = room.start(room.story.page.document.place(5))
    room.start()
    room.turn(2)
    for command in (room.story.runs.pause, room.story.runs.stop):
        command(first, room.now)
        room.wait(2.0)
        room.turn(2)
        room.agree()


def behind(room: Room, client: int = 3) -> Browser:
    """A browser that has what stands now and hears no more."""
    browser = Browser(client)
    browser.receive(room.story.page.document.update_since(None))
    browser.unsent()
    return browser


def send(room: Room, browser: Browser) -> None:
    room.story.page.human_update(browser.unsent(), (), room.now)
    room.wait(0.0)


def agree_in_the_end(room: Room) -> None:
    """When nothing waits any more."""
    for _ in range(3):
        room.wait(2.0)
        room.turn()
    room.agree()


def test_words_that_overtook_a_key_at_the_end_give_way_to_it() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(1)
    browser = behind(room)
    room.now += 0.1
    room.turn(2)
    assert str(room) == "Once w0 w1 w2"
    browser.insert(len(str(browser)), " so")
    send(room, browser)
    assert str(room) == "Once w0 so"
    assert room.story.runs.get(run).holding
    room.wait(0.6)
    room.turn(1)
    assert str(room) == "Once w0 so w3"
    agree_in_the_end(room)


def test_words_that_overtook_a_word_rubbed_out_and_typed_anew_give_way() -> None:
    room = Room("Once more")
    room.start()
    browser = behind(room)
    room.turn(2)
    browser.delete(len("Once mo"), len("Once more"))
    browser.insert(len("Once mo"), "on")
    send(room, browser)
    assert str(room) == "Once moon"
    agree_in_the_end(room)


def test_words_overtaken_and_the_whole_text_deleted_in_one_update() -> None:
    room = Room("Once")
    room.start()
    room.turn(2)
    browser = behind(room)
    room.turn(1)
    browser.insert(len(str(browser)), " so")
    browser.delete(0, len(str(browser)))
    send(room, browser)
    assert str(room) in ("", " w2")
    agree_in_the_end(room)


def test_words_that_came_while_the_writer_had_no_connection_stay() -> None:
    room = Room("Once")
    room.start()
    browser = behind(room)
    room.turn(1)
    room.now += 9
    room.turn(1)
    browser.insert(len(str(browser)), " so")
    send(room, browser)
    assert str(room) == "Once so w0 w1"
    agree_in_the_end(room)


def test_words_that_the_writer_had_stay_behind_what_is_typed_before_them() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(2)
    room.type(4, " so")
    room.wait(0.0)
    assert str(room) == "Once so w0 w1"
    assert not room.story.runs.get(run).holding


def test_of_words_the_writer_had_in_part_none_gives_way() -> None:
    room = Room("Once")
    room.start()
    room.turn(1)
    browser = behind(room)
    room.turn(1)
    browser.insert(len("Once"), " so")
    browser.insert(len("Once so w"), "x")
    send(room, browser)
    assert str(room) == "Once so wx0 w1"
    agree_in_the_end(room)


def test_what_another_person_typed_meanwhile_stays_with_the_words_before_it() -> None:
    room = Room("Once")
    room.start()
    browser = behind(room)
    room.turn(1)
    room.type(len(str(room)), "!")
    browser.insert(len(str(browser)), " so")
    send(room, browser)
    assert str(room) == "Once so w0!"
    agree_in_the_end(room)


def test_words_that_another_person_changed_meanwhile_stay() -> None:
    room = Room("Once", script=[" dé🙂", " née"])
    room.start()
    browser = behind(room)
    room.turn(2)
    room.erase(len("Once dé🙂 n"), len("Once dé🙂 né"))
    browser.insert(len(str(browser)), " so")
    send(room, browser)
    assert str(room) == "Once so dé🙂 ne"
    agree_in_the_end(room)


def test_typing_at_the_insertion_point_holds_the_run_until_it_rests() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(1)
    room.write()
    room.type(len(str(room)), " hel")
    room.deliver_events()
    room.turn(2)
    assert str(room) == "Once w0 hel"
    assert room.story.runs.get(run).holding
    room.wait(0.3)
    room.type(len(str(room)), "l")
    room.wait(0.3)
    room.turn(1)
    assert str(room) == "Once w0 hell"
    room.wait(0.21)
    room.turn(1)
    assert str(room) == "Once w0 hell w1"
    room.agree()


def test_deleting_the_sentence_being_written_leaves_what_stood_before_it() -> None:
    room = Room("One. Two")
    room.start()
    room.turn(3)
    room.erase(4, len(str(room)))
    room.wait(0.6)
    room.turn(1)
    assert str(room) == "One. w3"
    room.agree()


def test_deleting_everything_lets_the_run_go_on_from_nothing() -> None:
    room = Room("One. Two")
    room.start()
    room.turn(2)
    room.erase(0, len(str(room)))
    room.wait(0.6)
    room.turn(2)
    assert str(room) == " w2 w3"
    room.agree()


def test_text_after_the_insertion_point_raises_no_revision() -> None:
    room = Room("One. Two.")
    run = room.start(room.story.page.document.place(4))
    room.turn(1)
    room.type(len(str(room)), " Three.")
    room.wait(3)
    assert room.story.runs.get(run).feed.revision == 0
    room.turn(1)
    assert str(room) == "One. w0 w1 Two. Three."


def test_two_runs_at_one_place_do_not_mix_their_words() -> None:
    room = Room("Start.")
    first, second = room.start(), room.start()
    room.turn(3)
    assert str(room) == "Start. w0 w1 w2 w0 w1 w2"
    assert [w.run for w in room.story.page.written()][1:] == [first] * 3 + [second] * 3


def test_another_runs_tokens_are_read_at_their_sentence_end() -> None:
    room = Room("Start. End.", script=[" a", " b", " c."])
    room.start(room.story.page.document.place(6))
    late = room.start("end")
    room.turn(2)
    assert room.worker.runs[late].text.startswith("Start. End.")
    room.turn(1)
    room.deliver_commands()
    assert room.worker.runs[late].text.startswith("Start. a b c. End.")


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


def test_what_no_database_stores_in_a_text_is_replaced() -> None:
    room = Room("a\0b", script=["\0"])
    room.start()
    room.turn(1)
    room.story.page.describe(room.now)
    room.settle()
    stories = [r for r in room.records if isinstance(r, StoryRecord)]
    assert stories[-1].opening == "a\ufffdb\ufffd"
    assert [r.text for r in room.records if isinstance(r, TokenRecord)] == ["\ufffd"]


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


def test_new_parameters_while_typing_holds_the_run_let_it_go_on() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(1)
    room.type(len(str(room)), " hel")
    assert room.story.runs.get(run).holding
    room.story.runs.change_params(run, {"temperature": 0.1}, room.now)
    room.settle()
    room.turn(1)
    assert str(room) == "Once w0 hel w1"


def _new_run():  # type: ignore[no-untyped-def]
    from storygen.story.runs import NewRun

    return NewRun(MODEL, "Test", "continue", "", {}, 1, 0)


def test_a_checkpoints_excerpt_is_its_last_words() -> None:
    room = Room("word " * 100 + "the end.")
    room.story.page.checkpoint("created", room.now)
    (head,) = room.story.page.effects.news.checkpoints
    assert head.excerpt.startswith("…word ") and head.excerpt.endswith("the end.")
    assert len(head.excerpt) <= 80


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
