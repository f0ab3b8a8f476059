"""GGUF files: unpacked once into a normal folder that transformers loads quickly.

transformers reads the tensors; what it leaves out is added here: the way digits are split by some
vocabularies, and the context length of GPT-2. Weights become fp32, or bf16 for models of more than
two billion parameters.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from tokenizers import pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from ...errors import ModelError
from ...link.messages import LoadProgressed
from .building import built_folder, converted_folder, sign
from .loaded import Progress

_MOST_FP32_PARAMETERS = 2_000_000_000

# Vocabularies whose merges were learned on digits split one by one, which transformers' GGUF reader
# does not know: with it "  1" would become three tokens that the model has hardly ever seen together.
_SINGLE_DIGITS = {"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone"}


def unpacked_gguf(source: Path, models_dir: Path, progress: Progress) -> Path:
    """The folder with the unpacked weights and the tokenizer of a `.gguf` file; made if need be.

    Raises: ModelError when the file is damaged or of an architecture that cannot be read.
    """
    target = converted_folder(source, models_dir, "gguf")
    if not target.is_dir():
        progress(LoadProgressed("unpacking the GGUF file, once"))
        with built_folder(target) as work:
            unpack_gguf(source, work)
            sign(work, source, "gguf")
    return target


def unpack_gguf(source: Path, folder: Path) -> None:
    """Writes model and tokenizer of the GGUF file `source` into the existing `folder`.

    Raises: ModelError as above.
    """
    try:
        reader = GGUFReader(source)
        model = _read_model(source, reader)
        tokenizer = _read_tokenizer(source, reader)
    except (ValueError, KeyError, IndexError, RuntimeError, OSError, ImportError) as error:
        raise ModelError(
            f"{source.name} cannot be read as a GGUF file: {error}",
            mend="Download the file again, or use the model in its original form: "
            "a folder with config.json and .safetensors files.",
        ) from error
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def count_parameters(source: Path) -> int:
    """The number of weights in a GGUF file, read from its header.

    Raises: ModelError when it has no readable header.
    """
    try:
        return int(sum(tensor.n_elements for tensor in GGUFReader(source).tensors))
    except (ValueError, IndexError, KeyError, OSError) as error:
        raise ModelError(
            f"{source.name} is not a whole GGUF file.", mend="Download the file again."
        ) from error


def unpacked_dtype(num_parameters: int) -> torch.dtype:
    """The precision in which a GGUF file with so many weights is kept once unpacked."""
    return torch.float32 if num_parameters <= _MOST_FP32_PARAMETERS else torch.bfloat16


def _read_model(source: Path, reader: GGUFReader) -> Any:
    dtype = unpacked_dtype(sum(int(tensor.n_elements) for tensor in reader.tensors))
    config = AutoConfig.from_pretrained(
        source.parent, gguf_file=source.name, local_files_only=True, trust_remote_code=False
    )
    if config.model_type == "gpt2" and getattr(config, "n_ctx", None):
        config.n_positions = config.n_ctx
    model = AutoModelForCausalLM.from_pretrained(
        source.parent,
        gguf_file=source.name,
        config=config,
        dtype=dtype,
        local_files_only=True,
        trust_remote_code=False,
    )
    # What save_pretrained would otherwise take for a quantised model, which it refuses to write.
    model.hf_quantizer = None
    model.is_quantized = False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config.dtype = dtype
    return model


def _read_tokenizer(source: Path, reader: GGUFReader) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(
        source.parent, gguf_file=source.name, local_files_only=True, trust_remote_code=False
    )
    if _field(reader, "tokenizer.ggml.pre") in _SINGLE_DIGITS:
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
    return tokenizer


def _field(reader: GGUFReader, name: str) -> Any:
    field = reader.get_field(name)
    return None if field is None else field.contents()
