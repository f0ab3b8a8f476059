"""The rooms that are open: each story has at most one. Opened when asked for, closed when nobody needs them.

Every method may block its own task, never the loop.
"""

from __future__ import annotations

import threading
from typing import Any

from ..errors import ConflictError, NotFoundError
from ..story import states
from ..story.story import Story
from .loop import Loop
from .opening import Opening, Read
from .room import House, Room

IDLE_ROOM_S = 60.0


class Rooms:
    """`house` is where the rooms stand."""

    def __init__(
        self, loop: Loop, house: House, stories: Opening, read: Read, grace_s: float
    ) -> None:
        """`grace_s`: for how long runs go on that nobody looks at."""
        self._loop, self._house, self._stories, self._read = loop, house, stories, read
        self._grace_s = grace_s
        self._door = threading.Lock()  # held for moments, never while waiting
        self._rooms: dict[str, Room] = {}
        self._opening: dict[str, Any] = {}

    # ------------------------------------------------------------ finding

    def room(self, story: str) -> Room:
        """The room of a story, opened if need be.

        Raises: NotFoundError when there is no such story.
        """
        while True:
            with self._door:
                room, opening = self._rooms.get(story), self._opening.get(story)
                if opening is None and (room is None or room.closed):
                    self._opening[story] = self._loop.event()
                    break
            if opening is not None:
                opening.wait()
            elif room is not None and not room.closing:
                return room
            elif room is not None:
                room.ended.wait()  # what it still commits must be read by the next one
        return self._open(story)

    def open_rooms(self) -> list[Room]:
        """The rooms that are open now."""
        return [room for room in list(self._rooms.values()) if not room.closed]

    def of_run(self, run: str) -> Room:
        """The room of the story that a run belongs to.

        Raises: NotFoundError.
        """
        for room in self.open_rooms():
            if run in room.run_ids():
                return room
        record = self._read(lambda store: store.run(run))
        if record is None:
            raise NotFoundError("There is no such run.")
        return self.room(record.story)

    def of_set(self, set_id: str) -> Room:
        """The open room of the story that a set of candidates belongs to.

        Raises: NotFoundError.
        """
        for room in self.open_rooms():
            if set_id in room.set_ids():
                return room
        raise NotFoundError("There is no such set of candidates; open its story first.")

    def of_look(self, look: str) -> Room:
        """The open room in which a look is remembered.

        Raises: NotFoundError.
        """
        for room in self.open_rooms():
            if look in room.look_ids():
                return room
        raise NotFoundError("This list of tokens is too old; look again.")

    def writes(self, story: str) -> bool:
        """Whether a run is writing in a story."""
        room = self._rooms.get(story)
        return bool(room and not room.closed and room.live_runs())

    def _open(self, story: str) -> Room:
        try:
            room = self._rooms[story] = Room(self._loop, self._house, self._stories.open(story))
        finally:
            with self._door:
                opened = self._opening.pop(story)
            opened.set()
        self._loop.timer(IDLE_ROOM_S, lambda: self._close_if_idle(story))
        return room

    # ------------------------------------------------------------ leaving and closing

    def left(self, story: str) -> None:
        """The last browser of a story has gone: after a while its runs pause, unless they may go on."""
        self._loop.timer(self._grace_s, lambda: self._pause_if_left(story))

    def close(self, story: str) -> None:
        """Close a story's room at once, as for deleting it.

        Raises: ConflictError while a run is writing in it.
        """
        room = self._rooms.get(story)
        if room is None:
            return
        if room.live_runs():
            raise ConflictError("A run is still writing in this story; stop it first.")
        room.close()
        room.ended.wait(10.0)
        self._rooms.pop(story, None)

    def close_all(self) -> None:
        """Close every room, and wait until what is open is committed."""
        for room in self.open_rooms():
            room.close()
        for room in list(self._rooms.values()):
            room.ended.wait(5.0)

    def forget(self, room: Room) -> None:
        """The room has ended; its story may be opened anew."""
        with self._door:
            if self._rooms.get(room.id) is room:
                del self._rooms[room.id]

    def _pause_if_left(self, story: str) -> None:
        room = self._rooms.get(story)
        if room is None or room.outboxes:
            return

        def pause(page: Story, now: float) -> None:
            if page.page.record.settings.get("keep_writing"):
                return
            if page.automatic.active:
                page.automatic.pause(now, "Nobody was looking.")
            for run in page.runs.live():
                if run.state == states.RUNNING:
                    page.runs.pause(run.id, now)

        room.tell(pause)

    def _close_if_idle(self, story: str) -> None:
        room = self._rooms.get(story)
        if room is None or room.closing:
            return
        if room.outboxes or room.live_runs():
            self._loop.timer(IDLE_ROOM_S, lambda: self._close_if_idle(story))
            return
        room.close()
        self._loop.spawn(self._forget_when_ended, room)

    def _forget_when_ended(self, room: Room) -> None:
        room.ended.wait()
        self.forget(room)
