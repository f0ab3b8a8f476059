"""A story's choices as the learners see them: what could be read when it was chosen, and nothing private."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chosen_story import CLIENT, fill

from storygen.observed import choices
from storygen.observed.choices import observe
from storygen.preferences.observations import Observation
from storygen.store.records import (
    CandidateRecord,
    ChoiceRecord,
    MemoryRecord,
    SetRecord,
    TokenRecord,
)
from storygen.store.store import Store, file_url

CHOICE = ChoiceRecord("y", "s", "s set", "s 1", 5.0, 3, " wo", {"s 0": 8, "s 1": 10})
NOTHING = {"text": "", "note": "", "note_lines": 3, "entries": []}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A story "s" whose cards have the tokens " word", " more"; of the second three letters were taken."""
    opened = Store(file_url(tmp_path / "store.db"))
    fill(opened, "s", shared=False)
    for number in range(2):
        token = TokenRecord(
            *("s", f"s {number}", 1, 8, " more", -2.0, 1.0, 0, CLIENT, (number << 16) + 5, 5)
        )
        opened.commit([token])
    opened.commit(
        [replace(CHOICE, choice="v", units=0, text=""), CHOICE]
    )  # that of `fill` is taken back
    yield opened
    opened.close()


def seen(store: Store, **more: Any) -> Observation:
    (found,) = observe(store, "s", **more)
    return found


def reads(store: Store, memory_version: int | None) -> None:
    """Its model has read three tokens, with that version of the memory."""
    asked = SetRecord("s set", "s", 2.0, "asked", "s c", 4, None, 0, False, None)
    fate = {"step": 1, "policy": "random", "blind": True, "num_words": 1, "repetition": 0.0}
    read = replace(asked, memory_version=memory_version, input_ids=(5, 6, 7), fate=fate)
    store.commit([read])


def test_tokens_that_could_not_be_read_yet_are_not_shown_either(store: Store) -> None:
    first, second = seen(store).candidates
    assert (first.text, first.ids, first.logprobs) == (" word mo", (7, 8), (-0.5, -2.0))
    assert (second.text, second.ids) == (" word more", (7, 8))
    store.commit([replace(CHOICE, choice="z", units=0, text="")])
    store.commit([replace(CHOICE, choice="w", shown={"s 0": 5, "s 1": 4})])
    first, second = seen(store).candidates
    assert (first.text, first.ids, first.logprobs) == (" word", (7,), (-0.5,))
    assert (second.text, second.ids, second.taken) == (" wor", (7,), 0.75)


def test_what_a_person_made_of_a_card_has_no_tokens(store: Store) -> None:
    store.commit([CandidateRecord("s 0", "s set", 0, CLIENT, 0, text=" never more")])
    first, second = seen(store).candidates
    assert (first.text, first.ids, first.logprobs) == (" never m", (), ())
    assert second.ids == (7, 8)


def test_of_a_memory_that_was_read_no_token_goes_on(store: Store) -> None:
    memories = [
        NOTHING,
        {**NOTHING, "text": "Her name is Ada."},
        {**NOTHING, "note": "Be brief."},
        {**NOTHING, "entries": [{"id": "e"}]},
    ]
    told = [MemoryRecord("s", n, 1.0 + n, memory) for n, memory in enumerate(memories, 1)]
    store.commit(told)  # type: ignore[arg-type]
    for version in (0, 1):
        reads(store, version)
        assert seen(store).before_ids == (5, 6, 7)
    for version in (2, 3, 4, 9, None):
        reads(store, version)
        assert seen(store).before_ids == ()


def test_who_wants_a_part_of_the_text_gets_no_tokens_of_it(store: Store) -> None:
    reads(store, 0)
    found = seen(store, most=2)
    assert (found.before, found.before_ids) == ("ce", ())


def test_a_choice_that_was_taken_back_counts_once_when_it_is_there_again(store: Store) -> None:
    assert [one.taken for one in seen(store).candidates] == [0.0, 0.3]
    store.commit([replace(CHOICE, choice="z", units=0, text="")])
    assert observe(store, "s") == []


def test_a_situation_is_counted_only_where_nobody_did_when_it_was_drawn(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(choices, "repetition", lambda text: counted.append(text) or 0.5)
    assert (seen(store).situation.repetition, counted) == (0.0, [])
    asked = SetRecord("s set", "s", 2.0, "asked", "s c", 4, None, 0, False, None)
    store.commit([asked])
    told = seen(store).situation
    assert (told.step, told.num_words, told.repetition, counted) == (1, 1, 0.5, ["Once"])
