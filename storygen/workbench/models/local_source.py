"""Where a local model comes from: objects of transformers, a folder, a file, or a line of the registry.

Finding one is light; loading it imports torch.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelError, NotFoundError
from ...link.messages import LoadProgressed, ModelLoaded
from ...registry.entries import ModelEntry, load_spec
from ...registry.reading import opened_entry
from ...registry.registry import Registry
from ...registry.sources import Places, inspect
from ..jobs import Job

if TYPE_CHECKING:
    from ...engine.loading.loaded import LoadedModel

ROOT = Path(__file__).resolve().parents[3]


def default_models_dir() -> Path:
    """The folder with the models: STORYGEN_MODELS_DIR, else `models` beside the package."""
    return Path(os.environ.get("STORYGEN_MODELS_DIR") or ROOT / "models")


def default_data_dir() -> Path:
    """The folder where measurements are remembered: STORYGEN_DATA_DIR, else `data` beside the package."""
    return Path(os.environ.get("STORYGEN_DATA_DIR") or ROOT / "data")


def listed(models_dir: Path | None = None, config: Path | None = None) -> tuple[ModelEntry, ...]:
    """Every entry of the registry, usable or not."""
    return _registry(models_dir, config).entries()


def find_listed(
    name: str, models_dir: Path | None = None, config: Path | None = None
) -> ModelEntry:
    """The registry's entry of that name, key or folder.

    Raises: NotFoundError with the names that there are; ModelError when it can't be used.
    """
    registry = _registry(models_dir, config)
    found = registry.get(name) or next(
        (e for e in registry.entries() if name in (e.name, e.value, Path(e.source).name)), None
    )
    if found is None:
        names = ", ".join(dict.fromkeys(f"“{entry.name}”" for entry in registry.entries()))
        raise NotFoundError(f"There is no model “{name}”; there are {names or 'none'}.")
    return _usable(found)


def find(name: str, models_dir: Path | None = None, config: Path | None = None) -> ModelEntry:
    """The entry for a path, a name of the registry, or a hub id, tried in this order.

    Raises: NotFoundError or ModelError as `find_listed`.
    """
    places = Places((models_dir or default_models_dir()).absolute(), ROOT)
    path = Path(name).expanduser()
    is_file = path.is_file() and path.suffix.lower() == ".gguf"
    if is_file or (path.is_dir() and (path.is_absolute() or any(path.glob("*config.json")))):
        return _usable(opened_entry(name, places))
    try:
        return find_listed(name, models_dir, config)
    except NotFoundError:
        opened = opened_entry(name, places)
        if not opened.usable or opened.kind != "hub":
            raise
        return opened


def has_template(entry: ModelEntry) -> bool:
    """Whether its folder brings a chat template, as far as that can be told before it is loaded."""
    path = Path(entry.source)
    if entry.kind not in ("folder", "adapter") or not path.is_dir():
        return True
    return inspect(path, Places(Path(entry.models_dir), ROOT), entry.base).has_template


def load_entry(entry: ModelEntry, job: Job) -> LoadedModel:
    """The model of `entry`; how far it is, is told to `job`.

    Raises: ModelError when it can't be used or does not fit in memory; CancelledError.
    """
    from ...engine.loading import load

    def progress(step: LoadProgressed) -> None:
        job.progress(int(step.done), int(step.total), f"{entry.name}: {step.stage}")

    loaded = load(load_spec(entry, default_data_dir()), progress)
    return dataclasses.replace(loaded, info=dataclasses.replace(loaded.info, format="raw"))


def loaded_from(model: Any, tokenizer: Any, name: str, context: int | None) -> LoadedModel:
    """A developer's own model and tokenizer as the engine takes them; changes neither.

    Raises: ModelError when they are not what the engine can read with.
    """
    import torch

    from ...engine.loading.loaded import LoadedModel
    from ...engine.loading.window import context_window, learned_positions

    model = unwrapped(model)
    if not hasattr(model, "config") or not hasattr(model, "forward"):
        raise ModelError(
            f"{name} is no language model of transformers.",
            mend="Give a causal model with a config, or write a SteppedModel of your own.",
        )
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise ModelError(
            f"The tokenizer of {name} is not one of transformers' fast ones.",
            mend="Give one that AutoTokenizer loads, or write a SteppedModel of your own.",
        )
    window, notes = context_window(model.config, context)
    learned = learned_positions(model)
    parameters = list(model.parameters())
    info = ModelLoaded(
        architecture=type(model).__name__,
        parameters=sum(parameter.numel() for parameter in parameters),
        vocabulary=int(model.config.get_text_config().vocab_size),
        context=min(window, learned) if learned else window,
        precision=str(model.dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
        device=str(model.device),
        format="raw",
        memory_bytes=sum(p.numel() * p.element_size() for p in parameters),
        seconds=0.0,
        croppable=True,
        notes=notes,
    )
    return LoadedModel(model, tokenizer, info)


def unwrapped(model: Any) -> Any:
    """The transformers model inside wrappers for training: compiled, in parallel, or with an adapter."""
    while True:
        if hasattr(model, "_orig_mod"):
            model = model._orig_mod
        elif type(model).__name__ in ("DataParallel", "DistributedDataParallel"):
            model = model.module
        elif hasattr(model, "peft_config") and hasattr(model, "get_base_model"):
            configs = model.peft_config.values()
            if any(getattr(config, "is_prompt_learning", False) for config in configs):
                return model
            model = model.get_base_model()  # the adapter's layers are in it
        else:
            return model


def _registry(models_dir: Path | None, config: Path | None) -> Registry:
    path = config or ROOT / "static" / "config.js"
    return Registry(path, models_dir or default_models_dir(), ROOT)


def _usable(entry: ModelEntry) -> ModelEntry:
    if not entry.usable:
        raise ModelError(entry.reason, mend=entry.mend)
    return entry
