"""Weights laid out for the processor: the matrix products of a model on a CPU through oneDNN.

Torch multiplies by a weight as it lies in memory. A product of few rows (a token, some candidates, an edit
that is read again) then spends most of its time on bringing the weight into another order, each time anew.
oneDNN can do that once. A single row is multiplied fastest by the weight as it was, so that both are kept: it
takes the memory of the weights twice. Whether it pays is measured (`measure`); sums are added in another
order, so that results differ in the last digits, as they do between any two ways of multiplying.

In half precision there is nothing to measure: torch multiplies several texts of one token each, as
candidates are, one after the other by a routine many times slower than any other, and a single row slower
than oneDNN does.

Source: what torch.compile makes of a Linear on a CPU (`torch/_inductor/fx_passes/mkldnn_fusion.py`).
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

DOES_NOT_WORK = (RuntimeError, NotImplementedError, AttributeError, TypeError)
"""What it looks like when a model looks into its weights by itself, or torch has no oneDNN."""

ROWS_EXPECTED = 8
"""The layout is chosen for products of about so many rows; it serves others nearly as well."""


class FlatLinear(nn.Module):
    """A linear map that multiplies all rows at once, whatever the shape they come in."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        """`weight` `(num_out, num_in)`, which is kept; `bias` `(num_out,)`."""
        super().__init__()
        self.weight, self.bias = weight, bias

    def forward(self, rows: Tensor) -> Tensor:
        """`rows` `(…, num_in)` → `(…, num_out)`."""
        flat = nn.functional.linear(rows.reshape(-1, rows.shape[-1]), self.weight, self.bias)
        return flat.view(*rows.shape[:-1], -1)


class PackedLinear(FlatLinear):
    """A linear map that has its weight a second time, as oneDNN reads it for several rows."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        """As `FlatLinear`. Raises: one of `DOES_NOT_WORK`."""
        super().__init__(weight, bias)
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS_EXPECTED)
        self._plain_for_one = weight.dtype is torch.float32

    def forward(self, rows: Tensor) -> Tensor:
        """`rows` `(…, num_in)` → `(…, num_out)`."""
        if self._plain_for_one and rows.numel() == rows.shape[-1]:
            return nn.functional.linear(rows, self.weight, self.bias)
        out: Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self._packed, self.bias, "none", [], ""
        )
        return out


def pack(model: Any, kind: type[FlatLinear] = PackedLinear) -> Any:
    """Put linear maps of `kind` into a `model` on the CPU, in place; returns it.

    `PackedLinear` takes the memory of the weights again. Raises: one of `DOES_NOT_WORK`.
    """
    linear = (nn.Linear, Conv1D)
    for parent in [module for module in model.modules() if type(module) not in linear]:
        for name, child in list(parent.named_children()):
            if type(child) in linear:
                weight = child.weight
                if type(child) is Conv1D:
                    weight = nn.Parameter(weight.detach().t(), requires_grad=False)
                setattr(parent, name, kind(weight, child.bias))
    return model


def packed_half(model: Any, may_pack: bool) -> tuple[Any, bool]:
    """A `model` in half precision on the CPU with the fastest linear maps that work, and whether these take
    the memory of the weights again, which only `may_pack` allows.
    """
    kinds = [PackedLinear, FlatLinear] if may_pack else [FlatLinear]
    for kind in kinds:
        found = packed_copy(model, kind)
        if found is not None:
            return found, kind is PackedLinear
    return model, False


def packed_copy(model: Any, kind: type[FlatLinear] = PackedLinear) -> Any | None:
    """A model with linear maps of `kind` beside `model`, which stays as it is and shares its weights; None
    where that does not work.

    `PackedLinear` takes the memory of the weights again.
    """
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    is_module = isinstance(model, nn.Module)
    if not is_module or (kind is PackedLinear and not available):
        return None
    shared: dict[int, Any] = {id(tensor): tensor for tensor in model.parameters()}
    shared |= {id(tensor): tensor for tensor in model.buffers()}
    ids = torch.arange(4)[None] % model.config.get_text_config().vocab_size
    try:
        made = pack(copy.deepcopy(model, shared), kind)
        with torch.inference_mode():
            expected, found = (one(input_ids=ids, use_cache=False).logits for one in (model, made))
    except DOES_NOT_WORK:
        return None
    close = 0.01 if expected.dtype is torch.float32 else 0.1
    return made if torch.allclose(found.float(), expected.float(), rtol=close, atol=close) else None
