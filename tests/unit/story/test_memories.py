"""A story's memory: versions that are added to, and which of them runs, sets and looks read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storygen.errors import BadRequestError, ConflictError, NotFoundError
from storygen.link.memory import NO_MEMORY, LoreEntry
from storygen.link.messages import LoreChanged, ReviseRun, StartRun, StartSet
from storygen.store.records import MemoryRecord, RunRecord, SetRecord
from storygen.story.looks import NewLook
from storygen.story.memories import MOST_ENTRIES
from tests.unit.story.room import MODEL, Room, empty_story


def entry(name: str, **changes: Any) -> dict[str, Any]:
    plain = {"name": "", "keys": [name], "text": f"About {name}.", "constant": False, "on": True}
    return {"id": name, **plain, "order": 100, "depth": 4, **changes}


def put(room: Room, *removed: str, **patch: Any) -> int:
    version = room.story.memories.set(patch, removed, room.now)
    room.settle()
    return version


def versions(room: Room) -> list[int]:
    """What the store has of them."""
    found: list[int] = []
    for record in room.records:
        if isinstance(record, MemoryRecord):
            found = [version for version in found if version != record.replaces]
            found.append(record.version)
    return found


def newest(room: Room, kind: type) -> Any:
    return [record for record in room.records if isinstance(record, kind)][-1]


def test_a_patch_changes_what_it_names_and_entries_by_their_ids() -> None:
    room = Room("Once")
    put(room, text="Ann is tall.", entries=[entry("a"), entry("b")])
    put(room, "a", note="[N]", entries=[entry("b", order=7), entry("c")])
    present = room.story.memories.present
    assert (present["text"], present["note"], present["note_lines"]) == ("Ann is tall.", "[N]", 3)
    assert [(e["id"], e["order"]) for e in present["entries"]] == [("b", 7), ("c", 100)]
    with pytest.raises(NotFoundError):
        put(room, "a")


def test_typing_makes_no_version_with_every_key_but_one_a_minute() -> None:
    room = Room("Once")
    for n in range(100):
        room.now += 5
        put(room, note="x" * (n + 1))
    assert room.story.memories.version == 100
    assert len(versions(room)) in range(8, 11)
    assert versions(room)[-1] == 100


def test_a_version_that_somebody_read_or_that_lost_an_entry_stays() -> None:
    room = Room("Once")
    put(room, entries=[entry("a")])
    room.start()
    put(room, note="one")
    put(room, "a")
    put(room, note="two")
    assert versions(room) == [1, 2, 4]


def test_what_changes_nothing_makes_no_version() -> None:
    room = Room("Once")
    put(room, note="one")
    effects = len(room.records)
    assert put(room, note="one") == 1
    assert len(room.records) == effects


def test_a_run_goes_on_with_the_version_that_it_began_with_until_it_is_told_otherwise() -> None:
    room = Room("Once")
    put(room, text="One.")
    run = room.start()
    sent = next(c for c in room.commands if isinstance(c, StartRun))
    assert sent.memory.text == "One."
    room.turn(2)
    put(room, text="Two.")
    room.turn(2)
    assert room.story.runs.get(run).memory_version == 1
    room.story.runs.read_memory(run, room.now)
    room.settle()
    change = next(c for c in room.commands if isinstance(c, ReviseRun))
    assert change.memory is not None and change.memory.text == "Two."
    assert change.accepted == room.story.runs.get(run).next_index
    room.turn(3)
    room.agree()
    assert newest(room, RunRecord).memory_version == 2
    assert room.story.runs.views()[0]["memory_version"] == 2


def test_a_paused_run_and_one_that_waits_for_its_model_take_the_present_memory_too() -> None:
    room = Room("Once")
    run = room.start()
    room.turn(2)
    room.story.runs.pause(run, room.now)
    put(room, text="Two.")
    room.story.runs.read_memory(run, room.now)
    room.story.runs.resume(run, room.now)
    room.settle()
    assert any(isinstance(c, ReviseRun) and c.memory is not None for c in room.commands)
    room.story.runs.stop(run, room.now)
    with pytest.raises(ConflictError):
        room.story.runs.read_memory(run, room.now)


def test_a_run_that_is_resumed_after_a_crash_reads_what_it_had_read() -> None:
    room = Room("Once")
    put(room, text="One.")
    run = room.start()
    room.turn(2)
    put(room, text="Two.")
    room.story.model_gone(MODEL, room.now)
    again = room.story.runs.resume(run, room.now)
    assert again.memory_version == 1
    other = room.start()
    assert room.story.runs.get(other).memory_version == 2


def test_a_run_tells_which_entries_are_in_its_context() -> None:
    room = Room("Once")
    put(room, entries=[entry("a", constant=True), entry("b", constant=True, on=False)])
    run = room.start()
    room.turn()
    assert room.story.runs.views()[0]["lore"] == ["a"]
    room.story.worker_said(LoreChanged(run, ("a", "c")), room.now)
    assert run in room.settle().news.runs
    assert room.story.runs.views()[0]["lore"] == ["a", "c"]
    room.story.runs.stop(run, room.now)
    assert room.story.runs.views()[0]["lore"] == []


def test_a_set_keeps_its_version_for_more_cards() -> None:
    room = Room("Once")
    put(room, text="One.")
    set_id = room.ask(num=1)
    room.turn(4)
    put(room, text="Two.")
    room.story.candidates.add(set_id, 1, room.now)
    room.settle()
    sent = [c for c in room.commands if isinstance(c, StartSet)]
    assert [command.memory.text for command in sent] == ["One."]
    assert newest(room, SetRecord).memory_version == 1
    assert room.story.candidates.views()[0]["memory_version"] == 1
    room.ask(num=1)
    assert newest(room, SetRecord).memory_version == 2


def test_workers_are_told_of_no_entry_that_is_off_or_empty() -> None:
    room = Room("Once")
    put(room, entries=[entry("a"), entry("b", on=False), entry("c", text=" ")])
    room.start()
    sent = next(c for c in room.commands if isinstance(c, StartRun))
    expected = LoreEntry("a", "About a.", ("a",), constant=False, order=100, depth=4)
    assert sent.memory == replace(NO_MEMORY, entries=(expected,))


def test_looks_and_scores_read_the_present_memory() -> None:
    room = Room("Once")
    put(room, text="One.")
    new = NewLook(MODEL, "Test", "continue", "", {}, 1)
    _, _, asked = room.story.ask_next(new, "end", 1000, 5, 5)
    assert asked.memory.text == "One."
    assert room.story.looks.whole(new).command.memory.text == "One."
    shown = room.story.ask_context(
        new, "end", 1000, {**room.story.memories.present, "text": "T"}, ""
    )
    assert (shown.memory.text, shown.text) == ("T", "Once")


def test_too_large_a_lorebook_is_refused_and_nothing_has_changed() -> None:
    room = Room("Once")
    put(room, entries=[entry(str(n)) for n in range(MOST_ENTRIES)])
    with pytest.raises(BadRequestError):
        put(room, entries=[entry("one more")])
    with pytest.raises(BadRequestError):
        put(room, entries=[entry(str(n), text="x" * 20_000) for n in range(110)])
    assert len(room.story.memories.present["entries"]) == MOST_ENTRIES
    assert room.story.memories.version == 1


def test_a_story_opens_with_its_memory() -> None:
    memory = {**Room("").story.memories.present, "text": "One."}
    stored = replace(empty_story(), memories=(MemoryRecord("s", 5, 1.0, memory),))
    room = Room(stored=stored)
    assert room.story.memories.view() == {"memory": memory, "version": 5}
    assert put(room, text="Two.") == 6
    assert versions(room) == [6]
