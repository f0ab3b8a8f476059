"""The room of one open story: one task that takes everything in, commits it, and only then tells anyone.

Inputs wait in an inbox and are applied one after the other. What they ask for is gathered into a batch;
one batch at a time is committed in the store's writing thread while the next one gathers. When a batch
is committed, its answers are given, its credits are granted and its news goes out: nobody ever sees what
is not stored. A batch that can't be committed (disk full) is kept and tried again, and said.

An error that nobody foresaw may leave the story in memory half changed. The room then commits what was
whole before, forgets the rest and closes (`broken`); the log is whole, and the house opens the story
from it again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ..errors import NotFoundError, StorygenError
from ..link.messages import Command, GrantCredits
from ..store.records import Record
from ..story.effects import Effects, News
from ..story.story import Story
from .calls.outbox import Outbox, Package
from .loop import Empty, Loop

T = TypeVar("T")
Work = Callable[[Story, float], Any]
RETRY_S = 2.0
SLICE_S = 0.02
log = logging.getLogger(__name__)


class House(Protocol):
    """What a room needs from where it stands; every call comes in the loop."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def commit(
        self, records: list[Record], done: Callable[[Any, BaseException | None], None]
    ) -> None:
        """Commit in the writing thread, then call `done` in the loop."""

    def to_worker(self, room: Room, model: str, command: Command) -> None:
        """Send a command to a model's worker, for this room's run."""

    def story_changed(self, room: Room) -> None:
        """The story's row in the library is another one."""

    def room_broke(self, room: Room) -> None:
        """The room has closed because of an error; its runs and its browsers need to be seen to."""


class BrokenRoomError(StorygenError):
    """The story in memory is not to be trusted any more; what is stored is."""

    code = "internal"

    def __init__(self) -> None:
        super().__init__(
            "Something went wrong with this story in the server. It is being opened again from what is "
            "stored; do this once more then."
        )


class ClosedRoomError(NotFoundError):
    """The story was just closed."""

    code = "closed"

    def __init__(self) -> None:
        super().__init__("This story was just closed; try again.")


@dataclass(frozen=True, slots=True)
class _Committed:
    """The commit under way is over; `error` says why it failed."""

    error: BaseException | None


@dataclass(slots=True)
class _Reply:
    """The answer to one who asks; given at most once."""

    done: Any
    result: Any = None
    error: BaseException | None = None

    def give(self) -> None:
        self.done.set()


@dataclass(slots=True)
class _Batch:
    records: list[Record] = field(default_factory=list)
    news: News = field(default_factory=News)
    credits: list[tuple[str, str, int]] = field(default_factory=list)
    replies: list[_Reply] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    sets: list[dict[str, Any]] = field(default_factory=list)
    memory: dict[str, Any] | None = None
    auto: dict[str, Any] | None = None

    def add(self, effects: Effects) -> None:
        self.records += effects.records
        self.credits += effects.credits
        new, news = effects.news, self.news
        news.updates += new.updates
        news.tokens += new.tokens
        news.aliases += new.aliases
        news.clients += new.clients
        news.checkpoints += new.checkpoints
        news.cards += new.cards
        news.sets |= new.sets
        news.runs |= new.runs
        news.memory = new.memory or news.memory
        news.auto |= new.auto
        news.story |= new.story


