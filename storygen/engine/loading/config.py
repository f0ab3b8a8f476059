"""A folder's `config.json`: read, judged and turned into a transformers config; none of its code runs.

A model is refused here when its architecture is none that continues text, or exists only as Python code
inside the folder. Code beside a known architecture is ignored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huggingface_hub.errors import StrictDataclassError
from transformers import AutoConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from ...errors import ModelError
from ...modelfiles import check_purpose, class_names, first_line, read_json, wrong_purpose

_CAUSAL: dict[str, str] = {
    kind: name if isinstance(name, str) else name[0]
    for kind, name in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.items()
}


def read_config(folder: Path) -> Any:
    """The transformers config of the model in `folder`, checked to be a causal language model.

    Raises: ModelError when config.json is missing or broken (with line and column), or the architecture
    is unknown, made for something else, or needs code from the folder.
    """
    raw = read_json(folder / "config.json")
    kind = raw.get("model_type") or _kind_of_class(raw)
    if kind not in _CAUSAL or kind not in CONFIG_MAPPING:
        raise _unknown(folder, raw, kind)
    check_purpose(folder.name, raw)
    try:
        if raw.get("model_type"):
            return AutoConfig.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
        return CONFIG_MAPPING[kind].from_pretrained(folder, local_files_only=True)
    except (
        ValueError,
        TypeError,
        KeyError,
        OSError,
        AttributeError,
        StrictDataclassError,
    ) as error:
        raise ModelError(
            f"The config.json of {folder.name} does not describe a working {kind} model: "
            f"{first_line(error)}",
            mend="Copy the original config.json into the folder again.",
        ) from error


def _kind_of_class(raw: dict[str, Any]) -> str | None:
    """The model type of a config that names only its class, as folders of 2019 and 2020 do."""
    classes = class_names(raw)
    return next((kind for kind, name in _CAUSAL.items() if name in classes), None)


def _unknown(folder: Path, raw: dict[str, Any], kind: str | None) -> ModelError:
    named = kind or ", ".join(class_names(raw)) or "no architecture at all"
    if raw.get("auto_map"):
        return ModelError(
            f"{folder.name} needs Python code that comes with the model (architecture {named}). "
            "Such code is never run here, since it could do anything.",
            mend="Look for a version of this model whose architecture is part of transformers.",
            code="remote_code",
        )
    if kind in CONFIG_MAPPING:
        return wrong_purpose(folder.name, f"a {kind} model")
    return ModelError(
        f"The architecture of {folder.name} is not known: {named}.",
        mend="Check model_type in config.json; a very new model may need a newer transformers.",
        code="architecture",
    )
