"""What the worker knows of the text before a run's insertion point, and when it must learn more.

The worker has the text of bytes `[base, point)` of the story as it was at the last revision, plus the
tokens that it wrote since. Every change of the document moves `base` and `point` and, where it lies
between them, becomes a splice that waits to be sent. How long it waits depends on where it lies:

- *at the point*: typing at the very place where the model writes holds the run until it has rested;
- *near* (the last two sentences, at least the last `ALWAYS_NEAR_BYTES`): at once, and a token in flight is
  dropped; but never twice without a token between, so that typing cannot starve a slow model;
- *far*: once typing has rested, and at most `FAR_LATEST_S` late; tokens in flight are kept;
- *another run's tokens*: at the end of a sentence of theirs.

What is told does not wait for what is less urgent, nor bring it along: a key near the point must not make
the worker read from where another run writes, thousands of tokens before. Splices stay right while they
wait (see `waiting`), since all that the worker does meanwhile is to append at the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..document.live import Change
from ..link.messages import Splice
from .waiting import Distance, WaitingSplices

NEAR_BYTES = 480
ALWAYS_NEAR_BYTES = 160  # about 40 tokens: cheap to read, however short the sentences are
HOLD_REST_S = 0.5
FAR_REST_S = 0.4
FAR_LATEST_S = 1.5

BASE_STEPS = 2

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s|[。！？]|\n")


@dataclass(slots=True)
class Feed:
    """Moves with the document; `text` arguments are the document's bytes *after* the change."""

    base: int
    point: int
    revision: int = 0
    waiting: WaitingSplices = field(default_factory=WaitingSplices)
    sentence_over_s: float | None = None  # when another run came to the end of a sentence

    def absorb(
        self, change: Change, text: bytearray, now: float, *, by_run: bool, stays: bool
    ) -> Distance:
        """Move through one change; returns where it lay.

        `by_run`: another run wrote it. `stays`: text inserted exactly at the point goes right of it
        (it belongs to a run that stands after this one).
        """
        if change.inserted:
            distance, splice = self._inserted(change, text, stays)
        else:
            distance, splice = self._deleted(change, text)
        if splice is None:
            return Distance.OUTSIDE
        if by_run:
            distance = Distance.OTHER_RUN
        self.waiting.add(splice, distance, now)
        return distance

    def appended(self, num_bytes: int) -> None:
        """The run's own token came to stand before the point."""
        self.point += num_bytes

    def take(self, reach: Distance = Distance.OUTSIDE) -> tuple[Splice, ...]:
        """The waiting splices up to the urgency `reach`, to be sent now as a new revision."""
        if reach >= Distance.OTHER_RUN:
            self.sentence_over_s = None
        self.revision += 1
        return self.waiting.take(reach)

    def sentence_over(self, now: float) -> None:
        """Another run came to the end of a sentence, or stopped: what it wrote may be read."""
        if self.sentence_over_s is None and self.waiting.times(Distance.OTHER_RUN):
            self.sentence_over_s = now

    def due(self) -> tuple[float, Distance] | None:
        """When splices must be sent at the latest, and up to which urgency; None when none waits for time."""
        waiting = self.waiting
        if at_point := waiting.times(Distance.AT_POINT):
            return at_point[1] + HOLD_REST_S, Distance.NEAR
        if near := waiting.times(Distance.NEAR):
            return near[1], Distance.NEAR
        due = []
        if far := waiting.times(Distance.FAR):
            due.append((min(far[1] + FAR_REST_S, far[0] + FAR_LATEST_S), Distance.FAR))
        if self.sentence_over_s is not None:
            due.append((self.sentence_over_s, Distance.OTHER_RUN))
        return min(due, default=None)

    def widen(self, base: int, text: bytearray, now: float) -> None:
        """Give the worker earlier text too, from byte `base` on, with what is sent next."""
        assert base <= self.base
        if base < self.base:
            earlier = Splice(0, 0, text[base : self.base].decode())
            self.waiting.add(earlier, Distance.AT_POINT, now)
            self.base = base

    def _inserted(
        self, change: Change, text: bytearray, stays: bool
    ) -> tuple[Distance, Splice | None]:
        size = len(change.inserted.encode())
        at_point = change.at == self.point
        if change.at > self.point or (at_point and stays):
            return Distance.OUTSIDE, None
        if change.at < self.base or (change.at == self.base and self.base > 0 and not at_point):
            self.base += size
            self.point += size
            return Distance.OUTSIDE, None
        splice = Splice(_code_points(text, self.base, change.at), 0, change.inserted)
        self.point += size
        return self._distance(text, change.at + size, at_point), splice

    def _deleted(self, change: Change, text: bytearray) -> tuple[Distance, Splice | None]:
        raw = change.deleted.encode()
        start, end = change.at, change.at + len(raw)
        if start >= self.point:
            return Distance.OUTSIDE, None
        first, last = max(start, self.base), min(end, self.point)
        touches_point = end >= self.point
        self.point -= last - start
        if last <= first:
            self.base -= min(end, self.base) - start
            return Distance.OUTSIDE, None
        self.base -= first - start
        gone = raw[first - start : last - start].decode()
        splice = Splice(_code_points(text, self.base, start), len(gone), "")
        return self._distance(text, start, touches_point), splice

    def _distance(self, text: bytearray, change_end: int, at_point: bool) -> Distance:
        if at_point:
            return Distance.AT_POINT
        return Distance.NEAR if change_end >= near_start(text, self.point) else Distance.FAR


def near_start(text: bytearray, point: int) -> int:
    """Byte from which on a change is near: the last two sentences before `point`, within bounds."""
    start = _character_at(text, max(0, point - NEAR_BYTES))
    tail = text[start:point].decode()
    ends = [match.end() for match in _SENTENCE_END.finditer(tail)]
    inner = [end for end in ends if tail[end:].strip()]
    sentences = start + len(tail[: inner[-2]].encode()) if len(inner) >= 2 else start
    return min(sentences, max(0, point - ALWAYS_NEAR_BYTES))


def ends_sentence(text: str) -> bool:
    """Whether a token's text brings a sentence or a line to its end."""
    return bool(_SENTENCE_END.search(text + " "))


def feed_base(text: bytearray, point: int, num_bytes: int) -> int:
    """Where to begin the text for a worker that wants about `num_bytes` before `point`: at a line's start.

    It moves in steps while a story grows: what was read of a text that begins elsewhere is of no use.
    """
    start = max(0, point - num_bytes)
    start -= start % max(1, num_bytes // BASE_STEPS)
    if start == 0:
        return 0
    line = text.find(b"\n", start, min(point, start + num_bytes // 4))
    if line >= 0:
        return line + 1
    return _character_at(text, start)


def _character_at(text: bytearray, at: int) -> int:
    """The first character's beginning at or after byte `at`."""
    while at < len(text) and text[at] & 0xC0 == 0x80:
        at += 1
    return at


def _code_points(text: bytearray, start: int, end: int) -> int:
    raw = text[start:end]
    return len(raw) if raw.isascii() else len(raw.decode())
