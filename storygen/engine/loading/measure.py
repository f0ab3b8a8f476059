"""Choosing threads, precision and the way of multiplying on a CPU, by trying.

fp32 is preferred: with it, tokens do not depend on how the context was read (at once, in pieces, from
a cropped cache). bf16 has to write clearly faster to be chosen, or be the only one that fits. In fp32 the
weights may be laid out for the processor (`packed`), where that is faster and no slower at anything.

Other programs run meanwhile. So candidates take turns, a step each, and are compared by the median of the
ratios of steps that stood side by side: what slows the machine for a while slows both.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import psutil
import torch

from .packed import DOES_NOT_WORK
from .profile import Measured

BF16_MUST_GAIN = 1.25
THREADS_MUST_GAIN = 1.05
PACKED_MUST_GAIN = 1.1  # in a pass of a few rows
PACKED_MAY_LOSE = 0.9  # in a pass of one, which other programs make hard to measure
FEW_ROWS = 8
MOST_TURNS = 15
MOST_SECONDS = 3.0
_PROMPT_TOKENS = 128

Step = Callable[[], object]
Clock = Callable[[], float]
Packer = Callable[[Any], Any]
"""A model → the same with its weights laid out for the processor, or None where that can't be done."""


def thread_candidates() -> list[int]:
    """Numbers of threads worth trying: one core stays free, and two threads on one core seldom help."""
    logical = psutil.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or logical
    most = max(1, logical - 1)
    return sorted({most, max(1, min(most, physical)), max(1, min(most, physical - 1))})


def measure(
    model: Any,
    threads: list[int],
    try_bf16: bool,
    clock: Clock = time.perf_counter,
    packer: Packer | None = None,
) -> Measured:
    """Speeds of an fp32 `model` on the CPU and what follows from them; leaves it unchanged.

    Sets torch's number of threads to the fastest of `threads`. With `try_bf16` it copies the model,
    which takes half of its memory again while it measures; with a `packer` all of it.
    """
    found = _measure_plain(model, threads, try_bf16, clock)
    packed = packer(model) if packer is not None and found.precision == "fp32" else None
    return found if packed is None else _measure_packed(model, packed, found, clock)


def _measure_packed(model: Any, packed: Any, found: Measured, clock: Clock) -> Measured:
    """What was found, or that `packed` is better."""
    most_turns = min(MOST_TURNS, _shortest_window(model) // 4)
    decode, _ = _prepared(model, clock)
    try:
        packed_decode, packed_prefill = _prepared(packed, clock)
        packed_decode()
    except DOES_NOT_WORK:
        return found
    gain = paired_gain(*take_turns([decode, packed_decode], clock, most_turns))
    few = [_few_rows(model), _few_rows(packed)]
    few_gain = paired_gain(*take_turns(few, clock, MOST_TURNS))
    if gain < PACKED_MAY_LOSE or few_gain < PACKED_MUST_GAIN:
        return found
    return replace(
        found, packed=True, fp32_decode=gain * found.fp32_decode, fp32_prefill=packed_prefill
    )


def _measure_plain(model: Any, threads: list[int], try_bf16: bool, clock: Clock) -> Measured:
    most_turns = min(MOST_TURNS, _shortest_window(model) // 2 // (len(threads) + 1))
    decode, prefill = _prepared(model, clock)
    best = threads[0]
    if len(threads) > 1:
        times = take_turns([_with_threads(n, decode) for n in threads], clock, most_turns)
        best = threads[_fastest(times)]
    torch.set_num_threads(best)
    if not try_bf16:
        (seconds,) = take_turns([decode], clock, most_turns)
        return Measured("fp32", best, 1 / median(seconds), 0.0, prefill, 0.0)
    in_bf16 = copy.deepcopy(model).to(torch.bfloat16)
    bf16_decode, bf16_prefill = _prepared(in_bf16, clock)
    seconds, bf16_seconds = take_turns([decode, bf16_decode], clock, most_turns)
    gain = paired_gain(seconds, bf16_seconds)
    speed = 1 / median(seconds)
    precision = "bf16" if gain >= BF16_MUST_GAIN else "fp32"
    # Told as gain × fp32's speed, so that the two numbers say what the choice was made by.
    return Measured(precision, best, speed, gain * speed, prefill, bf16_prefill)


def take_turns(
    steps: Sequence[Step], clock: Clock, most_turns: int = MOST_TURNS
) -> list[list[float]]:
    """The seconds that each step took, turn by turn; who begins a turn changes with each."""
    times: list[list[float]] = [[] for _ in steps]
    begun = clock()
    for turn in range(max(1, most_turns)):
        order = range(len(steps)) if turn % 2 == 0 else range(len(steps) - 1, -1, -1)
        for number in order:
            start = clock()
            steps[number]()
            times[number].append(max(clock() - start, 1e-9))
        if clock() - begun > MOST_SECONDS:
            break
    return times


def paired_gain(seconds: Sequence[float], other_seconds: Sequence[float]) -> float:
    """How many times faster the other is: the median over turns."""
    return median(one / other for one, other in zip(seconds, other_seconds, strict=True))


def _fastest(times: list[list[float]]) -> int:
    """The candidate that writes fastest; an earlier one (with fewer threads) wins a draw."""
    best = 0
    for number in range(1, len(times)):
        if paired_gain(times[best], times[number]) > THREADS_MUST_GAIN:
            best = number
    return best


def _with_threads(count: int, step: Step) -> Step:
    def run() -> None:
        torch.set_num_threads(count)
        step()

    return run


def _few_rows(model: Any) -> Step:
    """A pass of a few tokens, as after an edit; candidates make one of as many rows."""
    ids = (torch.arange(FEW_ROWS)[None] * 7919) % model.config.get_text_config().vocab_size

    @torch.inference_mode()
    def step() -> None:
        model(input_ids=ids, use_cache=False)

    step()
    return step


def _prepared(model: Any, clock: Clock) -> tuple[Step, float]:
    """A step that writes one token after a prompt, and how many tokens a second the prompt was read."""
    vocabulary = model.config.get_text_config().vocab_size
    length = min(_PROMPT_TOKENS, _shortest_window(model) // 2)
    ids = (torch.arange(length)[None] * 7919) % vocabulary
    with torch.inference_mode():
        model(input_ids=ids[:, :4], use_cache=True)  # allocations and lazy set-up are not its speed
        start = clock()
        out = model(input_ids=ids, use_cache=True)
        prefill = length / max(clock() - start, 1e-9)
    names = ("past_key_values", "cache_params", "state")
    kept = {name: out[name] for name in names if out.get(name) is not None}

    @torch.inference_mode()
    def step() -> None:
        model(input_ids=ids[:, :1], use_cache=True, **kept)

    return step, prefill


def _shortest_window(model: Any) -> int:
    config = model.config.get_text_config()
    return int(getattr(config, "max_position_embeddings", None) or 2 * _PROMPT_TOKENS)
