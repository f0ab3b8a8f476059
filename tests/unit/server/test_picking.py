"""The picker in the server: learned in a process of its own, kept, refused where little is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storygen.errors import ConflictError
from storygen.preferences.observations import Observation, ShownCandidate, Situation
from storygen.preferences.picker.enough import FEWEST_SETS
from storygen.server import picking
from storygen.server.hidden_states import SeenBy, Shown
from storygen.server.loop import Loop, make_loop
from storygen.server.picking import FILE, NEW_CHOICES, Picking
from tests.server_process import wait_until


class Library:
    """In place of `Tastes`."""

    def __init__(self, num_sets: int) -> None:
        self.seen = [_longest_taken(number) for number in range(num_sets)]

    def observations(self) -> list[Observation]:
        return self.seen


def _longest_taken(number: int) -> Observation:
    lengths = [3 + number % 5, 9, 5]
    candidates = tuple(
        ShownCandidate(
            candidate=f"{number} {place}",
            number=place,
            model="m",
            params={},
            seed=0,
            text=" word" * length,
            taken=1.0 if length == max(lengths) else 0.0,
        )
        for place, length in enumerate(lengths)
    )
    story = str(number // 3)
    return Observation(str(number), story, float(number), Situation(1), "Once", candidates)


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = make_loop("threading")
    yield made
    made.stop()


def learned(loop: Loop, data_dir: Path, num_sets: int) -> tuple[Picking, list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []
    made = Picking(loop, data_dir, Library(num_sets), told.append)  # type: ignore[arg-type]
    made.learn()
    wait_until(lambda: made.view()["learning"] is None, "the end of learning", 60)
    return made, told


def test_what_is_learned_is_told_and_kept(loop: Loop, tmp_path: Path) -> None:
    made, told = learned(loop, tmp_path, 40)
    view = made.view()
    assert view["learned"] and view["problem"] == "" and view["report"]["num_sets"] == 40
    assert any(one["picker"]["learning"] for one in told)
    again = Picking(loop, tmp_path, Library(0), told.append)  # type: ignore[arg-type]
    assert again.view()["report"] == view["report"]
    cards = [(" word" * 2, []), (" word" * 9, []), (" word" * 4, [])]
    for one in (made, again):
        index, probability, reasons = one.expects("Once", "", cards)
        assert (index, reasons) == (1, again.expects("Once", "", cards)[2])
        assert probability > 0.5
        one.close()


def test_too_few_choices_are_refused_in_words(loop: Loop, tmp_path: Path) -> None:
    made, _ = learned(loop, tmp_path, 7)
    assert not made.view()["learned"] and "23 more" in made.view()["problem"]
    with pytest.raises(ConflictError):
        made.expects("", "", [("a", []), ("b", [])])
    assert not (tmp_path / FILE).exists()
    made.close()


@pytest.mark.parametrize("text", ["", "{}", '{"picker": {"version": 99}}', "[" * 5000])
def test_a_damaged_file_is_as_none(loop: Loop, tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")
    made = Picking(loop, tmp_path, Library(0), lambda told: None)  # type: ignore[arg-type]
    view = made.view()
    assert (view["learned"], view["report"], view["learning"], view["problem"]) == (
        False,
        None,
        None,
        "",
    )
    made.close()


def test_a_program_that_dies_is_said(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picking, "COMMAND", ("sh", "-c", 'echo "{}"; exit 3'))
    made, _ = learned(loop, tmp_path, 40)
    assert "could not be learned" in json.dumps(made.view()["problem"])
    made.close()


def test_it_learns_once_at_a_time(loop: Loop, tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    made = Picking(loop, tmp_path, Library(40), told.append)  # type: ignore[arg-type]
    made.learn()
    with pytest.raises(ConflictError, match="already"):
        made.learn()
    wait_until(lambda: made.view()["learning"] is None, "the end of learning", 60)
    made.close()


class States:
    """In place of `HiddenStates`: a model that sees in each candidate a number that its reader goes by."""

    def __init__(self, library: Library) -> None:
        self.seen_by: SeenBy | None = SeenBy("m", "mark")
        self.high = {
            card.candidate: float(card.taken > 0) for one in library.seen for card in one.candidates
        }
        self.num_asked = 0
        self.answers = True

    def model(self) -> SeenBy | None:
        return self.seen_by

    def of_sets(self, seen_by: SeenBy, sets: list[Shown], told: Any) -> Any:
        for done, _ in enumerate(sets):
            if not told(done, len(sets)):
                return None
        return {
            card: [self.high[card], len(card) % 3, 1.0] for one in sets for card, _ in one.cards
        }

    def of_cards(self, seen_by: SeenBy, shown: Shown, within_s: float | None = None) -> Any:
        self.num_asked += 1
        if not self.answers:
            return None
        return [[float("good" in text), 1.0, 1.0] for _, text in shown.cards]

    def close(self) -> None:
        pass


CARDS = [(" word good", []), (" word word", []), (" word that", [])]


def by_chance(number: int) -> Observation:
    """One of three of the same shape is taken; no measure tells which."""
    seen = _longest_taken(number)
    taken = number * 7 % 3
    candidates = tuple(
        replace(card, text=" word" * 5, taken=float(card.number == taken))
        for card in seen.candidates
    )
    return replace(seen, candidates=candidates)


@pytest.fixture
def seeing(loop: Loop, tmp_path: Path) -> Iterator[tuple[Picking, States]]:
    library = Library(0)
    library.seen = [by_chance(number) for number in range(60)]
    states = States(library)
    made = Picking(loop, tmp_path, library, lambda told: None, states, str.upper)  # type: ignore[arg-type]
    made.learn()
    wait_until(lambda: made.view()["learning"] is None, "the end of learning", 60)
    yield made, states
    made.close()


def test_what_a_model_sees_is_learned_and_asked_for(
    seeing: tuple[Picking, States], loop: Loop, tmp_path: Path
) -> None:
    made, states = seeing
    report = made.view()["report"]
    assert report["states"] == "used" and "how M sees the texts" in report["sentence"]
    index, probability, reasons = made.expects("Once", "", CARDS, ["a", "b", "c"])
    assert (index, reasons) == (0, ["like what was chosen before"]) and probability > 0.5
    again = Picking(loop, tmp_path, Library(0), lambda told: None, states)  # type: ignore[arg-type]
    assert again.expects("Once", "", CARDS)[:2] == (index, probability)
    assert states.num_asked == 2


def test_without_that_model_it_goes_by_simple_measures(seeing: tuple[Picking, States]) -> None:
    made, states = seeing
    states.answers = False
    assert made.expects("Once", "", CARDS)[2] != ["like what was chosen before"]
    for other in (None, SeenBy("m", "other weights"), SeenBy("n", "mark")):
        states.seen_by = other
        assert made.expects("Once", "", CARDS)[2] != ["like what was chosen before"]
    assert states.num_asked == 1


def test_without_a_model_it_learns_from_the_texts_and_says_so(loop: Loop, tmp_path: Path) -> None:
    library = Library(40)
    states = States(library)
    states.seen_by = None
    made = Picking(loop, tmp_path, library, lambda told: None, states)  # type: ignore[arg-type]
    made.learn()
    wait_until(lambda: made.view()["learned"], "what was learned", 60)
    assert "no model was loaded" in made.view()["report"]["sentence"]
    made.close()


def test_learning_can_be_stopped_while_the_model_reads_and_while_it_is_learned(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(40)
    made = Picking(loop, tmp_path, library, lambda told: None)  # type: ignore[arg-type]
    monkeypatch.setattr(picking, "COMMAND", ("sleep", "60"))
    made.learn()
    wait_until(lambda: made._process is not None, "the program", 20)
    made.stop()
    wait_until(lambda: made.view()["learning"] is None, "the end", 20)
    assert made.view()["problem"] == "" and not made.view()["learned"]
    stops: list[Picking] = []
    states = States(library)

    def told(message: dict[str, Any]) -> None:
        if (message["picker"]["learning"] or {}).get("stage") == "seeing":
            stops[0].stop()

    reading = Picking(loop, tmp_path, library, told, states)  # type: ignore[arg-type]
    stops.append(reading)
    reading.learn()
    wait_until(lambda: reading.view()["learning"] is None, "the end", 20)
    assert reading.view()["problem"] == "" and not reading.view()["learned"]
    made.close()
    reading.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picking, "AFTER_S", 0.01)


def choose(made: Picking, library: Library, num: int) -> None:
    for _ in range(num):
        library.seen.append(_longest_taken(len(library.seen)))
        made.chose()
    wait_until(lambda: made._look_soon is None, "a look", 10)
    wait_until(lambda: made.view()["learning"] is None, "the end of learning", 60)


@pytest.mark.usefixtures("at_once")
def test_it_learns_by_itself_once_it_may_and_again_after_twenty_choices(
    loop: Loop, tmp_path: Path
) -> None:
    library = Library(FEWEST_SETS - 3)
    made = Picking(loop, tmp_path, library, lambda told: None)  # type: ignore[arg-type]
    choose(made, library, 2)
    assert not made.view()["learned"] and made.view()["problem"] == ""
    choose(made, library, 1)
    assert made.view()["report"]["num_sets"] == FEWEST_SETS
    choose(made, library, NEW_CHOICES - 1)
    assert made.view()["report"]["num_sets"] == FEWEST_SETS
    choose(made, library, 1)
    assert made.view()["report"]["num_sets"] == FEWEST_SETS + NEW_CHOICES
    made.close()


@pytest.mark.usefixtures("at_once")
def test_what_was_chosen_before_a_restart_counts_too(loop: Loop, tmp_path: Path) -> None:
    made, _ = learned(loop, tmp_path, FEWEST_SETS)
    made.close()
    library = Library(FEWEST_SETS + NEW_CHOICES - 2)
    again = Picking(loop, tmp_path, library, lambda told: None)  # type: ignore[arg-type]
    choose(again, library, 1)
    assert again.view()["report"]["num_sets"] == FEWEST_SETS
    choose(again, library, 1)
    assert again.view()["report"]["num_sets"] == FEWEST_SETS + NEW_CHOICES
    again.close()


@pytest.mark.usefixtures("at_once")
def test_what_a_program_chose_does_not_count(loop: Loop, tmp_path: Path) -> None:
    library = Library(FEWEST_SETS)
    library.seen = [replace(one, by="auto") for one in library.seen]
    made = Picking(loop, tmp_path, library, lambda told: None)  # type: ignore[arg-type]
    choose(made, library, FEWEST_SETS - 1)
    assert not made.view()["learned"] and made.view()["problem"] == ""
    choose(made, library, 1)
    assert made.view()["report"]["num_sets"] == FEWEST_SETS
    made.close()


@pytest.mark.usefixtures("at_once")
def test_it_does_not_learn_by_itself_where_that_is_not_wished(loop: Loop, tmp_path: Path) -> None:
    library = Library(FEWEST_SETS)
    made = Picking(loop, tmp_path, library, lambda told: None, by_itself=False)  # type: ignore[arg-type]
    choose(made, library, 2)
    assert not made.view()["learned"] and not made.view()["by_itself"]
    made.set_by_itself(True)
    choose(made, library, 1)
    assert made.view()["learned"]
    made.close()


def test_a_program_that_ends_before_it_has_read_all_is_believed_why(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = 'import os; os.close(0); print(\'{"error": {"message": "Not like this."}}\')'
    monkeypatch.setattr(picking, "COMMAND", (sys.executable, "-c", words))
    made, _ = learned(loop, tmp_path, 400)
    assert made.view()["problem"] == "Not like this."
    made.close()
