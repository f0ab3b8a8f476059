"""Model folders made to harm: each is listed as unusable, and the others stay usable."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from storygen.registry import ModelEntry, Registry
from storygen.registry.sources import MAX_JSON_BYTES
from tests.unit.registry.registry_made import model_folder

DEEP = "[" * 200_000


def entries(home: Path) -> dict[str, ModelEntry]:
    """What the registry makes of `home/models`, by name."""
    (home / "static").mkdir(exist_ok=True)
    config = home / "static" / "config.js"
    config.write_text("var ModelConfig = {};", "utf-8")
    return {entry.name: entry for entry in Registry(config, home / "models", home).entries()}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", '{"n_layer":' + "9" * 5000 + "}"),
        ("config.json", '{"a":' + DEEP),
        ("config.json", '{"a":"' + "x" * MAX_JSON_BYTES + '"}'),
        ("model.safetensors.index.json", DEEP),
        ("model.safetensors.index.json", '{"weight_map":{"a":"x","b":7}}'),
        ("model.safetensors.index.json", '{"weight_map":{"a":{"b":1}}}'),
    ],
    ids=["digits", "depth", "size", "index depth", "index number", "index object"],
)
def test_nonsense_in_one_folder_hides_no_other(tmp_path: Path, file: str, content: str) -> None:
    model_folder(tmp_path / "models" / "good")
    model_folder(tmp_path / "models" / "bad")
    if file.endswith(".index.json"):
        (tmp_path / "models" / "bad" / "model.safetensors").unlink()
    (tmp_path / "models" / "bad" / file).write_text(content, "utf-8")
    found = entries(tmp_path)
    assert found["good"].usable
    assert not found["bad"].usable and found["bad"].reason and found["bad"].mend


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs")
def test_a_file_that_is_none_is_never_waited_for(tmp_path: Path) -> None:
    model_folder(tmp_path / "models" / "bad")
    template = tmp_path / "models" / "bad" / "tokenizer_config.json"
    template.unlink(missing_ok=True)
    os.mkfifo(template)
    assert "bad" in entries(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names")
def test_a_name_that_is_no_unicode_is_shown_and_not_used(tmp_path: Path) -> None:
    model_folder(tmp_path / "models" / os.fsdecode(b"caf\xe9"))
    (entry,) = entries(tmp_path).values()
    assert not entry.usable
    assert (entry.name, entry.mend.encode()) == ("caf?", b"Rename it.")


def test_a_base_outside_the_models_folder_is_judged_like_any_other(tmp_path: Path) -> None:
    adapter = tmp_path / "models" / "adapter"
    adapter.mkdir(parents=True)
    stated = '{"base_model_name_or_path": "../../../../../../etc"}'
    (adapter / "adapter_config.json").write_text(stated, "utf-8")
    (adapter / "adapter_model.safetensors").write_bytes(b"")
    assert not entries(tmp_path)["adapter"].usable


def test_markup_in_a_name_is_a_name(tmp_path: Path) -> None:
    model_folder(tmp_path / "models" / "<img src=x onerror=alert(1)>")
    (entry,) = entries(tmp_path).values()
    assert entry.name == "<img src=x onerror=alert(1)>"
