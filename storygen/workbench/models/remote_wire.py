"""Calls of a server over HTTP: JSON in, JSON or a stream of events out.

A call that is cancelled closes its connection at once, also while the server is still thinking, because a
server goes on computing for as long as somebody listens. That is why reading waits in short steps, on
sockets of the standard library. Nothing is asked twice once the first byte of an answer is here. A key goes
to the address that was entered, nowhere else, and into no error.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

from ...errors import BadRequestError
from ..jobs import CancelledError, Job
from . import remote_errors
from .remote_address import Address
from .remote_errors import RemoteError
from .remote_events import Event, EventParser, TooLongError
from .remote_proxy import OverProxy, connection_to

STEP_S = 0.05
"""So long a read waits before it looks whether the call was given up."""

MOST_ANSWER_BYTES = 64 * 2**20
MOST_STREAM_BYTES = 256 * 2**20
MOST_ERROR_BYTES = 64 * 2**10
CHUNK_BYTES = 64 * 2**10
MOST_TRIES = 4
LONGEST_PAUSE_S = 30.0
MOST_IDLE = 2


class Wire:
    """Calls of the server at one address. Any number of threads may call at once."""

    def __init__(
        self,
        address: Address,
        key: str | None = None,
        *,
        silence_s: float = 120.0,
        connect_s: float = 10.0,
    ) -> None:
        """`silence_s`: the longest wait for an answer to begin, and between two parts of it.

        Raises: BadRequestError for a key with characters that no key has.
        """
        if key is not None and (not key.isascii() or not key.isprintable() or " " in key):
            raise BadRequestError("That is no key: it holds spaces or letters that no key has.")
        self.address = address
        self._key = key
        self._silence_s = silence_s
        self._connect_s = connect_s
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._closed = False
        weakref.finalize(self, _close_all, self._idle)

    def __repr__(self) -> str:
        return f"Wire({str(self.address)!r})"

    @property
    def has_key(self) -> bool:
        """Whether calls carry a key."""
        return self._key is not None

    def ask(self, call: str, body: Any = None, *, job: Job | None = None) -> Any:
        """The JSON that the server answers to `call`, such as "/models"; with a `body` it is posted.

        Raises: RemoteError, CancelledError.
        """
        with self._answer(call, body, "application/json", job) as answer:
            return self._json(answer)

    def stream(self, call: str, body: Any, *, job: Job | None = None) -> Iterator[Any]:
        """The JSON of each event that the server answers with, up to its "[DONE]".

        A server that does not stream gives one whole answer. Leaving the iterator closes the connection.
        Raises: RemoteError, also for an error that comes in the midst; CancelledError.
        """
        with self._answer(call, body, "text/event-stream", job) as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "application/json":
                yield self._json(answer)
                return
            if kind not in ("text/event-stream", "", "text/plain", "application/octet-stream"):
                raise remote_errors.not_openai(self.address, f"it answers with {kind!r}")
            yield from self._events(answer)

    def close(self) -> None:
        """Close the connections that wait for a next call."""
        with self._lock:
            self._closed = True
            _close_all(self._idle)

    def _events(self, answer: http.client.HTTPResponse) -> Iterator[Any]:
        parser, num_bytes = EventParser(), 0
        try:
            while chunk := answer.read1(CHUNK_BYTES):
                num_bytes += len(chunk)
                if num_bytes > MOST_STREAM_BYTES:
                    raise remote_errors.too_large()
                for event in parser.feed(chunk):
                    if event.data.strip() == "[DONE]":
                        _read_rest(answer)
                        return
                    if event.data.strip():  # nothing at all keeps a connection alive, too
                        yield self._event(event)
        except TooLongError:
            raise remote_errors.too_large() from None
        last = parser.close()
        if last is not None and last.data.strip() not in ("", "[DONE]"):
            yield self._event(last, is_last=True)

    def _event(self, event: Event, *, is_last: bool = False) -> Any:
        try:
            told = json.loads(event.data)
        except RecursionError:
            raise remote_errors.bad_answer("its brackets go too deep") from None
        except ValueError:
            if event.kind == "error":
                raise remote_errors.streamed(event.data, self._key) from None
            if is_last:
                raise remote_errors.cut_off() from None
            raise remote_errors.bad_answer("a part of it is no JSON") from None
        if not isinstance(told, dict):
            raise remote_errors.bad_answer("a part of it is no JSON object")
        if told.get("error"):
            raise remote_errors.streamed(told["error"], self._key)
        if event.kind == "error" or told.get("object") == "error":
            raise remote_errors.streamed(told, self._key)
        return told

    def _json(self, answer: http.client.HTTPResponse) -> Any:
        body = _read_all(answer, MOST_ANSWER_BYTES)
        kind = answer.headers.get("content-type", "").lower()
        if "html" in kind or body[:1000].lstrip()[:1] == b"<":
            raise remote_errors.not_openai(self.address, "it answers with a web page")
        try:
            told = json.loads(body)
        except RecursionError:
            raise remote_errors.bad_answer("its brackets go too deep") from None
        except ValueError:
            if body.lstrip()[:1] in (b"{", b"[") and body.rstrip()[-1:] not in (b"}", b"]"):
                raise remote_errors.cut_off() from None
            raise remote_errors.not_openai(self.address, "its answer is no JSON") from None
        if isinstance(told, dict) and told.get("error") and "choices" not in told:
            raise remote_errors.streamed(told["error"], self._key)
        return told

    @contextmanager
    def _answer(
        self, call: str, body: Any, accept: str, job: Job | None
    ) -> Iterator[http.client.HTTPResponse]:
        """An answer with a good status; its connection is kept if it was read to its end, else closed."""
        connection, answer = self._good_answer(call, body, accept, job)
        try:
            yield answer
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from error
        finally:
            is_whole = answer.isclosed() or answer.length == 0
            answer.close()
            if is_whole and not answer.will_close:
                self._keep(connection)
            else:
                connection.close()

    def _good_answer(
        self, call: str, body: Any, accept: str, job: Job | None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        started_s = time.monotonic()
        for num_tries in range(1, MOST_TRIES + 1):
            connection, answer = self._send(call, body, accept, job)
            if answer.status < 300:
                return connection, answer
            try:
                error = self._refusal(answer, body)
            except (OSError, http.client.HTTPException) as broken:
                raise self._broken(broken) from broken
            finally:
                answer.close()
                connection.close()
            pause_s = _pause_s(answer.headers.get("retry-after"), num_tries)
            waited_s = time.monotonic() - started_s
            if (
                error.status not in (429, 503)
                or num_tries == MOST_TRIES
                or waited_s + pause_s > LONGEST_PAUSE_S
            ):
                raise error
            _wait(pause_s, job)
        raise AssertionError("the last try returns or raises")

    def _refusal(self, answer: http.client.HTTPResponse, body: Any) -> RemoteError:
        if answer.status < 400:
            return remote_errors.elsewhere(
                self.address, answer.headers.get("location", "an unknown place")
            )
        return remote_errors.of_status(
            self.address,
            answer.status,
            {name.lower(): value for name, value in answer.headers.items()},
            answer.read(MOST_ERROR_BYTES),
            key=self._key,
            model=str(body.get("model", "")) if isinstance(body, Mapping) else "",
        )

    def _send(
        self, call: str, body: Any, accept: str, job: Job | None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Ask, over a connection that waits if there is one. The server may have closed that meanwhile."""
        connection = self._take_idle()
        if connection is not None:
            try:
                return connection, self._checked_send(connection, call, body, accept, job)
            except RemoteError as error:
                if not isinstance(error.__cause__, ConnectionError):
                    raise
        connection = connection_to(self.address, self._connect_s)
        return connection, self._checked_send(connection, call, body, accept, job)

    def _checked_send(
        self,
        connection: http.client.HTTPConnection,
        call: str,
        body: Any,
        accept: str,
        job: Job | None,
    ) -> http.client.HTTPResponse:
        """As `_send_over`; what goes wrong closes the connection and is told as a RemoteError."""
        try:
            return self._send_over(connection, call, body, accept, job)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError | http.client.HTTPException):
                raise self._no_answer(error) from error
            raise

    def _send_over(
        self,
        connection: http.client.HTTPConnection,
        call: str,
        body: Any,
        accept: str,
        job: Job | None,
    ) -> http.client.HTTPResponse:
        headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": "StoryGen"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        sent = None
        if body is not None:
            sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
            headers["Content-Type"] = "application/json"
        if job is not None:
            job.check()
        if connection.sock is None:
            self._connect(connection)
        connection.sock.settimeout(self._silence_s)
        target = self.address.path + call
        if isinstance(connection, OverProxy):
            target = connection.whole_target + target
            headers.update(connection.proxy_headers)
        connection.request("GET" if sent is None else "POST", target, sent, headers)
        connection.sock.settimeout(STEP_S)
        connection.response_class = self._response_class(job)
        return connection.getresponse()

    def _response_class(self, job: Job | None) -> Any:
        """What makes a response that reads from a socket as `job` allows."""

        def response(sock: socket.socket, **more: Any) -> http.client.HTTPResponse:
            listener: Any = _Listener(sock, job, self._silence_s)
            return http.client.HTTPResponse(listener, **more)

        return response

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except OSError as error:
            raise remote_errors.unreachable(self.address, error) from error

    def _no_answer(self, error: OSError | http.client.HTTPException) -> RemoteError:
        if isinstance(error, TimeoutError):
            return remote_errors.slow(self.address, self._silence_s)
        if isinstance(error, OSError):
            return remote_errors.silent(self.address)
        return remote_errors.not_openai(self.address, "it does not speak HTTP as expected")

    def _broken(self, error: OSError | http.client.HTTPException) -> RemoteError:
        if isinstance(error, TimeoutError):
            return remote_errors.slow(self.address, self._silence_s)
        return remote_errors.cut_off()

    def _take_idle(self) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < MOST_IDLE and not self._closed:
                self._idle.append(connection)
                return
        connection.close()


