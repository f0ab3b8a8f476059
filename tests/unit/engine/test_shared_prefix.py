"""Attention by our own hand says what torch's says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from storygen.engine.shared_prefix import SharedStates, attend, attend_once

NUM_ROWS, NUM_HEADS, GROUP, WIDTH = 3, 2, 4, 16


def part_of_a_buffer(num_rows: int, length: int, precision: torch.dtype) -> Tensor:
    """Keys or values as the cache keeps them: with room behind them."""
    return torch.randn(num_rows, NUM_HEADS, length + 40, WIDTH).to(precision)[:, :, :length]


def by_torch(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    return torch.nn.functional.scaled_dot_product_attention(
        query.float(), keys.float(), values.float(), enable_gqa=True
    )


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("length", [1, 7, 300])
def test_one_token_looks_at_everything(precision: torch.dtype, length: int) -> None:
    query = torch.randn(NUM_ROWS, NUM_HEADS * GROUP, 1, WIDTH).to(precision)
    keys, values = (part_of_a_buffer(NUM_ROWS, length, precision) for _ in range(2))
    found = attend_once(query, keys, values, WIDTH**-0.5)
    close = 1e-5 if precision is torch.float32 else 0.03
    torch.testing.assert_close(found.float(), by_torch(query, keys, values), rtol=close, atol=close)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_a_shared_beginning_is_looked_at_as_if_each_row_had_its_own(precision: torch.dtype) -> None:
    query = torch.randn(NUM_ROWS, NUM_HEADS * GROUP, 1, WIDTH).to(precision)
    shared, own = (
        [part_of_a_buffer(rows, length, precision) for _ in range(2)]
        for rows, length in ((1, 50), (NUM_ROWS, 9))
    )
    keys, values = (SharedStates(shared[n], own[n]) for n in range(2))
    found = attend(query, keys, values, WIDTH**-0.5)
    whole = [torch.cat([shared[n].expand(NUM_ROWS, -1, -1, -1), own[n]], dim=2) for n in range(2)]
    close = 1e-5 if precision is torch.float32 else 0.03
    torch.testing.assert_close(found.float(), by_torch(query, *whole), rtol=close, atol=close)
