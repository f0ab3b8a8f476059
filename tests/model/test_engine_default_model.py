"""The engine on the real default model: words completed, edits read, probabilities of a fresh read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from storygen.engine.inline import InlineWorker
from storygen.engine.loading import load
from storygen.engine.model import LanguageModel, ReadState
from storygen.link.messages import (
    LoadModel,
    ModelLoaded,
    PauseRun,
    ResumeRun,
    ReviseRun,
    Splice,
    StartRun,
)
from tests.tiny_engine import fresh_logprobs, generation, start, text_of, tokens_of, write

pytestmark = [pytest.mark.model, pytest.mark.slow]

FOLDER = Path(__file__).parents[2] / "models" / "smollm2-135m-instruct"
OPENING = "The lighthouse keeper had not seen a ship in eleven days when the light went out."


@pytest.fixture(scope="module")
def worker() -> InlineWorker:
    assert FOLDER.is_dir(), (
        "The default model is missing: ./run_local.sh --install-only fetches it."
    )
    worker = InlineWorker()
    worker.send(LoadModel(str(FOLDER), "folder", threads=1, precision="fp32"))
    assert isinstance(worker.events[-1], ModelLoaded), worker.events[-1]
    return worker


def test_it_loads_as_a_chat_model_whose_cache_can_be_cropped(worker: InlineWorker) -> None:
    loaded = next(event for event in worker.events if isinstance(event, ModelLoaded))
    assert (loaded.format, loaded.croppable) == ("chat", True)


@pytest.mark.parametrize(
    ("typed", "begins"),
    [("He opened the door and said hel", "lo"), ("Once upon a ti", "me"), ("It was midni", "ght")],
)
def test_an_unfinished_word_is_completed(worker: InlineWorker, typed: str, begins: str) -> None:
    worker.send(start(typed, run=typed, params={"max_tokens": 3}))
    assert text_of(worker.run_until(), typed).startswith(begins)


def test_after_a_typed_space_comes_a_word_without_another(worker: InlineWorker) -> None:
    worker.send(start("Once upon a ", run="space", params={"max_tokens": 2}))
    assert text_of(worker.run_until(), "space")[0].isalpha()


def test_probabilities_after_edits_are_those_of_a_fresh_read(worker: InlineWorker) -> None:
    worker.send(start(OPENING, run="edited"))
    taken = len(write(worker, 12, "edited"))
    run = generation(worker, "edited")
    edits = (Splice(4, 10, "power station"), Splice(len(run.text) + 3 - 20, 2, "🙂猫"))
    worker.send(ReviseRun("edited", 2, taken, edits))
    token = write(worker, 1, "edited")[0]
    assert token.revision == 2 and token.index == taken
    ids = run.state.ids[: token.used].copy()
    assert worker.core._writing is not None
    from transformers import AutoModelForCausalLM

    from storygen.engine.loading.loaded import LoadedModel

    reference = AutoModelForCausalLM.from_pretrained(FOLDER, dtype="float32").eval()
    loaded = LoadedModel(reference, None, worker.core._writing.info)
    assert token.logprob == pytest.approx(
        float(fresh_logprobs(loaded, ids)[-1][token.id]), abs=1e-3
    )
    worker.send(PauseRun("edited"))


def test_pauses_change_nothing_in_what_is_written(worker: InlineWorker) -> None:
    def write_with(pauses: bool, run: str) -> list[int]:
        worker.send(StartRun(run, OPENING, 1, {"max_tokens": 25}, seed=11, credits=100))
        ids: list[int] = []
        while worker.core.is_busy:
            ids += [token.id for token in tokens_of(worker.step(), run)]
            if pauses and worker.core.generation(run) is not None:
                worker.send(PauseRun(run), ResumeRun(run))
        return ids

    assert write_with(True, "paused") == write_with(False, "through")


def test_rows_share_the_beginning_in_half_precision_too() -> None:
    made = load(LoadModel(str(FOLDER), "folder", threads=1, precision="bf16"), lambda _: None)
    model, state = LanguageModel(made.model), ReadState()
    model.read(state, np.arange(1000))
    assert model.row_bytes(state, 10) < state.num_bytes / 3
