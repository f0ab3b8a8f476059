"""How a model sees candidates, asked of a worker that does what a test says: kept, in parts, given up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storygen.link.messages import (
    CancelRequest,
    Command,
    EmbedTexts,
    LoadModel,
    ModelLoaded,
    TextsEmbedded,
)
from storygen.server.hidden_states import FILE, MOST_TEXTS, HiddenStates, SeenBy, Shown, mark_of
from storygen.server.loop import Loop, make_loop
from storygen.server.workers.questions import WorkerRequests
from tests.scripted_looks import hidden_state

INFO = ModelLoaded("gpt2", 7, 10, 96, "fp32", 1, "cpu", "raw", 0, 0.0, True)


class Models:
    """Stands in for `Workers`: one model, whose worker answers at once, or not at all."""

    def __init__(self, folder: Path) -> None:
        self.spec = LoadModel(str(folder), "folder")
        self.is_ready = True
        self.answers = True
        self.asked: list[EmbedTexts] = []
        self.requests: WorkerRequests | None = None
        self.goes_after = 1 << 30

    def window(self, key: str) -> int | None:
        return 96 if self.is_ready else None

    def latest(self) -> tuple[str, LoadModel, ModelLoaded] | None:
        return ("m", self.spec, INFO) if self.is_ready else None

    def ensure(self, key: str) -> None:
        raise AssertionError("nothing is loaded for this")

    def send(self, key: str, command: Command) -> None:
        assert self.requests is not None
        if isinstance(command, CancelRequest):
            self.requests.worker_said(key, TextsEmbedded(command.request, error="given up"))
        if not isinstance(command, EmbedTexts) or not self.answers:
            return
        self.asked.append(command)
        vectors = tuple(hidden_state(text) for text in command.texts)
        self.requests.worker_said(key, TextsEmbedded(command.request, vectors))
        self.is_ready = len(self.asked) < self.goes_after


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = make_loop("threading")
    yield made
    made.stop()


@pytest.fixture
def models(tmp_path: Path) -> Models:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    return Models(folder)


@pytest.fixture
def states(loop: Loop, tmp_path: Path, models: Models) -> Iterator[HiddenStates]:
    models.requests = WorkerRequests(loop, models)
    made = HiddenStates(loop, tmp_path, models, models.requests)
    yield made
    made.close()


def seen_by(states: HiddenStates) -> SeenBy:
    found = states.model()
    assert found is not None
    return found


def sets(num: int) -> list[Shown]:
    return [
        Shown("Once", "", ((f"{number} a", f" a{number}"), (f"{number} b", f" b{number}")))
        for number in range(num)
    ]


def yes(done: int, of: int) -> bool:
    return True


def test_every_candidate_is_asked_about_once_and_kept(
    states: HiddenStates, models: Models, tmp_path: Path
) -> None:
    found = states.of_sets(seen_by(states), sets(3), yes)
    assert found is not None and set(found) == {f"{n} {c}" for n in range(3) for c in "ab"}
    assert found["1 b"] == pytest.approx(hidden_state(" b1"))
    assert len(models.asked) == 3 and (tmp_path / FILE).exists()
    again = states.of_sets(seen_by(states), sets(4), yes)
    assert again is not None and len(again) == 8 and len(models.asked) == 4
    assert again["1 b"] == pytest.approx(found["1 b"], abs=1e-3)


def test_what_goes_before_is_the_end_of_prompt_and_text(
    states: HiddenStates, models: Models
) -> None:
    states.of_cards(seen_by(states), Shown("x" * 5000 + "end", "Write", (("", " a"), ("", ""))))
    assert models.asked[0].text.endswith("xend") and len(models.asked[0].text) == 2000
    assert models.asked[0].texts == (" a",)
    states.of_cards(seen_by(states), Shown("Once", "Write", (("", " a"),)))
    assert models.asked[1].text == "Write\n\nOnce"  # without an id it is not kept


def test_more_than_the_worker_takes_are_asked_about_in_parts(
    states: HiddenStates, models: Models
) -> None:
    cards = tuple((str(number), f" {number}") for number in range(MOST_TEXTS + 5))
    found = states.of_cards(seen_by(states), Shown("Once", "", cards))
    assert found is not None and None not in found
    assert [len(one.texts) for one in models.asked] == [MOST_TEXTS, 5]


def test_a_model_that_goes_meanwhile_leaves_nothing(states: HiddenStates, models: Models) -> None:
    models.goes_after = 2
    assert states.of_sets(seen_by(states), sets(4), yes) is None
    assert states.model() is None


def test_it_is_given_up_where_nobody_wants_it_any_more(
    states: HiddenStates, models: Models
) -> None:
    told: list[tuple[int, int]] = []

    def some(done: int, of: int) -> bool:
        told.append((done, of))
        return done < 2

    assert states.of_sets(seen_by(states), sets(5), some) is None
    assert told == [(0, 5), (1, 5), (2, 5)] and len(models.asked) == 2


def test_a_model_that_takes_too_long_is_not_waited_for(
    states: HiddenStates, models: Models
) -> None:
    models.answers = False
    assert states.of_cards(seen_by(states), sets(1)[0], within_s=0.05) is None


def test_other_weights_in_the_same_folder_are_another_model(models: Models) -> None:
    before = mark_of(models.spec, INFO)
    file = Path(models.spec.source) / "model.safetensors"
    assert mark_of(models.spec, INFO) == before
    os.utime(file, (1, 1))
    assert mark_of(models.spec, INFO) != before


def test_of_many_candidates_the_newest_are_read(
    states: HiddenStates, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storygen.server.hidden_states.MOST_CANDIDATES", 5)
    found: Any = states.of_sets(seen_by(states), sets(6), yes)
    assert set(found) == {"5 a", "5 b", "4 a", "4 b"}
