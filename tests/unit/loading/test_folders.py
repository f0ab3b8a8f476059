"""Folders of safetensors and of pytorch_model.bin: the logits are those of plain transformers."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from models_made import as_bin, ids_of, loaded, logits, reference, stages
from safetensors.torch import load_file, save_file

from storygen.errors import ModelError
from storygen.link.messages import LoadModel
from tests.tiny_models import ARCHITECTURES, NOT_CROPPABLE

Tiny = Callable[..., Path]


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_safetensors_folder_gives_the_logits_of_transformers(tiny: Tiny, kind: str) -> None:
    folder = tiny(kind)
    found = loaded(folder)
    ids = ids_of(folder)
    assert torch.equal(logits(found.model, ids), logits(reference(folder), ids))
    assert found.info.croppable is (kind not in NOT_CROPPABLE)
    assert found.info.parameters == sum(p.numel() for p in reference(folder).parameters())
    assert not found.model.training
    assert not any(p.requires_grad for p in found.model.parameters())
    assert found.tokenizer.is_fast


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_bin_folder_is_converted_once_and_gives_the_same_logits(
    tiny: Tiny, kind: str, tmp_path: Path
) -> None:
    folder = as_bin(tiny(kind), tmp_path / "models" / "old")
    ids = ids_of(folder)
    expected = logits(reference(folder), ids)
    assert torch.equal(logits(loaded(folder).model, ids), expected)

    said = [step.stage for step in stages(folder)]
    assert "reading weights" in said
    assert not any("converting" in stage for stage in said)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        {path.name for path in tiny(kind).iterdir()} - {"model.safetensors"} | {"pytorch_model.bin"}
    )


def test_a_sharded_bin_folder_loads_too(tiny: Tiny, tmp_path: Path) -> None:
    folder = as_bin(tiny("gpt2"), tmp_path / "old")
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    (folder / "pytorch_model.bin").unlink()
    shards: dict[str, dict[str, torch.Tensor]] = {"a.bin": {}, "b.bin": {}}
    for number, (name, value) in enumerate(state.items()):
        shards["ab"[number % 2] + ".bin"][name] = value
    for name, part in shards.items():
        torch.save(part, folder / name)
    where = {weight: name for name, part in shards.items() for weight in part}
    index = {"metadata": {}, "weight_map": where}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    ids = ids_of(folder)
    assert torch.equal(logits(loaded(folder).model, ids), logits(reference(tiny("gpt2")), ids))

    (folder / "b.bin").unlink()
    with pytest.raises(ModelError, match=r"1 of 2 weight files are missing.*b\.bin"):
        loaded(folder)


def test_a_changed_bin_file_is_converted_again_and_the_old_copy_removed(
    tiny: Tiny, tmp_path: Path
) -> None:
    folder = as_bin(tiny("gpt2"), tmp_path / "models" / "old")
    loaded(folder)
    path = folder / "pytorch_model.bin"
    state = torch.load(path, weights_only=True)
    state["transformer.ln_f.bias"] += 1
    torch.save(state, path)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))
    assert float(loaded(folder).model.transformer.ln_f.bias.min()) >= 0.5
    assert len(list((tmp_path / "models" / ".converted").iterdir())) == 1


def test_a_conversion_that_was_interrupted_is_made_again(tiny: Tiny, tmp_path: Path) -> None:
    folder = as_bin(tiny("gpt2"), tmp_path / "models" / "old")
    loaded(folder)
    (converted,) = (tmp_path / "models" / ".converted").iterdir()
    partial = converted.with_name(f".partial-{converted.name}-1")
    converted.rename(partial)
    (partial / "model.safetensors").write_bytes(b"half")
    loaded(folder)
    assert [path.name for path in converted.parent.iterdir()] == [converted.name]


class Harmful:
    """Creates a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


def test_a_pickle_that_would_run_a_program_is_refused_and_does_not_run(
    tiny: Tiny, tmp_path: Path
) -> None:
    folder = as_bin(tiny("gpt2"), tmp_path / "old")
    trap = tmp_path / "trap"
    for write in (
        lambda path, value: torch.save(value, path),
        lambda path, value: path.write_bytes(pickle.dumps(value, protocol=2)),
    ):
        write(folder / "pytorch_model.bin", {"x": Harmful(str(trap))})
        with pytest.raises(ModelError) as caught:
            loaded(folder)
        assert caught.value.code == "unsafe"
        assert "mkdir" in caught.value.message
        assert caught.value.mend
        assert not trap.exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 cut off", b"<html>", bytes(100)])
