"""The original protocol against a real server of both kinds, with the Python and the JavaScript client."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
import requests
import socketio
from raw_client import Polling, Websocket, Wire

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TOKEN = {"Authorization": "Bearer the-token"}


class Server:
    """The server process, and what its writer has seen."""

    def __init__(self, port: int) -> None:
        self.port = port

    def seen(self) -> dict[str, Any]:
        answer = requests.get(f"http://127.0.0.1:{self.port}/seen", headers=TOKEN, timeout=10)
        return dict(answer.json())

    def wait_until(self, true_of: Callable[[dict[str, Any]], bool]) -> None:
        deadline = time.monotonic() + 20
        while not true_of(self.seen()):
            assert time.monotonic() < deadline, self.seen()


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    command = [sys.executable, str(HERE / "legacy_server.py"), request.param]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.kill()
            said = process.stderr.read()
    assert "Traceback" not in said, said


class Client:
    """The original client's side: what it is told, and how it acknowledges (`go_on`)."""

    def __init__(self, server: Server, transport: str = "websocket") -> None:
        self.texts: Queue[tuple[str, list[str]]] = Queue()
        self.slices: Queue[tuple[str, str]] = Queue()
        self.completed: Queue[str] = Queue()
        self.go_on: Callable[[str], Any] = lambda _sampler: True
        self._io = socketio.Client(reconnection=False)
        self._io.on("on_generate_completed", lambda task, texts: self.texts.put((task, texts)))
        self._io.on("on_text", self._on_text)
        self._io.on("on_text_sample_completed", self.completed.put)
        self._io.connect(
            f"http://127.0.0.1:{server.port}",
            auth={"token": "the-token"},
            transports=[transport],
            wait_timeout=10,
        )

    def emit(self, event: str, *args: Any) -> None:
        self._io.emit(event, args)

    def generated(self, *args: Any) -> tuple[str, list[str]]:
        self.emit("generate_text", *args)
        return self.texts.get(timeout=10)

    def close(self) -> None:
        socket = self._io.eio.ws
        if socket is not None:
            # The library waits three seconds for a farewell that its reading thread may have taken.
            socket.close = functools.partial(socket.close, timeout=0)
        self._io.disconnect()

    def _on_text(self, sampler: str, text: str) -> Any:
        self.slices.put((sampler, text))
        return self.go_on(sampler)


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    client = Client(server)
    yield client
    client.close()
    server.wait_until(lambda seen: seen["live"] == 0)


def test_texts_come_without_their_prefix_as_many_and_as_long_as_asked(client: Client) -> None:
    assert client.generated("t", "numbers", "Once", 3) == ("t", [" 0 1 2"])
    assert client.generated("t", "numbers", "Once", 2, {}, 3) == ("t", [" 0 1"] * 3)


def test_at_most_ten_texts_of_at_most_fifty_tokens_are_written(
    server: Server, client: Client
) -> None:
    task, texts = client.generated("many", "numbers", "Once", 10_000, {"min_length": 9_999}, 10_000)
    assert (task, len(texts), {len(text.split()) for text in texts}) == ("many", 10, {50})
    seen = server.seen()
    assert seen["started"][-1]["params"]["max_tokens"] == 50
    assert seen["started"][-1]["params"]["min_tokens"] == 512
    assert seen["most_live"] <= 4


def test_a_text_ends_where_its_model_ends_it(client: Client) -> None:
    assert client.generated("t", "numbers", "end 2", 50) == ("t", [" 0 1"])


@pytest.mark.parametrize("prefix", ["", "  \n\t "])
def test_a_blank_prefix_is_answered_at_once_with_nothing(client: Client, prefix: str) -> None:
    assert client.generated("t", "numbers", prefix, 9, {}, 2) == ("t", [])
    client.emit("start_new_sampler", "s", "numbers", prefix, {})
    assert client.completed.get(timeout=10) == "s"


