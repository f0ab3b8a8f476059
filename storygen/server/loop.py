"""The event loop, in one of two kinds: eventlet's, or plain threads. The only module that names eventlet.

Nothing is monkey-patched. Code above this module uses what a `Loop` gives: tasks, queues, events,
timers, lanes (one OS thread each, for blocking work) and sockets. In the eventlet kind everything except
a lane's work runs in one OS thread; only `Loop.post` may be called from another one.
"""

from __future__ import annotations

import contextlib
import functools
import queue
import signal
import socket
import threading
import time
import warnings
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Done = Callable[[Any, BaseException | None], None]
Empty = queue.Empty


class Queue(Protocol):
    """First in, first out."""

    def put(self, item: Any) -> None:
        """Add an item; never blocks."""

    def get(self, timeout: float | None = None) -> Any:
        """The next item. Raises: Empty after `timeout` seconds without one."""


class Event(Protocol):
    """A flag to wait for."""

    def set(self) -> None:
        """Raise the flag; waking everybody who waits."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the flag; False after `timeout` seconds without it."""


class Loop(ABC):
    """What the server needs from an event loop."""

    name: str  # Flask-SocketIO's async_mode

    @abstractmethod
    def spawn(self, work: Callable[..., Any], *args: Any) -> None:
        """Run `work` as a task of its own."""

    @abstractmethod
    def post(self, work: Callable[[], Any]) -> None:
        """Run `work` in the loop; may be called from any OS thread."""

    @abstractmethod
    def sleep(self, seconds: float) -> None:
        """Let others run for a while."""

    @abstractmethod
    def queue(self) -> Queue:
        """A new queue for tasks of this loop."""

    @abstractmethod
    def event(self) -> Event:
        """A new event for tasks of this loop."""

    @abstractmethod
    def timer(self, delay_s: float, work: Callable[[], Any]) -> Callable[[], None]:
        """Run `work` after `delay_s`; returns what cancels it."""

    @abstractmethod
    def listen(self, host: str, port: int) -> Any:
        """A listening socket whose accept, recv and sendall let others run."""

    @abstractmethod
    def serve(self, app: Any, host: str, port: int, ready: Callable[[int], None]) -> None:
        """Serve a WSGI application until `stop`; `ready` is told the port.

        Raises: OSError when the port is taken.
        """

    @abstractmethod
    def stop(self) -> None:
        """Let `serve` return; may be called from a signal's handler."""

    def wake_on_signals(self) -> None:  # noqa: B027 - most loops need nothing
        """See to it that a signal's handler runs at once even while nothing happens."""

    def lane(self, name: str) -> Lane:
        """A new OS thread that does one blocking piece of work after another."""
        return Lane(self, name)


