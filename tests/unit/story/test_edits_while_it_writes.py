"""Edits near, far, at the place of the writing and by other runs: what a run learns of, and when."""

from __future__ import annotations

from storygen.link.messages import ReviseRun
from tests.unit.story.room import Room


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
