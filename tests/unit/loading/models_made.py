"""Model folders made on the spot for the loader's tests, and the calls that the tests share."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from storygen.engine.loading import LoadedModel, load
from storygen.link.messages import LoadModel, LoadProgressed

TEXT = "Once upon a time there was a small house by the sea."


def loaded(source: Path | str, kind: str = "folder", **settings: Any) -> LoadedModel:
    """What `load` makes of a source, in fp32 on one thread unless told otherwise."""
    return load(LoadModel(str(source), kind, **{**PLAIN, **settings}), lambda _: None)


PLAIN: dict[str, Any] = {"precision": "fp32", "threads": 1, "device": "cpu"}


def stages(source: Path, kind: str = "folder", **settings: Any) -> list[LoadProgressed]:
    """The progress that loading reports."""
    seen: list[LoadProgressed] = []
    load(LoadModel(str(source), kind, **{**PLAIN, **settings}), seen.append)
    return seen


def reference(folder: Path) -> Any:
    """The same folder as plain transformers loads it, in fp32."""
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def ids_of(folder: Path, text: str = TEXT) -> torch.Tensor:
    """Token ids of `text`, (1, tokens)."""
    return torch.tensor([AutoTokenizer.from_pretrained(folder)(text).input_ids])


@torch.inference_mode()
def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    """(1, tokens, vocabulary) float32."""
    return model(input_ids=ids).logits.float()


def as_bin(folder: Path, target: Path) -> Path:
    """A copy of a model folder with `pytorch_model.bin` in place of safetensors."""
    shutil.copytree(folder, target)
    (target / "model.safetensors").unlink()
    torch.save(reference(folder).state_dict(), target / "pytorch_model.bin")
    return target
