"""One line of the registry, as data, and the worker's command that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..link.messages import LoadModel

CONTINUE = "continue"
PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model as the writer can choose it.

    `key` is all that a browser may name it by; it is stable while config.js keeps the name, and never a
    path. `name` is text as the user wrote it and may hold anything: show it as text only. `value` is what
    config.js says (a string or an object), which the original client sends.
    """

    key: str
    name: str
    modes: tuple[str, ...]  # of "continue", "prompt"
    value: Any
    source: str  # absolute path, or a hub id
    kind: str  # "folder" | "gguf" | "adapter" | "hub"
    models_dir: str  # where downloads and conversions go
    base: str | None = None
    format: str = "auto"
    context: int | None = None
    precision: str = "auto"
    device: str = "auto"
    threads: int | None = None
    preset: str | None = None
    usable: bool = True
    reason: str = ""
    mend: str = ""
    other_keys: tuple[str, ...] = field(default=())  # name the same entry


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with config.js itself. `line` and `column` count from 1; 0: not known."""

    message: str
    mend: str = ""
    line: int = 0
    column: int = 0


def load_spec(entry: ModelEntry, data_dir: Path) -> LoadModel:
    """The command that makes a worker load `entry`; what is measured is remembered in `data_dir`."""
    return LoadModel(
        source=entry.source,
        kind=entry.kind,
        base=entry.base,
        format=entry.format,
        context=entry.context,
        precision=entry.precision,
        threads=entry.threads,
        profile_path=str(Path(data_dir).absolute() / "measured.json"),
        device=entry.device,
        models_dir=entry.models_dir,
    )
