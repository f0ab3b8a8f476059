"""LoRA and related adapters: small trained additions to a base model, merged into it when it is loaded.

Merging costs nothing at each token and leaves a normal model. Adapters that cannot be merged (prompt
tuning, prefixes) are refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import ModelError
from ...modelfiles import ADAPTER_CONFIG, ADAPTER_WEIGHTS, first_line, read_json, safetensors_header
from .bin_file import num_weights
from .folder import LOAD_ERRORS

_MERGEABLE = {
    "LORA", "ADALORA", "LOHA", "LOKR", "OFT", "BOFT", "IA3", "VERA", "HRA", "FOURIERFT", "BONE", "SHIRA",
    "MISS", "RANDLORA", "C3A", "DELORA", "ROAD", "GRALORA",
}  # fmt: skip


def base_name(folder: Path) -> str:
    """The base model's name as the adapter states it: a path or hub id of whoever trained it.

    Raises: ModelError when adapter_config.json is broken.
    """
    return str(read_json(folder / ADAPTER_CONFIG).get("base_model_name_or_path") or "")


def check_adapter(folder: Path) -> None:
    """Raises: ModelError when the adapter has no (safe) weights, can't be merged, or names code."""
    config = read_json(folder / ADAPTER_CONFIG)
    kind = str(config.get("peft_type", "")).upper()
    if kind not in _MERGEABLE:
        raise ModelError(
            f"{folder.name} is an adapter of the kind {kind or 'unknown'}, which cannot be merged.",
            mend="Use an adapter of the LoRA family, or the merged model.",
        )
    if config.get("megatron_config") or config.get("megatron_core") not in (None, "megatron.core"):
        raise ModelError(
            f"{folder.name} asks for another program's code (Megatron), which is never run here.",
            mend="Use the merged model.",
            code="remote_code",
        )
    if not any((folder / name).is_file() for name in ADAPTER_WEIGHTS):
        raise ModelError(
            f"There are no weights in {folder.name}: neither {' nor '.join(ADAPTER_WEIGHTS)}.",
            mend="Copy the adapter's weight file into the folder.",
        )
    if not (folder / ADAPTER_WEIGHTS[0]).is_file():
        num_weights(folder / ADAPTER_WEIGHTS[1])


def merged(model: Any, folder: Path, num_tokens: int) -> Any:
    """`model` with the adapter in `folder` merged into its weights (it is changed in place).

    `num_tokens` is the size of the tokenizer; embeddings grow first if the adapter brings larger ones.
    Raises: ModelError when the adapter does not fit this base.
    """
    from peft import PeftModel  # takes seconds to import, which only adapters should cost

    rows = _embedding_rows(folder, num_tokens)
    if rows > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(rows, mean_resizing=False)
    try:
        wrapped = PeftModel.from_pretrained(model, str(folder), is_trainable=False)
        plain = wrapped.merge_and_unload()
    except (*LOAD_ERRORS, json.JSONDecodeError) as error:
        raise ModelError(
            f"The adapter {folder.name} does not fit its base model: {first_line(error)}",
            mend=f"It was trained on {base_name(folder) or 'an unnamed model'}; put that one into models/.",
        ) from error
    return plain.eval().requires_grad_(False)


def _embedding_rows(folder: Path, num_tokens: int) -> int:
    """Rows that the embeddings need for this adapter: what it carries itself, or nothing special."""
    if not (folder / ADAPTER_WEIGHTS[0]).is_file():
        return 0
    header = safetensors_header(folder / ADAPTER_WEIGHTS[0])
    rows = [
        int(entry["shape"][0])
        for name, entry in header.items()
        if name.endswith((".wte.weight", "embed_tokens.weight", "word_embeddings.weight"))
    ]
    return max(rows, default=0) if max(rows, default=0) >= num_tokens else 0
