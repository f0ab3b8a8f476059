"""How a model sees texts: transformers' own hidden states, whatever was read before, and beside a run."""

from __future__ import annotations

import pytest
import torch

from storygen.engine.embedding import CHUNK, MOST_BEFORE, MOST_TEXTS
from storygen.engine.inline import InlineWorker
from storygen.link.messages import CancelRequest, EmbedTexts, TextsEmbedded, decode, encode
from tests.tiny_engine import start, text_of, tiny_loaded, tiny_worker, tiny_writing, tokens_of
from tests.tiny_models import ARCHITECTURES, WINDOW

BEFORE = "Once upon a time there was a small house by the sea"
TEXTS = (" and the sea said hello.", " and the sea said 猫 🙂!", ", she whispered", "")


def embedded(worker: InlineWorker, before: str, texts: tuple[str, ...]) -> TextsEmbedded:
    at_once = worker.send(EmbedTexts("q", before, texts))
    events = [*at_once, *worker.run_until()]
    return next(one for one in events if isinstance(one, TextsEmbedded))


def expected(kind: str, before: str, text: str) -> list[float]:
    """The mean over the text's tokens of what transformers calls the last hidden state."""
    writing = tiny_writing(kind)
    first, _ = writing.encode_first(before)
    first = list(first or writing.fallback_ids)
    num_start = writing.num_start_tokens
    most = min(MOST_BEFORE, writing.window // 2) - num_start
    first = first[:num_start] + first[num_start:][-most:]
    own = writing.encoder.encode(text, first=False)[0][: writing.window - len(first)]
    with torch.inference_mode():
        out = tiny_loaded(kind).model(
            input_ids=torch.tensor([first + list(own)]), use_cache=False, output_hidden_states=True
        )
    found: list[float] = out.hidden_states[-1][0, len(first) :].mean(0).tolist()
    return found


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_vector_is_the_mean_of_transformers_last_hidden_states(kind: str) -> None:
    found = embedded(tiny_worker(kind), BEFORE, TEXTS)
    assert not found.error and len(found.vectors) == len(TEXTS) and found.vectors[-1] == ()
    for text, vector in zip(TEXTS[:-1], found.vectors, strict=False):
        assert vector == pytest.approx(expected(kind, BEFORE, text), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("kind", ["gpt2", "mistral", "mamba"])
@pytest.mark.parametrize("before", ["", "word " * 300])
def test_of_what_stands_before_the_end_is_read_and_of_a_long_text_the_beginning(
    kind: str, before: str
) -> None:
    text = " and the light came" * 40
    vector = embedded(tiny_worker(kind), before, (text,)).vectors[0]
    assert vector == pytest.approx(expected(kind, before, text), rel=1e-3, abs=1e-3)
    assert WINDOW > CHUNK  # so that it was read in several chunks


def test_it_changes_nothing_that_a_run_beside_it_writes() -> None:
    alone = tiny_worker("gpt2")
    alone.send(start(BEFORE, params={"max_tokens": 40, "limit": "tokens"}))
    expected_text = text_of(alone.run_until())
    worker = tiny_worker("gpt2")
    worker.send(start(BEFORE, params={"max_tokens": 40, "limit": "tokens"}))
    worker.step(4)
    for number in range(30):
        worker.send(EmbedTexts(f"q{number}", "word " * 90, (" word" * 40, " light" * 40)))
    worker.run_until()
    assert text_of(worker.events) == expected_text
    assert sum(isinstance(one, TextsEmbedded) for one in worker.events) == 30


def test_one_that_reads_leaves_most_of_the_model_to_a_run() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start("Once", params={"max_tokens": 60, "limit": "tokens"}))
    worker.step(4)
    worker.send(EmbedTexts("q", BEFORE, tuple(f" word {n}" * 8 for n in range(20))))
    before = len(worker.events)
    num_written = []
    for _ in range(20):
        worker.step()
        num_written.append(len(tokens_of(worker.events[before:])))
    assert num_written[-1] >= 14


def test_it_can_be_given_up() -> None:
    worker = tiny_worker("gpt2")
    worker.send(EmbedTexts("q", BEFORE, TEXTS))
    worker.step()
    given_up = worker.send(CancelRequest("q"))
    assert [type(one) for one in given_up] == [TextsEmbedded] and given_up[0].error  # type: ignore[union-attr]
    assert not worker.core.is_busy


@pytest.mark.parametrize("num", [0, MOST_TEXTS + 1])
def test_too_many_texts_are_refused(num: int) -> None:
    assert "texts" in embedded(tiny_worker("gpt2"), "", (" a",) * num).error


def test_without_a_model_it_is_refused() -> None:
    (refused,) = InlineWorker().send(EmbedTexts("q", "", (" a",)))
    assert isinstance(refused, TextsEmbedded) and "No model" in refused.error


def test_its_messages_travel() -> None:
    for message in (
        EmbedTexts("q", "Once", (" a", " b")),
        TextsEmbedded("q", ((0.5, -1.25), ())),
    ):
        assert decode(encode(message)) == message
