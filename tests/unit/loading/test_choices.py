"""What loading decides: prompt format, window, precision, threads, memory; and what it says of it."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import torch
from models_made import as_bin, loaded, stages
from test_folders import change_config

from storygen.engine.loading import measure, memory, profile
from storygen.errors import ModelError
from tests.tiny_models import WINDOW

Tiny = Callable[..., Path]


def test_a_chat_template_makes_the_format_chat_and_its_absence_raw(tiny: Tiny) -> None:
    assert loaded(tiny("llama", chat=True)).info.format == "chat"
    assert loaded(tiny("llama")).info.format == "raw"
    assert loaded(tiny("llama", chat=True), format="raw").info.format == "raw"
    assert loaded(tiny("llama"), format="wp").info.format == "wp"
    assert loaded(tiny("llama"), format="{prompt}: {story}").info.format == "{prompt}: {story}"


def test_a_chat_template_that_fails_makes_the_format_raw_with_a_note(
    tiny: Tiny, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny("llama", chat=True), tmp_path / "m"))
    template = "{{ raise_exception('system first') }}{{ messages[-1]['content'] }}"
    (folder / "chat_template.jinja").write_text(template)
    info = loaded(folder).info
    assert info.format == "raw"
    assert any("system first" in note for note in info.notes)
    with pytest.raises(ModelError, match="system first"):
        loaded(folder, format="chat")


@pytest.mark.parametrize("asked", ["chat", "markdown", "{prompt} only"])
def test_a_format_that_cannot_work_is_refused(tiny: Tiny, asked: str) -> None:
    with pytest.raises(ModelError) as caught:
        loaded(tiny("gpt2"), format=asked)
    assert "config.js" in caught.value.mend


def test_the_window_is_the_models_own_or_what_was_asked_for(tiny: Tiny) -> None:
    assert loaded(tiny("llama")).info.context == WINDOW
    assert loaded(tiny("llama"), context=40).info.context == 40
    longer = loaded(tiny("llama"), context=400).info
    assert longer.context == 400
    assert any("trained on 96" in note for note in longer.notes)


@pytest.mark.parametrize("kind", ["gpt2", "gpt_neo"])
def test_a_model_with_learned_positions_never_gets_a_longer_window(tiny: Tiny, kind: str) -> None:
    info = loaded(tiny(kind), context=4000).info
    assert info.context == WINDOW
    assert any("96 positions" in note for note in info.notes)


@pytest.mark.parametrize("kind", ["bloom", "mamba"])
def test_a_model_that_states_no_window_gets_one_and_says_so(tiny: Tiny, kind: str) -> None:
    info = loaded(tiny(kind)).info
    assert info.context == 2048
    assert any("2048" in note for note in info.notes)


def test_a_huge_window_is_used_only_when_asked_for(tiny: Tiny, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny("llama"), tmp_path / "m"))
    change_config(folder, max_position_embeddings=131_072)
    assert loaded(folder).info.context == 16_384
    assert loaded(folder, context=131_072).info.context == 131_072


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_a_precision_that_is_asked_for_is_used(
    tiny: Tiny, precision: str, dtype: torch.dtype
) -> None:
    found = loaded(tiny("llama"), precision=precision)
    assert {p.dtype for p in found.model.parameters()} == {dtype}
    assert found.info.precision == precision
    weights = sum(p.numel() * p.element_size() for p in found.model.parameters())
    assert weights <= found.info.memory_bytes < 2 * weights + 10_000


def test_an_unknown_precision_or_device_is_refused(tiny: Tiny) -> None:
    with pytest.raises(ModelError, match="int3"):
        loaded(tiny("llama"), precision="int3")
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="cuda"):
            loaded(tiny("llama"), device="cuda")


def test_threads_leave_one_core_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def on(logical: int, physical: int | None) -> list[int]:
        monkeypatch.setattr(
            psutil, "cpu_count", lambda logical=True, n=(logical, physical): n[not logical]
        )
        return measure.thread_candidates()

    assert on(1, 1) == [1]
    assert on(2, 2) == [1]
    assert on(8, 4) == [3, 4, 7]
    assert on(8, None) == [7]


def test_the_threads_that_are_asked_for_are_used(tiny: Tiny) -> None:
    assert loaded(tiny("llama"), threads=2).info.threads == 2
    assert torch.get_num_threads() == 2
    assert loaded(tiny("llama"), threads=1).info.threads == 1


def test_auto_measures_once_and_remembers_it_for_the_next_start(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "data" / "measured.json"
    settings = {"precision": "auto", "profile_path": str(path)}
    assert "measuring" in [step.stage for step in stages(tiny("llama"), **settings)]
    (kept,) = json.loads(path.read_text()).values()
    assert kept["fp32_decode"] > 0
    assert kept["bf16_decode"] > 0
    assert "measuring" not in [step.stage for step in stages(tiny("llama"), **settings)]
    assert "measuring" in [step.stage for step in stages(tiny("mistral"), **settings)]
    assert len(json.loads(path.read_text())) == 2


def test_what_is_remembered_decides_precision_and_is_said(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    settings = {"precision": "auto", "profile_path": str(path)}
    loaded(tiny("llama"), **settings)
    everything = json.loads(path.read_text())
    for kept in everything.values():
        kept.update(precision="bf16", fp32_decode=10.0, bf16_decode=20.0)
    path.write_text(json.dumps(everything))
    info = loaded(tiny("llama"), **settings).info
    assert info.precision == "bf16"
    assert any("bf16 20 tokens/s writing" in note for note in info.notes)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 3}', "\x00"])
def test_a_broken_memory_of_measurements_is_measured_again(
    tiny: Tiny, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "measured.json"
    path.write_text(text)
    settings = {"precision": "auto", "profile_path": str(path)}
    assert "measuring" in [step.stage for step in stages(tiny("llama"), **settings)]
    assert "measuring" not in [step.stage for step in stages(tiny("llama"), **settings)]


def test_a_model_too_large_for_memory_is_refused_with_the_numbers(tiny: Tiny) -> None:
    with pytest.raises(ModelError, match=r"needs about .* of memory .* are free") as caught:
        loaded(tiny("llama"), memory_limit_bytes=1_000_000)
    assert caught.value.code == "memory"


def test_a_bin_file_too_large_for_memory_is_not_converted(tiny: Tiny, tmp_path: Path) -> None:
    folder = as_bin(tiny("llama"), tmp_path / "old")
    with pytest.raises(ModelError) as caught:
        loaded(folder, memory_limit_bytes=1_000_000)
    assert caught.value.code == "memory"
    assert not (tmp_path / ".converted").exists()


def test_bf16_is_used_where_only_that_fits(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = loaded(tiny("llama")).info.parameters
    need = memory.memory_need(loaded(tiny("llama")).model.config, parameters, 2, WINDOW)
    monkeypatch.setattr(memory, "free_bytes", lambda *_: need.total_bytes)
    monkeypatch.setattr("storygen.engine.loading.dispatch.free_bytes", lambda *_: need.total_bytes)
    info = loaded(tiny("llama"), precision="auto").info
    assert info.precision == "bf16"
    assert any("does not fit" in note for note in info.notes)
    with pytest.raises(ModelError):
        loaded(tiny("llama"), precision="fp32")


def test_the_estimate_counts_weights_and_the_caches_of_a_full_window(tiny: Tiny) -> None:
    config = loaded(tiny("llama")).model.config
    need = memory.memory_need(config, 1000, 4, WINDOW)
    assert need.weights_bytes == 4000
    # keys and values, 2 layers, 2 key-value heads of 8 numbers, 4 bytes each
    assert need.cache_bytes == 2 * 2 * 2 * 8 * 4 * WINDOW
    assert memory.memory_need(loaded(tiny("mamba")).model.config, 1, 4, WINDOW).cache_bytes == 0


def test_what_a_profile_holds_comes_back_as_it_was(tmp_path: Path) -> None:
    measured = profile.Measured("fp32", 3, 1.5, 2.5, 3.5, 4.5)
    path = str(tmp_path / "p.json")
    profile.remember(path, "a", measured)
    profile.remember(path, "b", dataclasses.replace(measured, threads=1))
    assert profile.recall(path, "a") == measured
    assert profile.recall(path, "c") is None
    assert profile.recall(None, "a") is None


def test_progress_names_each_stage_and_counts_the_tensors(tiny: Tiny) -> None:
    said = stages(tiny("llama"))
    assert list(dict.fromkeys(step.stage for step in said)) == [
        "importing",
        "checking",
        "reading weights",
    ]
    read = [step for step in said if step.stage == "reading weights"]
    assert [step.done for step in read] == sorted(step.done for step in read)
    assert read[0].done == 0
    assert read[-1].done == read[-1].total == len(loaded(tiny("llama")).model.state_dict())
    assert {step.unit for step in read} == {"tensors"}


def test_caches_may_take_half_of_what_a_model_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory.cache_budget(1_000_000_000, 600_000_000) == 200_000_000
    assert memory.cache_budget(1_000_000_000, 999_999_999) == memory.LEAST_CACHE_BYTES
    monkeypatch.setattr(memory, "free_bytes", lambda *_: 10**12)
    assert memory.cache_budget(None, 10) == memory.MOST_CACHE_BYTES
