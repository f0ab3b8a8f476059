"""Whose run an event is about: a story's room, or someone beside the stories.

Only the worker of the run's own model may speak of a run: an id that another worker names, by a mistake
or in malice, moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...link.messages import Event, RunEnded, StartSet
from ..room import Room

Listener = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class _Route:
    model: str
    hear: Listener
    room: Room | None


class RunRoutes:
    """Every run that a worker has been told of, by its id."""

    def __init__(self) -> None:
        self._routes: dict[str, _Route] = {}
        self._sets: dict[str, set[str]] = {}  # rows that have not ended

    def to_room(self, run: str, model: str, room: Room) -> None:
        """What the worker of `model` says about `run` goes into `room`."""

        def hear(event: Event) -> None:
            room.tell(lambda story, now: story.worker_said(event, now))

        self._routes[run] = _Route(model, hear, room)

    def set_to_room(self, command: StartSet, model: str, room: Room) -> None:
        """What the worker of `model` says about a set and about each of its rows goes into `room`."""
        for name in (command.run, *(row.run for row in command.rows)):
            self.to_room(name, model, room)
        self._sets[command.run] = {row.run for row in command.rows}

    def listen(self, run: str, model: str, listener: Listener | None) -> None:
        """`listener` hears of a run that belongs to no story; None ends it."""
        if listener is None:
            self._routes.pop(run, None)
        else:
            self._routes[run] = _Route(model, listener, None)

    def worker_said(self, model: str, event: Event) -> None:
        """Hand an event of the worker of `model` on to where its run is; what is of no run is ignored."""
        run = getattr(event, "run", "")
        route = self._routes.get(run)
        if route is None or route.model != model:
            return
        route.hear(event)
        if route.room and isinstance(event, RunEnded):
            self._routes.pop(run, None)
            self._row_ended(run)

    def _row_ended(self, run: str) -> None:
        for name, rows in list(self._sets.items()):
            rows.discard(run)
            if not rows:
                self._routes.pop(name, None)
                del self._sets[name]

    def forget_room(self, room: Room) -> list[tuple[str, str]]:
        """Hear nothing more for `room`; returns its runs that have not ended, each with its model."""
        found = [(run, route.model) for run, route in self._routes.items() if route.room is room]
        for run, _ in found:
            self._routes.pop(run, None)
            self._sets.pop(run, None)
        return found
