"""What the scheduler asks of a set: of whatever reads a text once, then writes several that begin with it."""

from __future__ import annotations

from .beginning import Beginning
from .cache_plan import Ids
from .model import ReadState, RowsState


class SetReader:
    """Takes turns like a run (`scheduler.Reader`); `rows` are there once the text is read."""

    reads_every = False
    paused = False

    def __init__(self, run: str, beginning: Beginning) -> None:
        """The scheduler knows it as `run`."""
        self.run = run
        self.rows: RowsState | None = None
        self._beginning = beginning

    @property
    def state(self) -> ReadState:
        """What has been read of the text."""
        return self._beginning.state

    @state.setter
    def state(self, state: ReadState) -> None:
        self._beginning.state = state

    @property
    def ended(self) -> bool:
        """Whether nothing is left to be written."""
        raise NotImplementedError

    @property
    def wants_step(self) -> bool:
        """True until it has ended."""
        return not self.ended

    @property
    def num_bytes(self) -> int:
        """The memory of the text and of all rows."""
        return self.state.num_bytes + (self.rows.num_bytes if self.rows else 0)

    def wanted(self) -> Ids:
        """The ids of the text."""
        return self._beginning.wanted()

    def evict(self) -> None:
        """Never needed: it does not rest."""
