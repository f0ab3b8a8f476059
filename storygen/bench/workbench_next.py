"""How long a step on the workbench's page of next tokens takes, beside transformers alone.
A step of the page: the next token is chosen and what could come after it is worked out, samplers, draws
and bars with it; of transformers: one pass over that token with its cache, and the ten likeliest.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from ..workbench.models.local import LocalModel
from ..workbench.pages.next_bars import drawn_bars, likeliest_bars
from ..workbench.pages.next_walk import Walk
from . import measures

PARAMS = {"temperature": 0.8, "min_p": 0.05, "repetition_penalty": 1.1}
NUM_LISTED, NUM_DRAWS = 100, 20


def next_token_numbers(model: LocalModel, num_steps: int, num_rounds: int) -> dict[str, float]:
    """Milliseconds of a step of each side, and their ratio; the sides take turns."""
    text = measures.OPENING * 3
    raw = model.load().raw
    ids = [token.id or 0 for token in model.tokens(text)]
    times: dict[str, list[float]] = {"page": [], "bare": []}
    for _ in range(num_rounds):
        times["bare"] += _bare_steps(raw, ids, num_steps)
        times["page"] += _page_steps(model, text, num_steps)
    page, bare = (1000 * statistics.median(times[side]) for side in ("page", "bare"))
    return {
        "next_token_page_step_ms": page,
        "next_token_bare_step_ms": bare,
        "next_token_page_to_bare": page / bare,
    }


def _page_steps(model: LocalModel, text: str, num_steps: int) -> list[float]:
    walk = Walk(model, text)

    def step() -> None:
        here = walk.distribution(NUM_LISTED, PARAMS, NUM_DRAWS, 1)
        likeliest_bars(here, 10, None, None, len(walk.steps))
        drawn_bars(here, len(walk.steps))
        walk.take(here.tokens[0])

    step()  # reads the text
    return [_timed(step) for _ in range(num_steps)]


def _bare_steps(raw: Any, ids: list[int], num_steps: int) -> list[float]:
    import torch

    with torch.inference_mode():
        out = raw(torch.tensor([ids]), use_cache=True, logits_to_keep=1)
        cache, token = out.past_key_values, out.logits[:, -1].argmax(-1, keepdim=True)

        def step() -> None:
            nonlocal token
            out = raw(token, past_key_values=cache, use_cache=True)
            likeliest = out.logits[:, -1].log_softmax(-1).topk(10)
            likeliest.values.tolist()
            token = likeliest.indices[:, :1]

        return [_timed(step) for _ in range(num_steps)]


def _timed(step: Callable[[], None]) -> float:
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun
