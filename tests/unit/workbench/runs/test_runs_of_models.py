"""Runs with what really answers: weights in this process, read in batches, and a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai_server
import pytest
from made_runs import made, rows_file, run, samples, split_of

from storygen.workbench.jobs import CancelledError, Job
from storygen.workbench.models.base import Model
from storygen.workbench.models.remote import RemoteModel
from storygen.workbench.runs.keeping import DONE, KeptRun
from storygen.workbench.runs.plan import SCORE, WRITE
from tests.tiny_local import local

METRICS = ("words", "perplexity", "rank1")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with openai_server.running() as address:
        yield address


def paused_once(folder: Path, model: Model, rows: list[Any], **changes: Any) -> KeptRun:
    """A run that was paused after its first chunk and gone on with."""
    split = split_of(rows)
    kept = made(folder, split, model, metrics=METRICS, **changes)
    job = Job()
    with pytest.raises(CancelledError):
        run(kept, split, model, job, lambda num: num == 8 and job.cancel())
    run(kept, split, model)
    assert kept.state().state == DONE
    return kept


@pytest.mark.parametrize("task", [WRITE, SCORE])
@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_weights_are_asked_in_batches_and_come_to_the_same_after_a_pause(
    tmp_path: Path, kind: str, task: str
) -> None:
    rows, model = samples(20), local(kind)
    paused = paused_once(tmp_path / "paused", model, rows, task=task)
    split = split_of(rows)
    whole = made(tmp_path / "whole", split, model, metrics=METRICS, task=task)
    run(whole, split, model)
    assert rows_file(paused) == rows_file(whole)
    for row in whole.rows():
        assert not row.problem
        assert all(row.measured[name].number is not None for name in METRICS)
        [written] = row.written
        assert "".join(token.text for token in written.tokens) == written.text
        if task == WRITE:  # as each text by itself, under its own seed
            params = whole.plan.params
            seed = whole.plan.seed_of(row.index, 0)
            assert written.text == model.generate(row.text, params, seeds=[seed])[0].text


def test_a_text_longer_than_the_window_is_scored_in_parts(tmp_path: Path) -> None:
    rows = [{"prompt": "the old sea " * 200, "completion": " slept"}, *samples(9)]
    kept = paused_once(tmp_path, local("gpt2"), rows, task=SCORE)
    assert next(kept.rows()).measured["perplexity"].number is not None


def test_a_server_is_asked_for_several_at_once(tmp_path: Path, url: str) -> None:
    model = RemoteModel(url + "/vllm/v1")
    rows = samples(20)
    paused = paused_once(tmp_path / "paused", model, rows)
    split = split_of(rows)
    whole = made(tmp_path / "whole", split, model, metrics=METRICS)
    run(whole, split, model)
    assert rows_file(paused) == rows_file(whole)
    assert len({row.written[0].text for row in whole.rows()}) > 10
