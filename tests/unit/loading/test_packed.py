"""Weights laid out for the processor say the same as before, whatever the model looks like inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from models_made import loaded
from torch import nn

from storygen.engine.loading import packed, profile
from storygen.engine.loading.packed import PackedLinear, pack, packed_copy
from tests.tiny_models import ARCHITECTURES

Tiny = Callable[..., Path]
IDS = torch.arange(12)[None]


@torch.inference_mode()
def logits(model: Any, ids: torch.Tensor = IDS) -> torch.Tensor:
    found: torch.Tensor = model(input_ids=ids).logits
    return found


def linear_parts(model: nn.Module) -> list[nn.Module]:
    return [part for part in model.modules() if type(part).__name__ in ("Linear", "Conv1D")]


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_packed_copy_says_the_same_and_leaves_the_model_as_it_was(tiny: Tiny, kind: str) -> None:
    model = loaded(tiny(kind)).model
    before, num_linear = logits(model), len(linear_parts(model))
    made = packed_copy(model)
    assert len(linear_parts(model)) == num_linear
    assert torch.equal(logits(model), before)
    if kind == "mamba":  # reads its weights by itself
        assert made is None
    else:
        assert not linear_parts(made)
        torch.testing.assert_close(logits(made), before, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_any_number_of_tokens_can_be_read_with_packed_weights(tiny: Tiny, kind: str) -> None:
    model = loaded(tiny(kind)).model
    made = packed_copy(model)
    for size in (1, 2, 7, 33, 90):
        ids = torch.arange(size)[None] % 50
        torch.testing.assert_close(logits(made, ids), logits(model, ids), rtol=1e-4, atol=1e-4)


def test_the_old_layout_of_packed_weights_is_freed_but_for_a_shared_one(tiny: Tiny) -> None:
    model = pack(loaded(tiny("llama")).model)
    left = {name for name, _ in model.named_parameters()}
    assert left
    assert all("embed" in name or "norm" in name for name in left)


def test_a_bias_is_kept() -> None:
    plain = nn.Linear(24, 40)
    rows = torch.randn(2, 3, 24)
    with torch.inference_mode():
        found = PackedLinear(plain.weight.detach(), plain.bias.detach())(rows)
        torch.testing.assert_close(found, plain(rows), rtol=1e-4, atol=1e-4)


def test_a_layout_that_computes_something_else_is_not_used(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(PackedLinear):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return super().forward(rows) * 2 + 1

    monkeypatch.setattr(packed, "PackedLinear", Wrong)
    assert packed_copy(loaded(tiny("llama")).model) is None


def test_a_layout_that_was_found_better_is_used_at_the_next_start_too(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storygen.engine.loading import measure

    path = str(tmp_path / "profile.json")
    found = profile.Measured("fp32", 1, 25.0, 0.0, 900.0, 0.0, packed=True)
    monkeypatch.setattr(measure, "measure", lambda *_, **__: found)
    threads = torch.get_num_threads()
    for _ in range(2):
        model = loaded(tiny("llama"), precision="auto", threads=1, profile_path=path)
        assert not linear_parts(model.model)
        assert model.info.parameters > sum(p.numel() for p in model.model.parameters())
        assert any("laid out" in note for note in model.info.notes)
        monkeypatch.setattr(measure, "measure", None)  # it is remembered
    torch.set_num_threads(threads)
