"""A loaded causal model as the engine uses it: feed tokens to a cache, get logits, take tokens back.

Knows no text. Which argument carries the cache, and whether it can be cropped, is found out once from the
model's own description; a model that takes no cache reads everything again for each token.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .cache_plan import Ids
from .kv_cache import BrokenOffError, RunCache, is_croppable
from .shared_prefix import NotSharedError

_CACHE_ARGUMENTS = ("past_key_values", "cache_params")


class ReadState:
    """What a model has read for one text: its cache, and the ids in it. Empty until something is read."""

    def __init__(self) -> None:
        self.cache: RunCache | None = None
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
        return 0 if self.cache is None else self.cache.num_bytes

    def copied(self) -> ReadState:
        """A state of its own that has read the same."""
        other = ReadState()
        other.cache = None if self.cache is None else self.cache.row(0)
        other.append(self.ids)
        return other


class RowsState:
    """What a model has read of several texts of the same length: one cache, a row for each text."""

    def __init__(self, cache: RunCache | None, ids: Ids) -> None:
        """`ids`: `(num_rows, num_tokens) int64`, those that are in `cache`."""
        self.cache = cache
        self.ids = ids

    @property
    def num_bytes(self) -> int:
        """The memory that the cache takes."""
        return 0 if self.cache is None else self.cache.num_bytes

    @property
    def history(self) -> Tensor:
        """The ids as `(num_rows, num_tokens) int64`, sharing memory."""
        return torch.from_numpy(self.ids)

    def keep_rows(self, rows: list[int]) -> None:
        """Go on with these rows alone, in this order."""
        if rows == list(range(len(self.ids))):
            return
        self.ids = self.ids[rows]
        if self.cache is not None:
            self.cache = self.cache.keep_rows(rows)

    def row(self, number: int) -> ReadState:
        """A state of its own that has read what this row has."""
        state = ReadState()
        state.cache = None if self.cache is None else self.cache.row(number)
        state.append(self.ids[number])
        return state


class LanguageModel:
    """Wraps a `transformers.PreTrainedModel` in eval mode. `vocabulary` is the width of its logits."""

    def __init__(self, model: Any) -> None:
        self._model = model
        arguments = inspect.signature(model.forward).parameters
        self._cache_argument = next((name for name in _CACHE_ARGUMENTS if name in arguments), None)
        self._keeps_logits = "logits_to_keep" in arguments
        self.vocabulary = int(model.config.get_text_config().vocab_size)
        self.device = model.device
        if self.device.type == "cpu":
            # Torch's kernel for CPUs takes grouped keys under a mask too; repeating them first, as
            # transformers does unless told so, costs more than the attention itself.
            os.environ.setdefault("TRANSFORMERS_SDPA_FORCE_GQA", "1")
        self.croppable = self._cache_argument is not None and is_croppable(model.config)
        self.breaks_off: Callable[[], bool] = lambda: False
        """Asked at every layer of a pass that `read` was told it may give up."""
        self._may_break_off = False
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
            state.cache.keep(num_ids)
            state.shorten(num_ids)

    @torch.inference_mode()
    def read(
        self, state: ReadState, ids: Ids, *, every: bool = False, may_break_off: bool = False
    ) -> Tensor:
        """Feed `ids`; returns the logits after the last of them, `(1, vocab) float32`.

        `every`: after each of them, `(num_ids, vocab) float32`.

        Raises: BrokenOffError where `may_break_off` and `breaks_off()` says so; `state` is as before then.
        """
        self._may_break_off = may_break_off and self.croppable
        if self._cache_argument is None:
            return self._read_uncached(state, ids, every)
        if len(ids) > 1 and len(state.ids) and not self._goes_on_in_chunks:
            rows = [self._read_cached(state, ids[n : n + 1], every) for n in range(len(ids))]
            return torch.cat(rows) if every else rows[-1]
        return self._read_cached(state, ids, every)

    @torch.inference_mode()
    def read_states(self, state: ReadState, ids: Ids) -> Tensor:
        """Feed `ids`; returns the last hidden state after each of them, `(num_ids, width) float32`."""
        self._may_break_off = False
        if self._cache_argument is None:
            state.append(ids)
            whole = torch.from_numpy(state.ids.copy())[None].to(self.device)
            out = self._model(input_ids=whole, return_dict=True, output_hidden_states=True)
            return _last_states(out, len(ids))
        if state.cache is None:
            state.cache = self._new_cache()
        if len(state.ids) and not self._goes_on_in_chunks:
            parts = [ids[n : n + 1] for n in range(len(ids))]
        else:
            parts = [ids]
        found = []
        for part in parts:
            out = self._pass(state.cache, part[None], len(state.ids), every=False, states=True)
            state.append(part)
            found.append(_last_states(out, len(part)))
        return torch.cat(found)

    def branch(self, state: ReadState, num_rows: int) -> RowsState:
        """`num_rows` texts that go on from `state`, which must stay as it is while they are read together."""
        return self._branch(state, num_rows, shares=num_rows > 1 and self._shares_beginnings)

    def row_bytes(self, state: ReadState, num_tokens: int) -> int:
        """The memory that each of several rows after `state` takes when it has read `num_tokens` more."""
        if state.cache is None:
            return 0
        return state.cache.row_bytes(num_tokens, shares=self._shares_beginnings)

    def _branch(self, state: ReadState, num_rows: int, *, shares: bool) -> RowsState:
        cache = None if state.cache is None else state.cache.branch(num_rows, shares=shares)
        return RowsState(cache, np.repeat(state.ids[None], num_rows, axis=0))

    @functools.cached_property
    def _shares_beginnings(self) -> bool:
        """Whether rows can share the cache of what they begin with: tried once, on a few tokens."""
        if not self.croppable:
            return False
        state, rows = ReadState(), np.array([[1, 2], [3, 1]], dtype=np.int64) % self.vocabulary
        self.read(state, np.arange(8, dtype=np.int64) % self.vocabulary)
        shared, copied = (self._branch(state, 2, shares=shares) for shares in (True, False))
        try:
            for ids in rows:
                found, expected = self.read_rows(shared, ids), self.read_rows(copied, ids)
        except (NotSharedError, AttributeError, TypeError):
            return False
        return self._alike(found, expected)

    @torch.inference_mode()
    def read_rows(self, state: RowsState, ids: Ids) -> Tensor:
        """Feed one token to each row, `ids` `(num_rows,)`; returns `(num_rows, vocab) float32`.

        Raises: BrokenOffError when `breaks_off()` says so; `state` is as before then.
        """
        self._may_break_off = self.croppable
        wanted = np.concatenate([state.ids, ids[:, None]], axis=1)
        if state.cache is None:
            out = self._model(input_ids=torch.from_numpy(wanted).to(self.device), return_dict=True)
        else:
            out = self._pass(state.cache, ids[:, None], state.ids.shape[1], every=False)
        state.ids = wanted
        rows: Tensor = out.logits[:, -1]
        return rows.float()

    def _read_cached(self, state: ReadState, ids: Ids, every: bool) -> Tensor:
        if state.cache is None:
            state.cache = self._new_cache()
        out = self._pass(state.cache, ids[None], len(state.ids), every)
        state.append(ids)
        return self._logits(out, len(ids) if every else 1)

    def _pass(
        self, cache: RunCache, ids: Ids, num_read: int, every: bool, *, states: bool = False
    ) -> Any:
        """One pass over `ids` `(num_rows, num_tokens)`, of which `cache` holds what was read before."""
        assert self._cache_argument is not None
        keywords: dict[str, Any] = {self._cache_argument: cache}
        if self._keeps_logits and not every:
            keywords["logits_to_keep"] = 1
        if states:
            keywords["output_hidden_states"] = True
        try:
            return self._model(
                input_ids=torch.from_numpy(np.ascontiguousarray(ids)).to(self.device),
                use_cache=True,
                return_dict=True,
                **keywords,
            )
        except BrokenOffError:
            cache.keep(num_read)  # the first layers have read what the others have not
            raise

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
        return self._alike(in_chunks, at_once)

    def _alike(self, found: Tensor, expected: Tensor) -> bool:
        """Whether logits differ by no more than rounding does; what reads wrongly is off by their spread."""
        most = 0.02 if self._model.dtype is torch.float32 else 0.2
        return torch.allclose(found, expected, rtol=most, atol=most * float(expected.std()))

    def _read_uncached(self, state: ReadState, ids: Ids, every: bool) -> Tensor:
        state.append(ids)
        whole = torch.from_numpy(state.ids.copy())[None].to(self.device)
        return self._logits(
            self._model(input_ids=whole, return_dict=True), len(ids) if every else 1
        )

    def _logits(self, out: Any, num_last: int) -> Tensor:
        logits: Tensor = out.logits[0, -num_last:]
        return logits.float()

    def _new_cache(self) -> RunCache:
        return RunCache(
            self._model.config,
            croppable=self.croppable,
            breaks_off=lambda: self._may_break_off and self.breaks_off(),
        )


def _last_states(out: Any, num_last: int) -> Tensor:
    states: Tensor = out.hidden_states[-1][0, -num_last:]
    return states.float()