class Room:
    """`ask` from any task of the loop; everything else runs in the room's own task."""

    def __init__(self, loop: Loop, house: House, story: Story) -> None:
        self._loop, self._house, self._story = loop, house, story
        self._inbox = loop.queue()
        self._gathering = _Batch()
        self._committing: _Batch | None = None
        self._retry_at: float | None = None
        self.outboxes: dict[str, Outbox] = {}
        self.watchers: list[Callable[[Package], None]] = []  # told of each commit's news
        self._asking: _Reply | None = None  # whose work is being done
        self._rested = 0.0
        story.page.document.rest = self._rest
        self.trouble = ""
        self.closing = False
        self.closed = False
        self.broken = False
        self.ended = loop.event()
        loop.spawn(self._run)

    @property
    def id(self) -> str:
        """The story's id."""
        return self._story.id

    def run_ids(self) -> set[str]:
        """Every run of the story, and every candidate at hand."""
        return self._story.runs.ids() | self._story.candidates.card_ids()

    def set_ids(self) -> set[str]:
        """Every set of candidates at hand."""
        return self._story.candidates.set_ids()

    def look_ids(self) -> set[str]:
        """Every look that is remembered."""
        return self._story.looks.ids()

    def live_runs(self) -> int:
        """How many runs and candidates have not ended."""
        return self._story.live()

    def models_in_use(self) -> set[str]:
        """Models that live runs need."""
        return self._story.models_in_use()

    def ask(self, work: Callable[[Story, float], T]) -> T:
        """Do `work(story, now)` in the room; returns its result once everything up to it is committed.

        Raises: what `work` raises, at once; ClosedRoomError; BrokenRoomError.
        """
        reply = _Reply(self._loop.event())
        if self.closed:
            raise self._closed_error()
        self._inbox.put((work, reply))
        while not reply.done.wait(5.0):
            if self.closed:
                raise self._closed_error()
        if reply.error is not None:
            raise reply.error
        return reply.result  # type: ignore[no-any-return]

    def tell(self, work: Work) -> None:
        """Do `work(story, now)` in the room, sometime soon."""
        self._inbox.put((work, None))

    def close(self) -> None:
        """End the room's task once everything is committed."""
        self.closing = True
        self.tell(lambda story, now: story.page.snapshot())
        self._inbox.put(None)

    # ------------------------------------------------------------ the task

    def _run(self) -> None:
        try:
            try:
                self._work()
            except BaseException:  # a panic of the CRDT's extension is no Exception
                log.exception("Story %s is closed and opened again from the store.", self.id)
                self._break_off()
        finally:
            self.closed = True
            self._turn_away()
            self.ended.set()
            if self.broken:
                self._house.room_broke(self)

    def _work(self) -> None:
        closing = False
        while not (closing and self._committing is None and not self._gathering.records):
            try:
                item = self._inbox.get(timeout=self._patience())
            except Empty:
                self._gather()
            else:
                closing = closing or item is None
                self._take_in(item)
            self._commit_if_due()

    def _break_off(self) -> None:
        """Nothing of what was being done is kept; what was whole before it is stored, and answered."""
        self.closing = self.broken = True
        self._refuse(self._asking, BrokenRoomError())
        while self._committing is not None or self._gathering.records:
            if self._committing is None:
                self._commit()
            item = self._inbox.get()
            if isinstance(item, _Committed):
                batch, self._committing = self._committing, None
                assert batch is not None
                for reply in batch.replies:
                    reply.error = BrokenRoomError() if item.error else None
                    reply.give()
            elif item:
                self._refuse(item[1], BrokenRoomError())
        for reply in self._gathering.replies:
            self._refuse(reply, BrokenRoomError())

    def _turn_away(self) -> None:
        while True:
            try:
                item = self._inbox.get(timeout=0)
            except Empty:
                return
            if item and not isinstance(item, _Committed):
                self._refuse(item[1], self._closed_error())

    def _closed_error(self) -> StorygenError:
        return BrokenRoomError() if self.broken else ClosedRoomError()

    def _patience(self) -> float | None:
        due = [at for at in (self._story.runs.deadline(), self._retry_at) if at is not None]
        wait = min(due) - self._house.now() if due else None
        return max(0.0, wait) if wait is not None else 5.0

    def _take_in(self, item: Any) -> None:
        """One input and all that follows from it. Whatever is raised here breaks the room."""
        if isinstance(item, _Committed):
            self._committed(item.error)
            self._gather()
        elif item is None:
            self._gather()
        else:
            work, self._asking = item
            self._do(work, self._asking)
            self._asking = None

    def _rest(self) -> None:
        """Let the loop's other tasks run when the work in hand has held them up. This room's task waits
        in the middle of its work meanwhile, and nobody else changes the story."""
        if time.monotonic() - self._rested >= SLICE_S:
            self._loop.sleep(0)
            self._rested = time.monotonic()

    def _do(self, work: Work, reply: _Reply | None) -> None:
        self._rested = time.monotonic()
        try:
            result = work(self._story, self._house.now())
        except StorygenError as error:  # which changed nothing
            self._refuse(reply, error)
            self._gather()
        else:
            self._gather()
            if reply:
                reply.result = result
                self._gathering.replies.append(reply)

    def _refuse(self, reply: _Reply | None, error: BaseException) -> None:
        if reply:
            reply.error = error
            reply.give()

    def _gather(self) -> None:
        """What follows an input: commands at once, the rest with the next commit."""
        self._story.tick(self._house.now())
        effects = self._story.take_effects()
        self._gathering.add(effects)
        for model, command in effects.commands:
            self._house.to_worker(self, model, command)

    def _commit_if_due(self) -> None:
        due = self._retry_at is None or self._house.now() >= self._retry_at
        if self._committing is None and due:
            self._commit()

    def _commit(self) -> None:
        batch, self._gathering = self._gathering, _Batch()
        if not self.broken:
            batch.runs = self._story.runs.views(batch.news.runs)
            batch.sets = self._story.candidates.views(batch.news.sets)
            batch.memory = self._story.memories.view() if batch.news.memory else None
            batch.auto = self._story.automatic.view() if batch.news.auto else None
        if batch.records:
            self._committing = batch
            self._house.commit(batch.records, lambda _, error: self._inbox.put(_Committed(error)))
        else:
            self._publish(batch)

    def _committed(self, error: BaseException | None) -> None:
        batch, self._committing = self._committing, None
        assert batch is not None
        if error is None:
            self._retry_at, self.trouble = None, ""
            self._publish(batch)
        else:
            self._keep(batch, error, self._house.now())

    def _keep(self, batch: _Batch, error: BaseException, now: float) -> None:
        """The commit failed: nothing of it is said; it goes first into the next try."""
        log.error("A commit failed and will be tried again: %s", error)
        later, self._gathering = self._gathering, batch
        self._gathering.replies += later.replies
        self._gathering.add(Effects(later.records, later.news, [], later.credits))
        self._retry_at = now + RETRY_S
        self.trouble = str(error)
        for outbox in list(self.outboxes.values()):
            outbox.add(Package(trouble=self.trouble))

    def _publish(self, batch: _Batch) -> None:
        for run, model, count in batch.credits:
            self._house.to_worker(self, model, GrantCredits(run, count))
        if batch.news:
            package = Package(
                updates=batch.news.updates,
                tokens=batch.news.tokens,
                aliases=batch.news.aliases,
                clients=batch.news.clients,
                checkpoints=batch.news.checkpoints,
                runs={run["id"]: run for run in batch.runs},
                sets={found["id"]: found for found in batch.sets},
                cards=batch.news.cards,
                memory=batch.memory,
                auto=batch.auto,
                saved=self._house.now() if batch.records else None,
            )
            for outbox in list(self.outboxes.values()):
                outbox.add(package)
            for watcher in list(self.watchers):
                watcher(package)
        for reply in batch.replies:
            reply.give()
        if batch.news.story:
            self._house.story_changed(self)
