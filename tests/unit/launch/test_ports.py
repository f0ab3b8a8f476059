"""Ports: a free one, our own server, another StoryGen, something else, something that never answers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from storygen.launch import ports
from storygen.launch.ports import Place, find_place, healthz, is_free

HOST = "127.0.0.1"


@contextmanager
def answering(body: bytes, status: int = 200, port: int = 0) -> Iterator[int]:
    """A server on a loopback port that says `body` to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer((HOST, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def storygen(instance: str) -> bytes:
    return json.dumps({"app": "storygen", "status": "ok", "instance": instance}).encode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_wanted_port_is_taken_when_it_is_free() -> None:
    port = free_port()
    assert find_place(HOST, port, "mine") == Place(port, runs=False)


def test_our_own_server_is_found() -> None:
    with answering(storygen("mine")) as port:
        assert find_place(HOST, port, "mine") == Place(port, runs=True)


@pytest.mark.parametrize("known", ["mine", ""])
def test_a_storygen_of_another_folder_is_passed(known: str) -> None:
    with answering(storygen("another")) as port:
        place = find_place(HOST, port, known)
    assert place is not None
    assert (place.runs, place.passed[0]) == (False, port)
    assert place.port > port


def test_our_own_server_is_found_behind_a_taken_port() -> None:
    with answering(b"hello") as first, answering(storygen("mine"), port=first + 1):
        assert find_place(HOST, first, "mine") == Place(first + 1, runs=True, passed=(first,))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"hello", 200),
        (b"[]", 200),
        (b"\xff", 200),
        (b'{"app": "other"}', 200),
        (storygen("mine"), 403),
        (b"[" * 100_000, 200),
    ],
)
def test_only_a_storygen_passes_for_one(body: bytes, status: int) -> None:
    with answering(body, status) as port:
        assert healthz(HOST, port) is None


def test_a_program_that_never_answers_does_not_hold_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "PATIENCE_S", 0.05)
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        assert healthz(HOST, port) is None
        assert not is_free(HOST, port)


def test_without_any_free_port_there_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda host, port: False)
    monkeypatch.setattr(ports, "healthz", lambda host, port: None)
    assert find_place(HOST, 5000, "mine") is None
    assert find_place(HOST, 65530, "mine") is None
