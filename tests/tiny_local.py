"""Tiny models as a developer hands them to the workbench, and their numbers by transformers alone."""

from __future__ import annotations

from functools import cache

import torch

from storygen.workbench.models.local import LocalModel

from .tiny_models import WINDOW, make_model, make_tokenizer


@cache
def local(kind: str, *, chat: bool = False) -> LocalModel:
    tokenizer = make_tokenizer(kind, chat=chat)
    return LocalModel(make_model(kind, len(tokenizer)), tokenizer, name=kind, context=WINDOW)


def bare_logprobs(kind: str, ids: list[int]) -> torch.Tensor:
    """`(num_ids, vocab)` by transformers alone."""
    model, _ = local(kind)._given
    with torch.inference_mode():
        out = model(input_ids=torch.tensor([ids]), use_cache=False)
    return torch.as_tensor(out.logits[0]).float().log_softmax(-1)


def ids_of(kind: str, text: str) -> list[int]:
    """With the token that begins every text, where the tokenizer's own call or the bare GPT-2 has one."""
    _, tokenizer = local(kind)._given
    ids = list(tokenizer(text)["input_ids"])
    start = tokenizer.bos_token_id
    return (
        ids if ids[:1] == [start] or tokenizer.bos_token != tokenizer.eos_token else [start, *ids]
    )
