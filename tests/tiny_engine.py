"""Tiny models as the engine gets them, without files, and what tests ask of an in-process worker."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch

from storygen.engine.generation import Generation
from storygen.engine.inline import InlineWorker
from storygen.engine.loading.loaded import LoadedModel
from storygen.engine.writing_model import WritingModel
from storygen.link.messages import Event, ModelLoaded, RunEnded, StartRun, TokenWritten

from .tiny_models import WINDOW, make_model, make_tokenizer

torch.set_num_threads(1)  # tiny matrices are slower in several threads


@cache
def tiny_loaded(
    kind: str, *, chat: bool = False, form: str = "raw", window: int = WINDOW
) -> LoadedModel:
    """A tiny model of `kind` as the loader would hand it over; made once per process."""
    tokenizer = make_tokenizer(kind, chat=chat)
    model = make_model(kind, len(tokenizer))
    info = ModelLoaded(kind, 0, len(tokenizer), window, "fp32", 1, "cpu", form, 0, 0.0, True)
    return LoadedModel(model, tokenizer, info)


@cache
def tiny_writing(kind: str, **facts: Any) -> WritingModel:
    """The same with its tokenizer's tables, for tests below the worker."""
    return WritingModel(tiny_loaded(kind, **facts))


def tiny_worker(kind: str, *, cache_bytes: int | None = None, **facts: Any) -> InlineWorker:
    """A worker that has loaded a tiny model."""
    worker = InlineWorker(cache_bytes=cache_bytes)
    worker.core.write_with(tiny_writing(kind, **facts))
    return worker


def start(text: str, run: str = "r", **fields: Any) -> StartRun:
    """A `StartRun` with plenty of credits; greedy, unless `params` say otherwise, without a penalty."""
    plain = {"temperature": 0.0, "repetition_penalty": 1.0, "min_p": 0.0}
    params = {**plain, **fields.pop("params", {})}
    return StartRun(
        run,
        text,
        fields.pop("revision", 1),
        params,
        fields.pop("seed", 7),
        **{"credits": 100_000, **fields},
    )


def tokens_of(events: list[Event], run: str = "r") -> list[TokenWritten]:
    """The tokens that a run wrote."""
    return [event for event in events if isinstance(event, TokenWritten) and event.run == run]


def text_of(events: list[Event], run: str = "r") -> str:
    """The text that a run wrote."""
    return "".join(token.text for token in tokens_of(events, run))


def ended(events: list[Event], run: str = "r") -> RunEnded:
    """How a run ended."""
    return next(event for event in events if isinstance(event, RunEnded) and event.run == run)


def write(worker: InlineWorker, num_tokens: int, run: str = "r") -> list[TokenWritten]:
    """Step until `run` has written `num_tokens` more."""
    return tokens_of(worker.run_until(lambda new: len(tokens_of(new, run)) >= num_tokens), run)


def generation(worker: InlineWorker, run: str = "r") -> Generation:
    """The run itself, to look inside."""
    found = worker.core.generation(run)
    assert found is not None
    return found


def fresh_logprobs(loaded: LoadedModel, ids: Any) -> torch.Tensor:
    """Log-probabilities `(num_ids, vocab)` after each of `ids`, read at once without any cache."""
    with torch.inference_mode():
        out = loaded.model(input_ids=torch.tensor(np.asarray(ids))[None], use_cache=False)
    return torch.as_tensor(out.logits[0]).float().log_softmax(-1)
