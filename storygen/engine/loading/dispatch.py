"""`load_model`: from a `LoadModel` command to a model that is ready to write.

The order is the promise: what can be judged cheaply (names, JSON, architecture, headers, memory) is judged
before weights are read. The kinds of source meet in one form, a folder of safetensors with a config.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

from ...errors import ModelError
from ...link.messages import LoadModel, LoadProgressed, ModelLoaded
from ...modelfiles import has_tokenizer, is_adapter, safetensors_sizes, weight_files
from . import adapter, bin_file, gguf_file, hub, measure, packed, profile
from .config import read_config
from .counting import tensors_counted
from .folder import load_folder
from .loaded import LoadedModel, Progress
from .memory import check_fits, free_bytes, memory_need
from .tokenizer import load_tokenizer, resolve_format
from .window import context_window, learned_positions, probe

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model before its weights are read: `folder` has config and safetensors, `name` is for messages."""

    name: str
    folder: Path
    config: Any
    num_parameters: int
    tokenizer_folder: Path
    adapter_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how the model will run; `measured` is None when there is nothing (yet) to go by."""

    device: str
    precision: str
    measured: profile.Measured | None
    try_bf16: bool
    may_pack: bool  # there is memory for the weights twice
    threads: list[int]


def load_model(spec: LoadModel, progress: Progress) -> LoadedModel:
    """See `storygen.engine.loading.load`."""
    start = time.perf_counter()
    progress(LoadProgressed("checking"))
    prepared = _prepare(spec, progress)
    tokenizer = load_tokenizer(prepared.tokenizer_folder)
    form, form_notes = resolve_format(spec.format, tokenizer)
    window, window_notes = context_window(prepared.config, spec.context)
    place = _choose_place(spec, prepared, window)
    with tensors_counted(progress):
        model = _read_weights(prepared, place, tokenizer)
    model, place, place_notes = _settle(spec, prepared, model, place, progress)
    window, window_notes = _within_positions(model, window, window_notes)
    notes = (*place_notes, *window_notes, *form_notes, *_vocabulary_notes(model, tokenizer))
    info = _described(prepared, model, place)
    model, twice = _laid_out(model, place)
    if twice:
        info = dataclasses.replace(info, memory_bytes=2 * info.memory_bytes)
    info = dataclasses.replace(
        info, context=window, format=form, notes=notes, seconds=time.perf_counter() - start
    )
    return LoadedModel(model, tokenizer, info)


def _laid_out(model: Any, place: Place) -> tuple[Any, bool]:
    """The model with its weights as the processor likes them, and whether it has them twice then."""
    if place.device != "cpu":
        return model, False
    if place.precision != "fp32":
        return packed.packed_half(model, place.may_pack)
    if place.measured is not None and place.measured.packed and place.may_pack:
        return packed.pack(model), True
    return model, False


def _described(prepared: Prepared, model: Any, place: Place) -> ModelLoaded:
    """What can be told by looking at the loaded model and trying it.

    Raises: ModelError when it computes nothing finite.
    """
    croppable, finite = probe(model)
    if not finite:
        raise ModelError(
            f"{prepared.name} computes no numbers in {place.precision}.",
            mend='Set "precision": "fp32" for it in config.js.',
        )
    return ModelLoaded(
        architecture=type(model).__name__,
        parameters=sum(p.numel() for p in model.parameters()),
        vocabulary=int(model.get_input_embeddings().weight.shape[0]),
        context=0,
        precision=place.precision,
        threads=torch.get_num_threads(),
        device=place.device,
        format="",
        memory_bytes=_weights_bytes(model),
        seconds=0.0,
        croppable=croppable,
    )


def _within_positions(
    model: Any, window: int, notes: tuple[str, ...]
) -> tuple[int, tuple[str, ...]]:
    """The window and the notes on it, once the positions that the model learned are counted."""
    learned = learned_positions(model)
    if learned is None or window <= learned:
        return window, notes
    return learned, (f"This model has {learned} positions and cannot look back further.",)


def _prepare(spec: LoadModel, progress: Progress) -> Prepared:
    """Everything up to the reading of weights: downloads, conversions, checks.

    Raises: ModelError.
    """
    source = Path(spec.source)
    models_dir = Path(spec.models_dir) if spec.models_dir else source.parent
    if spec.kind == "hub":
        source = hub.fetch_hub_model(spec.source, models_dir, progress)
    if spec.kind == "adapter" or (spec.kind == "hub" and is_adapter(source)):
        return _prepare_adapter(spec, source, models_dir, progress)
    return _prepare_plain(spec, source, models_dir, progress)


def _prepare_adapter(
    spec: LoadModel, folder: Path, models_dir: Path, progress: Progress
) -> Prepared:
    adapter.check_adapter(folder)
    stated = adapter.base_name(folder)
    if spec.base:
        base = Path(spec.base)
    elif spec.kind == "hub" and hub.HUB_ID.fullmatch(stated):
        base = hub.fetch_hub_model(stated, models_dir, progress)
    else:
        raise ModelError(
            f"The base model of {folder.name} is not there: {stated or 'it names none'}.",
            mend="Put that model into models/ under its own name.",
        )
    plain = _prepare_plain(spec, base, models_dir, progress)
    own_tokenizer = folder if has_tokenizer(folder) else plain.tokenizer_folder
    return dataclasses.replace(
        plain, name=folder.name, adapter_folder=folder, tokenizer_folder=own_tokenizer
    )


def _prepare_plain(spec: LoadModel, source: Path, models_dir: Path, progress: Progress) -> Prepared:
    if source.suffix.lower() == ".gguf":
        num_parameters = gguf_file.count_parameters(source)
        item_bytes = gguf_file.unpacked_dtype(num_parameters).itemsize
        _check_conversion(spec, source.name, num_parameters, item_bytes)
        folder = gguf_file.unpacked_gguf(source, models_dir, progress)
        return Prepared(source.stem, folder, read_config(folder), num_parameters, folder)
    config = read_config(source)
    found = weight_files(source)
    if found.form == "safetensors":
        num_parameters = safetensors_sizes(found.files).num_parameters
        return Prepared(source.name, source, config, num_parameters, source)
    num_parameters = bin_file.count_parameters(found)
    _check_conversion(spec, source.name, num_parameters, 4)
    folder = bin_file.converted_bin(source, found, config, models_dir, progress)
    return Prepared(source.name, folder, config, num_parameters, source)


def _check_conversion(spec: LoadModel, name: str, num_parameters: int, item_bytes: int) -> None:
    """Conversions hold all weights in memory once, whatever the precision is that follows."""
    need = memory_need(None, num_parameters, item_bytes, 0)
    check_fits(name, need, free_bytes(spec.memory_limit_bytes), item_bytes)


def _choose_place(spec: LoadModel, prepared: Prepared, window: int) -> Place:
    """Device, precision and threads to load with, from what is asked, remembered and free.

    Raises: ModelError when it does not fit in memory, or something unknown is asked for.
    """
    device = _device(spec.device)
    if spec.precision not in (*_DTYPES, "auto"):
        raise ModelError(
            f"The precision “{spec.precision}” is not known.",
            mend='Use "fp32", "bf16", "fp16" or "auto" in config.js.',
        )
    free = _free_on(device, spec)
    threads = [spec.threads] if spec.threads else measure.thread_candidates()

    def fits(precision: str, copies: float = 1.0) -> bool:
        need = memory_need(prepared.config, prepared.num_parameters, _item_bytes(precision), window)
        return need.total_bytes * copies <= free

    measured = None
    precision = spec.precision
    if precision == "auto":
        precision = "fp32" if fits("fp32") else "bf16"
        if precision == "fp32" and device == "cpu":
            measured = _recalled(spec, prepared, threads)
            precision = measured.precision if measured else precision
    need = memory_need(prepared.config, prepared.num_parameters, _item_bytes(precision), window)
    check_fits(prepared.name, need, free, _item_bytes(precision))
    try_bf16 = spec.precision == "auto" and precision == "fp32" and fits("fp32", copies=1.5)
    may_pack = fits(precision, copies=2.0)
    return Place(device, precision, measured, try_bf16, may_pack, threads)


def _read_weights(prepared: Prepared, place: Place, tokenizer: Any) -> Any:
    dtype = _DTYPES[place.precision]
    model = load_folder(prepared.folder, prepared.config, dtype, prepared.name)
    if prepared.adapter_folder is not None:
        model = adapter.merged(model, prepared.adapter_folder, len(tokenizer)).to(dtype)
    return model


def _settle(
    spec: LoadModel, prepared: Prepared, model: Any, place: Place, progress: Progress
) -> tuple[Any, Place, tuple[str, ...]]:
    """The model on its device in its final precision, threads set; measures if nothing is remembered."""
    if place.device != "cpu":
        torch.set_num_threads(place.threads[0])
        return model.to(place.device), place, ()
    measured = place.measured
    if measured is None and spec.precision == "auto" and place.precision == "fp32":
        progress(LoadProgressed("measuring"))
        packer = packed.packed_copy if place.may_pack else None
        measured = measure.measure(model, place.threads, place.try_bf16, packer=packer)
        profile.remember(spec.profile_path, _identity(prepared), measured)
        model = model.to(_DTYPES[measured.precision])
    if measured is None:
        torch.set_num_threads(place.threads[-1])
        note = (
            ()
            if spec.precision != "auto"
            else ("bf16 is used, because fp32 does not fit in memory.",)
        )
        return model, place, note
    torch.set_num_threads(measured.threads)
    place = dataclasses.replace(place, precision=measured.precision, measured=measured)
    return model, place, (measured.sentence(),)


def _recalled(spec: LoadModel, prepared: Prepared, threads: list[int]) -> profile.Measured | None:
    found = profile.recall(spec.profile_path, _identity(prepared))
    return found if found and found.threads in threads and found.precision in _DTYPES else None


def _identity(prepared: Prepared) -> str:
    """What decides a model's speed: its architecture, size and shape, not its name or weights."""
    config = prepared.config.get_text_config()
    shape = [
        getattr(config, name, None) for name in ("num_hidden_layers", "hidden_size", "vocab_size")
    ]
    return f"{config.model_type}, {prepared.num_parameters} parameters, shape {shape}"