class Lane:
    """One OS thread; `submit` never blocks, `call` blocks only the calling task."""

    def __init__(self, loop: Loop, name: str) -> None:
        self._loop = loop
        self._work: queue.SimpleQueue[tuple[Callable[[], Any], Done] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"storygen-{name}", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], Any], done: Done) -> None:
        """Do `work` in the lane, then call `done(result, error)` in the loop."""
        self._work.put((work, done))

    def call(self, work: Callable[[], T]) -> T:
        """Do `work` in the lane and wait for its result. Raises: what `work` raises."""
        finished = self._loop.event()
        outcome: list[Any] = []

        def done(result: Any, error: BaseException | None) -> None:
            outcome.extend((result, error))
            finished.set()

        self.submit(work, done)
        finished.wait()
        result, error = outcome
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the thread after the work that is queued."""
        self._work.put(None)

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end, blocking everything: for shutting down only."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while item := self._work.get():
            work, done = item
            try:
                result, error = work(), None
            except BaseException as caught:  # noqa: BLE001 - handed to whoever asked
                result, error = None, caught
            self._loop.post(functools.partial(done, result, error))


# -------------------------------------------------------------------- eventlet


class EventletLoop(Loop):
    """Green threads of one OS thread; other threads wake it through a socket pair."""

    name = "eventlet"

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # eventlet says at import that it is in bugfix mode; we know
            import eventlet
            import eventlet.queue
            from eventlet.greenio import GreenSocket

        self._eventlet = eventlet
        self._posted: deque[Callable[[], Any]] = deque()
        inside, self._outside = socket.socketpair()
        inside.setblocking(False)
        self._outside.setblocking(False)
        self._inside = GreenSocket(inside)
        self._stopped = self.event()
        eventlet.spawn_n(self._drain)

    def spawn(self, work: Callable[..., Any], *args: Any) -> None:
        self._eventlet.spawn_n(work, *args)

    def post(self, work: Callable[[], Any]) -> None:
        self._posted.append(work)
        with contextlib.suppress(
            BlockingIOError
        ):  # full of wake-ups that wait to be read: it will wake
            self._outside.send(b"!")

    def sleep(self, seconds: float) -> None:
        self._eventlet.sleep(seconds)

    def queue(self) -> Queue:
        return self._eventlet.queue.LightQueue()  # type: ignore[no-any-return]

    def event(self) -> Event:
        return _GreenEvent(self._eventlet)

    def timer(self, delay_s: float, work: Callable[[], Any]) -> Callable[[], None]:
        thread = self._eventlet.spawn_after(delay_s, work)
        return thread.cancel  # type: ignore[no-any-return]

    def listen(self, host: str, port: int) -> Any:
        return self._eventlet.listen((host, port), reuse_addr=False)

    def serve(self, app: Any, host: str, port: int, ready: Callable[[int], None]) -> None:
        import eventlet.wsgi

        class Protocol(eventlet.wsgi.HttpProtocol):  # type: ignore[misc]
            def setup(self) -> None:
                super().setup()
                no_delay(self.connection)

        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = self._eventlet.listen((host, port), family=family, backlog=128)
        ready(listener.getsockname()[1])
        served = self._eventlet.spawn(
            eventlet.wsgi.server, listener, app, protocol=Protocol, log_output=False, debug=False
        )
        self._stopped.wait()
        served.kill()

    def stop(self) -> None:
        # Through the socket pair: raising inside a handler would end whichever task it happens to hit.
        self.post(self._stopped.set)

    def wake_on_signals(self) -> None:
        signal.set_wakeup_fd(self._outside.fileno(), warn_on_full_buffer=False)

    def _drain(self) -> None:
        while self._inside.recv(4096):
            while self._posted:
                self._eventlet.spawn_n(self._posted.popleft())


class _GreenEvent:
    def __init__(self, eventlet: Any) -> None:
        self._eventlet = eventlet
        self._event = eventlet.event.Event()

    def set(self) -> None:
        if not self._event.ready():
            self._event.send(True)

    def wait(self, timeout: float | None = None) -> bool:
        return bool(self._event.wait(timeout)) if timeout is not None else bool(self._event.wait())


# -------------------------------------------------------------------- threads


class ThreadLoop(Loop):
    """Every task is an OS thread."""

    name = "threading"

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def spawn(self, work: Callable[..., Any], *args: Any) -> None:
        threading.Thread(target=work, args=args, daemon=True).start()

    def post(self, work: Callable[[], Any]) -> None:
        work()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def queue(self) -> Queue:
        return _ThreadQueue()

    def event(self) -> Event:
        return threading.Event()

    def timer(self, delay_s: float, work: Callable[[], Any]) -> Callable[[], None]:
        timer = threading.Timer(delay_s, work)
        timer.daemon = True
        timer.start()
        return timer.cancel

    def listen(self, host: str, port: int) -> Any:
        return socket.create_server((host, port))

    def serve(self, app: Any, host: str, port: int, ready: Callable[[int], None]) -> None:
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Handler(WSGIRequestHandler):
            disable_nagle_algorithm = True
            protocol_version = "HTTP/1.1"

            def run_wsgi(self) -> None:
                super().run_wsgi()
                if "Upgrade" in self.headers:  # what may follow are a websocket's bytes, no request
                    self.close_connection = True

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        server = make_server(host, port, app, threaded=True, request_handler=Handler)
        server.daemon_threads = True  # type: ignore[attr-defined]
        ready(server.server_port)
        self.spawn(server.serve_forever)
        while not self._stopped.wait(
            0.5
        ):  # with a time-out, or Windows would not run signal handlers
            pass
        server.shutdown()
        server.server_close()

    def stop(self) -> None:
        self._stopped.set()


class _ThreadQueue:
    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def put(self, item: Any) -> None:
        self._queue.put(item)

    def get(self, timeout: float | None = None) -> Any:
        return self._queue.get(timeout=timeout)


def make_loop(name: str) -> Loop:
    """The loop of a Flask-SocketIO async_mode: "eventlet" or "threading"."""
    return {"eventlet": EventletLoop, "threading": ThreadLoop}[name]()


def no_delay(connection: Any) -> None:
    """Send small packets at once: an event followed by an answer would stall 40 ms otherwise."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
