"""What the person in front of the terminal sees: lines, and one line that moves while something takes time.

On a terminal the moving line is rewritten in place; elsewhere (a file, CI) it is printed again every
`QUIET_S` seconds. Characters that the terminal cannot show become `?`, never an exception.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

QUIET_S = 10.0
REDRAW_S = 0.25


class Screen:
    """Prints to `stream`; `clock` counts seconds."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._live = stream.isatty()
        self._drawn = 0  # characters of the moving line that are on the screen
        self._last_draw = -QUIET_S

    def say(self, text: str = "") -> None:
        """Prints a line of its own."""
        self._clear()
        self._write(text + "\n")

    def begin(self, title: str) -> Progress:
        """A moving line for something that starts now."""
        self._last_draw = self._clock() - QUIET_S if self._live else self._clock()
        return Progress(self, title, self._clock)

    def draw(self, text: str) -> None:
        """Shows `text` on the moving line, unless that was done a moment ago."""
        now = self._clock()
        if now - self._last_draw < (REDRAW_S if self._live else QUIET_S):
            return
        self._last_draw = now
        if not self._live:
            self._write(text + "\n")
            return
        text = text[: shutil.get_terminal_size().columns - 1]
        self._write("\r" + text + " " * (self._drawn - len(text)))
        self._drawn = len(text)

    def _clear(self) -> None:
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


class Progress:
    """The moving line of one thing that takes time: its title, a detail, the seconds so far."""

    def __init__(self, screen: Screen, title: str, clock: Callable[[], float]) -> None:
        self._screen = screen
        self._title = title
        self._clock = clock
        self._began = clock()

    @property
    def seconds(self) -> float:
        return self._clock() - self._began

    def show(self, detail: str = "") -> None:
        """Brings the line up to date; nothing appears in the first second."""
        if self.seconds >= 1.0:
            middle = f" {detail}," if detail else ""
            self._screen.draw(f"  {self._title} …{middle} {duration(self.seconds)}")

    def done(self) -> None:
        """Replaces the line by one that stays."""
        self._screen.say(f"  {self._title}: done in {duration(self.seconds)}")


def duration(seconds: float) -> str:
    """`seconds` for a person: "4 s", "2 min 05 s"."""
    whole = int(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def size(num_bytes: float) -> str:
    """`num_bytes` for a person: "740 KB", "12.3 MB", "1.2 GB"."""
    if num_bytes < 1e6:
        return f"{num_bytes / 1e3:.0f} KB"
    return f"{num_bytes / 1e6:.1f} MB" if num_bytes < 1e9 else f"{num_bytes / 1e9:.2f} GB"
