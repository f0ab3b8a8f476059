"""How likely a model finds each token of a text: a fresh read, in chunks, without any earlier cache.

A text longer than the window is read in overlapping windows, as a run that wrote it would have. Of a memory
counts what stands before the story; note and lore that come and go are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..link.messages import Alternative, Event, ScoredToken, ScoreText, TextScored
from .cache_plan import Ids
from .context.surroundings import Surroundings
from .context.window import Window
from .model import ReadState

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel

CHUNK_TOKENS = 128


class Scoring:
    """A text being scored; takes turns like a run (`scheduler.Reader`)."""

    reads_every = True
    rows = None
    paused = False

    def __init__(self, writing: WritingModel, request: ScoreText) -> None:
        around = Surroundings(writing, request.mode, request.prompt, request.memory)
        head = around.head(around.admit({}))
        self.run = f"score {request.request}"
        self.state = ReadState()
        self.ended = False
        self._request = request
        self._writing = writing
        self._head = np.array([number for piece in head for number in piece.ids], dtype=np.int64)
        self._text = writing.tokenize(
            request.text, known=request.known, lead=around.lead, first=not around.has_text
        )
        self._ids = np.array(self._text.ids, dtype=np.int64)
        self._window = Window(writing.window - len(self._head))
        self._logprobs: list[float | None] = []
        self._alternatives: list[tuple[Alternative, ...]] = []

    @property
    def num_bytes(self) -> int:
        """The memory of what was read."""
        return self.state.num_bytes

    @property
    def wants_step(self) -> bool:
        """True until everything is scored."""
        return not self.ended

    def next_chunk(self) -> Ids:
        """The next tokens to be read; the cache is emptied where the window moves."""
        if not len(self._head) + len(self._ids):
            return self._writing.fallback_ids
        position = self._position()
        room_left = self._writing.window - len(self.state.ids)
        if room_left == 0:
            self._window.fit(position + 1)
            self.state.forget()
            room_left = self._writing.window
        wanted = np.concatenate([self._head, self._ids[self._window.start :]])
        done = len(self.state.ids)
        return wanted[done : done + min(CHUNK_TOKENS, room_left)]

    def take(self, chunk: Ids, logits: Tensor, started: float) -> list[Event]:
        """Score the tokens that follow each one read; the answer comes with the last."""
        position = self._position()
        first = position - len(
            chunk
        )  # the token of the text that chunk[0] is; negative inside the head
        if not self._logprobs and not len(self._head):
            self._note_unknown()
        for row in range(len(chunk)):
            following = first + row + 1
            if following == len(self._logprobs) and following < len(self._ids):
                self._note(logits[row], int(self._ids[following]))
        if len(self._logprobs) < len(self._ids):
            return []
        self.ended = True
        self.state.forget()
        return [TextScored(self._request.request, self._tokens())]

    def fail(self, message: str) -> list[Event]:
        """Answer with an error."""
        self.ended = True
        self.state.forget()
        return [TextScored(self._request.request, (), message)]

    def evict(self) -> None:
        """Never needed: it does not rest."""

    def _position(self) -> int:
        """How many tokens of the text have been read, counting those before the window."""
        return self._window.start + len(self.state.ids) - len(self._head)

    def _note_unknown(self) -> None:
        if len(self._ids):
            self._logprobs.append(None)
            self._alternatives.append(())

    def _note(self, logits: Tensor, token_id: int) -> None:
        logprobs = logits.log_softmax(-1)
        self._logprobs.append(float(logprobs[token_id]))
        num_shown = min(self._request.alternatives, len(logprobs))
        top = logprobs.topk(num_shown)
        self._alternatives.append(
            tuple(
                Alternative(number, self._writing.bytes.shown(number), logprob)
                for number, logprob in zip(top.indices.tolist(), top.values.tolist(), strict=True)
            )
        )

    def _tokens(self) -> tuple[ScoredToken, ...]:
        text = self._text.text
        scored = []
        start = 0
        for number, token_id in enumerate(self._text.ids):
            end = self._text.place(self._text.ends[number])
            scored.append(
                ScoredToken(
                    start,
                    end,
                    token_id,
                    text[start:end],
                    self._logprobs[number],
                    self._alternatives[number],
                )
            )
            start = end
        return tuple(scored)