def test_tasks_are_answered_in_their_order(client: Client) -> None:
    for number in range(5):
        client.emit("generate_text", f"t{number}", "numbers", f"end {number + 1}", 50)
    # A threading server may take the events themselves up in another order.
    answers = dict(client.texts.get(timeout=10) for _ in range(5))
    assert {task: texts[0].split()[-1] for task, texts in answers.items()} == {
        f"t{number}": str(number) for number in range(5)
    }


def test_a_sampler_sends_slices_as_long_as_they_are_acknowledged_and_then_says_that_it_ended(
    client: Client,
) -> None:
    client.emit("start_new_sampler", "s", "numbers", "Once, end 500", {"temperature": 0.5})
    assert client.completed.get(timeout=20) == "s"
    slices = [client.slices.get_nowait() for _ in range(client.slices.qsize())]
    assert "".join(text for _, text in slices) == "".join(f" {number}" for number in range(500))
    assert len(slices) >= 500 / 64
    assert {name for name, _ in slices} == {"s"}


def test_nothing_more_is_written_than_granted_until_a_slice_is_acknowledged(
    server: Server, client: Client
) -> None:
    held: Queue[bool] = Queue()
    client.go_on = lambda _sampler: held.get(timeout=20)
    client.emit("start_new_sampler", "s", "numbers", "Once", {})
    first = client.slices.get(timeout=10)[1]
    with pytest.raises(Empty):
        client.slices.get(timeout=0.7)
    held.put(True)
    second = client.slices.get(timeout=10)[1]
    assert len(first.split()) + len(second.split()) <= 2 * 64
    assert (first + second).split() == [
        str(number) for number in range(len((first + second).split()))
    ]
    held.put(False)
    server.wait_until(lambda seen: seen["live"] == 0)
    assert client.completed.empty()


@pytest.mark.parametrize("answer", [False, None, "no", 0, []])
def test_anything_but_true_stops_a_sampler(server: Server, client: Client, answer: Any) -> None:
    client.go_on = lambda _sampler: answer
    client.emit("start_new_sampler", "s", "numbers", "Once", {})
    client.slices.get(timeout=10)
    server.wait_until(lambda seen: seen["live"] == 0)
    assert client.slices.empty() and client.completed.empty()


def test_a_repeated_name_replaces_its_sampler(server: Server, client: Client) -> None:
    held: Queue[bool] = Queue()
    client.go_on = lambda _sampler: held.get(timeout=20)
    before = len(server.seen()["started"])
    client.emit("start_new_sampler", "s", "numbers", "first", {})
    client.slices.get(timeout=10)
    client.emit("start_new_sampler", "s", "numbers", "second, end 3", {})
    server.wait_until(lambda seen: len(seen["started"]) == before + 2 and seen["live"] == 0)
    held.put(True)  # for the first sampler: it goes on no more
    held.put(True)
    assert client.slices.get(timeout=10) == ("s", " 0 1 2")
    assert client.completed.get(timeout=10) == "s"
    assert client.slices.empty() and client.completed.empty()


def test_a_client_has_so_many_samplers_and_no_more(server: Server, client: Client) -> None:
    held: Queue[bool] = Queue()
    client.go_on = lambda _sampler: held.get(timeout=20)
    for number in range(8):
        client.emit("start_new_sampler", f"s{number}", "numbers", "Once", {})
    server.wait_until(lambda seen: seen["live"] == 8)
    client.emit("start_new_sampler", "one too many", "numbers", "Once", {})
    assert client.completed.get(timeout=10) == "one too many"
    assert server.seen()["live"] == 8
    for _ in range(9):
        held.put(False)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_client_that_leaves_frees_everything(server: Server, transport: str) -> None:
    client = Client(server, transport)
    held: Queue[bool] = Queue()
    client.go_on = lambda _sampler: held.get(timeout=20)
    client.emit("start_new_sampler", "s", "numbers", "Once", {})
    client.emit("start_new_sampler", "t", "numbers", "Once", {})
    client.slices.get(timeout=10)
    server.wait_until(lambda seen: seen["live"] == 2)
    client.close()
    held.put(True)
    held.put(True)
    server.wait_until(lambda seen: seen["live"] == 0)


