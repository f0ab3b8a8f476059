"""Where the last token of a text looks: the weights of every head of every layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..jobs import Job
from ..models.base import CannotError, Model
from .place import last_pass, place_after

SENTENCE = (
    "How strongly the last token looks at each token before it; the weights of one head add up to 1. "
    "They show where information may come from, not that it decided anything: heads rest on a first or "
    "a common token when they have nothing to do."
)


@dataclass(frozen=True, slots=True)
class Attention:
    """`weights` `(num_layers, num_heads, num_tokens)`; `layers`: the number of each, from 1, since some
    have no attention. `tokens`: those before the place, of which the last one looks.
    """

    tokens: tuple[str, ...]
    layers: tuple[int, ...]
    weights: NDArray[np.float32]
    sentence: str = SENTENCE

    def mean(self, layer: int | None = None) -> NDArray[np.float32]:
        """`(num_tokens,)`: over all heads, of one layer (by its row) or of all."""
        part = self.weights if layer is None else self.weights[layer : layer + 1]
        found: NDArray[np.float32] = part.mean((0, 1))
        return found

    def most(self, layer: int | None = None) -> NDArray[np.float32]:
        """`(num_tokens,)`: of the head that looks there most."""
        part = self.weights if layer is None else self.weights[layer : layer + 1]
        found: NDArray[np.float32] = part.max((0, 1))
        return found


def attention(
    model: Model, text: str, then: Sequence[int] = (), *, job: Job | None = None
) -> Attention:
    """Where the last token of `text` and `then` looks, which decides what comes next.

    Raises: CannotError where the model has no attention, or gives none; CancelledError.
    """
    job = job or Job()
    place = place_after(model, text, then, job)
    raw, size = place.reading.raw, len(place.ids)
    out = last_pass(place, 1, job, _eager(raw, model.name), output_attentions=True)
    given = getattr(out, "attentions", None) or ()
    layers = [
        (number, _of_last(weights, size))
        for number, weights in enumerate(given, 1)
        if weights is not None and getattr(weights, "ndim", 0) == 4
    ]
    if not layers:
        raise CannotError(f"{model.name} gives no attention: it has none, or keeps it inside.")
    weights = np.stack([weights for _, weights in layers])
    return Attention(place.shown, tuple(number for number, _ in layers), weights)


def _of_last(weights: Any, size: int) -> NDArray[np.float32]:
    """`(num_heads, size)`; a layer with a sliding window sees only the last tokens."""
    found = weights[0, :, -1].float().cpu().numpy()[:, -size:]
    return np.pad(found, ((0, 0), (size - found.shape[1], 0)))


@contextmanager
def _eager(raw: Any, name: str) -> Iterator[None]:
    """The plain attention, which tells its weights; afterwards the model has its own again."""
    before = getattr(raw.config, "_attn_implementation", None)
    if before is None or before == "eager" or not hasattr(raw, "set_attn_implementation"):
        yield
        return
    try:
        raw.set_attn_implementation("eager")
    except (ValueError, AttributeError) as error:
        raise CannotError(f"{name} has no attention that tells its weights: {error}") from error
    try:
        yield
    finally:
        raw.set_attn_implementation(before)
