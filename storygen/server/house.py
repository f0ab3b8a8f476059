"""The house: everything that is open. Rooms, the store's two threads, the workers, the registry.

The one writing thread commits, the one reading thread reads; nothing else touches the database. Every
method may block its own task, never the loop.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..engine.sampling.parameters import remembers
from ..errors import ConflictError, ModelError, NotFoundError
from ..link.messages import AcceptedToken, Command, Event, LoadModel, StartRun, StartSet, StopRun
from ..registry import ModelEntry, Registry, load_spec
from ..store.records import ChoiceRecord, Record, StoryRecord
from ..store.store import Store
from ..story.story import Story
from . import library, presets
from .calls.shapes import story_shape
from .hidden_states import HiddenStates
from .loop import Lane, Loop
from .opening import Opening, interrupted
from .pickers import Pickers
from .picking import Picking
from .room import Room
from .rooms import Rooms
from .tastes import Tastes
from .workers.loaded import Workers
from .workers.process import Spawn, worker_command
from .workers.questions import WorkerRequests
from .workers.routes import Listener, RunRoutes

NEWS_EVERY_S = 0.2
OWN_PRESETS = "presets"
LEARNS_BY_ITSELF = "picker_by_itself"
log = logging.getLogger(__name__)

Teller = Callable[[dict[str, Any]], None]


class House:
    """`tell_library(message)` reaches every browser; see the `library` event in docs/PROTOCOL.md."""

    def __init__(
        self,
        loop: Loop,
        store: Store,
        registry: Registry,
        data_dir: Path,
        tell_library: Teller,
        command: Spawn = worker_command,
        grace_s: float = 30.0,
        max_idle_models: int = 0,
        memory_limit_bytes: int | None = None,
    ) -> None:
        self.loop, self.registry = loop, registry
        self._memory_limit_bytes = memory_limit_bytes
        self._store, self._data_dir, self._tell = store, data_dir, tell_library
        self._writing, self._reading = loop.lane("store-writes"), loop.lane("store-reads")
        self._building = loop.lane("story-opening")
        self._counting = loop.lane("opened-files")
        self._stories = Opening(self.read, self.write, self._building, self.now)
        self.workers = Workers(loop, data_dir, self._spec, self, command, max_idle_models)
        self._rooms = Rooms(loop, self, self._stories, self.read, grace_s)
        self._routes = RunRoutes()
        self.send_away: Callable[[list[str]], None] = lambda browsers: None
        self.tastes = Tastes(self.read)
        self.requests = WorkerRequests(loop, self.workers)
        self.picking = Picking(
            loop,
            data_dir,
            self.tastes,
            lambda told: self._tell(told),
            HiddenStates(loop, data_dir, self.workers, self.requests),
            self._model_name,
            by_itself=store.setting(LEARNS_BY_ITSELF) is not False,
        )
        self.pickers = Pickers()
        self.pickers.add("taste", lambda random: self.picking.pick)
        self._model_listeners: list[Any] = [self.requests]
        self._stale: set[str] = set()
        self._news_timer: Callable[[], None] | None = None
        self._interrupt_left_runs()

    # ------------------------------------------------------------ time and store

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def commit(
        self, records: list[Record], done: Callable[[Any, BaseException | None], None]
    ) -> None:
        """Commit in the writing thread, then call `done` in the loop."""
        chosen_in = {record.story for record in records if isinstance(record, ChoiceRecord)}

        def committed(result: Any, error: BaseException | None) -> None:
            for story in chosen_in:
                self.tastes.changed(story)
            done(result, error)

        self._writing.submit(lambda: self._store.commit(records), committed)

    def write(self, records: list[Record]) -> None:
        """Commit and wait for it. Raises: what the store raises."""
        self._writing.call(lambda: self._store.commit(records))

    def read(self, work: Callable[[Store], Any]) -> Any:
        """Do `work(store)` in the reading thread."""
        return self._reading.call(lambda: work(self._store))

    def apart(self, work: Callable[[], Any]) -> Any:
        """Do `work` in a thread of its own, which has nothing to do with the store."""
        return self._counting.call(work)

    def _interrupt_left_runs(self) -> None:
        """Runs that a server before us left unfinished are interrupted; resuming continues them."""
        if left := self._store.runs_to_interrupt():
            self._store.commit([interrupted(run, self.now()) for run in left])

    # ------------------------------------------------------------ rooms

    def room(self, story: str) -> Room:
        """See `Rooms.room`."""
        return self._rooms.room(story)

    def open_rooms(self) -> list[Room]:
        """The rooms that are open now."""
        return self._rooms.open_rooms()

    def run_room(self, run: str) -> Room:
        """See `Rooms.of_run`."""
        return self._rooms.of_run(run)

    def set_room(self, set_id: str) -> Room:
        """See `Rooms.of_set`."""
        return self._rooms.of_set(set_id)

    def look_room(self, look: str) -> Room:
        """See `Rooms.of_look`."""
        return self._rooms.of_look(look)

    def close_room(self, story: str) -> None:
        """See `Rooms.close`."""
        self._rooms.close(story)

    def left(self, story: str) -> None:
        """See `Rooms.left`."""
        self._rooms.left(story)

    def room_broke(self, room: Room) -> None:
        """Its runs are stopped (whoever opens the story next finds them interrupted), and its browsers
        are sent away: they come back at once and open the story anew."""
        self._rooms.forget(room)
        for run, model in self._routes.forget_room(room):
            self.workers.send(model, StopRun(run))
        self.send_away(list(room.outboxes))

    def tokens_before(self, run: str) -> tuple[AcceptedToken, ...]:
        """What an interrupted run and those before it wrote, all of it, if its samplers remember."""
        record = self.read(lambda store: store.run(run))
        if record is None or record.reason != "interrupted" or not remembers(record.params):
            return ()
        found: dict[int, AcceptedToken] = {}
        while record is not None:
            name, following = record.run, min(found, default=1 << 40)
            for token in self.read(lambda store: store.token_details(name, 0, following)):  # noqa: B023
                found[token.index] = AcceptedToken(token.id, token.logprob)
            earlier = record.continues
            record = self.read(lambda store: store.run(earlier)) if earlier else None  # noqa: B023
        whole = sorted(found) == list(range(len(found)))
        return tuple(found[index] for index in sorted(found)) if whole else ()

    # ------------------------------------------------------------ the library

    def stories(self, binned: bool = False) -> list[dict[str, Any]]:
        """Stories as browsers see them, the last changed first."""
        records: list[StoryRecord] = self.read(lambda store: store.stories(binned))
        return [story_shape(record, self._rooms.writes(record.story)) for record in records]

    def create(
        self, title: str, text: str, settings: dict[str, Any], memory: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """A new story with a first text, and perhaps a memory."""
        record = library.new_story(title, settings, self.now())
        self.write([record])

        def begin(story: Story, now: float) -> dict[str, Any]:
            story.begin(text, now)
            story.memories.set(memory or {}, (), now)
            return story_shape(story.page.record, False)

        shape = self.room(record.story).ask(begin)
        self._news("stories")
        return shape

    def duplicate(self, story: str) -> dict[str, Any]:
        """A copy of a story as it is stored now, with its authors.

        Raises: NotFoundError.
        """
        self.room(story).ask(lambda page, now: page.page.snapshot())  # one that is known to fit
        stored = self._stories.stored(story)
        record, records = self.read(
            lambda store: library.copy_of(
                stored,
                lambda run: store.token_details(run, 0, 1 << 40),
                store.memories(story),
                self.now(),
            )
        )
        self.write(records)
        self._news("stories")
        return story_shape(record, False)

    def describe(self, story: str, **changes: Any) -> dict[str, Any]:
        """Change a story's title or its place in the bin."""

        def work(page: Story, now: float) -> dict[str, Any]:
            page.page.describe(page.page.record.changed, **changes)
            return story_shape(page.page.record, bool(page.runs.live()))

        shape: dict[str, Any] = self.room(story).ask(work)
        self.tastes.changed(story)
        return shape

    def delete(self, story: str) -> None:
        """Delete a binned story for good.

        Raises: NotFoundError, ConflictError when it is not in the bin.
        """
        binned = self.read(lambda store: store.stories(True))
        if story not in {record.story for record in binned}:
            raise ConflictError("Only a story in the bin can be deleted for good.")
        self.close_room(story)
        self._writing.call(lambda: self._store.delete_story(story))
        self.tastes.changed(story)
        self._news("stories")

    # ------------------------------------------------------------ presets

    def presets(self) -> list[dict[str, Any]]:
        """Every preset as browsers see it."""
        return presets.with_own(self.read(lambda store: store.setting(OWN_PRESETS)) or [])

    def change_presets(
        self, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """Store the user's presets changed by `change`; returns all of them as browsers see them."""
        own = change(self.read(lambda store: store.setting(OWN_PRESETS)) or [])
        self._writing.call(lambda: self._store.set_setting(OWN_PRESETS, own))
        self._news("presets")
        return presets.with_own(own)

    def learn_by_itself(self, on: bool) -> None:
        """Whether the picker learns anew without being told to; kept."""
        self._writing.call(lambda: self._store.set_setting(LEARNS_BY_ITSELF, on))
        self.picking.set_by_itself(on)

    # ------------------------------------------------------------ models

    def models(self) -> list[dict[str, Any]]:
        """Every model of the registry as browsers see it."""
        self.registry.refresh()
        return [self._model_shape(entry) for entry in self.registry.entries()]

    def model(self, key: str) -> ModelEntry:
        """A usable model entry.

        Raises: NotFoundError; ModelError with the reason when it can't be used.
        """
        self.registry.refresh()
        entry = self.registry.get(key)
        if entry is None:
            raise NotFoundError("There is no such model; look at the model menu again.")
        if not entry.usable:
            raise ModelError(f"{entry.name} can't be used: {entry.reason} {entry.mend}".strip())
        return entry

    def model_view(self, key: str) -> dict[str, Any]:
        """One model as browsers see it. Raises: NotFoundError."""
        entry = self.registry.get(key)
        if entry is None:
            raise NotFoundError("There is no such model; look at the model menu again.")
        return self._model_shape(entry)

    def _model_name(self, key: str) -> str:
        entry = self.registry.get(key)
        return entry.name if entry else key

    def _model_shape(self, entry: ModelEntry) -> dict[str, Any]:
        written = entry.value
        shape = {
            "key": entry.key,
            "name": entry.name,
            "modes": list(entry.modes),
            "source": str(written.get("source") if isinstance(written, dict) else written),
            "preset": entry.preset,
            **self.workers.state(entry.key),
        }
        if not entry.usable:
            shape |= {"state": "unusable", "reason": entry.reason, "mend": entry.mend}
        return shape

    def _spec(self, key: str) -> LoadModel:
        spec = load_spec(self.model(key), self._data_dir)
        return dataclasses.replace(spec, memory_limit_bytes=self._memory_limit_bytes)

    # ------------------------------------------------------------ between rooms and workers

    def to_worker(self, room: Room, model: str, command: Command) -> None:
        """Send a room's command; what its run says comes back to the room."""
        if isinstance(command, StartRun):
            self._routes.to_room(command.run, model, room)
        elif isinstance(command, StartSet):
            self._routes.set_to_room(command, model, room)
        self.workers.send(model, command)

    def listen(self, run: str, model: str, listener: Listener | None) -> None:
        """Hear the events of a run that belongs to no story; None ends it."""
        self._routes.listen(run, model, listener)

    def listen_models(self, listener: Any) -> None:
        """Tell someone beside the rooms when models get ready or go (`model_ready`, `model_gone`)."""
        self._model_listeners.append(listener)

    def worker_said(self, key: str, event: Event) -> None:
        """An event of a model's worker finds whose run it is about."""
        if not self.requests.worker_said(key, event):
            self._routes.worker_said(key, event)

    def model_ready(self, key: str, window: int) -> None:
        """Queued runs of the model begin."""
        for room in self.open_rooms():
            room.tell(lambda story, now: story.model_ready(key, window, now))
        for listener in self._model_listeners:
            listener.model_ready(key, window)

    def model_gone(self, key: str, reason: str) -> None:
        """Runs of the model are interrupted, or fail with the reason."""
        for room in self.open_rooms():
            room.tell(lambda story, now: story.model_gone(key, now, reason=reason))
        for listener in self._model_listeners:
            listener.model_gone(key, reason)

    def model_changed(self, key: str) -> None:
        """Browsers learn of it with the next news."""
        self._news("models")

    def models_in_use(self) -> set[str]:
        """Models that live runs need."""
        used: set[str] = set()
        for room in self.open_rooms():
            used |= room.models_in_use()
        for listener in self._model_listeners:
            used |= listener.models_in_use()
        return used

    # ------------------------------------------------------------ news

    def story_changed(self, room: Room) -> None:
        """Browsers learn of it with the next news."""
        self._news("stories")
        if not room.live_runs():
            self.workers.unload_idle()

    def _news(self, what: str) -> None:
        self._stale.add(what)
        if self._news_timer is None:
            self._news_timer = self.loop.timer(NEWS_EVERY_S, self._send_news)

    def _send_news(self) -> None:
        self._news_timer = None
        stale, self._stale = self._stale, set()
        makers = {"stories": self.stories, "models": self.models, "presets": self.presets}
        self._tell({what: makers[what]() for what in sorted(stale)})

    # ------------------------------------------------------------ the end

    def close(self) -> None:
        """Commit what is open and end the workers."""
        self.workers.close()
        self.picking.close()
        self._rooms.close_all()
        for lane in (self._writing, self._reading, self._building, self._counting):
            _finish(lane)
        self._store.close()


def _finish(lane: Lane) -> None:
    lane.close()
    lane.join(5.0)
