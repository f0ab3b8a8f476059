"""Several continuations of one text: the text is read once, then all are written together, a token each
with every step.

All begin at the same place, so at any step their rows are equally long and need no padding. A row that has
ended leaves the batch. One whose cache no longer fits its text (a word that can't be completed as it
stands) leaves it too, and goes on alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..errors import BadRequestError
from ..link.messages import Event, StartSet
from .beginning import Beginning
from .cache_plan import Ids
from .context.run_context import RunContext
from .decoding import Decoding
from .generation import Generation
from .sampling.parameters import check_params, response_tokens
from .set_reader import SetReader

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel

MOST_TOKENS = 500
MOST_ROWS = 20
_PLENTY = 1 << 30


class CandidateSet(SetReader):
    """The rows of one set."""

    def __init__(
        self,
        writing: WritingModel,
        start: StartSet,
        *,
        most_bytes: int,
        leave: Callable[[Generation], object],
    ) -> None:
        """`most_bytes`: for the caches of rows written together. `leave` takes those that go on alone.

        Raises: BadRequestError when a parameter is wrong, or a row knows no end.
        """
        params = [check_params(row.params) for row in start.rows]
        most = [
            full["max_tokens"] - start.next_index for full in params if full["limit"] != "endless"
        ]
        if not 0 < len(params) <= MOST_ROWS or len(most) < len(params):
            raise BadRequestError(f"A set has 1 to {MOST_ROWS} rows, none of them endless.")
        if not all(0 < tokens <= MOST_TOKENS for tokens in most):
            raise BadRequestError(f"A row of a set has 1 to {MOST_TOKENS} tokens (max_tokens).")
        self._writing = writing
        self._most_bytes = most_bytes
        self._leave = leave
        context = RunContext(writing, start, response=max(map(response_tokens, params)))
        context.wanted()  # the rows go on from what is arranged for all of them
        super().__init__(start.run, Beginning(writing, context, start.run, start.revision))
        self._waiting = [
            Decoding(writing, context.fork(), row.run, row.params, row.seed, start.revision)
            for row in start.rows
        ]
        for decoding in self._waiting:
            decoding.remember(start.before)
        self._together: list[Decoding] = []
        self._first: Tensor | None = None  # the logits after the text, which all rows begin with

    # ------------------------------------------------------------ what the scheduler asks

    @property
    def ended(self) -> bool:
        """Whether no row is left here."""
        return not self._waiting and not self._together

    def has(self, run: str) -> bool:
        """Whether a row of that name is still written here."""
        return any(row.run == run for row in [*self._waiting, *self._together])

    # ------------------------------------------------------------ commands

    def stop(self, run: str = "") -> list[Event]:
        """End the row of that name, or all."""
        return self._end_rows(run, "stopped")

    def fail(self, message: str) -> list[Event]:
        """End all rows because of an error."""
        events = self._end_rows("", "failed", message)
        self.state.forget()
        return events

    def _end_rows(self, run: str, reason: str, message: str = "") -> list[Event]:
        events: list[Event] = []
        for row in [*self._waiting, *self._together]:
            if run in ("", row.run):
                events += row.end(reason, message=message)
        self._waiting = [row for row in self._waiting if not row.ended]
        self._keep([not row.ended for row in self._together])
        return events

    # ------------------------------------------------------------ a step

    def next_chunk(self) -> Ids:
        """Ids of the text; then the last token of each row."""
        if self.rows is not None:
            return np.array([row.next_id for row in self._together], dtype=np.int64)
        return self._beginning.next_chunk()

    def take(self, chunk: Ids, logits: Tensor, started: float) -> list[Event]:
        """What comes of the logits: `(1, vocab)` while the text is read, then `(num_rows, vocab)`.

        Raises: ModelError when no token of the model can go on from the text.
        """
        events: list[Event] = []
        if self.rows is not None:
            history = self.rows.history
            for number, row in enumerate(self._together):
                events += row.take(
                    history[number : number + 1], logits[number : number + 1], started
                )
            self._sort_out()
        else:
            events += self._beginning.take(chunk)
            if not self._beginning.is_read:
                return events
            self._first = logits
        return events + self._begin_more(started)

    def _begin_more(self, started: float) -> list[Event]:
        """Let as many rows begin as there is memory for, once those before have ended."""
        events: list[Event] = []
        while self._waiting and not self._together and self._first is not None:
            at_once = max(1, self._most_bytes // max(1, self.state.num_bytes))
            self._together, self._waiting = self._waiting[:at_once], self._waiting[at_once:]
            for row in self._together:
                events += row.take(self.state.history, self._first, started)
            self.rows = self._writing.model.branch(self.state, len(self._together))
            self._sort_out()
        return events

    def _sort_out(self) -> None:
        """Rows that have ended, or can't go on with the others, leave the batch."""
        assert self.rows is not None
        stay = []
        for number, row in enumerate(self._together):
            goes_on = not row.ended and row.next_id is not None and row.context.goes_on
            stay.append(goes_on)
            if not row.ended and not goes_on:
                self._leave(Generation(self._writing, row, _PLENTY, self.rows.row(number)))
        self._keep(stay)

    def _keep(self, stay: list[bool]) -> None:
        self._together = [row for row, stays in zip(self._together, stay, strict=True) if stays]
        if self.rows is None:
            return
        if self._together:
            self.rows.keep_rows([number for number, stays in enumerate(stay) if stays])
        else:
            self.rows = None
