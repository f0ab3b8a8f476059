"""Weights laid out for the processor: the matrix products of a model on a CPU through oneDNN.

Torch multiplies by a weight as it lies in memory. A product of few rows (a token, some candidates, an edit
that is read again) then spends most of its time on bringing the weight into another order, each time anew.
oneDNN can do that once. A single row is multiplied fastest by the weight as it was, so that both are kept: it
takes the memory of the weights twice. Whether it pays is measured (`measure`); sums are added in another
order, so that results differ in the last digits, as they do between any two ways of multiplying.

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


class PackedLinear(nn.Module):
    """A linear map that has its weight a second time, as oneDNN reads it for several rows."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        """`weight` `(num_out, num_in) float32`, which is kept; `bias` `(num_out,)`."""
        super().__init__()
        self.weight, self.bias = weight, bias
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS_EXPECTED)

    def forward(self, rows: Tensor) -> Tensor:
        """`rows` `(…, num_in)` → `(…, num_out)`."""
        if rows.numel() == rows.shape[-1]:
            return nn.functional.linear(rows, self.weight, self.bias)
        out: Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self._packed, self.bias, "none", [], ""
        )
        return out


def pack(model: Any) -> Any:
    """Lay out the weights of a float32 `model` on the CPU, in place; returns it.

    Takes the memory of the weights again. Raises: one of `DOES_NOT_WORK`.
    """
    linear = (nn.Linear, Conv1D)
    for parent in [module for module in model.modules() if type(module) not in linear]:
        for name, child in list(parent.named_children()):
            if type(child) in linear:
                weight = child.weight.detach()
                bias = None if child.bias is None else child.bias.detach()
                weight = weight if type(child) is nn.Linear else weight.t()
                setattr(parent, name, PackedLinear(weight, bias))
    return model


def packed_copy(model: Any) -> Any | None:
    """A packed model beside `model`, which stays as it is; None where packing does not work.

    Takes the memory of the weights again.
    """
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    is_module = isinstance(model, nn.Module)
    if not (available and is_module):
        return None
    shared: dict[int, Any] = {id(tensor): tensor for tensor in model.parameters()}
    shared |= {id(tensor): tensor for tensor in model.buffers()}
    ids = torch.arange(4)[None] % model.config.get_text_config().vocab_size
    try:
        made = pack(copy.deepcopy(model, shared))
        with torch.inference_mode():
            expected, found = (one(input_ids=ids, use_cache=False).logits for one in (model, made))
    except DOES_NOT_WORK:
        return None
    return made if torch.allclose(found, expected, rtol=0.01, atol=0.01) else None
