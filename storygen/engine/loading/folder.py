"""Loading weights from a folder of safetensors into a transformers model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from ...errors import ModelError
from ...modelfiles import first_line

LOAD_ERRORS = (
    ValueError,
    RuntimeError,
    OSError,
    ImportError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
)
"""What transformers and its relatives raise for a folder that they cannot make sense of."""


def load_folder(folder: Path, config: Any, dtype: torch.dtype, name: str) -> Any:
    """The model in eval mode on the CPU, without gradients. `name` is what messages call it.

    Raises: ModelError when weights are missing, do not match the config, or need another package.
    """
    try:
        model, loading = AutoModelForCausalLM.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except LOAD_ERRORS as error:
        raise ModelError(
            f"{name} cannot be loaded: {first_line(error)}",
            mend="Check that config.json and the weight files come from the same model.",
        ) from error
    refuse_missing(name, loading)
    return model.eval().requires_grad_(False)


def refuse_missing(name: str, loading: dict[str, Any]) -> None:
    """Raises: ModelError when transformers had to invent weights, which would write nonsense."""
    wrong = sorted(str(key) for key in loading.get("missing_keys") or ())
    if wrong:
        raise ModelError(
            f"{len(wrong)} weights are missing in {name}, the first being {wrong[0]}.",
            mend="The folder may hold another kind of model, or only a part of one; copy it again.",
        )
    mismatched = loading.get("mismatched_keys") or ()
    if mismatched:
        raise ModelError(
            f"{len(mismatched)} weights in {name} have another size than config.json says.",
            mend="Copy config.json and the weight files from the same model.",
        )
