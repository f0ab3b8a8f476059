"""What could come next at a place, as a model itself says it and as the samplers leave it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ...engine.cache_plan import Ids
from ...engine.likeliest import likeliest
from ...engine.sampling.chain import SamplerChain
from ...engine.sampling.cuts import entropy_of
from ...engine.sampling.draw import draw_many, uniform
from ...engine.sampling.parameters import remembers
from ...engine.text.utf8 import unfinished_tail
from ...errors import BadRequestError
from .base import Likely, NextDistribution
from .local_facts import facts

if TYPE_CHECKING:
    from torch import Tensor

    from .local_reading import Reading


@torch.inference_mode()
def next_distribution(
    reading: Reading,
    text: str,
    then: Sequence[int],
    *,
    num: int,
    params: dict[str, Any] | None,
    draws: int,
    seed: int,
) -> NextDistribution:
    """See `Model.next_tokens`; `params` are full and checked. The drawn ones are among the `num`.

    Raises: BadRequestError for a token that the model doesn't have.
    """
    vocabulary = reading.model.vocabulary
    wrong = [number for number in then if not 0 <= number < vocabulary]
    if wrong:
        raise BadRequestError(f"There is no token {wrong[0]}; the model's go to {vocabulary - 1}.")
    read = reading.read(text)
    ids = np.concatenate([read.ids, np.array(then, dtype=np.int64)])
    logits = reading.logits_after(ids)
    logprobs = logits[0].log_softmax(-1)
    after, drawn = None, Counter[int]()
    if params is not None:
        after = _after(reading, ids, len(then), logits, params, seed)
        drawn = _drawn(after, draws, seed)
    places = _places(logprobs, min(num, vocabulary), drawn)
    table = reading.writing.bytes
    tokens = tuple(
        Likely(number, table.shown(number), logprob)
        for number, logprob in zip(places, logprobs[places].tolist(), strict=True)
    )
    return NextDistribution(
        tokens,
        float(entropy_of(logprobs.exp())),
        vocabulary,
        () if after is None else tuple(after[places].tolist()),
        () if after is None else tuple(drawn[number] for number in places),
    )


def _places(logprobs: Tensor, num: int, drawn: Counter[int]) -> list[int]:
    """The `num` likeliest ids, the last of them giving way to others that were drawn."""
    first = likeliest(logprobs[None], num)[0].tolist()
    others = sorted(set(drawn) - set(first), key=lambda number: -float(logprobs[number]))
    if not others:
        return first
    room = max(0, num - len(others))
    kept = [number for place, number in enumerate(first) if place < room or number in drawn]
    return kept + others


def _after(
    reading: Reading,
    ids: Ids,
    num_then: int,
    logits: Tensor,
    params: dict[str, Any],
    seed: int,
) -> Tensor:
    """`(vocab,)`: how likely each token is to be chosen by a run that has written the last `num_then`."""
    chain = SamplerChain(params, seed, reading.writing)
    if num_then and remembers(params):
        chain.replay(_written(reading, ids, num_then), 0)
    unfinished = unfinished_tail(reading.writing.bytes.join(ids[-4:].tolist()))
    may_end = params["at_end_of_text"] == "stop" and num_then >= params["min_tokens"]
    banned = reading.writing.allowed.banned(unfinished, may_end=may_end)
    scores = logits if banned is None else logits.masked_fill(banned, float("-inf"))
    history = torch.from_numpy(ids if len(ids) else reading.writing.fallback_ids)
    return chain.expected(history.to(logits.device), scores)[0]


def _written(reading: Reading, ids: Ids, num_then: int) -> list[tuple[int, float]]:
    """The last tokens as a chain takes them that wrote them."""
    first = len(ids) - num_then
    written = [(int(ids[0]), 0.0)] if first == 0 else []
    num_head = reading.writing.num_start_tokens
    for place, logits in reading.places(ids, max(1, first), num_head):
        part = ids[place : place + len(logits)].tolist()
        found = facts(logits, part, 0, reading.name)
        written += [(number, fact.logprob) for number, fact in zip(part, found, strict=True)]
    return written


def _drawn(after: Tensor, draws: int, seed: int) -> Counter[int]:
    if not draws or not float(after.max()) > 0.0:
        return Counter()
    return Counter(draw_many(after, [uniform(seed, number) for number in range(draws)]))
