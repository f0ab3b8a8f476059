"""The keys and values that a model keeps of one text: they grow in place, and can be taken back.

transformers' own layer copies everything that it holds with each token; ours has room for more. Every
layer's turn in a pass is also where the pass can be broken off, whatever the model looks like inside.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from .shared_prefix import SharedStates

SPARE_TOKENS = 256
"""Room for at least so many tokens more whenever a layer is full, and for an eighth of what it holds."""


class BrokenOffError(Exception):
    """A pass through the model was given up; the cache is as it was before it."""


class GrowingLayer(DynamicLayer):  # type: ignore[misc]  # untyped library
    """Full attention: `keys` and `values` are the filled parts of two buffers.

    Each buffer is `(batch, heads, capacity, width)`; cropping (by the base class) only shortens the views.
    """

    keys: Tensor
    values: Tensor

    def __init__(self) -> None:
        super().__init__()
        self._buffers: tuple[Tensor, Tensor] | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Append `(batch, heads, num_tokens, width)`; returns all keys and all values."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if self._buffers is None or end > self._buffers[0].shape[-2]:
            capacity = end + max(SPARE_TOKENS, end // 8)
            self._buffers = (
                _grown(self.keys, key_states, start, capacity),
                _grown(self.values, value_states, start, capacity),
            )
        keys, values = self._buffers
        keys.narrow(-2, start, end - start).copy_(key_states)
        values.narrow(-2, start, end - start).copy_(value_states)
        self.keys, self.values = keys.narrow(-2, 0, end), values.narrow(-2, 0, end)
        return self.keys, self.values

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Hold the rows `beam_idx` `(num_rows,) int64` instead, in buffers of their own."""
        if not self.is_initialized:
            return
        end = self.get_seq_length()
        capacity = end + max(SPARE_TOKENS, end // 8)
        self._buffers = (
            _grown(self.keys, self.keys, end, capacity, beam_idx),
            _grown(self.values, self.values, end, capacity, beam_idx),
        )
        self.keys, self.values = (buffer.narrow(-2, 0, end) for buffer in self._buffers)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """What takes memory."""
        return self._buffers or ()


class BranchedLayer(DynamicLayer):  # type: ignore[misc]
    """Full attention of rows that go on from one beginning, whose keys and values they share."""

    def __init__(self, beginning: GrowingLayer, num_rows: int) -> None:
        super().__init__()
        self._beginning = (beginning.keys, beginning.values)
        self._own = GrowingLayer()
        self.dtype, self.device = beginning.keys.dtype, beginning.keys.device
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[SharedStates, SharedStates]:
        """Append `(num_rows, heads, num_tokens, width)`; returns all keys and all values."""
        keys, values = self._own.update(key_states, value_states)
        return SharedStates(self._beginning[0], keys), SharedStates(self._beginning[1], values)

    def get_seq_length(self) -> int:
        """Tokens that each row has, the beginning's counted."""
        num_own: int = self._own.get_seq_length()
        return self._beginning[0].shape[-2] + num_own

    def crop(self, tokens_to_remove: int) -> None:
        """Take back the last tokens, `tokens_to_remove` of them as a negative number, of every row."""
        self._own.crop(tokens_to_remove)

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Hold the rows `beam_idx` `(num_rows,) int64` instead."""
        self._own = copy.copy(self._own)  # another cache may hold it as it was
        self._own.reorder_cache(beam_idx)

    def row(self, number: int) -> GrowingLayer:
        """The beginning and what one row added to it, by itself."""
        layer = GrowingLayer()
        layer.update(*self._beginning)
        if self._own.is_initialized:
            rows = slice(number, number + 1)
            layer.update(self._own.keys[rows], self._own.values[rows])
        return layer

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """What takes memory here."""
        return self._own.tensors


class RunCache(DynamicCache):  # type: ignore[misc]
    """The cache of one text. `breaks_off` is asked at every layer of a pass."""

    layers: list[Any]

    def __init__(self, config: Any, *, croppable: bool, breaks_off: Callable[[], bool]) -> None:
        super().__init__(config=config)
        self._breaks_off = breaks_off
        self.layers = [GrowingLayer() if type(x) is DynamicLayer else x for x in self.layers]
        if croppable:
            # Sliding layers then keep what slid out of the window, which a crop brings back into it.
            self.activate_past_recording()

    def update(self, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """A layer's turn. Raises: BrokenOffError."""
        if self._breaks_off():
            raise BrokenOffError
        return super().update(*args, **kwargs)  # type: ignore[no-any-return]

    def keep(self, num_tokens: int) -> None:
        """Take back all but the first `num_tokens`, from every layer that has read more."""
        for layer in self.layers:
            if layer.is_initialized and (extra := layer.get_seq_length() - num_tokens) > 0:
                _crop(layer, extra)

    def branch(self, num_rows: int, *, shares: bool) -> RunCache:
        """A cache of texts that all go on from this one's, to be read together.

        `shares`: what was read up to here is kept once for all of them, in this cache, which must stay as it
        is while they are read.
        """
        rows = torch.zeros(num_rows, dtype=torch.int64)
        return self._with_layers(
            BranchedLayer(layer, num_rows)
            if shares and isinstance(layer, GrowingLayer) and layer.is_initialized
            else _rows_of(layer, rows)
            for layer in self.layers
        )

    def keep_rows(self, rows: list[int]) -> RunCache:
        """A cache of these rows alone, in this order."""
        return self._with_layers(_rows_of(layer, torch.tensor(rows)) for layer in self.layers)

    def row(self, number: int) -> RunCache:
        """A cache of one row, which shares nothing with this one."""
        rows = torch.tensor([number])
        return self._with_layers(
            layer.row(number) if isinstance(layer, BranchedLayer) else _rows_of(layer, rows)
            for layer in self.layers
        )

    def row_bytes(self, num_tokens: int, *, shares: bool) -> int:
        """The memory that a row of `branch` takes when it has read `num_tokens` more."""
        return sum(_row_bytes(layer, num_tokens, shares=shares) for layer in self.layers)

    def _with_layers(self, layers: Iterable[Any]) -> RunCache:
        other = copy.copy(self)
        other.layers = list(layers)
        return other

    @property
    def num_bytes(self) -> int:
        """The memory that it takes."""
        return sum(map(_layer_bytes, self.layers))


def is_croppable(config: Any) -> bool:
    """Whether every layer keeps each token's keys and values by themselves, not a state of all of them."""
    return all(
        isinstance(layer, DynamicLayer) and not hasattr(layer, "recurrent_states")
        for layer in DynamicCache(config=config).layers
    )


def _grown(
    old: Tensor, new: Tensor, num_kept: int, capacity: int, rows: Tensor | None = None
) -> Tensor:
    """A buffer like `new` with room for `capacity` tokens, beginning with those of `old` (its `rows`)."""
    num_rows = len(new) if rows is None else len(rows)
    buffer = new.new_empty((num_rows, *new.shape[1:-2], capacity, new.shape[-1]))
    if num_kept and rows is None:
        buffer[..., :num_kept, :] = old
    elif rows is not None:
        for row, number in enumerate(rows.tolist()):
            buffer[row, ..., :num_kept, :] = old[number]
    return buffer


def _rows_of(layer: Any, rows: Tensor) -> Any:
    branched = copy.copy(layer)
    for name, value in vars(layer).items():
        if isinstance(value, dict):  # of states, which are exchanged one by one
            setattr(branched, name, dict(value))
    branched.reorder_cache(rows)
    return branched


def _crop(layer: Any, num_tokens: int) -> None:
    if not isinstance(layer, DynamicSlidingWindowLayer):
        layer.crop(-num_tokens)
        return
    # The layer's own `crop` would also cut what lies before the window, and so allow no further crop.
    layer.keys = layer.keys[..., :-num_tokens, :]
    layer.values = layer.values[..., :-num_tokens, :]
    layer.cumulative_length -= num_tokens


def _row_bytes(layer: Any, num_tokens: int, *, shares: bool) -> int:
    if not isinstance(layer, GrowingLayer) or not layer.is_initialized:
        return _layer_bytes(layer)
    num_tokens += SPARE_TOKENS + (0 if shares else layer.get_seq_length())
    return sum(t[0, ..., 0, :].numel() * t.element_size() for t in layer.tensors) * num_tokens


def _layer_bytes(layer: Any) -> int:
    if isinstance(layer, GrowingLayer | BranchedLayer):
        tensors: list[Any] = list(layer.tensors)
    else:
        tensors = [getattr(layer, "keys", None), getattr(layer, "values", None)]
    for name in ("conv_states", "recurrent_states"):
        states = getattr(layer, name, None)
        tensors += states.values() if isinstance(states, dict) else [states]
    return sum(t.numel() * t.element_size() for t in tensors if isinstance(t, Tensor))
