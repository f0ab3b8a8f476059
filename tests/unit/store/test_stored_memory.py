"""Versions of a story's memory in the store: added to, replaced only when told so, gone with the story."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import records_made as made

from storygen.store.records import MemoryRecord, SetRecord
from storygen.store.store import Store, file_url


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(file_url(tmp_path / "store.db"))
    opened.commit([made.story()])
    yield opened
    opened.close()


def memory(version: int, note: str = "", **changes: object) -> MemoryRecord:
    plain = {"text": "Ann 猫 is tall.", "note": note, "entries": [{"id": "a", "keys": ["é"]}]}
    return MemoryRecord("s1", version, 300.0 + version, plain, **changes)  # type: ignore[arg-type]


def opened(store: Store) -> tuple[MemoryRecord, ...]:
    stored = store.open_story("s1")
    assert stored is not None
    return stored.memories


def test_a_story_opens_with_the_newest_version(store: Store) -> None:
    assert opened(store) == ()
    store.commit([memory(1), memory(2, "new")])
    assert opened(store) == (memory(2, "new"),)
    assert store.memories("s1") == [memory(1), memory(2, "new")]


def test_versions_that_may_be_read_again_are_at_hand_too(store: Store) -> None:
    interrupted = made.run("r1", state="ended", reason="interrupted", memory_version=2)
    over = made.run("r2", state="ended", reason="finished", memory_version=3)
    a_set = SetRecord("set", "s1", 1.0, "asked", "c", 0, None, 0, False, None, memory_version=4)
    store.commit([*(memory(n) for n in range(1, 7)), interrupted, over, a_set])
    assert [record.version for record in opened(store)] == [2, 4, 6]
    stored = store.open_story("s1")
    assert stored is not None
    assert [run.memory_version for run in stored.runs] == [2, 3]
    assert stored.sets[0].record.memory_version == 4


def test_a_version_takes_the_place_of_another_only_when_it_says_so(store: Store) -> None:
    store.commit([memory(1), memory(2, "typ")])
    store.commit([memory(3, "typed", replaces=2)])
    assert store.memories("s1") == [memory(1), memory(3, "typed")]


def test_a_large_lorebook_is_stored_small_and_not_with_the_storys_own_row(store: Store) -> None:
    large = {"entries": [{"id": str(n), "text": f"Number {n}. " * 200} for n in range(500)]}
    store.commit([MemoryRecord("s1", 1, 1.0, large)])
    writer = store._writer
    size = writer.exec_driver_sql("select length(data) from memories").scalar_one()
    writer.rollback()
    assert size < 200_000
    store.commit([made.story(title="Changed")])
    assert opened(store)[0].memory == large


def test_a_deleted_story_takes_its_memory_along(store: Store) -> None:
    store.commit([memory(1), made.story(binned=1.0)])
    store.delete_story("s1")
    writer = store._writer
    assert writer.exec_driver_sql("select count(*) from memories").scalar_one() == 0
    writer.rollback()
