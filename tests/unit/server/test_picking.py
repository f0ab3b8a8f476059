"""The picker in the server: learned in a process of its own, kept, refused where little is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storygen.errors import ConflictError
from storygen.preferences.observations import Observation, ShownCandidate, Situation
from storygen.server import picking
from storygen.server.loop import Loop, make_loop
from storygen.server.picking import FILE, Picking
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
    assert made.view() == {"learned": False, "report": None, "learning": None, "problem": ""}
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
