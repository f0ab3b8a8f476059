"""Attention of several texts that begin alike: the keys and values of the beginning are kept, and read, once.

A layer of such a cache hands the model `SharedStates` in place of a tensor; the attention function that is
registered here knows what to do with them, and leaves every tensor to transformers' own. A model that does
not call its attention by transformers' interface can't take them: `LanguageModel` finds that out by trying.

The same softmax over beginning and continuation as if both were one tensor. Sources for sharing the
beginning's keys among a batch: Juravsky et al. 2024 (Hydragen).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS


class NotSharedError(Exception):
    """The model wants something of its attention that the shared one can't do."""


@dataclass(frozen=True, slots=True)
class SharedStates:
    """Keys or values: `shared` `(1, heads, num_shared, width)`, `own` `(rows, heads, num_own, width)`."""

    shared: Tensor
    own: Tensor


def attend(query: Tensor, keys: SharedStates, values: SharedStates, scale: float) -> Tensor:
    """`query` `(num_rows, query_heads, 1, width)` → `(num_rows, query_heads, 1, value_width)`.

    Query heads are a multiple of the keys' heads; each group of them shares one.
    """
    num_rows, num_query_heads, _, width = query.shape
    num_heads, num_shared = keys.shared.shape[1:3]
    group = num_query_heads // num_heads
    by_row = query.view(num_rows, num_heads, group, width)
    by_head = by_row.transpose(0, 1).reshape(num_heads, num_rows * group, width)
    to_shared = by_head @ keys.shared[0].transpose(1, 2)
    to_own = (by_row @ keys.own.transpose(2, 3)).transpose(0, 1)
    scores = torch.cat([to_shared, to_own.reshape(num_heads, num_rows * group, -1)], -1)
    weights = (scores * scale).softmax(-1, dtype=torch.float32).to(query.dtype)
    out = (weights[..., :num_shared] @ values.shared[0]).view(num_heads, num_rows, group, -1)
    to_own = weights[..., num_shared:].reshape(num_heads, num_rows, group, -1)
    out = out.transpose(0, 1) + to_own.transpose(0, 1) @ values.own
    return out.reshape(num_rows, num_query_heads, 1, -1)


_plain_sdpa = ALL_ATTENTION_FUNCTIONS["sdpa"]


def _sdpa(
    module: Any,
    query: Tensor,
    key: Tensor | SharedStates,
    value: Tensor | SharedStates,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    if not isinstance(key, SharedStates) or not isinstance(value, SharedStates):
        result: tuple[Tensor, None] = _plain_sdpa(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
        return result
    if attention_mask is not None or query.shape[2] != 1:
        raise NotSharedError
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    return attend(query, key, value, scale).transpose(1, 2).contiguous(), None


ALL_ATTENTION_FUNCTIONS.register("sdpa", _sdpa)
