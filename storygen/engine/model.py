"""A loaded causal model as the engine uses it: feed tokens to a cache, get logits, take tokens back.

Knows no text. Which argument carries the cache, and whether it can be cropped, is found out once from the
model's own description; a model that takes no cache reads everything again for each token.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from .cache_plan import Ids

_CACHE_ARGUMENTS = ("past_key_values", "cache_params")


class ReadState:
    """What a model has read for one text: its cache, and the ids in it. Empty until something is read."""

    def __init__(self) -> None:
        self.cache: Cache | None = None
        self._ids: Ids = np.empty(256, dtype=np.int64)
        self._num_ids = 0

    @property
    def ids(self) -> Ids:
        """The ids that were read; a view that the next change invalidates."""
        return self._ids[: self._num_ids]

    @property
    def history(self) -> Tensor:
        """The same as `(1, num_tokens) int64`, sharing memory."""
        return torch.from_numpy(self.ids)[None]

    def append(self, ids: Ids) -> None:
        """Note that `ids` were read."""
        needed = self._num_ids + len(ids)
        if needed > len(self._ids):
            grown = np.empty(max(needed, 2 * len(self._ids)), dtype=np.int64)
            grown[: self._num_ids] = self.ids
            self._ids = grown
        self._ids[self._num_ids : needed] = ids
        self._num_ids = needed

    def forget(self) -> None:
        """Free the cache."""
        self.cache = None
        self._num_ids = 0

    def shorten(self, num_ids: int) -> None:
        """Note that only the first `num_ids` are still in the cache."""
        self._num_ids = num_ids

    @property
    def num_bytes(self) -> int:
        """The memory that the cache takes."""
        return 0 if self.cache is None else sum(map(_layer_bytes, self.cache.layers))


class LanguageModel:
    """Wraps a `transformers.PreTrainedModel` in eval mode. `vocabulary` is the width of its logits."""

    def __init__(self, model: Any) -> None:
        self._model = model
        arguments = inspect.signature(model.forward).parameters
        self._cache_argument = next((name for name in _CACHE_ARGUMENTS if name in arguments), None)
        self._keeps_logits = "logits_to_keep" in arguments
        self.vocabulary = int(model.config.get_text_config().vocab_size)
        self.device = model.device
        self.croppable = self._cache_argument is not None and _is_croppable(
            DynamicCache(config=model.config)
        )
        self._goes_on_in_chunks = True
        self._goes_on_in_chunks = self.croppable or self._reads_on_in_chunks()

    def keep(self, state: ReadState, num_ids: int) -> None:
        """Crop `state` to its first `num_ids` tokens.

        A model whose cache can't be cropped may only keep everything or nothing.
        """
        if num_ids == 0:
            state.forget()
        elif num_ids < len(state.ids):
            assert self.croppable and state.cache is not None
            _crop(state.cache, len(state.ids) - num_ids)
            state.shorten(num_ids)

    @torch.inference_mode()
    def read(self, state: ReadState, ids: Ids, *, every: bool = False) -> Tensor:
        """Feed `ids`; returns the logits after the last of them, `(1, vocab) float32`.

        `every`: after each of them, `(num_ids, vocab) float32`.
        """
        if self._cache_argument is None:
            return self._read_uncached(state, ids, every)
        if len(ids) > 1 and len(state.ids) and not self._goes_on_in_chunks:
            rows = [self._read_cached(state, ids[n : n + 1], every) for n in range(len(ids))]
            return torch.cat(rows) if every else rows[-1]
        return self._read_cached(state, ids, every)

    def _read_cached(self, state: ReadState, ids: Ids, every: bool) -> Tensor:
        if state.cache is None:
            state.cache = self._new_cache()
        assert self._cache_argument is not None
        keywords: dict[str, Any] = {self._cache_argument: state.cache}
        if self._keeps_logits and not every:
            keywords["logits_to_keep"] = 1
        out = self._model(
            input_ids=torch.from_numpy(np.ascontiguousarray(ids))[None].to(self.device),
            use_cache=True,
            return_dict=True,
            **keywords,
        )
        state.append(ids)
        return self._logits(out, len(ids) if every else 1)

    def _reads_on_in_chunks(self) -> bool:
        """Whether several tokens may be fed to a state that has read others already.

        Some recurrent models silently begin anew then (Mamba in transformers 5.23); these get one at a time.
        """
        if self._cache_argument is None:
            return True
        ids: Ids = np.arange(8, dtype=np.int64) % self.vocabulary
        at_once = self.read(ReadState(), ids)
        state = ReadState()
        self.read(state, ids[:4])
        in_chunks = self.read(state, ids[4:])
        return torch.allclose(at_once, in_chunks, rtol=0.02, atol=0.02 * float(at_once.std()))

    def _read_uncached(self, state: ReadState, ids: Ids, every: bool) -> Tensor:
        state.append(ids)
        whole = torch.from_numpy(state.ids.copy())[None].to(self.device)
        return self._logits(
            self._model(input_ids=whole, return_dict=True), len(ids) if every else 1
        )

    def _logits(self, out: Any, num_last: int) -> Tensor:
        logits: Tensor = out.logits[0, -num_last:]
        return logits.float()

    def _new_cache(self) -> Cache:
        cache = DynamicCache(config=self._model.config)
        if self.croppable:
            # Sliding layers then keep what slid out of the window, which a crop brings back into it.
            cache.activate_past_recording()
        return cache


def _is_croppable(cache: Cache) -> bool:
    """Whether every layer keeps each token's keys and values by themselves, not a state of all of them."""
    return all(
        isinstance(layer, DynamicLayer) and not hasattr(layer, "recurrent_states")
        for layer in cache.layers
    )


def _crop(cache: Cache, num_tokens: int) -> None:
    for layer in cache.layers:
        if isinstance(layer, DynamicSlidingWindowLayer):
            _crop_sliding(layer, num_tokens)
        else:
            layer.crop(-num_tokens)


def _crop_sliding(layer: DynamicSlidingWindowLayer, num_tokens: int) -> None:
    """Take the last tokens off and leave the rest.

    The layer's own `crop` would also cut what lies before the window, and so allow no further crop.
    """
    if layer.is_initialized:
        layer.keys = layer.keys[..., :-num_tokens, :]
        layer.values = layer.values[..., :-num_tokens, :]
        layer.cumulative_length -= num_tokens


def _layer_bytes(layer: Any) -> int:
    tensors = [getattr(layer, "keys", None), getattr(layer, "values", None)]
    for name in ("conv_states", "recurrent_states"):
        states = getattr(layer, name, None)
        tensors += states.values() if isinstance(states, dict) else [states]
    return sum(t.numel() * t.element_size() for t in tensors if isinstance(t, Tensor))
