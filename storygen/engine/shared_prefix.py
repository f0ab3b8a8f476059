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
    to_shared = _products(by_head, keys.shared[0].transpose(1, 2))
    to_own = (by_row @ keys.own.transpose(2, 3)).transpose(0, 1)
    scores = torch.cat([to_shared, to_own.reshape(num_heads, num_rows * group, -1)], -1)
    weights = (scores * scale).softmax(-1, dtype=torch.float32).to(query.dtype)
    out = _products(weights[..., :num_shared], values.shared[0])
    out = out.view(num_heads, num_rows, group, -1)
    to_own = weights[..., num_shared:].reshape(num_heads, num_rows, group, -1)
    out = out.transpose(0, 1) + to_own.transpose(0, 1) @ values.own
    return out.reshape(num_rows, num_query_heads, 1, -1)


def attend_once(query: Tensor, keys: Tensor, values: Tensor, scale: float) -> Tensor:
    """`query` `(num_rows, query_heads, 1, width)`, `keys` and `values` `(num_rows, heads, num_keys, width)` →
    `(num_rows, query_heads, 1, value_width)`.
    """
    num_rows, num_query_heads, _, width = query.shape
    num_heads = keys.shape[1]
    by_head = query.reshape(num_rows * num_heads, num_query_heads // num_heads, width)
    scores = _products(by_head, keys.transpose(2, 3).flatten(0, 1))
    weights = (scores * scale).softmax(-1, dtype=torch.float32).to(query.dtype)
    return _products(weights, values.flatten(0, 1)).reshape(num_rows, num_query_heads, 1, -1)


def _products(ones: Tensor, others: Tensor) -> Tensor:
    """`(num, rows, inner)` times `(num, inner, columns)`. Parts of a larger buffer go one by one where torch
    would copy all of them first, as it does in half precision on a CPU.
    """
    in_one_piece = others.stride(0) == others[0].numel()
    if in_one_piece or others.dtype is torch.float32 or others.device.type != "cpu":
        return ones @ others
    return torch.stack([one @ other for one, other in zip(ones, others, strict=True)])


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
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    if isinstance(key, Tensor) and isinstance(value, Tensor):
        if _torch_is_slow(query, attention_mask, dropout):
            return attend_once(query, key, value, scale).transpose(1, 2).contiguous(), None
        result: tuple[Tensor, None] = _plain_sdpa(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
        return result
    if isinstance(key, Tensor) or isinstance(value, Tensor):
        raise NotSharedError
    if attention_mask is not None or query.shape[2] != 1:
        raise NotSharedError
    return attend(query, key, value, scale).transpose(1, 2).contiguous(), None


def _torch_is_slow(query: Tensor, attention_mask: Tensor | None, dropout: float) -> bool:
    """One token that looks at everything, in half precision on a CPU: torch's kernel is made for many."""
    alone = query.shape[2] == 1 and attention_mask is None and not dropout
    return alone and query.device.type == "cpu" and query.dtype is not torch.float32


ALL_ATTENTION_FUNCTIONS.register("sdpa", _sdpa)
