"""Folders with `pytorch_model.bin`: pickles, read only by torch's weights-only reader and converted once.

A pickle can run any program when it is read normally; the weights-only reader knows tensors and nothing
else, and a file that holds more is refused.
"""

from __future__ import annotations

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from ...errors import ModelError
from ...link.messages import LoadProgressed
from ...modelfiles import SAFETENSORS, SAFETENSORS_INDEX, WeightFiles, first_line
from .building import built_folder, converted_folder, sign
from .loaded import Progress

# How torch's reader names what it found beside tensors.
_OBJECT = re.compile(r"(?:GLOBAL:?|function|class|object for) (?:class )?[`'\"<]*([\w.]+)")


def count_parameters(found: WeightFiles) -> int:
    """The number of weights in the `.bin` files, which are thereby checked to hold nothing but tensors.

    Raises: ModelError with code "unsafe" for a file that holds more, or "model" for a damaged one.
    """
    return sum(num_weights(path) for path in found.files)


def converted_bin(
    folder: Path, found: WeightFiles, config: Any, models_dir: Path, progress: Progress
) -> Path:
    """The folder with the same weights as safetensors (weights and config only); made if need be.

    Raises: ModelError when the weights are not all there.
    """
    target = converted_folder(found.files[0], models_dir, "bin")
    if not any((target / name).is_file() for name in (SAFETENSORS, SAFETENSORS_INDEX)):
        progress(
            LoadProgressed(
                "converting old weights to safetensors, once", 0, found.num_bytes, "bytes"
            )
        )
        with built_folder(target) as work:
            _convert(folder, config, work)
            sign(work, found.files[0], "bin")
        progress(LoadProgressed("converted", found.num_bytes, found.num_bytes, "bytes"))
    return target


def _convert(folder: Path, config: Any, target: Path) -> None:
    from .folder import refuse_missing

    model, loading = AutoModelForCausalLM.from_pretrained(
        folder,
        config=config,
        dtype="auto",
        use_safetensors=False,
        weights_only=True,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    refuse_missing(folder.name, loading)
    model.save_pretrained(target)


def num_weights(path: Path) -> int:
    """The number of weights in one `.bin` file, once it is known to be safe to open.

    Raises: ModelError as above.
    """
    state = _weights_only(path)
    if not isinstance(state, dict) or not any(torch.is_tensor(value) for value in state.values()):
        raise ModelError(
            f"{path.name} holds no table of weights.",
            mend="It may be a training checkpoint; save the model with save_pretrained and use that folder.",
        )
    seen: dict[int, int] = {}  # tied weights are one storage under two names
    for value in state.values():
        if torch.is_tensor(value):
            seen[value.untyped_storage().data_ptr()] = value.numel()
    return sum(seen.values())


def _weights_only(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice about formats; what matters is an error below
            return torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
    except pickle.UnpicklingError as error:
        named = _OBJECT.search(str(error))
        if named is None:
            raise _damaged(path, "it was not written by torch") from error
        raise ModelError(
            f"{path.name} holds Python objects beside the weights ({named[1]}), which could run any "
            "program; it is not opened.",
            mend="Ask its author for .safetensors files, or use another copy of this model.",
            code="unsafe",
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise _damaged(path, first_line(error)) from error


def _is_zip(path: Path) -> bool:
    """Whether torch wrote the newer of its two formats, which can be mapped instead of read."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _damaged(path: Path, reason: str) -> ModelError:
    return ModelError(
        f"{path.name} is damaged or incomplete: {reason}", mend="Copy or download this file again."
    )
