"""A folder's `config.json`: read, judged and turned into a transformers config; none of its code runs.

A model is refused here when its architecture is none that continues text, or exists only as Python code
inside the folder. Code beside a known architecture is ignored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformers import AutoConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from ...errors import ModelError

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
    _check_classes(folder, raw)
    if raw.get("is_encoder_decoder"):
        raise _wrong_purpose(folder, f"a {kind} model with an encoder")
    try:
        if raw.get("model_type"):
            return AutoConfig.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
        return CONFIG_MAPPING[kind].from_pretrained(folder, local_files_only=True)
    except (ValueError, TypeError, KeyError, OSError, AttributeError) as error:
        raise ModelError(
            f"The config.json of {folder.name} does not describe a working {kind} model: "
            f"{first_line(error)}",
            mend="Copy the original config.json into the folder again.",
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises: ModelError when it is missing, or broken, with line and column.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ModelError(
            f"There is no {path.name} in {path.parent.name}.",
            mend=f"Copy {path.name} from the model's original folder.",
        ) from None
    except json.JSONDecodeError as error:
        raise ModelError(
            f"{path.name} in {path.parent.name} is broken at line {error.lineno}, "
            f"column {error.colno}: {error.msg}.",
            mend="Correct it there in a text editor, or copy the original file again.",
        ) from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ModelError(
            f"{path.name} in {path.parent.name} cannot be read: {first_line(error)}",
            mend="Copy the original file again.",
        ) from error
    if not isinstance(found, dict):
        raise ModelError(
            f"{path.name} in {path.parent.name} holds no JSON object.",
            mend="Copy the original file again.",
        )
    return found


def first_line(error: BaseException) -> str:
    """The first line of an error's text, cut to a length that fits on a page."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300]


def _classes(raw: dict[str, Any]) -> list[str]:
    named = raw.get("architectures")
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def _kind_of_class(raw: dict[str, Any]) -> str | None:
    """The model type of a config that names only its class, as folders of 2019 and 2020 do."""
    classes = _classes(raw)
    return next((kind for kind, name in _CAUSAL.items() if name in classes), None)


def _check_classes(folder: Path, raw: dict[str, Any]) -> None:
    """Passes class names that write text, and bare bodies ("GPT2Model"): those may still have tied heads."""
    classes = _classes(raw)
    if not classes or any(name in _CAUSAL.values() or name.endswith("Model") for name in classes):
        return
    if any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in classes):
        return
    raise _wrong_purpose(folder, classes[0])


def _wrong_purpose(folder: Path, what: str) -> ModelError:
    return ModelError(
        f"{folder.name} is {what}, which was not made to continue a text.",
        mend="Use a causal language model: one whose architecture ends in ForCausalLM or LMHeadModel.",
        code="architecture",
    )


def _unknown(folder: Path, raw: dict[str, Any], kind: str | None) -> ModelError:
    named = kind or ", ".join(_classes(raw)) or "no architecture at all"
    if raw.get("auto_map"):
        return ModelError(
            f"{folder.name} needs Python code that comes with the model (architecture {named}). "
            "Such code is never run here, since it could do anything.",
            mend="Look for a version of this model whose architecture is part of transformers.",
            code="remote_code",
        )
    if kind in CONFIG_MAPPING:
        return _wrong_purpose(folder, f"a {kind} model")
    return ModelError(
        f"The architecture of {folder.name} is not known: {named}.",
        mend="Check model_type in config.json; a very new model may need a newer transformers.",
        code="architecture",
    )
