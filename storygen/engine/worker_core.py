"""The worker without its socket: commands in, events out, one step at a time.

Tests run it in their own process (`inline`); `worker` gives it a socket. One of the three places where
any error is caught: it ends what it belongs to and is told, and the rest goes on. torch is imported only
with the first model, so that a worker answers at once.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ModelError
from ..link.messages import (
    Event,
    GrantCredits,
    LoadFailed,
    LoadModel,
    Message,
    PauseRun,
    ResumeRun,
    ReviseRun,
    RunEnded,
    Shutdown,
    StartRun,
    StartSet,
    StopRun,
)
from .loading.loaded import LoadedModel, Progress
from .loading.memory import MOST_CACHE_BYTES, cache_budget
from .look_commands import LookCommand, refusal

if TYPE_CHECKING:
    from .generation import Generation
    from .looking import Looking
    from .scheduler import Scheduler
    from .writing_model import WritingModel

log = logging.getLogger(__name__)

Loader = Callable[[LoadModel, Progress], LoadedModel]
Emit = Callable[[Event], None]
RunCommand = ReviseRun | PauseRun | ResumeRun | StopRun | GrantCredits


class WorkerCore:
    """One model and its runs. `load` makes a model; `emit` takes each event as it happens.

    `cache_bytes`: memory that the caches of all runs may take before paused ones give theirs back.
    """

    def __init__(self, load: Loader, emit: Emit, *, cache_bytes: int | None = None) -> None:
        self._load = load
        self._emit = emit
        self._cache_bytes = cache_bytes
        self._writing: WritingModel | None = None
        self._scheduler: Scheduler | None = None
        self._looking: Looking | None = None
        self.is_over = False

    @property
    def is_busy(self) -> bool:
        """Whether `step` would do anything."""
        return self._scheduler is not None and self._scheduler.is_busy

    def step(self) -> None:
        """A step of the run whose turn it is: one token, or one chunk of reading."""
        if self._scheduler is not None:
            self._emit_all(self._scheduler.step())

    def handle(self, command: Message) -> None:
        """Carry out one command. A command for a run that is over does nothing."""
        if isinstance(command, LoadModel):
            self._handle_load(command)
        elif isinstance(command, StartRun):
            self._handle_start(command)
        elif isinstance(command, StartSet):
            self._handle_start_set(command)
        elif isinstance(command, StopRun) and self._stop_rows(command.run):
            pass
        elif isinstance(command, LookCommand):
            self._handle_look(command)
        elif isinstance(command, Shutdown):
            self.is_over = True
        elif isinstance(command, RunCommand):
            self._handle_run(command)

    def hurry(self, waiting: Message) -> None:
        """Give up the token that `waiting`, a command not yet carried out, would drop. From any thread."""
        if self._scheduler is None or not isinstance(waiting, StopRun | ReviseRun):
            return
        if isinstance(waiting, StopRun) or waiting.accepted is not None:
            self._scheduler.give_up(waiting.run)

    def _handle_load(self, command: LoadModel) -> None:
        try:
            loaded = self._load(command, self._emit)
            if self._cache_bytes is None and loaded.info.device == "cpu":
                limit = command.memory_limit_bytes
                self._cache_bytes = cache_budget(limit, loaded.info.memory_bytes)
            self.take_model(loaded)
        except ModelError as error:
            self._fail_load(LoadFailed(error.code, error.message, error.mend))
        except Exception as error:  # the worker's loop: loading may fail in any way
            log.exception("loading failed")
            self._fail_load(LoadFailed("model", f"The model could not be loaded: {error}"))

    def take_model(self, loaded: LoadedModel) -> None:
        """Write with `loaded` from now on, and tell what it is."""
        from .writing_model import WritingModel

        self.write_with(WritingModel(loaded))

    def write_with(self, writing: WritingModel) -> None:
        """Write with a model that is all made up already, and tell what it is."""
        from .looking import Looking
        from .scheduler import Scheduler

        self._writing = writing
        self._scheduler = Scheduler(writing, self._cache_bytes or MOST_CACHE_BYTES)
        self._looking = Looking(writing, self._scheduler)
        self._emit(dataclasses.replace(writing.info, croppable=writing.model.croppable))

    def _fail_load(self, event: LoadFailed) -> None:
        self._emit(event)
        self.is_over = True

    def _handle_start(self, command: StartRun) -> None:
        if self._writing is None or self._scheduler is None:
            self._emit(RunEnded(command.run, "failed", message="No model is loaded."))
            return
        try:
            self._scheduler.add_run(command)
        except Exception as error:  # noqa: BLE001  # the worker's loop: a run that can't begin has failed
            self._emit(self._failure(command.run, error, command.next_index))

    def _handle_start_set(self, command: StartSet) -> None:
        try:
            if self._scheduler is None:
                raise ModelError("No model is loaded.")
            self._scheduler.add_set(command)
        except Exception as error:  # noqa: BLE001  # the worker's loop: a set that can't begin has failed
            for row in command.rows:
                self._emit(self._failure(row.run, error, command.next_index))

    def _stop_rows(self, run: str) -> bool:
        """End a whole set, or one row of a set; returns whether `run` was one of them."""
        found = self._scheduler.set_of(run) if self._scheduler else None
        if found is None or self._scheduler is None:
            return False
        self._emit_all(found.stop("" if found.run == run else run))
        self._scheduler.remove_ended()
        return True

    def _handle_look(self, command: LookCommand) -> None:
        if self._looking is None:
            self._emit_all(refusal(command, "No model is loaded."))
        else:
            self._emit_all(self._looking.handle(command))

    def _handle_run(self, command: RunCommand) -> None:
        run = self.generation(command.run)
        if run is None:
            return
        try:
            self._emit_all(self._apply(run, command))
        except Exception as error:  # noqa: BLE001  # the worker's loop: an error is the end of its run alone
            self._emit(self._failure(command.run, error, run.index))
            run.stop()
        assert self._scheduler is not None
        if run.ended:
            self._scheduler.remove_ended()

    def generation(self, run: str) -> Generation | None:
        """The run of that name, or None when it is over or never was."""
        from .generation import Generation

        found = self._scheduler.get(run) if self._scheduler else None
        return found if isinstance(found, Generation) else None

    def _apply(self, run: Generation, command: RunCommand) -> list[Event]:
        events: list[Event] = []
        if isinstance(command, ReviseRun):
            run.revise(command)
        elif isinstance(command, PauseRun):
            events = run.pause()
            if self._scheduler is not None:
                self._scheduler.make_room()
        elif isinstance(command, ResumeRun):
            run.resume()
        elif isinstance(command, StopRun):
            events = run.stop()
        else:
            run.credits += command.tokens
        return events

    def _failure(self, run: str, error: Exception, index: int) -> RunEnded:
        from .scheduler import describe

        log.warning("run %s failed", run, exc_info=error)
        return RunEnded(run, "failed", message=describe(error), index=index)

    def _emit_all(self, events: list[Event]) -> None:
        for event in events:
            self._emit(event)