def _close_all(connections: list[http.client.HTTPConnection]) -> None:
    while connections:
        connections.pop().close()


class _Listener:
    """What an HTTPResponse takes for its socket: reads that can be given up."""

    def __init__(self, sock: socket.socket, job: Job | None, silence_s: float) -> None:
        self._reader = _Reader(sock, job, silence_s)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reader, CHUNK_BYTES)


class _Reader(io.RawIOBase):
    """Reads from a socket whose own time-out is STEP_S."""

    def __init__(self, sock: socket.socket, job: Job | None, silence_s: float) -> None:
        self._sock = sock
        self._job = job
        self._silence_s = silence_s
        # http.client closes the socket of an answer that ends with its connection; this keeps it open.
        self._held = sock.makefile("rb", buffering=0)

    def close(self) -> None:
        self._held.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        until_s = time.monotonic() + self._silence_s
        while True:
            if self._job is not None and self._job.cancelled:
                raise CancelledError
            try:
                return self._sock.recv_into(buffer)
            except TimeoutError:
                if time.monotonic() > until_s:
                    raise


def _read_all(answer: http.client.HTTPResponse, most_bytes: int) -> bytes:
    whole = bytearray()
    while chunk := answer.read1(CHUNK_BYTES):
        whole += chunk
        if len(whole) > most_bytes:
            raise remote_errors.too_large()
    if answer.length:  # read1 says nothing of a body that ends too early
        raise remote_errors.cut_off()
    return bytes(whole)


def _read_rest(answer: http.client.HTTPResponse) -> None:
    """Read what follows "[DONE]", which is the end of the chunks, so that the connection can be kept."""
    for _ in range(4):
        if not answer.read1(CHUNK_BYTES):
            return


def _pause_s(retry_after: str | None, num_tries: int) -> float:
    """How long to wait before the next try; the server may say so, in seconds or as a date."""
    if retry_after is None:
        return float(2 ** (num_tries - 1))
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, TypeError):
        return 1.0


def _wait(pause_s: float, job: Job | None) -> None:
    until_s = time.monotonic() + pause_s
    while (left_s := until_s - time.monotonic()) > 0:
        if job is not None:
            job.check()
        time.sleep(min(STEP_S, left_s))
