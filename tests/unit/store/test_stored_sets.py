"""Sets of candidates in the store: cards with their tokens, what was taken, what a story opens with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import records_made as made

from storygen.errors import NotFoundError
from storygen.store.reading import MOST_SETS
from storygen.store.records import CandidateRecord, ChoiceRecord, Record, SetRecord
from storygen.store.store import Store, file_url

OFFERED = 4_294_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(file_url(tmp_path / "store.db"))
    opened.commit([made.story(), made.run("r1")])
    yield opened
    opened.close()


def a_set(name: str = "set", **changes: object) -> SetRecord:
    plain = SetRecord(name, "s1", 400.0, "asked", "c1", 12, (made.CLIENT, 3), 0, False, None)
    return replace(plain, **changes)  # type: ignore[arg-type]


def card(name: str, number: int, set_id: str = "set", **changes: object) -> list[Record]:
    clock = number << 16
    plain = CandidateRecord(name, set_id, number, OFFERED, clock)
    tokens = [
        made.token(n, run=name, client=OFFERED, clock=clock + 5 * n, text=f" w{n}")
        for n in range(3)
    ]
    ended = made.run(name, state="ended", reason="finished", next_index=3, left=None)
    return [ended, replace(plain, **changes), *tokens]  # type: ignore[arg-type]


def test_a_story_opens_with_its_sets_and_their_tokens(store: Store) -> None:
    store.commit([a_set(), *card("a", 0), *card("b", 1, text="mine", pinned=True)])
    stored = store.open_story("s1")
    assert stored is not None
    (found,) = stored.sets
    assert found.record == a_set()
    assert [one.record.run for one in found.candidates] == ["a", "b"]
    assert (found.candidates[1].record.text, found.candidates[1].record.pinned) == ("mine", True)
    for one in found.candidates:
        assert [token.text for token in one.tokens] == [" w0", " w1", " w2"]
        assert one.tokens == tuple(store.token_details(one.run.run, 0, 9))


def test_cards_are_no_runs_of_the_story_until_they_are_taken(store: Store) -> None:
    store.commit([a_set(), *card("a", 0), *card("b", 1)])
    stored = store.open_story("s1")
    assert stored is not None
    assert ([run.run for run in stored.runs], stored.taken, stored.tokens) == (["r1"], (), ())
    store.commit([CandidateRecord("b", "set", 1, OFFERED, 1 << 16, taken=7)])
    stored = store.open_story("s1")
    assert stored is not None
    assert [run.run for run in stored.runs] == ["r1"]
    assert [run.run for run in stored.taken] == ["b"]
    assert [(token.run, token.index) for token in stored.tokens] == [("b", n) for n in range(3)]


def test_sets_that_were_cleared_stay_stored_and_are_not_opened(store: Store) -> None:
    store.commit([a_set(), *card("a", 0)])
    store.commit([a_set(cleared=500.0)])
    stored = store.open_story("s1")
    assert stored is not None and stored.sets == ()
    assert len(store.token_details("a", 0, 9)) == 3


def test_the_newest_sets_are_at_hand(store: Store) -> None:
    for number in range(MOST_SETS + 3):
        store.commit([a_set(f"set {number}"), *card(f"run {number}", 0, f"set {number}")])
    stored = store.open_story("s1")
    assert stored is not None
    names = [found.record.set for found in stored.sets]
    assert names == [f"set {number}" for number in range(3, MOST_SETS + 3)]


def test_choices_come_back_in_order(store: Store) -> None:
    chosen = [
        ChoiceRecord("x", "s1", "set", "a", 500.0, 7, " w0 w1 🙂", {"a": 9, "b": 3}),
        ChoiceRecord("y", "s1", "set", "b", 501.0, 1, " ", {}, by="auto", seconds=2.5),
    ]
    store.commit(list(chosen))
    assert store.choices("s1") == chosen
    assert store.choices("nothing") == []


def test_cards_left_unfinished_are_found_for_interruption(store: Store) -> None:
    store.commit([a_set(), made.run("a"), CandidateRecord("a", "set", 0, OFFERED, 0)])
    assert {run.run for run in store.runs_to_interrupt()} == {"r1", "a"}


def test_a_card_of_no_set_is_refused(store: Store) -> None:
    with pytest.raises(NotFoundError):
        store.commit([made.run("a"), CandidateRecord("a", "nothing", 0, OFFERED, 0)])
    assert store.run("a") is None


def test_deleting_a_story_deletes_its_sets(store: Store) -> None:
    store.commit([a_set(), *card("a", 0), ChoiceRecord("x", "s1", "set", "a", 5.0, 1, "x", {})])
    store.commit([made.story(binned=9.0)])
    store.delete_story("s1")
    assert store.run("a") is None and store.choices("s1") == []


def test_how_parameters_were_drawn_comes_back(store: Store) -> None:
    fate = {"step": 3, "policy": "random", "blind": True, "ranges": {"temperature": [0.2, 1.5]}}
    drawn = a_set(origin="fate", fate=fate, input_ids=(0, 5, 50_000, 5))
    store.commit([drawn, *card("a", 0, log_density=-2.5), *card("b", 1)])
    stored = store.open_story("s1")
    assert stored is not None
    (found,) = stored.sets
    assert found.record == drawn
    assert [one.record.log_density for one in found.candidates] == [-2.5, None]


def test_sets_to_learn_from_are_those_with_a_choice_or_drawn_parameters(store: Store) -> None:
    names = ("chosen", "drawn", "plain", "tokens")
    for name in names:
        fate = {"step": 1} if name == "drawn" else None
        origin = "token" if name == "tokens" else "asked"
        store.commit([a_set(name, fate=fate, origin=origin), *card(f"{name} card", 0, name)])
    assert store.choosers() == []
    store.commit(
        [
            ChoiceRecord("x", "s1", "chosen", "chosen card", 5.0, 1, " ", {}),
            ChoiceRecord("y", "s1", "tokens", "tokens card", 6.0, 1, " ", {}),
            a_set("chosen", cleared=9.0),
        ]
    )
    found = store.sets_to_choose_from("s1")
    assert [one.record.set for one in found] == ["chosen", "drawn"]
    assert [len(one.candidates[0].tokens) for one in found] == [3, 3]
    assert store.num_steps("s1") == 1 and store.num_steps("nothing") == 0
    assert store.choosers() == ["s1"] and store.sets_to_choose_from("nothing") == []
    store.commit([ChoiceRecord("v", "s1", "chosen", "chosen card", 7.0, 0, "", {})])
    assert store.num_steps("s1") == 0, "it was taken back"
    store.commit([ChoiceRecord("w", "s1", "chosen", "chosen card", 8.0, 1, " ", {})])
    assert store.num_steps("s1") == 1
    store.commit([made.story(binned=9.0)])
    assert store.choosers() == []
