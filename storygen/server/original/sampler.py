"""One sampler of the original protocol: text gathered into slices, each sent after the last was acknowledged.

A slice holds what came within half a second, or as many tokens as were granted, whichever is first; then
no more is written until the client says so. Pure but for what it is given to act with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

SLICE_S = 0.5
TOKENS_AHEAD = 64  # granted beyond what the client has acknowledged


class Handle(Protocol):
    """A text that is being written."""

    def grant(self, tokens: int) -> None:
        """Lets it write so many more tokens; before the first grant it writes none."""

    def stop(self) -> None:
        """Ends it and frees what it holds; may be called again, and after its end."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """What a sampler acts with: `send(text, acknowledged)`; `later(delay_s, work)` returns its cancel."""

    send: Callable[[str, Callable[[Any], None]], None]
    completed: Callable[[], None]
    later: Callable[[float, Callable[[], None]], Callable[[], None]]


class Sampler:
    """Between a text that is being written and the client that reads it; `over` when no more will come."""

    def __init__(self, outlet: Outlet) -> None:
        self.over = False
        self._outlet = outlet
        self._handle: Handle | None = None
        self._text = ""
        self._num_tokens = 0  # since the last slice was sent
        self._num_sent = 0  # in slices that are not acknowledged
        self._waiting = False
        self._due = False
        self._ended = False
        self._cancel_timer: Callable[[], None] | None = None

    def begin(self, handle: Handle) -> None:
        """The text that it reads from, which may write now."""
        self._handle = handle
        handle.grant(TOKENS_AHEAD)

    def add(self, text: str) -> None:
        """One more token was written."""
        if self.over or self._ended:
            return
        self._text += text
        self._num_tokens += 1
        if self._num_tokens + self._num_sent >= TOKENS_AHEAD:
            self._due = True
        elif self._cancel_timer is None and not self._due:
            self._cancel_timer = self._outlet.later(SLICE_S, self._be_due)
        self._send_if_due()

    def end(self) -> None:
        """The model wrote its last token."""
        if not self.over:
            self._ended = self._due = True
            self._send_if_due()

    def stop(self) -> None:
        """Frees everything; nothing more is sent."""
        if self.over:
            return
        self.over = True
        self._stop_timer()
        if self._handle is not None:
            self._handle.stop()

    def _be_due(self) -> None:
        self._cancel_timer = None
        self._due = True
        self._send_if_due()

    def _send_if_due(self) -> None:
        if self.over or self._waiting or not self._due:
            return
        if self._text:
            self._send()
        elif self._ended:
            self.stop()
            self._outlet.completed()
        elif self._num_tokens >= TOKENS_AHEAD:
            # Tokens without any text: there is nothing to acknowledge.
            self._due = False
            self._regrant(self._num_tokens)
            self._num_tokens = 0

    def _send(self) -> None:
        self._stop_timer()
        text, self._text = self._text, ""
        self._num_sent, self._num_tokens = self._num_tokens, 0
        self._waiting, self._due = True, self._ended
        self._outlet.send(text, self._acknowledged)

    def _acknowledged(self, go_on: Any) -> None:
        if self.over or not self._waiting:
            return
        self._waiting = False
        if go_on is not True:
            self.stop()
            return
        self._regrant(self._num_sent)
        self._num_sent = 0
        self._send_if_due()

    def _regrant(self, tokens: int) -> None:
        if self._handle is not None and not self._ended:
            self._handle.grant(tokens)

    def _stop_timer(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None
