"""Weights laid out for the processor say the same as before, whatever the model looks like inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from models_made import loaded
from torch import nn

from storygen.engine.loading import profile
from storygen.engine.loading.packed import FlatLinear, PackedLinear, packed_copy
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
    assert not linear_parts(made)
    torch.testing.assert_close(logits(made), before, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_any_number_of_tokens_can_be_read_with_packed_weights(tiny: Tiny, kind: str) -> None:
    model = loaded(tiny(kind)).model
    made = packed_copy(model)
    for size in (1, 2, 7, 33, 90):
        ids = torch.arange(size)[None] % 50
        torch.testing.assert_close(logits(made, ids), logits(model, ids), rtol=1e-4, atol=1e-4)


def test_a_single_row_is_multiplied_by_the_weight_as_it_was(tiny: Tiny) -> None:
    model = loaded(tiny("llama")).model
    with torch.inference_mode():
        one = torch.tensor([[3]])
        assert torch.equal(logits(packed_copy(model), one), logits(model, one))


def test_a_layout_for_which_there_is_no_memory_is_not_used(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "profile.json")
    found = profile.Measured("fp32", 1, 25.0, 0.0, 900.0, 0.0, packed=True)
    monkeypatch.setattr(profile, "recall", lambda *_: found)
    threads = torch.get_num_threads()
    plenty = loaded(tiny("llama"), precision="auto", threads=1, profile_path=path)
    assert not linear_parts(plenty.model)
    needed = psutil.Process().memory_info().rss + 250_000_000
    scarce = loaded(
        tiny("llama"), precision="auto", threads=1, profile_path=path, memory_limit_bytes=needed
    )
    assert linear_parts(scarce.model)
    assert plenty.info.memory_bytes == 2 * scarce.info.memory_bytes
    torch.set_num_threads(threads)


def test_a_bias_is_kept() -> None:
    plain = nn.Linear(24, 40)
    rows = torch.randn(2, 3, 24)
    with torch.inference_mode():
        found = PackedLinear(plain.weight.detach(), plain.bias.detach())(rows)
        torch.testing.assert_close(found, plain(rows), rtol=1e-4, atol=1e-4)


def test_a_layout_that_computes_something_else_is_not_used(tiny: Tiny) -> None:
    class Wrong(PackedLinear):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return super().forward(rows) * 2 + 1

    assert packed_copy(loaded(tiny("llama")).model, Wrong) is None


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_half_precision_on_a_cpu_has_its_weights_laid_out_without_measuring(
    tiny: Tiny, kind: str
) -> None:
    expected = logits(loaded(tiny(kind)).model)
    made = loaded(tiny(kind), precision="bf16")
    assert not linear_parts(made.model)
    both = torch.stack([logits(made.model).float().flatten(), expected.flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.99


def test_half_precision_without_memory_for_it_multiplies_all_rows_at_once(tiny: Tiny) -> None:
    plenty = loaded(tiny("llama"), precision="bf16")
    needed = psutil.Process().memory_info().rss + 250_000_000
    scarce = loaded(tiny("llama"), precision="bf16", memory_limit_bytes=needed)
    kinds = {type(part) for part in scarce.model.modules()}
    assert FlatLinear in kinds and PackedLinear not in kinds
    assert plenty.info.memory_bytes == 2 * scarce.info.memory_bytes


@pytest.mark.parametrize("kind", [FlatLinear, PackedLinear])
def test_rows_of_one_token_each_are_multiplied_as_those_of_one_text(kind: type[FlatLinear]) -> None:
    linear = kind(torch.randn(40, 24).to(torch.bfloat16), None)
    rows = torch.randn(5, 24).to(torch.bfloat16)
    with torch.inference_mode():
        assert torch.equal(linear(rows[:, None])[:, 0], linear(rows[None])[0])


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
        assert any("laid out" in note for note in model.info.notes)
        monkeypatch.setattr(measure, "measure", None)  # it is remembered
    torch.set_num_threads(threads)
