"""A loaded model that several pages ask: it reads in turns, and what it has read is kept.

A turn is one pass. A text is read from the longest beginning that was read before, so that a step of one
token costs one token. The weights may be in training: every module gets its mode back after a turn, and
what was read with other weights is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ...engine.cache_plan import Ids, num_common, plan_cache
from ...engine.context.window import Window
from ...engine.loading.memory import MOST_CACHE_BYTES
from ...engine.model import ReadState
from ...engine.next_tokens import LastLogits
from ...engine.shelf import Shelf
from ...engine.writing_model import WritingModel
from ...errors import BadRequestError, ModelError
from ..jobs import Job
from .local_facts import check_numbers, cut
from .turns import Turns

if TYPE_CHECKING:
    from torch import Tensor

    from ...engine.loading.loaded import LoadedModel

CHUNK_TOKENS = 256
MOST_LOGITS = 1 << 24
"""A chunk has no more logits than this: 64 MB."""


@dataclass(frozen=True, slots=True)
class Read:
    """A text as ids; the first `num_head` begin every text and are none of it. `ends`: as the encoder's."""

    text: str
    ids: Ids
    ends: Sequence[int]
    num_head: int

    @property
    def texts(self) -> list[str]:
        """What each token of the text adds to it."""
        return cut(self.text, self.ends[self.num_head :])


