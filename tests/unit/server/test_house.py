"""The house: one room for each story, however many ask at once, and never two that write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storygen.errors import ConflictError, NotFoundError
from storygen.registry import Registry
from storygen.server.house import House
from storygen.server.loop import make_loop
from storygen.server.room import Room
from storygen.store.database import file_url
from storygen.store.store import Store


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    config = tmp_path / "static" / "config.js"
    config.parent.mkdir()
    config.write_text("var ModelConfig = {continuationModels: {}, promptModels: {}};")
    registry = Registry(config, tmp_path / "models", tmp_path)
    store = Store(file_url(tmp_path / "storygen.db"))
    made = House(make_loop("threading"), store, registry, tmp_path, lambda message: None)
    yield made
    made.close()


def _in_threads(count: int, work: Any) -> list[Any]:
    results: list[Any] = []
    start = threading.Barrier(count)

    def one() -> None:
        start.wait()
        results.append(work())

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


def test_all_who_ask_at_once_get_the_same_room(house: House) -> None:
    for _ in range(10):
        story = house.create("", "Once", {})["id"]
        house.close_room(story)
        rooms = _in_threads(8, lambda: house.room(story))  # noqa: B023
        assert len(rooms) == 8 and len(set(map(id, rooms))) == 1


def test_a_room_that_closes_has_stored_everything_before_the_next_one_opens(house: House) -> None:
    story = house.create("", "Once", {})["id"]
    for number in range(10):
        room = house.room(story)
        room.tell(lambda story, now: story.page.describe(now, title=f"Title {number}"))  # noqa: B023
        room.close()
        again = house.room(story)
        assert again is not room and room.closed
        assert again.ask(lambda story, now: story.page.record.title) == f"Title {number}"


def test_a_story_that_does_not_exist_is_not_found_by_anyone(house: House) -> None:
    def ask() -> str:
        try:
            house.room("nothing")
        except NotFoundError:
            return "not found"
        return "found"

    assert _in_threads(4, ask) == ["not found"] * 4


def test_only_what_is_in_the_bin_can_be_deleted(house: House) -> None:
    story = house.create("", "Once", {})["id"]
    with pytest.raises(ConflictError):
        house.delete(story)
    house.describe(story, binned=5.0)
    house.delete(story)
    with pytest.raises(NotFoundError):
        house.room(story)


def test_titles_and_presets_outlive_the_room(house: House) -> None:
    story = house.create("Sea", "Once", {})["id"]
    house.describe(story, title="Harbour")
    house.close_room(story)
    room: Room = house.room(story)
    assert room.ask(lambda story, now: story.page.record.title) == "Harbour"
    house.change_presets(lambda own: [*own, {"name": "Mine", "params": {"temperature": 0.3}}])
    assert "Mine" in [preset["name"] for preset in house.presets()]


def test_each_opening_writes_under_a_client_id_of_its_own_that_stands_right_of_most(
    house: House,
) -> None:
    story, used = house.create("", "Once", {})["id"], set()
    for _ in range(3):
        client = house.room(story).ask(lambda story, now: story.page.document.client)
        assert client not in used and 2**32 - 2**20 <= client < 2**32
        used.add(client)
        house.close_room(story)
