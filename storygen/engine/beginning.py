"""The text that several continuations begin with: it is read once, in chunks, for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..link.messages import ContextRead, Event, PrefillProgressed
from .cache_plan import Ids, plan_cache
from .context.run_context import RunContext
from .generation import CHUNK_TOKENS
from .model import ReadState

if TYPE_CHECKING:
    from .writing_model import WritingModel


class Beginning:
    """`state` is what has been read; it may hold another text at first."""

    def __init__(self, writing: WritingModel, context: RunContext, run: str, revision: int) -> None:
        """How far it is read is told of `run`."""
        self.state = ReadState()
        self.context = context
        self._writing = writing
        self._run = run
        self._revision = revision
        self._feed: Ids | None = None
        self._num_planned = 0

    def wanted(self) -> Ids:
        """The ids of the text."""
        return self.context.wanted()

    def read_again(self) -> None:
        """The text has other tokens now."""
        self._feed = None

    def next_chunk(self) -> Ids:
        """Ids to be read next, at most `CHUNK_TOKENS`; the cache is cropped for them."""
        if self._feed is None:
            model = self._writing.model
            plan = plan_cache(self.state.ids, self.wanted(), croppable=model.croppable)
            model.keep(self.state, plan.keep)
            self._feed, self._num_planned = plan.feed, len(plan.feed)
        return self._feed[:CHUNK_TOKENS]

    def take(self, chunk: Ids) -> list[Event]:
        """Note that `chunk` was read; returns how far the text is, and at its end what it was."""
        assert self._feed is not None
        self._feed = self._feed[len(chunk) :]
        events: list[Event] = []
        if self._num_planned > 1:
            done = self._num_planned - len(self._feed)
            events.append(PrefillProgressed(self._run, done, self._num_planned, self._revision))
        if self.is_read:
            events.append(ContextRead(self._run, tuple(self.wanted().tolist())))
        return events

    @property
    def is_read(self) -> bool:
        """Whether all of it has been read, so that the last logits are those after it."""
        return self._feed is not None and not len(self._feed)
