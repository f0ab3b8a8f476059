"""A room: nothing is said before it is stored, and a failed commit is kept and tried again."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from storygen.document.live import LiveDocument
from storygen.errors import NotFoundError, StorygenError
from storygen.link.messages import Command, GrantCredits
from storygen.server import room as rooms
from storygen.server.calls.outbox import Outbox
from storygen.server.loop import make_loop
from storygen.server.room import BrokenRoomError, Room
from storygen.store.records import UpdateRecord
from storygen.story.story import Story
from tests.unit.story.room import Browser, empty_story

Done = Callable[[Any, BaseException | None], None]


class HeldHouse:
    """Commits wait in `commits` until the test lets them happen, or fail."""

    def __init__(self) -> None:
        self.commits: queue.Queue[tuple[list[Any], Done]] = queue.Queue()
        self.commands: list[Command] = []
        self.broken: list[Room] = []
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def commit(self, records: list[Any], done: Done) -> None:
        self.commits.put((records, done))

    def to_worker(self, room: Room, model: str, command: Command) -> None:
        self.commands.append(command)

    def story_changed(self, room: Room) -> None:
        pass

    def room_broke(self, room: Room) -> None:
        self.broken.append(room)

    def let_commit(self, error: BaseException | None = None) -> list[Any]:
        """Let the next commit happen; returns its records."""
        records, done = self.commits.get(timeout=10)
        done(None, error)
        return records


@pytest.fixture
def house() -> HeldHouse:
    return HeldHouse()


@pytest.fixture
def room(house: HeldHouse) -> Iterator[Room]:
    ids = iter(range(10**6))
    made = Room(make_loop("threading"), house, Story(empty_story(), 1001, lambda: f"id{next(ids)}"))
    yield made
    made.close()
    while not made.ended.wait(0.01):
        with contextlib.suppress(queue.Empty):
            house.commits.get_nowait()[1](None, None)


class Call(threading.Thread):
    """`room.ask(work)` in a thread of its own."""

    def __init__(self, room: Room, work: Callable[[Story, float], Any]) -> None:
        super().__init__(daemon=True)
        self.room, self.work, self.answer = room, work, queue.Queue[Any]()
        self.start()

    def run(self) -> None:
        try:
            self.answer.put(self.room.ask(self.work))
        except StorygenError as error:
            self.answer.put(error)


def _type(browser: Browser, text: str) -> Callable[[Story, float], int]:
    browser.insert(0, text)
    update = browser.unsent()
    return lambda story, now: story.page.human_update(update, (), now)


def _turn(room: Room) -> None:
    """Wait until the room has taken in everything that was given to it before."""
    taken = threading.Event()
    room.tell(lambda story, now: taken.set())
    assert taken.wait(10)


def _listen(room: Room, sid: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []

    def emit(message: dict[str, Any], done: Callable[..., None]) -> None:
        told.append(message)
        done(True)

    room.outboxes[sid] = Outbox("s", emit)
    room.outboxes[sid].open()
    return told


def test_an_answer_and_the_news_wait_for_the_commit(room: Room, house: HeldHouse) -> None:
    told = _listen(room, "other")
    call = Call(room, _type(Browser(7), "Once"))
    records, done = house.commits.get(timeout=10)
    _turn(room)
    assert (call.answer.qsize(), told) == (0, [])
    done(None, None)
    assert call.answer.get(timeout=10) == 1
    _turn(room)
    assert [message.get("saved") for message in told] == [100.0]
    assert len(_updates(records)) == 1


def test_what_comes_during_a_commit_goes_into_one_next_commit(room: Room, house: HeldHouse) -> None:
    browser = Browser(7)
    calls = [Call(room, _type(browser, "a"))]
    _, done = house.commits.get(timeout=10)
    for text in "bcd":
        calls.append(Call(room, _type(browser, text)))
        _turn(room)
    assert house.commits.empty()
    done(None, None)
    assert len(_updates(house.let_commit())) == 3
    assert [call.answer.get(timeout=10) for call in calls] == [1, 2, 3, 4]


def test_a_failed_commit_says_nothing_is_told_and_is_tried_again_first(
    room: Room, house: HeldHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _listen(room, "other")
    browser = Browser(7)
    first = Call(room, _type(browser, "a"))
    failed = house.let_commit(OSError("The disk is full."))
    _turn(room)
    second = Call(room, _type(browser, "b"))
    _turn(room)
    assert first.answer.empty() and second.answer.empty()
    assert [message.get("trouble") for message in told] == ["The disk is full."]
    house.time += rooms.RETRY_S
    _turn(room)
    again = house.let_commit()
    assert again[: len(failed)] == failed
    assert [record.seq for record in _updates(again)] == [1, 2]
    assert (first.answer.get(timeout=10), second.answer.get(timeout=10)) == (1, 2)
    _turn(room)
    assert "trouble" not in told[-1] and told[-1]["saved"]


def test_nothing_falls_between_opening_and_the_first_news(room: Room, house: HeldHouse) -> None:
    """A browser joins while a commit is under way, and more comes before its answer is given."""
    writer, told = Browser(7), []
    Call(room, _type(writer, "a"))
    _, done = house.commits.get(timeout=10)
    joined = Call(room, lambda story, now: (told.append(_listen(room, "new")), _whole(story))[1])
    _turn(room)
    Call(room, _type(writer, "b"))
    _turn(room)
    done(None, None)
    house.let_commit()
    late = Browser(8)
    late.receive(joined.answer.get(timeout=10))
    _turn(room)
    for message in told[0]:
        if "doc" in message:
            late.receive(message["doc"])
    assert str(late) == "ba"


def test_credits_are_granted_only_when_their_tokens_are_stored(
    room: Room, house: HeldHouse
) -> None:
    def grant(story: Story, now: float) -> None:
        story.page.effects.credits.append(("run", "model", 1))
        story.page.describe(now)

    room.tell(grant)
    _, done = house.commits.get(timeout=10)
    assert house.commands == []
    done(None, None)
    _turn(room)
    assert house.commands == [GrantCredits("run", 1)]


def test_a_room_that_has_closed_turns_away(room: Room, house: HeldHouse) -> None:
    room.close()
    house.let_commit()
    assert room.ended.wait(10)
    with pytest.raises(NotFoundError):
        room.ask(lambda story, now: None)


def test_a_long_update_lets_others_run_and_is_stored_as_one(
    room: Room, house: HeldHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it rests in its middle nothing of it is committed, and what comes then comes after it."""
    resting, go_on = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        resting.set()
        assert go_on.wait(10)

    writer, other = Browser(7), Browser(8)
    for _ in range(50):
        writer.insert(0, "ab")
        writer.insert(1, "c")
    told = _listen(room, "other")
    monkeypatch.setattr(rooms, "SLICE_S", 0.0)
    monkeypatch.setattr(room._loop, "sleep", sleep)
    long = Call(room, _type(writer, "z"))
    assert resting.wait(10)
    short = Call(room, _type(other, "short"))
    assert (house.commits.empty(), long.answer.qsize(), short.answer.qsize()) == (True, 0, 0)
    go_on.set()
    assert [record.seq for record in _updates(house.let_commit())] == [1]
    assert [record.seq for record in _updates(house.let_commit())] == [2]
    assert (long.answer.get(timeout=10), short.answer.get(timeout=10)) == (1, 2)
    _turn(room)
    receiver = Browser(9)
    for message in told:
        if "doc" in message:
            receiver.receive(message["doc"])
    assert "short" in str(receiver) and str(writer) in str(receiver).replace("short", "")


