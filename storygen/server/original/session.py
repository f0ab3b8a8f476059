"""One client of the original protocol: a task of its own that takes up one thing after another.

Requests, written text, acknowledgements and timers all arrive as pieces of work in its queue, so that
nothing here needs a lock and nobody who reports something is kept waiting.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from ...errors import StorygenError
from ..loop import Loop
from .requests import (
    GenerateRequest,
    SamplerRequest,
    answerable,
    read_generate,
    read_sampler,
)
from .sampler import Handle, Outlet, Sampler

log = logging.getLogger(__name__)

MAX_SAMPLERS = 8
MAX_TASKS_WAITING = 32
TEXTS_AT_ONCE = 4
MAX_REQUESTS, REQUESTS_S = 40, 2.0  # so many within so many seconds

Work = Callable[[], None]


class Writer(Protocol):
    """What writes text with the models of the registry; the server gives one that uses its workers."""

    def start(
        self,
        model_value: Any,
        prefix: str,
        params: dict[str, Any],
        *,
        on_text: Callable[[str], None],
        on_end: Callable[[str], None],
    ) -> Handle:
        """Begins a text after `prefix` with a model that the registry lists under `model_value`.

        `params` are sampling parameters (docs/PROTOCOL.md); what they leave out is the model's default.
        `on_text` is called once for every token (its text may be empty), as far as `Handle.grant` allows;
        then `on_end` once, with "finished", "stopped" or "failed". Both may be called from any thread, also
        before this returns, and never block.

        Raises: NotFoundError when the registry lists no such value; ModelError when it cannot be used.
        """


class Outward(Protocol):
    """How a session speaks to its client."""

    def __call__(
        self, event: str, *args: Any, acknowledged: Callable[[Any], None] | None = None
    ) -> None:
        """Sends `event`; `acknowledged` gets the first value that the client answers, else None."""


class Session:
    """Serves one client until `close`. All methods return at once."""

    def __init__(
        self, loop: Loop, writer: Writer, send: Outward, clock: Callable[[], float]
    ) -> None:
        self._loop = loop
        self._writer = writer
        self._send = send
        self._clock = clock
        self._queue = loop.queue()
        self._samplers: dict[str, Sampler] = {}
        self._tasks: deque[_Task] = deque()  # the first is being worked on
        self._times: deque[float] = deque(maxlen=MAX_REQUESTS)
        loop.spawn(self._run)

    def generate_text(self, args: tuple[Any, ...]) -> None:
        """The event of that name. Refusals are answered like a blank prefix: there are no error events."""
        request = read_generate(args) if self._may_ask() else None
        if request is not None and request.prefix.strip() and request.num and request.max_length:
            task = _Task(request, self._writer, self._queue.put, self._completed)
            self._queue.put(lambda: self._add_task(task))
        elif (name := answerable(args)) is not None:
            self._send("on_generate_completed", name, [])

    def start_new_sampler(self, args: tuple[Any, ...]) -> None:
        """The event of that name."""
        request = read_sampler(args) if self._may_ask() else None
        if request is not None and request.prefix.strip():
            self._queue.put(lambda: self._start_sampler(request))
        elif request is not None:
            self._queue.put(lambda: self._refuse_sampler(request.sampler, replace=True))
        elif (name := answerable(args)) is not None:
            self._refuse_sampler(name, replace=False)

    def close(self) -> None:
        """The client is gone: frees everything."""
        self._queue.put(None)

    # ------------------------------------------------------------ inside the task

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            try:
                work()
            except Exception:
                log.exception("A request of the original protocol failed.")
        for sampler in self._samplers.values():
            sampler.stop()
        for task in self._tasks:
            task.stop()

    def _may_ask(self) -> bool:
        now = self._clock()
        if len(self._times) == MAX_REQUESTS and now - self._times[0] < REQUESTS_S:
            return False
        self._times.append(now)
        return True

    def _start_sampler(self, request: SamplerRequest) -> None:
        name = request.sampler
        self._samplers = {key: one for key, one in self._samplers.items() if not one.over}
        if name not in self._samplers and len(self._samplers) >= MAX_SAMPLERS:
            self._refuse_sampler(name, replace=False)
            return
        sampler = Sampler(self._outlet(name))
        put = self._queue.put
        try:
            handle = self._writer.start(
                request.model,
                request.prefix,
                request.params,
                on_text=lambda text: put(lambda: sampler.add(text)),
                on_end=lambda _reason: put(sampler.end),
            )
        except StorygenError as error:
            log.info("A sampler was refused: %s", error)
            self._refuse_sampler(name, replace=False)
            return
        if name in self._samplers:
            self._samplers[name].stop()
        self._samplers[name] = sampler
        sampler.begin(handle)

    def _outlet(self, name: str) -> Outlet:
        def send(text: str, acknowledged: Callable[[Any], None]) -> None:
            self._send(
                "on_text",
                name,
                text,
                acknowledged=lambda go_on: self._queue.put(lambda: acknowledged(go_on)),
            )

        return Outlet(
            send=send,
            completed=lambda: self._send("on_text_sample_completed", name),
            later=lambda delay_s, work: self._loop.timer(delay_s, lambda: self._queue.put(work)),
        )

    def _refuse_sampler(self, name: str, *, replace: bool) -> None:
        """Says that no text will come; with `replace` the sampler that has the name ends too."""
        if replace and name in self._samplers:
            self._samplers.pop(name).stop()
        self._send("on_text_sample_completed", name)

    def _add_task(self, task: _Task) -> None:
        if len(self._tasks) > MAX_TASKS_WAITING:
            self._send("on_generate_completed", task.name, [])
            return
        self._tasks.append(task)
        if len(self._tasks) == 1:
            task.begin()

    def _completed(self, task: _Task) -> None:
        assert self._tasks[0] is task
        self._send("on_generate_completed", task.name, task.texts)
        self._tasks.popleft()
        if self._tasks:
            # Through the queue: a task that is refused at once would begin the next inside itself.
            self._queue.put(self._tasks[0].begin)


class _Task:
    """The texts of one `generate_text`, a few at a time. Its methods run in the session's task."""

    def __init__(
        self,
        request: GenerateRequest,
        writer: Writer,
        put: Callable[[Work], None],
        completed: Callable[[_Task], None],
    ) -> None:
        self.name = request.task
        self.texts: list[str] = []
        self._request = request
        self._writer = writer
        self._put = put
        self._completed = completed
        self._num_left = request.num
        self._live: list[_Text] = []
        self._over = False

    def begin(self) -> None:
        """Starts as many texts as may be written at once, or completes."""
        while self._num_left and len(self._live) < TEXTS_AT_ONCE:
            self._num_left -= 1
            try:
                self._start()
            except StorygenError as error:
                log.info("A text was refused: %s", error)
                self._num_left = 0
        if not self._live and not self._over:
            self._over = True
            self._completed(self)

    def stop(self) -> None:
        """Frees everything; nothing more is sent."""
        self._over = True
        for text in self._live:
            text.stop()

    def _start(self) -> None:
        text = _Text(self._request.max_length)
        request, put = self._request, self._put
        handle = self._writer.start(
            request.model,
            request.prefix,
            request.params,
            on_text=lambda piece: put(lambda: self._add(text, piece)),
            on_end=lambda reason: put(lambda: self._end(text, reason)),
        )
        self._live.append(text)
        text.begin(handle)

    def _add(self, text: _Text, piece: str) -> None:
        if text in self._live and text.add(piece):
            text.stop()
            self._end(text, "finished")

    def _end(self, text: _Text, reason: str) -> None:
        if self._over or text not in self._live:
            return
        self._live.remove(text)
        if reason == "finished":
            self.texts.append(text.text)
        self.begin()


class _Text:
    """One text of at most `max_tokens` tokens."""

    def __init__(self, max_tokens: int) -> None:
        self.text = ""
        self._left = max_tokens
        self._handle: Handle | None = None

    def begin(self, handle: Handle) -> None:
        """It may write all of its tokens."""
        self._handle = handle
        handle.grant(self._left)

    def add(self, piece: str) -> bool:
        """Takes one token; whether it was the last."""
        self.text += piece
        self._left -= 1
        return self._left == 0

    def stop(self) -> None:
        """Ends the writing."""
        if self._handle is not None:
            self._handle.stop()
