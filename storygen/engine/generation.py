"""One run: what it reads next, and what becomes of the logits. Knows no other run, no socket and no clock
but the one it is given.

A step is: `next_chunk` (schedule), the model reads it (forward), `take` (sample). Between steps commands
come; none of them interrupts a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..link.memory import Memory
from ..link.messages import (
    Event,
    LoreChanged,
    PrefillProgressed,
    ReviseRun,
    RunPaused,
    StartRun,
    TokenWritten,
)
from .cache_plan import Ids, plan_cache
from .context.run_context import RunContext
from .decoding import Decoding
from .model import ReadState
from .read_ahead import ReadAhead
from .sampling.parameters import response_tokens

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel

CHUNK_TOKENS = 256


class Generation:
    """A run that writes. Events come back from the methods, in order."""

    reads_every = False

    rows = None

    def __init__(
        self, writing: WritingModel, decoding: Decoding, credits: int, state: ReadState
    ) -> None:
        """`state`: what has been read already, of this text or another."""
        self.run = decoding.run
        self.credits = credits
        self.paused = False
        self.state = state
        self._writing = writing
        self._context = decoding.context
        self._decoding = decoding
        self._feed: Ids = self._context.wanted()[:0]
        self._num_planned = 0
        self._stale = True  # the cache must be planned again
        self._ahead: ReadAhead | None = None
        self._lore: tuple[str, ...] = ()  # what was told

    @classmethod
    def begin(cls, writing: WritingModel, start: StartRun) -> Generation:
        """A run as the server asks for it. Raises: BadRequestError when a parameter is wrong."""
        context = RunContext(writing, start, response=response_tokens(start.params))
        decoding = Decoding(writing, context, start.run, start.params, start.seed, start.revision)
        decoding.remember(start.before)
        return cls(writing, decoding, start.credits, ReadState())

    @property
    def ended(self) -> bool:
        """Whether no token follows."""
        return self._decoding.ended

    @property
    def wants_step(self) -> bool:
        """Whether there is anything to do now."""
        return not self.paused and not self.ended and self.credits > 0

    @property
    def index(self) -> int:
        """The index that the next token will have."""
        return self._context.index

    @property
    def text(self) -> str:
        """The run's text as it stands here."""
        return self._context.text.text

    @property
    def num_drawn(self) -> int:
        """The index that the next drawn token will have: those held count."""
        return self._context.num_drawn

    # ------------------------------------------------------------ the next window

    def read_ahead(self, most_bytes: int) -> ReadAhead:
        """What reads this run's next window beside it; see `ReadAhead`."""
        self._ahead = ReadAhead(self._writing, self, most_bytes)
        return self._ahead

    @property
    def next_window_in(self) -> int:
        """How many tokens may still come before the window moves."""
        return self._context.next_window_in

    @property
    def next_window_tokens(self) -> int:
        """How many tokens of the next window stand already."""
        return self._context.next_window_tokens

    def next_window(self) -> Ids:
        """Their ids."""
        return self._context.next_window()

    # ------------------------------------------------------------ commands

    def pause(self) -> list[Event]:
        """Rest after what is in hand; everything is kept."""
        self.paused = True
        return [RunPaused(self.run, self.index)]

    def resume(self) -> None:
        """Go on."""
        self.paused = False

    def revise(self, change: ReviseRun) -> None:
        """Read the text as it stands now; see `link.messages`.

        Raises: BadRequestError when a splice or a parameter is wrong.
        """
        if change.params is not None:
            self._decoding.change_params(change.params)
            response = self._decoding.response
            if response != self._context.around.response:
                self._context.look_around(response)
        index = self.index
        self._context.revise(change)
        self._decoding.revised(index - self.index)
        self._decoding.revision = change.revision
        self._stale = True
        if self._ahead is not None:
            self._ahead.edited()

    def stop(self) -> list[Event]:
        """End the run; what was read may serve another."""
        return self._decoding.end("stopped")

    def fail(self, message: str) -> list[Event]:
        """End the run because of an error."""
        self.state.forget()
        return self._decoding.end("failed", message=message)

    def wanted(self) -> Ids:
        """The ids that are to be read before the next token."""
        return self._context.wanted()

    def context_with(self, memory: Memory) -> RunContext:
        """A copy of the run's context as it would be with another memory."""
        context = self._context.fork()
        if memory != context.memory:
            context.look_around(context.around.response, memory)
        return context

    def num_ready(self, wanted: Ids) -> int:
        """How many tokens at the beginning of `wanted` this run need not read again."""
        croppable = self._writing.model.croppable
        states = [self.state] if self._ahead is None else [self.state, self._ahead.state]
        return max(plan_cache(s.ids, wanted, croppable=croppable).keep for s in states)

    @property
    def num_bytes(self) -> int:
        """The memory of what was read."""
        return self.state.num_bytes

    def evict(self) -> None:
        """Free the cache; it is read again when the run goes on."""
        self.state.forget()
        self._stale = True

    # ------------------------------------------------------------ a step

    def next_chunk(self) -> Ids:
        """The ids to be read next, at most `CHUNK_TOKENS`; the cache is cropped for them."""
        if self._stale:
            wanted = self._context.wanted()
            model = self._writing.model
            if self._ahead is not None:
                self.state = self._ahead.exchanged(self.state, wanted)
            plan = plan_cache(self.state.ids, wanted, croppable=model.croppable)
            model.keep(self.state, plan.keep)
            self._feed = plan.feed
            self._num_planned = len(plan.feed)
            self._stale = False
        return self._feed[:CHUNK_TOKENS]

    def take(self, chunk: Ids, logits: Tensor, started: float) -> list[Event]:
        """What comes of the logits `(1, vocab)` after `chunk`; `started` is when the step began.

        Raises: ModelError when no token of the model can go on from the text.
        """
        self._feed = self._feed[len(chunk) :]
        events = self._lore_news()
        if self._num_planned > 1:
            done = self._num_planned - len(self._feed)
            progress = PrefillProgressed(self.run, done, self._num_planned, self._decoding.revision)
            events.append(progress)
        if not len(self._feed):
            self._num_planned = 0
            events += self._draw(logits, started)
        return events

    def _lore_news(self) -> list[Event]:
        entries = tuple(entry.id for entry in self._context.arranged.admitted.entries)
        if entries == self._lore:
            return []
        self._lore = entries
        return [LoreChanged(self.run, entries)]

    def _draw(self, logits: Tensor, started: float) -> list[Event]:
        decoding = self._decoding
        events = decoding.take(self.state.history, logits, started)
        self.credits -= sum(isinstance(event, TokenWritten) for event in events)
        if decoding.next_id is None or not self._context.goes_on:
            self._stale = True
        else:
            self._feed = self.state.ids[:1].copy()
            self._feed[0] = decoding.next_id
        return events
