"""Scores of a text: those of one fresh read, over its code points, past the window too."""

from __future__ import annotations

import pytest

from storygen.link.messages import KnownToken, ScoredToken, ScoreText, TextScored
from tests.tiny_engine import (
    fresh_logprobs,
    generation,
    start,
    tiny_loaded,
    tiny_worker,
    tiny_writing,
    write,
)
from tests.tiny_models import ARCHITECTURES, WINDOW

TEXT = "Once upon a time 猫 was 🙂 there. Été!"


def scored(kind: str, text: str, **fields: object) -> tuple[ScoredToken, ...]:
    worker = tiny_worker(kind)
    at_once = worker.send(ScoreText("q", text, **fields))  # type: ignore[arg-type]
    answer = [*at_once, *worker.run_until()][-1]
    assert isinstance(answer, TextScored) and not answer.error
    return answer.tokens


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_scores_are_those_of_a_fresh_read(kind: str) -> None:
    tokens = scored(kind, TEXT, alternatives=3)
    ids = [*tiny_writing(kind).encode_first("")[0], *(token.id for token in tokens)]
    expected = fresh_logprobs(tiny_loaded(kind), ids)
    before = len(ids) - len(tokens)
    for number, token in enumerate(tokens):
        row = expected[before + number - 1]
        assert token.logprob == pytest.approx(float(row[token.id]), abs=1e-4)
        assert token.alternatives[0].logprob == pytest.approx(float(row.max()), abs=1e-4)
        assert len(token.alternatives) == 3


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_scored_tokens_cover_the_text_without_gaps(kind: str) -> None:
    tokens = scored(kind, TEXT)
    assert "".join(token.text for token in tokens) == TEXT
    place = 0
    for token in tokens:
        assert token.start == place
        assert token.text == TEXT[token.start : token.end]
        place = token.end
    assert place == len(TEXT)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_text_longer_than_the_window_is_scored_as_a_run_would_have_written_it(kind: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start("Once", heal=False))
    run = generation(worker)
    written = write(worker, 3 * WINDOW)
    while run._context.text.covered > len(
        run._context.text.data
    ):  # the last token cuts a character
        written += write(worker, 1)
    ids, text = list(run._context.text.ids), run.text
    ends = [run._context.text.place(end) for end in run._context.text.ends]
    known = tuple(KnownToken(a, b, i) for a, b, i in zip([0, *ends[:-1]], ends, ids, strict=True))
    tokens = scored(kind, text, known=known)
    assert [token.id for token in tokens] == ids
    by_index = dict(zip(range(-(len(ids) - len(written)), len(written)), tokens, strict=True))
    for token in written:
        assert by_index[token.index].logprob == pytest.approx(token.logprob, abs=2e-4)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_an_empty_text_has_no_tokens(kind: str) -> None:
    assert scored(kind, "") == ()
