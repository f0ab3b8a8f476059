"""Looking inside the real default model: words that make sense, and numbers of a fresh read."""

from __future__ import annotations

from pathlib import Path

import pytest

from storygen.engine.inline import InlineWorker
from storygen.link.messages import (
    ListNext,
    LoadModel,
    ModelLoaded,
    NextListed,
    ScoreText,
    TextScored,
    TokensScored,
)

pytestmark = [pytest.mark.model, pytest.mark.slow]

FOLDER = Path(__file__).parents[2] / "models" / "smollm2-135m-instruct"
OPENING = "The lighthouse keeper had not seen a ship in eleven days when the light went out."
PARAMS = {"temperature": 0.8, "min_p": 0.05}


@pytest.fixture(scope="module")
def worker() -> InlineWorker:
    assert FOLDER.is_dir(), (
        "The default model is missing: ./run_local.sh --install-only fetches it."
    )
    worker = InlineWorker()
    worker.send(LoadModel(str(FOLDER), "folder", threads=1, precision="fp32"))
    assert isinstance(worker.events[-1], ModelLoaded), worker.events[-1]
    return worker


def look(worker: InlineWorker, text: str) -> NextListed:
    events = [*worker.send(ListNext(text, text, PARAMS)), *worker.run_until()]
    answer = events[-1]
    assert isinstance(answer, NextListed) and not answer.error
    return answer


def test_a_half_typed_word_is_completed_and_a_whole_one_followed(worker: InlineWorker) -> None:
    half = look(worker, "He opened the door and said hel")
    assert (half.healed, half.tokens[0].text) == (" hel", "lo")
    whole = look(worker, "Once upon a time there was a little")
    assert whole.healed == ""
    assert " girl" in [token.text for token in whole.tokens[:5]]
    assert sum(token.after for token in whole.tokens) == pytest.approx(1.0, abs=0.02)
    assert sum(token.num for token in whole.tokens) == 100


def test_a_text_in_parts_has_the_numbers_of_a_fresh_read(worker: InlineWorker) -> None:
    worker.send(ScoreText("fresh", OPENING))
    whole = worker.run_until()[-1]
    worker.send(ScoreText("parts", OPENING, params=PARAMS))
    parts = [event for event in worker.run_until() if isinstance(event, TokensScored)]
    assert isinstance(whole, TextScored)
    logprobs = [logprob for part in parts for logprob in part.logprobs]
    assert logprobs == [pytest.approx(token.logprob, abs=2e-3) for token in whole.tokens]
    (last,) = worker.send(ScoreText("again", OPENING, params=PARAMS))
    assert isinstance(last, TokensScored) and last.done == last.total == len(logprobs)
