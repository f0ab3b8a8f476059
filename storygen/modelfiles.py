"""What lies in a model's folder, read with the standard library alone: names, JSON, headers and sizes.

Both the registry (which must not import torch) and the worker judge folders by this. Knows the header of
the safetensors format: 8 bytes with its length (little endian), then JSON that gives each tensor's type,
shape and place. Source: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ModelError

SAFETENSORS = "model.safetensors"
SAFETENSORS_INDEX = "model.safetensors.index.json"
BIN = "pytorch_model.bin"
BIN_INDEX = "pytorch_model.bin.index.json"
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
_OTHER_ENDINGS = (
    "ForMaskedLM",
    "Classification",
    "ForQuestionAnswering",
    "ForMultipleChoice",
    "ForNextSentencePrediction",
)
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json")
_MAX_DIMENSIONS, _MAX_DIMENSION = 16, 2**48
_MAX_HEADER_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class WeightFiles:
    """The files that hold a folder's weights. `form`: "safetensors" | "bin"; `num_bytes` on disk."""

    form: str
    files: tuple[Path, ...]
    num_bytes: int


@dataclass(frozen=True, slots=True)
class TensorSizes:
    """What the headers say: how many numbers there are, and how many bytes they take as stored."""

    num_parameters: int
    num_bytes: int


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
    lines = [line.strip() for line in str(error).strip().splitlines()]
    if lines and lines[0].endswith(":"):  # the next line says what
        lines[0] = " ".join(lines[:2])
    return (lines[0] if lines else type(error).__name__)[:300]


def is_adapter(folder: Path) -> bool:
    """Whether `folder` holds an adapter and not a whole model."""
    return (folder / ADAPTER_CONFIG).is_file() and not (folder / "config.json").is_file()


def has_tokenizer(folder: Path) -> bool:
    """Whether `folder` holds files that a tokenizer can be made of."""
    return any((folder / name).is_file() for name in TOKENIZER_FILES)


def class_names(config: dict[str, Any]) -> list[str]:
    """The model classes that a config.json names."""
    named = config.get("architectures")
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def check_purpose(name: str, config: dict[str, Any]) -> None:
    """Raises: ModelError with code "architecture" when config.json names a class made for something else."""
    classes = class_names(config)
    if config.get("is_encoder_decoder"):
        raise wrong_purpose(name, classes[0] if classes else "a model with an encoder")
    if classes and all(one.endswith(_OTHER_ENDINGS) for one in classes):
        raise wrong_purpose(name, classes[0])


def wrong_purpose(name: str, what: str) -> ModelError:
    """The error for a model that is something other than a writer of text."""
    return ModelError(
        f"{name} is {what}, which was not made to continue a text.",
        mend="Use a causal language model: one whose architecture ends in ForCausalLM or LMHeadModel.",
        code="architecture",
    )


def weight_files(folder: Path) -> WeightFiles:
    """The weight files of `folder`, safetensors before `.bin`.

    Raises: ModelError when there are none, or shards that the index names are missing.
    """
    for form, single, index in (
        ("safetensors", SAFETENSORS, SAFETENSORS_INDEX),
        ("bin", BIN, BIN_INDEX),
    ):
        if (folder / single).is_file():
            return _sized(form, [folder / single])
        if (folder / index).is_file():
            return _sized(form, _shards(folder, index))
    raise ModelError(
        f"There are no weights in {folder.name}: neither {SAFETENSORS} nor {BIN}.",
        mend="Copy the weight files into the folder; a download may have been interrupted.",
    )


def _num_items(shape: list[int]) -> int:
    """Raises: ValueError for a shape that no tensor has, before the product grows beyond all bounds."""
    if len(shape) > _MAX_DIMENSIONS or any(not 0 <= size < _MAX_DIMENSION for size in shape):
        raise ValueError("it tells of a tensor of an impossible shape")
    return math.prod(shape)


def safetensors_sizes(files: Iterable[Path]) -> TensorSizes:
    """Parameters and bytes of safetensors files, from their headers.

    Raises: ModelError when a file is cut off or is no safetensors file.
    """
    num_parameters = num_bytes = 0
    for path in files:
        for entry in safetensors_header(path).values():
            num_parameters += _num_items(entry["shape"])
            start, end = entry["data_offsets"]
            num_bytes += end - start
    return TensorSizes(num_parameters, num_bytes)


def safetensors_header(path: Path) -> dict[str, Any]:
    """Tensor name → {dtype, shape, data_offsets}, once the file's length agrees with it.

    Raises: ModelError as above.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _MAX_HEADER_BYTES:
                raise ValueError("its header is too long")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        end = 0
        for entry in header.values():
            _num_items(entry["shape"])
            start, stop = entry["data_offsets"]
            end = max(end, stop, start)
        if path.stat().st_size < 8 + length + end:
            raise ValueError("it is shorter than its header says")
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        struct.error,
    ) as error:
        raise ModelError(
            f"{path.name} is damaged or incomplete ({error}).",
            mend="Copy or download this file again.",
        ) from error
    return dict(header)


def is_whole_folder(folder: Path) -> bool:
    """Whether `folder` holds a config, a fast tokenizer and safetensors weights of full length."""
    if not all((folder / name).is_file() for name in ("config.json", "tokenizer.json")):
        return False
    try:
        found = weight_files(folder)
        if found.form != "safetensors":
            return False
        safetensors_sizes(found.files)
    except ModelError:
        return False
    return True


def _shards(folder: Path, index: str) -> list[Path]:
    try:
        names = sorted(
            set(json.loads((folder / index).read_text(encoding="utf-8"))["weight_map"].values())
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(
            f"{index} cannot be read: {error}", mend="Copy this file again."
        ) from error
    if any(not isinstance(name, str) or Path(name).name != name for name in names):
        raise ModelError(f"{index} names files outside the folder.", mend="Copy this file again.")
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            f"{len(missing)} of {len(names)} weight files are missing in {folder.name}, "
            f"the first being {missing[0]}.",
            mend="Copy the missing files into the folder; a download may have been interrupted.",
        )
    return [folder / name for name in names]


def _sized(form: str, files: list[Path]) -> WeightFiles:
    return WeightFiles(form, tuple(files), sum(path.stat().st_size for path in files))
