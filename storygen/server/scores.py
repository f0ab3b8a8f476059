"""A story being scored for one browser: parts as they come from the worker, told as fast as it takes them in.

At most one message is under way; what comes meanwhile goes with the next. A message has a bounded length, and
all that waits is bounded by the story's.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from ..document.units import utf16_units
from ..errors import StorygenError
from ..link.messages import TokensScored
from ..story.looks import NewLook, Whole
from .calls.shapes import finite
from .workers.questions import WorkerRequests

MOST_TOKENS = 4096
"""In one message."""

Emit = Callable[[dict[str, Any], Callable[..., None]], None]


class Score:
    """`emit(message, acknowledged)` sends one message and calls back when the browser has it."""

    def __init__(self, story: str, new: NewLook, whole: Whole, emit: Emit) -> None:
        self.id = whole.command.request
        self.story, self.new = story, new
        self._command, self._stretches, self._emit = whole.command, whole.stretches, emit
        self._lock = (
            threading.Lock()
        )  # held for moments; with threads, parts and acknowledgements cross
        self._starts: list[int] = [0]  # of each token that was told of, in units; and the end
        self._at_char = 0
        self._waiting: list[list[Any]] = []
        self._done = self._total = 0
        self._over = self._stopped = False
        self._error = ""
        self._told_over = False
        self._under_way = True  # until `open`: the answer to score_start must be there first
        self._stretch, self._inside = 0, 0  # where the text that was told of ends

    # ------------------------------------------------------------ the work

    def run(self, requests: WorkerRequests) -> None:
        """Have the text scored, waiting for it."""
        error = ""
        try:
            requests.ready(self.new.model)
            if not self._stopped:
                answer: TokensScored = requests.ask(self.new.model, self._command, hear=self._hear)
                self._hear(answer)
                error = answer.error
        except StorygenError as failed:
            error = failed.message
        with self._lock:
            self._over, self._error = True, error
        self._send()

    def stop(self, requests: WorkerRequests) -> None:
        """Nothing more is told, and the worker gives it up."""
        self._stopped = True
        requests.cancel(self.id)

    def place_before(self, index: int) -> tuple[int, int] | None:
        """The identity of the character before a token that was scored, as the text was then."""
        at = self._starts[index]
        if not at:
            return None
        ends = list(accumulate(units for _, _, units in self._stretches))
        number = bisect_right(ends, at - 1)
        client, clock, units = self._stretches[number]
        return client, clock + units - (ends[number] - at) - 1

    @property
    def num_scored(self) -> int:
        """How many tokens are scored."""
        return len(self._starts) - 1

    # ------------------------------------------------------------ telling

    def open(self) -> None:
        """Begin to tell."""
        self._acknowledged()

    def _hear(self, part: Any) -> None:
        if not isinstance(part, TokensScored):
            return
        columns = zip(part.logprobs, part.ranks, part.entropies, part.after, strict=True)
        with self._lock:
            for end, (logprob, rank, entropy, after) in zip(part.ends, columns, strict=True):
                units = utf16_units(self._command.text[self._at_char : end])
                self._at_char = end
                self._starts.append(self._starts[-1] + units)
                known = None if logprob is None else finite(logprob)
                self._waiting.append([units, known, rank, finite(entropy), finite(after)])
            self._done, self._total = part.done, part.total
        self._send()

    def _send(self) -> None:
        with self._lock:
            if self._under_way or self._stopped or self._told_over:
                return
            if not self._waiting and not self._over:
                return
            tokens, self._waiting = self._waiting[:MOST_TOKENS], self._waiting[MOST_TOKENS:]
            self._told_over = self._over and not self._waiting
            self._under_way = True
            message = self._message(tokens)
        self._emit(message, self._acknowledged)

    def _message(self, tokens: list[list[Any]]) -> dict[str, Any]:
        return {
            "score": self.id,
            "story": self.story,
            "stretches": self._take_stretches(sum(token[0] for token in tokens)),
            "tokens": tokens,
            "done": self._done - len(self._waiting),
            "total": self._total,
            "over": self._told_over,
            "error": self._error if self._told_over else "",
        }

    def _take_stretches(self, units: int) -> list[list[int]]:
        """The next `units` of the text by identity."""
        taken = []
        while units:
            client, clock, size = self._stretches[self._stretch]
            part = min(units, size - self._inside)
            taken.append([client, clock + self._inside, part])
            units -= part
            self._inside += part
            if self._inside == size:
                self._stretch, self._inside = self._stretch + 1, 0
        return taken

    def _acknowledged(self, *_: Any) -> None:
        with self._lock:
            self._under_way = False
        self._send()
