"""All runs of one model, fairly interleaved: whoever has had least of the model is next.

What a step takes is counted, not timed, so that the order never depends on the machine: a token is one, a
chunk of reading as much as it roughly takes. So runs that write take turns token by token, and one that
reads a long text does not hold up the others. Source: start-time fair queueing (Goyal et al. 1996).

A step is three verbs: `_schedule` picks who is next, `_forward` lets the model read, `_sample` lets each
make its token of it. Batching means that `_schedule` returns several and `_forward` reads them together.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

from ..link.messages import Event
from .beams import BeamSearch
from .cache_plan import Ids
from .candidates import CandidateSet
from .embedding import Embedding
from .generation import Generation
from .kv_cache import BrokenOffError
from .model import ReadState, RowsState
from .read_ahead import ReadAhead
from .read_speed import ReadSpeed
from .shelf import Shelf

if TYPE_CHECKING:
    from torch import Tensor

    from ..link.messages import StartRun, StartSet
    from .writing_model import WritingModel

log = logging.getLogger(__name__)

TOKENS_READ_PER_STEP = 16
"""About so many tokens are read in the time of writing one."""


EMBEDDING_COSTS = 4.0
"""What is read to learn from it counts so many times: whoever writes beside it has most of the model."""


class Reader(Protocol):
    """Whatever takes turns at the model: a run, or a text to be scored."""

    run: str
    state: ReadState
    reads_every: bool  # logits after every token, not only the last

    @property
    def rows(self) -> RowsState | None: ...  # when there are, a chunk is one token for each of them
    @property
    def paused(self) -> bool: ...
    @property
    def ended(self) -> bool: ...
    @property
    def wants_step(self) -> bool: ...
    @property
    def num_bytes(self) -> int: ...
    def next_chunk(self) -> Ids: ...
    def take(self, chunk: Ids, logits: Tensor, started: float) -> list[Event]: ...
    def fail(self, message: str) -> list[Event]: ...
    def evict(self) -> None: ...


class TextReader(Reader, Protocol):
    """One that knows at once what it wants to have read."""

    def wanted(self) -> Ids: ...


class Scheduler:
    """Readers by name; of two that have had the same, the first has waited longer."""

    def __init__(self, writing: WritingModel, cache_bytes: int) -> None:
        self._writing = writing
        self._cache_bytes = cache_bytes
        self._readers: OrderedDict[str, Reader] = OrderedDict()
        self._had: dict[str, float] = {}  # how much of the model each has had, in steps
        self._now = 0.0  # what the one whose turn it was had had before
        self._under_way = ""  # the run whose next token is being computed
        self._given_up = False
        self._shelf = Shelf(writing.model)
        self.read_speed = ReadSpeed()
        writing.model.breaks_off = lambda: self._given_up

    def add(self, reader: Reader) -> None:
        """Let `reader` take turns until it has ended."""
        self._readers[reader.run] = reader

    def add_run(self, start: StartRun) -> None:
        """Let a run take turns, and what reads its next window beside it. Raises: BadRequestError."""
        generation = Generation.begin(self._writing, start)
        generation.state = self._find_state(generation.wanted())
        self.add(generation)
        self.add(generation.read_ahead(self._cache_bytes // 2))

    def add_set(self, start: StartSet) -> None:
        """Let a set of candidates take turns, all its rows at once. Raises: BadRequestError."""
        most_bytes = self._cache_bytes // 2
        candidates: CandidateSet | BeamSearch
        if any(row.params.get("num_beams", 1) != 1 for row in start.rows):
            candidates = BeamSearch(self._writing, start, most_bytes=most_bytes)
        else:
            candidates = CandidateSet(self._writing, start, most_bytes=most_bytes, leave=self.add)
        self.add_reading(candidates)

    def add_reading(self, reader: TextReader, *, knows: bool = True) -> None:
        """Let `reader` take turns; with what was read already of its text, if that `knows` enough for it."""
        if knows:
            reader.state = self._find_state(reader.wanted())
        self.add(reader)

    def _find_state(self, wanted: Ids) -> ReadState:
        return self._shelf.find(wanted, (reader.state for reader in self._readers.values()))

    def num_ready(self, wanted: Ids) -> int:
        """How many tokens at the beginning of `wanted` a new reader would not have to read."""
        return self._shelf.num_ready(wanted, (reader.state for reader in self._readers.values()))

    def get(self, run: str) -> Reader | None:
        """The reader of that name, or None when it has ended or never was."""
        return self._readers.get(run)

    def set_of(self, run: str) -> CandidateSet | BeamSearch | None:
        """The set of that name, or that has a row of that name."""
        for reader in self._readers.values():
            if isinstance(reader, CandidateSet | BeamSearch) and (
                reader.run == run or reader.has(run)
            ):
                return reader
        return None

    def remove_ended(self) -> None:
        """Forget readers that have ended; what they have read is kept while there is room."""
        over = [name for name, reader in self._readers.items() if reader.ended]
        for name in over:
            reader = self._readers.pop(name)
            self._had.pop(name, None)
            if not isinstance(reader, ReadAhead):  # of a window that nobody wants any more
                self._shelf.put(reader.state)
        if over:
            self.make_room()

    @property
    def is_busy(self) -> bool:
        """Whether a step would do anything."""
        return any(reader.wants_step for reader in self._readers.values())

    def give_up(self, run: str) -> None:
        """Break off the pass for the next token of `run`, if that is under way. From any thread."""
        if self._under_way == run:
            self._given_up = True

    def step(self) -> list[Event]:
        """One step of those whose turn it is; nothing when all rest, or when the step was given up.

        An error ends its readers as failed, and the others go on.
        """
        started = time.perf_counter()
        readers = self._schedule()
        events: list[Event] = []
        try:
            chunks = [reader.next_chunk() for reader in readers]
            logits = self._forward(readers, chunks)
            for reader, chunk, scores in zip(readers, chunks, logits, strict=True):
                self._count(reader, len(chunk))
                events += reader.take(chunk, scores, started)
        except BrokenOffError:
            for reader in readers:
                self._readers.move_to_end(reader.run, last=False)  # it is still its turn
        except Exception as error:  # the worker's loop: an error is the end of its run alone
            log.exception("a step failed")
            for reader in readers:
                events += reader.fail(describe(error))
        if any(reader.ended for reader in readers):
            self.remove_ended()
        return events

    def make_room(self) -> None:
        """Free caches until all fit the budget: those of ended readers first, then of those that rest."""
        used = self._shelf.num_bytes + sum(map(_num_bytes, self._readers.values()))
        while used > self._cache_bytes and (freed := self._shelf.drop_oldest()):
            used -= freed
        for reader in list(self._readers.values()):
            if used <= self._cache_bytes:
                return
            if reader.paused and reader.num_bytes:
                used -= reader.num_bytes
                reader.evict()

    def _schedule(self) -> list[Reader]:
        """Whose turn it is: the one reader that has had least; it goes to the end of the row."""
        wanting = [run for run, reader in self._readers.items() if reader.wants_step]
        if not wanting:
            return []
        run = min(wanting, key=self._turn)
        self._now = self._turn(run)
        self._readers.move_to_end(run)
        return [self._readers[run]]

    def _turn(self, run: str) -> float:
        """The smaller, the sooner; who rested has no claim to what it did not take meanwhile."""
        return max(self._had.get(run, 0.0), self._now)

    def _count(self, reader: Reader, num_tokens: int) -> None:
        steps = 1 + (num_tokens - 1) / TOKENS_READ_PER_STEP
        if isinstance(reader, Embedding):
            steps *= EMBEDDING_COSTS
        self._had[reader.run] = self._turn(reader.run) + steps

    def _forward(self, readers: list[Reader], chunks: list[Ids]) -> list[Tensor]:
        """The logits of each reader after its chunk. Raises: BrokenOffError."""
        model = self._writing.model
        logits = []
        for reader, chunk in zip(readers, chunks, strict=True):
            began = time.perf_counter()
            # Longer chunks are always read to their end: what is read of them stays right.
            decodes = len(chunk) == 1 or reader.rows is not None
            self._given_up, self._under_way = False, reader.run if decodes else ""
            if reader.rows is not None:
                logits.append(model.read_rows(reader.rows, chunk))
            elif isinstance(reader, Embedding):
                logits.append(model.read_states(reader.state, chunk))
            else:
                every = reader.reads_every
                logits.append(model.read(reader.state, chunk, every=every, may_break_off=decodes))
                self.read_speed.note(len(chunk), time.perf_counter() - began)
            self._under_way = ""
        return logits


def _num_bytes(reader: Reader) -> int:
    return reader.num_bytes


def describe(error: Exception) -> str:
    """An error in words for a person."""
    text = str(error).strip() or type(error).__name__
    if isinstance(error, MemoryError) or "not enough memory" in text or "out of memory" in text:
        return (
            "There was not enough memory for this run. Close other programs or runs, "
            "or choose a smaller model or a shorter context."
        )
    return text
