"""Reading the window that a run will need next, a little at a time, so that its move makes no pause.

When a full window moves, it begins at another token: nothing of the cache fits any more, and two thirds of
the window would have to be read at once, which takes seconds on a CPU. So a second cache is filled with what
the next window will hold while the run still writes in the present one: a small chunk every few tokens,
just early enough to be ready. For the time being it takes as much memory again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cache_plan import Ids, num_common, plan_cache
from .model import ReadState

if TYPE_CHECKING:
    from torch import Tensor

    from ..link.messages import Event
    from .generation import Generation
    from .writing_model import WritingModel

CHUNK_TOKENS = 32
EVERY_TOKENS = 8
"""One chunk is read for so many tokens written."""


class ReadAhead:
    """The second cache of one run; takes turns like a run (`scheduler.Reader`)."""

    reads_every = False
    rows = None

    def __init__(self, writing: WritingModel, generation: Generation, most_bytes: int) -> None:
        """`most_bytes`: a run whose cache takes more than this gets no second one."""
        self.run = f"{generation.run} ahead"
        self.state = ReadState()
        self._writing = writing
        self._generation = generation
        self._most_bytes = most_bytes
        self._num_right = 0  # tokens of `state` that the next window will begin with
        self._next_at = 0  # the index of the run's token at which the next chunk is read
        self._works = writing.model.croppable

    @property
    def paused(self) -> bool:
        """While the run is."""
        return self._generation.paused

    @property
    def ended(self) -> bool:
        """When the run has."""
        return self._generation.ended

    @property
    def num_bytes(self) -> int:
        """The memory of what was read."""
        return self.state.num_bytes

    @property
    def wants_step(self) -> bool:
        """Whether it is time for a chunk."""
        generation = self._generation
        if not self._works or not generation.wants_step or generation.num_drawn < self._next_at:
            return False
        left, size = generation.next_window_in, generation.next_window_tokens
        missing = size - self._num_right
        return missing >= CHUNK_TOKENS and left * CHUNK_TOKENS <= missing * EVERY_TOKENS

    def next_chunk(self) -> Ids:
        """The next ids of the next window; what is no longer of it is cropped away."""
        if self._generation.state.num_bytes > self._most_bytes:
            self._works = False
            self.state.forget()
        plan = plan_cache(self.state.ids, self._generation.next_window(), croppable=True)
        self._writing.model.keep(self.state, plan.keep)
        return plan.feed[:CHUNK_TOKENS]

    def take(self, chunk: Ids, logits: Tensor, started: float) -> list[Event]:
        """Note that a chunk was read; nobody needs to know."""
        self._num_right = len(self.state.ids)
        self._next_at = self._generation.num_drawn + EVERY_TOKENS
        return []

    def fail(self, message: str) -> list[Event]:
        """Do without: the run reads its next window when it gets there."""
        self._works = False
        self.state.forget()
        return []

    def evict(self) -> None:
        """Free the cache."""
        self.state.forget()
        self._num_right = 0

    def edited(self) -> None:
        """The text has changed: look how much of what was read still holds."""
        self._num_right = num_common(self.state.ids, self._generation.next_window())

    def exchanged(self, state: ReadState, wanted: Ids) -> ReadState:
        """`state`, or what was read ahead where more of it can stay for `wanted`; the other is freed."""
        if num_common(self.state.ids, wanted) <= num_common(state.ids, wanted):
            return state
        state.forget()
        ahead, self.state = self.state, state
        self._num_right = 0
        return ahead
