"""Words that overtook a key on its way: they give way to it, and nothing else does."""

from __future__ import annotations

from tests.unit.story.room import Browser, Room


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