class Reading:
    """`own`: nobody else has the model, so that it need not be looked after."""

    def __init__(self, name: str, loaded: LoadedModel, *, own: bool) -> None:
        self.name = name
        self.raw = loaded.model
        self.tokenizer = loaded.tokenizer
        self.info = loaded.info
        self.pads: bool | None = (
            None  # whether padded texts are read as they should; None: not tried
        )
        self._own = own
        self._turns = Turns()
        self._mark: object = None
        self._last = LastLogits()
        self._shelf: Shelf | None = None
        self._latest: ReadState | None = None
        with self.at_work():
            self.writing = WritingModel(loaded)
        self.model = self.writing.model
        self._shelf = Shelf(self.model)

    @contextmanager
    def at_work(self) -> Iterator[Any]:
        """The model's turn: in eval mode, whatever mode each of its modules is in. Gives the raw model.

        Raises: ModelError where there is not enough memory.
        """
        with self._turns:
            training = [] if self._own else [m for m in self.raw.modules() if m.training]
            for module in training:
                module.training = False  # not eval(): some layers change their weights with it
            try:
                self._forget_other_weights()
                yield self.raw
            except torch.OutOfMemoryError as error:
                raise ModelError(
                    f"There was not enough memory on {self.raw.device} for this.",
                    mend="Choose a shorter text or fewer at once, or close what else uses it.",
                    code="memory",
                ) from error
            finally:
                for module in training:
                    module.training = True

    def _forget_other_weights(self) -> None:
        if self._own:
            return
        mark = tuple((p.data_ptr(), _version(p)) for p in self.raw.parameters())
        if mark != self._mark:
            self._mark = mark
            self.forget()

    def forget(self) -> None:
        """Free what was read."""
        self._last = LastLogits()
        self._latest = None
        if self._shelf is not None:
            self._shelf = Shelf(self.model)

    # ------------------------------------------------------------ texts

    def read(self, text: str) -> Read:
        """`text` as it is read from its beginning. Raises: BadRequestError for half a surrogate pair."""
        _check_text(text)
        ids, ends = self.writing.encode_first(text)
        num_head = self.writing.num_start_tokens
        if num_head and (len(ids) < num_head or ends[num_head - 1]):
            num_head = 0  # the text itself brings the token that begins every text
        return Read(text, np.array(ids, dtype=np.int64), ends, num_head)

    def read_on(self, text: str) -> Read:
        """`text` in the midst of another one."""
        _check_text(text)
        ids, ends = self.writing.encoder.encode(text, first=False)
        return Read(text, np.array(ids, dtype=np.int64), ends, 0)

    def without_start(self, text: str) -> str:
        """`text` without the token that begins every text, where a template wrote that out."""
        start = self.tokenizer.bos_token if self.writing.num_start_tokens else None
        return text.removeprefix(start) if start else text

    # ------------------------------------------------------------ what follows a text

    def logits_after(self, ids: Ids, job: Job | None = None) -> Tensor:
        """`(1, vocab) float32` after `ids`; of ids that don't fit the window, its last part is read.

        Raises: ModelError where they are no numbers; CancelledError.
        """
        ids = self.within_window(ids if len(ids) else self.writing.fallback_ids)
        with self.at_work():
            known = self._last.find(ids)
        if known is not None:
            return known
        with self.state_for(ids) as state:
            logits = self.read_to(state, ids, job)
            self._last.put(ids, logits)
        return logits

    def within_window(self, ids: Ids, num_head: int | None = None) -> Ids:
        """`ids`, or their head and the last part of them, as much as fits the window with one to follow."""
        if num_head is None:
            num_head = self.writing.num_start_tokens
        window = Window(self.writing.window - num_head)
        window.fit(len(ids) - num_head)
        return np.concatenate([ids[:num_head], ids[num_head + window.start :]])

    def read_to(self, state: ReadState, ids: Ids, job: Job | None = None) -> Tensor:
        """Read `ids` from what `state` has read; `(1, vocab) float32` after them. Raises: CancelledError."""
        plan = plan_cache(state.ids, ids, croppable=self.model.croppable)
        with self.at_work():
            self.model.keep(state, plan.keep)
        for start in range(0, len(plan.feed), CHUNK_TOKENS):
            if job is not None:
                job.check()
            with self.at_work():
                logits = self.model.read(state, plan.feed[start : start + CHUNK_TOKENS])
        check_numbers(logits, self.name)
        return logits

    def places(
        self, ids: Ids, first: int, num_head: int, job: Job | None = None
    ) -> Iterator[tuple[int, Tensor]]:
        """(place, logits `(num, vocab)`), row i what the model said of token `place + i`; from `first` on.

        Texts longer than the window are read in overlapping windows that keep the head.
        """
        assert first > 0
        window = Window(self.writing.window - num_head)
        most = max(1, min(CHUNK_TOKENS, MOST_LOGITS // self.model.vocabulary))
        done = first
        with self.state_for(ids[: first + 1]) as state:
            while done < len(ids):
                if job is not None:
                    job.progress(done - first, len(ids) - first)
                window.fit(done - num_head)
                start = num_head + window.start
                wanted = np.concatenate([ids[:num_head], ids[start:done]])
                self.leave_read(state, wanted[:-1], job)
                last = min(done - 1 + most, start + window.room, len(ids) - 1)
                with self.at_work():
                    logits = self.model.read(state, ids[done - 1 : last], every=True)
                check_numbers(logits, self.name)
                yield done, logits
                done += len(logits)

    def leave_read(self, state: ReadState, ids: Ids, job: Job | None = None) -> None:
        """Leave exactly `ids` read, which may be none. Raises: CancelledError."""
        if not len(ids):
            state.forget()
        elif not np.array_equal(state.ids, ids):
            same = num_common(state.ids, ids) == len(ids) and self.model.croppable
            if same:
                with self.at_work():
                    self.model.keep(state, len(ids))
            else:
                self.read_to(state, ids, job)

    # ------------------------------------------------------------ what was read

    @contextmanager
    def state_for(self, ids: Ids) -> Iterator[ReadState]:
        """A state to read `ids` with, for the time of the block; what it has read then is kept."""
        with self.at_work():
            state = self._take(ids)
        try:
            yield state
        finally:
            with self.at_work():
                self._keep(state)

    def _take(self, ids: Ids) -> ReadState:
        assert self._shelf is not None
        latest, self._latest = self._latest, None
        if latest is not None:
            same = num_common(latest.ids, ids)
            cuts = self.model.croppable and 2 * same >= len(latest.ids)
            if cuts or same == len(latest.ids) < len(ids):
                return latest
            self._shelf.put(latest)
        return self._shelf.find(ids, ())

    def _keep(self, state: ReadState) -> None:
        assert self._shelf is not None
        if self._latest is not None:
            self._shelf.put(self._latest)
        self._latest = state
        while self._shelf.num_bytes > MOST_CACHE_BYTES and self._shelf.drop_oldest():
            pass


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadRequestError(
            f"The text holds half a character (a lone surrogate) at {error.start}; take it out."
        ) from error


def _version(parameter: Any) -> int:
    return 0 if parameter.is_inference() else int(parameter._version)
