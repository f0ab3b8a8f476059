"""What looking inside costs, through the whole system, beside bare passes over the same text."""

from __future__ import annotations

import statistics
import time

from .measures import SAMPLED, Bare
from .writer import Writer

NUM_STEPS = 16


def look_latency(
    writer: Writer, model: str, bare: Bare, text: str, rounds: int
) -> dict[str, float]:
    """Milliseconds from asking for the next tokens to having them, one token after a place that was looked
    at, against one step of a bare loop after the same text; and at that place under other parameters.
    """
    writer.open(text)
    writer.look(model, **SAMPLED)
    looks, again, steps = [], [], []
    for number in range(rounds):
        for _ in range(NUM_STEPS):
            writer.type(len(writer.text), " sea")
            looks.append(writer.look(model, **SAMPLED))
        again.append(writer.look(model, **{**SAMPLED, "temperature": 1.0 + number / 100}))
        answer = bare.ask("loop", text, NUM_STEPS)
        steps.append(answer["seconds"] / answer["tokens"])
    step_s = statistics.median(steps)
    look_s = statistics.median(looks)
    return {
        "next_tokens_ms": look_s * 1000,
        "next_tokens_to_bare_step": look_s / step_s,
        "next_tokens_other_parameters_ms": statistics.median(again) * 1000,
    }


def score_time(writer: Writer, model: str, bare: Bare, text: str, rounds: int) -> dict[str, float]:
    """Milliseconds until every token of a text has its probability, against a bare pass over it; and after a
    word was added to it.
    """
    fresh, again, passes = [], [], []
    for _ in range(rounds):
        writer.open(f"{time.perf_counter_ns()} {text}")  # a beginning that nobody has read
        begun = time.perf_counter()
        num_tokens = writer.score(model, **SAMPLED)
        fresh.append(time.perf_counter() - begun)
        writer.type(len(writer.text), " And then")
        begun = time.perf_counter()
        writer.score(model, **SAMPLED)
        again.append(time.perf_counter() - begun)
        passes.append(bare.ask("read", text, num_tokens)["seconds"])
    ratios = [one / other for one, other in zip(fresh, passes, strict=True)]
    return {
        "score_2000_ms": statistics.median(fresh) * 1000,
        "score_to_bare_pass": statistics.median(ratios),
        "score_after_a_word_ms": statistics.median(again) * 1000,
    }
