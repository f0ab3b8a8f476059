"""Server-sent events, as servers stream their answers: bytes in, what each event carries out.

Pure: bytes may come cut anywhere, within a character or between the two letters of a line's end.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MOST_EVENT_BYTES = 4 * 2**20
"""So long one event, and so one line, may be; no token with its alternatives comes near it."""


class TooLongError(Exception):
    """An event that goes on and on."""


@dataclass(frozen=True, slots=True)
class Event:
    """What one event carries. `kind` is "message" unless the server names another."""

    data: str
    kind: str = "message"


class EventParser:
    """Takes the bytes of a stream in order; remembers what is not whole yet."""

    def __init__(self, most_bytes: int = MOST_EVENT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._line = bytearray()
        self._data: list[str] = []
        self._data_bytes = 0
        self._kind = ""
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that `chunk` completes. Raises: TooLongError when one has no end."""
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        while chunk:
            line, end, chunk = _first_line(chunk)
            self._line += line
            if len(self._line) + self._data_bytes > self._most_bytes:
                raise TooLongError
            if not end:
                return
            # A CR at the end of a chunk may be the first half of a CRLF.
            self._after_cr = end == b"\r" and not chunk
            whole = bytes(self._line)
            self._line.clear()
            event = self._take(whole)
            if event is not None:
                yield event

    def close(self) -> Event | None:
        """The event that the end of the stream leaves without its blank line; many servers forget it."""
        if self._line:
            self._take(bytes(self._line))
            self._line.clear()
        return self._dispatch()

    def _take(self, raw: bytes) -> Event | None:
        line = raw.decode("utf-8", "replace")
        if self._at_start:
            line = line.removeprefix("\ufeff")
            self._at_start = False
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")  # a comment has an empty field
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
            self._data_bytes += len(raw)
        elif field == "event":
            self._kind = value
        return None

    def _dispatch(self) -> Event | None:
        data, kind = self._data, self._kind
        self._data, self._kind, self._data_bytes = [], "", 0
        return Event("\n".join(data), kind or "message") if data else None


def _first_line(chunk: bytes) -> tuple[bytes, bytes, bytes]:
    """The first line of `chunk`, what ends it (empty if nothing does), and the rest."""
    places = [place for place in (chunk.find(b"\r"), chunk.find(b"\n")) if place >= 0]
    if not places:
        return chunk, b"", b""
    place = min(places)
    end = b"\r\n" if chunk.startswith(b"\r\n", place) else chunk[place : place + 1]
    return chunk[:place], end, chunk[place + len(end) :]