def test_a_model_that_is_not_listed_or_fails_is_answered_with_nothing(client: Client) -> None:
    for model in ("another", "../numbers", "/etc/passwd", {"source": "x"}):
        assert client.generated("t", model, "Once", 3) == ("t", [])
        client.emit("start_new_sampler", "s", model, "Once", {})
        assert client.completed.get(timeout=10) == "s"
    assert client.generated("t", "fails", "Once", 3, {}, 2) == ("t", [])
    client.emit("start_new_sampler", "s", "fails", "Once", {})
    assert client.completed.get(timeout=10) == "s"


HOSTILE: list[tuple[Any, ...]] = [
    (),
    ("t",),
    (None, "numbers", "Once", 3),
    ({"a": 1}, "numbers", "Once", 3),
    ("x" * 1_000, "numbers", "Once", 3),
    ("t", None, "Once", 3),
    ("t", ["numbers"], "Once", 3),
    ("t", "numbers", None, 3),
    ("t", "numbers", ["Once"], 3),
    ("t", "numbers", "Once", "three"),
    ("t", "numbers", "Once", None),
    ("t", "numbers", "Once", True),
    ("t", "numbers", "Once", -5),
    ("t", "numbers", "Once", 3, "parameters"),
    ("t", "numbers", "Once", 3, {"temperature": "hot"}),
    ("t", "numbers", "Once", 3, {"top_k": [1]}),
    ("t", "numbers", "Once", 3, {"top_p": {"$gt": ""}}),
    ("t", "numbers", "Once", 3, {}, "many"),
    ("t", "numbers", "Once", 3, {}, 0),
    ("t", "numbers", "Once", 3, {}, 1, "more"),
    (b"t", "numbers", "Once", 3),
    ("t", "numbers", b"Once", 3),
]


@pytest.mark.parametrize("args", HOSTILE)
def test_hostile_arguments_start_nothing_and_leave_the_server_well(
    server: Server, client: Client, args: tuple[Any, ...]
) -> None:
    before = len(server.seen()["started"])
    client.emit("generate_text", *args)
    client.emit("start_new_sampler", *args[:3], "parameters")
    client.emit("no_such_event", *args)
    client.emit("connect", *args)
    client.emit("disconnect", *args)
    client.emit("trigger_event", *args)
    client.emit("generate_text", "well", "numbers", "end 1", 3)
    while client.texts.get(timeout=10) != ("well", [" 0"]):
        pass
    assert len(server.seen()["started"]) == before + 1


@pytest.mark.parametrize("wire", [Polling, Websocket])
def test_a_client_without_the_token_cannot_pretend_to_have_been_let_in(
    server: Server, wire: type[Wire]
) -> None:
    before = len(server.seen()["started"])
    pretended = {
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": "Bearer the-token",
        "REQUEST_METHOD": "GET",
    }
    client = wire(server.port, {})
    client.send("40")
    client.send(f'42["connect",{json.dumps(pretended)}]')
    client.send(f'42["connect",{json.dumps(pretended)},{{"token":"wrong"}}]')
    client.send('42["generate_text","t","numbers","Once",3]')
    while not client.receive().startswith("41"):
        pass
    client.close()
    assert len(server.seen()["started"]) == before


def test_a_flood_of_requests_is_answered_without_being_done(server: Server, client: Client) -> None:
    before = len(server.seen()["started"])
    for _ in range(300):
        client.emit("generate_text", "t", "numbers", "Once", 1)
    answers = [client.texts.get(timeout=20)[1] for _ in range(300)]
    assert [] in answers and [" 0"] in answers
    assert len(server.seen()["started"]) - before < 300


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_the_javascript_client_works_unmodified_from_an_allowed_origin(
    server: Server, transport: str
) -> None:
    done = subprocess.run(
        ["node", str(HERE / "legacy_client.mjs"), str(server.port), transport],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["texts"] == [" 0 1 2"] * 2
    assert told["blank"] == []
    assert "".join(told["slices"]) == "".join(f" {number}" for number in range(100))
    assert told["endless"].startswith(" 0 1 2")
    server.wait_until(lambda seen: seen["live"] == 0)
