"""How a model sees texts: the mean of its last hidden states over each one's tokens, after one beginning.

The beginning's end is read once for all of them, where the cache can be cropped. What was read is given up
at the end: it would only take the place of what runs go on from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from ..errors import BadRequestError
from ..link.messages import EmbedTexts, Event, TextsEmbedded
from .cache_plan import Ids, plan_cache
from .model import ReadState
from .text.encoder import LONG

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel

MOST_TEXTS = 50
MOST_BEFORE = 128
"""So many tokens of what stands before are read, or half of the window."""
MOST_OWN = 256
"""So many of each text."""
CHUNK = 64
"""Read at once: who writes beside it waits no longer than for these."""
MOST_LETTERS = LONG - 1
"""Of what stands before and of each text: what is longer would push a story out of the encoder's memory."""
DIGITS = 5
"""Significant ones of what is told."""


class Embedding:
    """Texts being read; takes turns like a run (`scheduler.Reader`)."""

    rows = None
    paused = False
    reads_every = False

    def __init__(self, writing: WritingModel, asked: EmbedTexts) -> None:
        """Raises: BadRequestError for too many texts, or none."""
        if not 0 < len(asked.texts) <= MOST_TEXTS:
            raise BadRequestError(f"From 1 to {MOST_TEXTS} texts are read at once.")
        self.run = f"embed {asked.request}"
        self.state = ReadState()
        self.ended = False
        self._writing, self._asked = writing, asked
        self._before = _end_of(writing, asked.text)
        most = min(MOST_OWN, writing.window - len(self._before))
        encode = writing.encoder.encode
        self._texts = [
            _ids(encode(text[:MOST_LETTERS], first=False)[0][:most]) for text in asked.texts
        ]
        self._vectors: list[tuple[float, ...]] = []
        self._sum: Tensor | None = None
        self._feed: Ids | None = None

    @property
    def wants_step(self) -> bool:
        """True until all are read."""
        return not self.ended

    @property
    def num_bytes(self) -> int:
        """The memory of what was read."""
        return self.state.num_bytes

    def next_chunk(self) -> Ids:
        """Ids to be read next; the cache is cropped to what stands before for each text."""
        if self._feed is None:
            own = self._own
            # All of a text's own tokens are read, whatever the text before it began with.
            anew = np.concatenate([self._before, own[:1]])
            model = self._writing.model
            plan = plan_cache(self.state.ids, anew, croppable=model.croppable)
            model.keep(self.state, plan.keep)
            self._feed = np.concatenate([self._before, own])[plan.keep :]
        return self._feed[:CHUNK]

    def take(self, chunk: Ids, states: Tensor, started: float) -> list[Event]:
        """Add up the hidden states `(num_tokens, width)` after a text's tokens; the answer after the last."""
        assert self._feed is not None
        self._feed = self._feed[len(chunk) :]
        first = len(self.state.ids) - len(chunk)
        own = states[max(0, len(self._before) - first) :]
        if len(self._own) and len(own):
            added = own.sum(0, dtype=torch.float64)
            self._sum = added if self._sum is None else self._sum + added
        if len(self._feed):
            return []
        self._vectors.append(self._mean())
        self._sum = self._feed = None
        if len(self._vectors) < len(self._texts):
            return []
        return self._answer(TextsEmbedded(self._asked.request, tuple(self._vectors)))

    def cancel(self) -> list[Event]:
        """Answer that it was given up."""
        return self.fail("This was given up.")

    def fail(self, message: str) -> list[Event]:
        """Answer with an error."""
        return self._answer(TextsEmbedded(self._asked.request, error=message))

    def evict(self) -> None:
        """Never needed: it does not rest."""

    @property
    def _own(self) -> Ids:
        return self._texts[len(self._vectors)]

    def _mean(self) -> tuple[float, ...]:
        if self._sum is None:
            return ()
        mean = (self._sum / len(self._own)).tolist()
        return tuple(float(f"{value:.{DIGITS}g}") for value in mean)

    def _answer(self, answer: TextsEmbedded) -> list[Event]:
        self.ended = True
        self.state.forget()
        return [answer]


def _end_of(writing: WritingModel, text: str) -> Ids:
    """The token that begins every text, and the last ones of `text`; never none."""
    ids, _ = writing.encode_first(text[-MOST_LETTERS:])
    if not ids:
        return writing.fallback_ids
    num_start, most = writing.num_start_tokens, min(MOST_BEFORE, writing.window // 2)
    left = ids[num_start:][-(most - num_start) :]
    return _ids([*ids[:num_start], *left])


def _ids(ids: list[int]) -> Ids:
    return np.array(ids, dtype=np.int64)
