"""The built-in pages. Each is a component made of elements, and imports what it needs when it is opened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..component import Component

if TYPE_CHECKING:
    from ..metrics.built_in import Given


def built_in_pages(metrics: Iterable[Given] | None = None) -> list[Component]:
    """All of them, in the order in which they are offered. `metrics`: those shown at first."""
    from .chat import Chat
    from .dataset_viewer import DatasetViewer
    from .generation import Generation
    from .next_token import NextToken
    from .runs import Runs

    given = None if metrics is None else list(metrics)
    return [DatasetViewer(), Generation(given), NextToken(), Chat(), Runs(given)]
