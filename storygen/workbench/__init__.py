"""The workbench: look at data, at what a model makes of it, and why.

A developer gives a model, a dataset, and up to three small functions; pages show the rest. Importing this is
light: whatever needs torch, numpy or readers of files is imported when its name is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .component import Component
from .jobs import CancelledError, Job
from .workbench import Workbench

if TYPE_CHECKING:
    from .datasets.opening import open_dataset
    from .models.base import Model
    from .models.local import LocalModel
    from .models.remote import RemoteModel
    from .models.stepped import SteppedModel
    from .pages.chat import Chat
    from .pages.dataset_viewer import DatasetViewer
    from .pages.generation import Generation
    from .pages.next_token import NextToken
    from .pages.runs import Runs

_PLACES = {
    "Chat": "pages.chat",
    "DatasetViewer": "pages.dataset_viewer",
    "Generation": "pages.generation",
    "LocalModel": "models.local",
    "Model": "models.base",
    "NextToken": "pages.next_token",
    "RemoteModel": "models.remote",
    "Runs": "pages.runs",
    "SteppedModel": "models.stepped",
    "open_dataset": "datasets.opening",
}

__all__ = [
    "CancelledError",
    "Chat",
    "Component",
    "DatasetViewer",
    "Generation",
    "Job",
    "LocalModel",
    "Model",
    "NextToken",
    "RemoteModel",
    "Runs",
    "SteppedModel",
    "Workbench",
    "open_dataset",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"storygen.workbench has no {name!r}.")
    return getattr(importlib.import_module(f".{_PLACES[name]}", __name__), name)
