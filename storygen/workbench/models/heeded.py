"""Which sampling parameters a model can't heed, by the titles under which people know them."""

from __future__ import annotations

from ...engine.sampling.parameters import PARAMETERS
from .base import Model, Params


def unheeded_titles(model: Model, params: Params) -> tuple[str, ...]:
    """Titles of those of `params` that are set and that `model` can't heed."""
    names = model.unheeded(params)
    return tuple(one.title for one in PARAMETERS if one.name in names)
