"""Choosing threads and precision on a CPU, by trying.

fp32 is preferred: with it, tokens do not depend on how the context was read (at once, in pieces, from
a cropped cache). bf16 has to write clearly faster to be chosen, or be the only one that fits.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import psutil
import torch

from .profile import Measured

BF16_MUST_GAIN = 1.25
_PROMPT_TOKENS = 128
_MOST_STEPS = 10
_MOST_SECONDS = 2.0


def thread_candidates() -> list[int]:
    """Numbers of threads worth trying: one core stays free, and two threads on one core seldom help."""
    logical = psutil.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or logical
    most = max(1, logical - 1)
    return sorted({most, max(1, min(most, physical)), max(1, min(most, physical - 1))})


def measure(model: Any, threads: list[int], try_bf16: bool) -> Measured:
    """Speeds of an fp32 `model` on the CPU and what follows from them; leaves it unchanged.

    Sets torch's number of threads to the fastest of `threads`. With `try_bf16` it copies the model,
    which takes half of its memory again while it measures.
    """
    best, decode, prefill = _best_threads(model, threads)
    torch.set_num_threads(best)
    bf16_decode = bf16_prefill = 0.0
    if try_bf16:
        bf16_decode, bf16_prefill = _speeds(copy.deepcopy(model).to(torch.bfloat16))
    precision = "bf16" if bf16_decode >= BF16_MUST_GAIN * decode else "fp32"
    return Measured(precision, best, decode, bf16_decode, prefill, bf16_prefill)


def _best_threads(model: Any, threads: list[int]) -> tuple[int, float, float]:
    """(threads, decode, prefill) of the fastest writer among `threads`; fewer threads win a draw."""
    best = (0, 0.0, 0.0)
    for candidate in threads:
        torch.set_num_threads(candidate)
        decode, prefill = _speeds(model)
        if decode > 1.05 * best[1]:
            best = (candidate, decode, prefill)
    return best


@torch.inference_mode()
def _speeds(model: Any) -> tuple[float, float]:
    """(decode, prefill) in tokens per second, from the median step and one reading of 128 tokens."""
    vocabulary = model.config.get_text_config().vocab_size
    length = min(_PROMPT_TOKENS, _shortest_window(model) // 2)
    ids = (torch.arange(length)[None] * 7919) % vocabulary
    model(input_ids=ids[:, :4], use_cache=True)  # allocations and lazy set-up are not its speed
    start = time.perf_counter()
    out = model(input_ids=ids, use_cache=True)
    prefill = length / (time.perf_counter() - start)
    names = ("past_key_values", "cache_params", "state")
    kept = {name: out[name] for name in names if out.get(name) is not None}
    return 1 / _median_step(lambda: model(input_ids=ids[:, :1], use_cache=True, **kept)), prefill


def _median_step(step: Callable[[], object]) -> float:
    seconds: list[float] = []
    while len(seconds) < _MOST_STEPS and sum(seconds) < _MOST_SECONDS:
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[len(seconds) // 2]


def _shortest_window(model: Any) -> int:
    config = model.config.get_text_config()
    return int(getattr(config, "max_position_embeddings", None) or 2 * _PROMPT_TOKENS)
