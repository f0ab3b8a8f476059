"""The workbench of every model in the registry: its models, uploaded data, and the library's own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelError, NotFoundError
from ...registry.entries import ModelEntry
from ..bench import Offer
from ..datasets.library import library_choices, library_stories
from ..datasets.shelf import DatasetShelf
from ..jobs import Job
from ..models.base import Model
from ..models.local import LocalModel
from ..models.local_source import listed
from ..workbench import Workbench

if TYPE_CHECKING:
    from ..datasets.split import Dataset

STORIES, CHOICES = "Your stories", "Your choices"


def registry_workbench(data_dir: Path, models_dir: Path, config: Path) -> Workbench:
    """The main server's own workbench. The library is that of STORYGEN_DATABASE_URL, else of `data_dir`."""
    database = os.environ.get("STORYGEN_DATABASE_URL") or data_dir / "storygen.db"
    return Workbench(
        models=RegistryModels(models_dir, config),
        datasets=ShelvedData(DatasetShelf(data_dir / "datasets"), database),
        title="Workbench",
        data_dir=data_dir / "workbench",
    )


class RegistryModels:
    """A `bench.Source` of models. Those that were asked for stay loaded while there is memory for them."""

    def __init__(self, models_dir: Path, config: Path) -> None:
        self._models_dir, self._config = models_dir, config
        self._models: dict[str, tuple[ModelEntry, LocalModel]] = {}  # the last asked for comes last
        self._lock = threading.Lock()

    def offers(self) -> Sequence[Offer]:
        """Every entry, usable or not; what would have to be fetched first comes last."""
        entries = sorted(self._entries().items(), key=lambda pair: pair[1].kind == "hub")
        return [
            Offer(
                name,
                "fetched from the hub when it is first used" if entry.kind == "hub" else "",
                "" if entry.usable else f"{entry.reason} {entry.mend}".strip(),
            )
            for name, entry in entries
        ]

    def get(self, name: str, job: Job) -> Model:
        """The model of that name, loaded. See `bench.Source.get`."""
        entry = self._entries().get(name)
        if entry is None:
            raise NotFoundError(f"There is no model “{name}” any more. Choose another one.")
        if not entry.usable:
            raise ModelError(f"{name} can't be used: {entry.reason}", mend=entry.mend)
        with self._lock:
            known = self._models.pop(name, None)
            if known is not None and known[0] != entry:
                known[1].close()
                known = None
            model = known[1] if known is not None else LocalModel(entry, name=name)
            self._models[name] = (entry, model)
        self._load(model, job)
        return model

    def _load(self, model: LocalModel, job: Job) -> None:
        """Where it does not fit beside the others, those that rested longest give way."""
        while True:
            try:
                model.load(job)
                return
            except ModelError as error:
                with self._lock:
                    others = [one for _, one in self._models.values() if one is not model]
                loaded = [one for one in others if one.is_loaded]
                if not loaded or error.code != "memory":
                    raise
                loaded[0].close()

    def _entries(self) -> dict[str, ModelEntry]:
        """By names that are each one model's own."""
        found: dict[str, ModelEntry] = {}
        for entry in listed(self._models_dir, self._config):
            name = entry.name if entry.name not in found else f"{entry.name} ({entry.key})"
            found[name] = entry
        return found


class ShelvedData:
    """A `bench.Source` of datasets: those that lie in a folder, and what the library holds."""

    def __init__(self, shelf: DatasetShelf, database: Path | str) -> None:
        self.shelf, self._database = shelf, database

    def offers(self) -> Sequence[Offer]:
        """Uploaded files by name, then the library's own."""
        files = [Offer(entry.name, _size(entry.num_bytes)) for entry in self.shelf.entries()]
        return [*files, Offer(STORIES, "of this library"), Offer(CHOICES, "of this library")]

    def get(self, name: str, job: Job) -> Dataset:
        """Opened anew each time, so that new rows are there. See `bench.Source.get`."""
        own: dict[str, Callable[[], Any]] = {
            STORIES: lambda: library_stories(self._database),
            CHOICES: lambda: library_choices(self._database, job),
        }
        dataset: Dataset = own[name]() if name in own else self.shelf.open(name, job)
        return dataset


def _size(num_bytes: int | None) -> str:
    if num_bytes is None:
        return "a folder"
    return f"{num_bytes / 1e6:,.1f} MB" if num_bytes >= 1e6 else f"{num_bytes / 1e3:,.1f} KB"
