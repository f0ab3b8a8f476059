"""The whole worker in one's own process, for tests and for programs without a server."""

from __future__ import annotations

from collections.abc import Callable

from ..link.messages import Event, Message
from .loading import load
from .loading.loaded import LoadedModel
from .worker_core import Loader, WorkerCore


class InlineWorker:
    """Takes commands and gives back events; nothing happens between calls.

    `events` keeps every event since the beginning, in order.
    """

    def __init__(
        self,
        loaded: LoadedModel | None = None,
        *,
        loader: Loader = load,
        cache_bytes: int | None = None,
    ) -> None:
        """Begins with `loaded` if given, else waits for `LoadModel`, which calls `loader`."""
        self.events: list[Event] = []
        self.core = WorkerCore(loader, self.events.append, cache_bytes=cache_bytes)
        if loaded is not None:
            self.core.take_model(loaded)

    def send(self, *commands: Message) -> list[Event]:
        """Carry out commands; returns the events that they caused."""
        before = len(self.events)
        for command in commands:
            self.core.handle(command)
        return self.events[before:]

    def step(self, num_steps: int = 1) -> list[Event]:
        """Do up to `num_steps` steps; returns their events."""
        before = len(self.events)
        for _ in range(num_steps):
            self.core.step()
        return self.events[before:]

    def run_until(
        self, done: Callable[[list[Event]], bool] | None = None, *, max_steps: int = 10_000
    ) -> list[Event]:
        """Step until `done(new events)` holds, or nothing is left to do; returns the new events."""
        before = len(self.events)
        for _ in range(max_steps):
            new = self.events[before:]
            if not self.core.is_busy or (done is not None and done(new)):
                break
            self.core.step()
        return self.events[before:]