def _device(asked: str) -> str:
    if asked in ("cpu", "cuda", "mps"):
        available = {
            "cpu": True,
            "cuda": torch.cuda.is_available(),
            "mps": torch.backends.mps.is_available(),
        }[asked]
        if not available:
            raise ModelError(
                f"There is no {asked} device on this machine.", mend='Use "device": "cpu".'
            )
        return asked
    return "cuda" if torch.cuda.is_available() else "cpu"


def _free_on(device: str, spec: LoadModel) -> int:
    if device == "cuda":
        free = int(torch.cuda.mem_get_info()[0])
        return free if spec.memory_limit_bytes is None else min(free, spec.memory_limit_bytes)
    return free_bytes(spec.memory_limit_bytes, psutil.Process().memory_info().rss)


def _item_bytes(precision: str) -> int:
    return int(_DTYPES[precision].itemsize)


def _weights_bytes(model: Any) -> int:
    tensors = [*model.parameters(), *model.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _vocabulary_notes(model: Any, tokenizer: Any) -> tuple[str, ...]:
    rows = int(model.get_input_embeddings().weight.shape[0])
    if len(tokenizer) <= rows:
        return ()
    return (
        f"The tokenizer has {len(tokenizer)} tokens, the model {rows}: the others are never used.",
    )