def test_a_damaged_bin_file_says_so(tiny: Tiny, tmp_path: Path, data: bytes) -> None:
    folder = as_bin(tiny("gpt2"), tmp_path / "old")
    (folder / "pytorch_model.bin").write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        loaded(folder)


def test_a_training_checkpoint_in_place_of_weights_says_so(tiny: Tiny, tmp_path: Path) -> None:
    folder = as_bin(tiny("gpt2"), tmp_path / "old")
    torch.save({"state_dict": {"w": torch.zeros(2)}, "epoch": 3}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="no table of weights"):
        loaded(folder)


def test_missing_weights_are_never_invented(tiny: Tiny, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny("llama"), tmp_path / "m"))
    weights = load_file(folder / "model.safetensors")
    del weights["lm_head.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"missing in m, the first being lm_head\.weight"):
        loaded(folder)


def test_weights_of_another_shape_than_the_config_says_are_refused(
    tiny: Tiny, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny("llama"), tmp_path / "m"))
    change_config(folder, intermediate_size=48)
    with pytest.raises(ModelError):
        loaded(folder)


def test_a_config_of_2019_that_names_only_its_class_is_understood(
    tiny: Tiny, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny("gpt2"), tmp_path / "m"))
    change_config(folder, model_type=None)
    ids = ids_of(tiny("gpt2"))
    assert torch.equal(logits(loaded(folder).model, ids), logits(reference(tiny("gpt2")), ids))


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        (
            {"model_type": "t5", "architectures": ["T5Model"]},
            "architecture",
            "not made to continue",
        ),
        ({"architectures": ["GPT2ForSequenceClassification"]}, "architecture", "not made to"),
        ({"model_type": "martian", "architectures": ["Martian"]}, "architecture", "martian"),
        (
            {"model_type": "martian", "auto_map": {"AutoModelForCausalLM": "evil.Model"}},
            "remote_code",
            "never run",
        ),
        ({"n_layer": "two"}, "model", "config.json"),
    ],
)
def test_what_is_no_causal_model_is_refused_with_the_reason(
    tiny: Tiny, tmp_path: Path, changes: dict[str, object], code: str, words: str
) -> None:
    folder = Path(shutil.copytree(tiny("gpt2"), tmp_path / "m"))
    (folder / "evil.py").write_text("raise SystemExit('this must not run')")
    change_config(folder, **changes)
    with pytest.raises(ModelError, match=words) as caught:
        loaded(folder)
    assert caught.value.code == code
    assert caught.value.mend


def test_code_beside_a_known_architecture_is_ignored(tiny: Tiny, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny("gpt2"), tmp_path / "m"))
    (folder / "evil.py").write_text("raise SystemExit('this must not run')")
    change_config(
        folder, auto_map={"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}
    )
    assert type(loaded(folder).model).__module__.startswith("transformers.")


def test_a_broken_config_is_reported_with_line_and_column(tiny: Tiny, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny("gpt2"), tmp_path / "m"))
    (folder / "config.json").write_text('{\n  "model_type": "gpt2"\n  "n_layer": 2\n}')
    with pytest.raises(ModelError, match="line 3, column 3"):
        loaded(folder)


def test_weights_that_give_no_numbers_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny("gpt2"), tmp_path / "m"))
    weights = load_file(folder / "model.safetensors")
    weights["transformer.ln_f.bias"].fill_(float("nan"))
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match="no numbers"):
        loaded(folder)


def test_importing_the_loader_is_light() -> None:
    import subprocess
    import sys

    code = "import sys, storygen.engine.loading; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
    assert LoadModel("x", "folder").models_dir is None


def change_config(folder: Path, **changes: object) -> None:
    """Sets fields of config.json; None removes one."""
    config = json.loads((folder / "config.json").read_text())
    config.update(changes)
    kept = {name: value for name, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(kept))
