"""transformers' own progress bar over a model's tensors, turned into `LoadProgressed`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from transformers.utils import logging

from ...link.messages import LoadProgressed
from .loaded import Progress

_BAR = "Loading weights"
_MOST_REPORTS = 50


@contextmanager
def tensors_counted(progress: Progress) -> Iterator[None]:
    """Within the block, each load of a model reports how many of its tensors are read."""

    def bar(factory: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if kwargs.get("desc") == _BAR and args and hasattr(args[0], "__len__"):
            return _counted(args[0], progress)
        return factory(*args, **kwargs)

    before = logging.set_tqdm_hook(bar)
    try:
        yield
    finally:
        logging.set_tqdm_hook(before)


def _counted(items: Any, progress: Progress) -> Iterator[Any]:
    total = len(items)
    every = max(1, total // _MOST_REPORTS)
    for number, item in enumerate(items):
        if number % every == 0:
            progress(LoadProgressed("reading weights", number, total, "tensors"))
        yield item
    progress(LoadProgressed("reading weights", total, total, "tensors"))