class Panic(BaseException):
    """What an extension raises that is no Exception."""


@pytest.mark.parametrize("error", [RuntimeError("half way"), Panic("half way")])
def test_a_room_that_breaks_stores_what_was_whole_and_nothing_else(
    room: Room, house: HeldHouse, error: BaseException
) -> None:
    told = _listen(room, "other")
    browser = Browser(7)
    first = Call(room, _type(browser, "a"))
    _, done = house.commits.get(timeout=10)
    second = Call(room, _type(browser, "b"))
    _turn(room)

    def half(story: Story, now: float) -> None:
        story.page.human_update(late.unsent(), (), now)
        raise error

    late = Browser(8)
    late.insert(0, "half")
    gate = threading.Event()
    room.tell(lambda story, now: gate.wait(10) and None)
    broken, waits = Call(room, half), Call(room, lambda story, now: "done")
    gate.set()
    assert isinstance(broken.answer.get(timeout=10), BrokenRoomError)
    assert (first.answer.qsize(), second.answer.qsize()) == (0, 0)
    done(None, None)
    (last,) = _updates(house.let_commit())
    assert last.seq == 2
    assert [first.answer.get(timeout=10), second.answer.get(timeout=10)] == [1, 2]
    assert isinstance(waits.answer.get(timeout=10), BrokenRoomError)
    assert room.ended.wait(10) and room.closed and house.commits.empty()
    assert not any("half" in str(message) for message in told)
    assert _soon(lambda: house.broken == [room])
    with pytest.raises(BrokenRoomError):
        room.ask(lambda story, now: None)


def test_a_room_that_breaks_while_the_disk_is_full_gives_up_what_it_could_not_store(
    room: Room, house: HeldHouse
) -> None:
    first = Call(room, _type(Browser(7), "a"))
    _, done = house.commits.get(timeout=10)
    second = Call(room, _type(Browser(8), "b"))
    _turn(room)
    room.tell(lambda story, now: 1 // 0)
    done(None, OSError("The disk is full."))
    house.let_commit(OSError("The disk is full."))
    for call in (first, second):
        assert isinstance(call.answer.get(timeout=10), BrokenRoomError)
    assert room.ended.wait(10)


def test_what_follows_an_input_may_break_too_and_takes_its_answer_along(
    room: Room, house: HeldHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(story: Story, now: float) -> None:
        raise RuntimeError("time itself")

    call = Call(room, lambda story, now: monkeypatch.setattr(Story, "tick", fail))
    assert isinstance(call.answer.get(timeout=10), BrokenRoomError)
    assert room.ended.wait(10)


def _soon(condition: Callable[[], bool]) -> bool:
    for _ in range(1000):
        if condition():
            return True
        threading.Event().wait(0.01)
    return False


def _updates(records: list[Any]) -> list[UpdateRecord]:
    return [record for record in records if isinstance(record, UpdateRecord)]


def _whole(story: Story) -> bytes:
    document: LiveDocument = story.page.document
    return document.update_since(None)
