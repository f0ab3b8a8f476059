"""Events of workers find whose run they are about, and only the run's own worker is believed."""

from __future__ import annotations

from typing import Any, cast

from storygen.link.messages import Event, RunEnded, RunPaused, TextScored
from storygen.server.room import Room
from storygen.server.workers.routes import RunRoutes

MINE, OTHER = "found:mine", "found:other"


class HearingRoom:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def tell(self, work: Any) -> None:
        self.told.append(work)


def test_an_event_of_another_models_worker_is_ignored() -> None:
    routes, room = RunRoutes(), HearingRoom()
    heard: list[Event] = []
    routes.to_room("in a story", MINE, cast(Room, room))
    routes.listen("loose", MINE, heard.append)
    for run in ("in a story", "loose", "nobody's", ""):
        routes.worker_said(OTHER, RunPaused(run, 0))
        routes.worker_said(OTHER, RunEnded(run, "finished"))
    routes.worker_said(MINE, TextScored("request", ()))
    assert (room.told, heard) == ([], [])
    for run in ("in a story", "loose"):
        routes.worker_said(MINE, RunPaused(run, 0))
    assert (len(room.told), heard) == (1, [RunPaused("loose", 0)])


def test_a_run_that_has_ended_is_forgotten() -> None:
    routes, room = RunRoutes(), HearingRoom()
    routes.to_room("r", MINE, cast(Room, room))
    routes.worker_said(MINE, RunEnded("r", "finished"))
    routes.worker_said(MINE, RunPaused("r", 0))
    assert len(room.told) == 1
    routes.listen("loose", MINE, room.told.append)
    routes.listen("loose", MINE, None)
    routes.worker_said(MINE, RunPaused("loose", 0))
    assert len(room.told) == 1


def test_a_room_that_is_forgotten_hears_nothing_more_and_others_do() -> None:
    routes, broken, other = RunRoutes(), HearingRoom(), HearingRoom()
    routes.to_room("a", MINE, cast(Room, broken))
    routes.to_room("b", OTHER, cast(Room, broken))
    routes.to_room("c", MINE, cast(Room, other))
    assert routes.forget_room(cast(Room, broken)) == [("a", MINE), ("b", OTHER)]
    routes.worker_said(MINE, RunPaused("a", 0))
    routes.worker_said(MINE, RunPaused("c", 0))
    assert (broken.told, len(other.told)) == ([], 1)
