"""A lock that goes to whoever has waited longest.

A model that evaluates a data set takes it again right after each step; Python's own lock would let nobody
else in between.
"""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """Not reentrant. Use it as a context manager, for one step at a time."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._gates: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            gate = threading.Lock()
            gate.acquire()
            self._gates.append(gate)
        gate.acquire()  # whoever leaves opens it, and hands the turn over

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            if self._gates:
                self._gates.popleft().release()
            else:
                self._taken = False
