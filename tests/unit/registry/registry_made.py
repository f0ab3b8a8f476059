"""Projects made on the spot for the registry's tests: a config.js and model folders, without torch."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

from storygen.registry import Registry

CONFIG = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}


class Project:
    """A project's root with `static/config.js` and `models/`, and the registry over it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.models = root / "models"
        self.models.mkdir()
        (root / "static").mkdir()
        self.config = root / "static" / "config.js"
        self._ticks = 0
        self.write_config("{ continuationModels: {}, promptModels: {} }")

    def write_config(self, models: str, rest: str = "") -> None:
        """Writes a config.js, with a time of its own however fast the test runs."""
        self.write_raw(f"var ModelConfig = {models};\n{rest}")

    def write_raw(self, text: str | bytes) -> None:
        """Writes config.js as it is given."""
        data = text.encode() if isinstance(text, str) else text
        self.config.write_bytes(data)
        self._ticks += 1
        os.utime(self.config, ns=(0, 1_700_000_000_000_000_000 + self._ticks * 1_000_000))

    def listed(self, value: Any, mode: str = "continuationModels", name: str = "M") -> None:
        """Writes a config.js with one line."""
        self.write_config(json.dumps({mode: {name: value}}))

    def registry(self, extra: str | None = None) -> Registry:
        return Registry(self.config, self.models, self.root, extra)


def model_folder(folder: Path, *, config: Any = CONFIG, template: bool = False) -> Path:
    """A folder that looks like a whole model: one tensor of four numbers."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    if template:
        (folder / "chat_template.jinja").write_text("{{ messages }}")
    write_safetensors(folder / "model.safetensors")
    return folder


def write_safetensors(path: Path) -> None:
    """A safetensors file with one tensor of four fp32 numbers."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(16))


def adapter_folder(folder: Path, base: str) -> Path:
    """A folder that looks like an adapter of `base`."""
    folder.mkdir(parents=True)
    text = json.dumps({"peft_type": "LORA", "base_model_name_or_path": base})
    (folder / "adapter_config.json").write_text(text)
    write_safetensors(folder / "adapter_model.safetensors")
    return folder
