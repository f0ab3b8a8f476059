"""Servers that fail: each fault is told so that a person knows what to do, and nothing hangs."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import openai_server
import openai_words
import pytest

from storygen.errors import StorygenError
from storygen.workbench.jobs import CancelledError, Job
from storygen.workbench.models.base import Generated, ScoredToken, Turn
from storygen.workbench.models.remote import RemoteModel
from storygen.workbench.models.remote_address import read_address
from storygen.workbench.models.remote_proxy import OverProxy, connection_to
from storygen.workbench.models.remote_wire import Wire, _pause_s

PARAMS = {"temperature": 1.0, "min_p": 0.0, "repetition_penalty": 1.0, "max_tokens": 12}
KEY = "my-own-key"
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with openai_server.running() as address:
        yield address


def seen(url: str) -> Any:
    with urllib.request.urlopen(f"{url}/seen") as answer:
        return json.load(answer)


def gone(url: str) -> int:
    number: int = seen(url)["gone"]
    return number


def until_asked(url: str, path: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not any(c["path"] == path and c["body"].get("stream") for c in seen(url)["calls"]):
        assert time.monotonic() < until, "the server was not asked"


def until_gone(url: str, number: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while gone(url) < number:
        assert time.monotonic() < until, "the server was not left"


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("drop", "cut_off", "cut off"),
        ("unfinished", "cut_off", "cut off"),
        ("stall", "slow", "said nothing for 0.5 seconds"),
        ("silent", "slow", "said nothing for 0.5 seconds"),
        ("garbage", "bad_answer", "no JSON"),
        ("deep", "bad_answer", "brackets go too deep"),
        ("broken", "server_failed", "CUDA out of memory"),
        ("endless", "too_large", "no end"),
        ("nan", "bad_answer", "NaN"),
        ("fails", "server_failed", "500.*The engine is dead"),
        ("overfull", "busy", "Your quota is used up. Wait"),
        ("webpage", "not_openai", "no OpenAI-compatible server"),
        ("hangup", "cut_off", "without an answer"),
        ("cutjson", "cut_off", "cut off"),
        ("redirect", "elsewhere", "sends on to http://elsewhere.invalid/v1"),
        ("loading", "loading", "still loading the model"),
        ("site", "not_openai", "web page.*often ends in /v1"),
        ("missing", "not_openai", "web page.*often ends in /v1"),
        ("telnet", "not_openai", "does not speak HTTP"),
    ],
)
def test_a_fault_is_told(url: str, fault: str, code: str, says: str) -> None:
    with pytest.raises(StorygenError, match=says) as caught:
        RemoteModel(f"{url}/{fault}/v1", key=KEY, timeout_s=0.5).generate(
            "The cat", PARAMS, seeds=[3]
        )
    assert caught.value.code == code
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("fault", ["drop", "broken", "nan", "fails"])
def test_a_talk_tells_of_faults_too(url: str, fault: str) -> None:
    with pytest.raises(StorygenError):
        RemoteModel(f"{url}/{fault}/v1").chat([Turn("user", "the cat")], PARAMS)


def test_what_came_before_a_fault_was_told(url: str) -> None:
    came: list[ScoredToken] = []
    with pytest.raises(StorygenError, match="cut off"):
        RemoteModel(f"{url}/drop/v1").generate(
            "The cat", PARAMS, seeds=[3], on_token=lambda row, token: came.append(token)
        )
    assert len(came) == 3


@pytest.mark.parametrize("way", ["crumbs", "endmissing", "whole", "busy"])
def test_odd_ways_to_stream_are_no_faults(url: str, way: str) -> None:
    tokens = openai_words.write("café", 3, temperature=1.0)
    expected = b"".join(token for token, _ in zip(tokens, range(12), strict=False))
    [text] = RemoteModel(f"{url}/{way}/v1").generate("café", PARAMS, seeds=[3])
    assert text.text == expected.decode("utf-8", "replace")
    assert not text.text.isascii()


def test_the_key_is_cut_out_of_what_a_server_says(url: str) -> None:
    with pytest.raises(StorygenError, match="Bad request with Bearer …") as caught:
        RemoteModel(f"{url}/tattle/v1", key=KEY).generate("The", PARAMS, seeds=[1])
    assert "\x1b" not in str(caught.value)


def test_to_cancel_closes_the_connection_also_before_an_answer(url: str) -> None:
    model = RemoteModel(f"{url}/silent/v1", timeout_s=600)
    model.connect()
    before, job, ended = gone(url), Job(), list[Generated]()
    worker = threading.Thread(
        target=lambda: ended.extend(model.generate("The cat", PARAMS, seeds=[3], job=job))
    )
    worker.start()
    until_asked(url, "/silent/v1/completions")
    job.cancel()
    worker.join(PATIENCE_S)
    assert [each.ended for each in ended] == ["cancelled"]
    until_gone(url, before + 1)


def test_the_server_notices_when_a_text_is_given_up(url: str) -> None:
    job, before = Job(), gone(url)
    RemoteModel(f"{url}/stall/v1", timeout_s=600).generate(
        "The cat", PARAMS, seeds=[3], on_token=lambda row, token: job.cancel(), job=job
    )
    until_gone(url, before + 1)


def test_leaving_a_stream_closes_its_connection(url: str) -> None:
    before = gone(url)
    wire = Wire(read_address(f"{url}/stall/v1"))
    body = {"model": "words", "prompt": "The cat", "stream": True, "logprobs": 1}
    for _ in wire.stream("/completions", body):
        break
    until_gone(url, before + 1)


def test_what_was_cancelled_before_is_not_asked(url: str) -> None:
    job = Job()
    job.cancel()
    with pytest.raises(CancelledError):
        Wire(read_address(f"{url}/vllm/v1")).ask("/models", job=job)


def test_a_connection_is_used_again_and_a_stale_one_is_replaced() -> None:
    """A server that closes each connection after its second answer, without saying so."""
    answers = 0
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[int] = []

    def serve() -> None:
        nonlocal answers
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            taken.append(0)
            with connection:
                for _ in range(2):
                    if not connection.recv(65536):
                        break
                    answers += 1
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 2\r\n\r\n{}"
                    )

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    wire = Wire(read_address(f"http://127.0.0.1:{listener.getsockname()[1]}"))
    assert [wire.ask("/models") for _ in range(6)] == [{}] * 6
    assert answers == 6
    assert len(taken) == 3
    wire.close()
    listener.close()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://127.0.0.1:1", "Nothing answers at http://127.0.0.1:1. Is the server running"),
        ("http://nowhere.invalid", "no computer named nowhere.invalid"),
    ],
)
def test_a_server_that_is_not_there_is_told(address: str, says: str) -> None:
    with pytest.raises(StorygenError, match=says):
        RemoteModel(address).connect()


def test_https_where_http_is_spoken_is_told(url: str) -> None:
    with pytest.raises(StorygenError, match="does not speak https"):
        RemoteModel(url.replace("http:", "https:")).connect()


def test_the_wait_that_a_server_asks_for_is_understood() -> None:
    assert _pause_s("0.5", 1) == 0.5
    assert _pause_s("-3", 1) == 0.0
    assert _pause_s("Wed, 21 Oct 2015 07:28:00 GMT", 1) == 0.0
    assert _pause_s("soon", 1) == 1.0
    assert [_pause_s(None, tries) for tries in (1, 2, 3)] == [1.0, 2.0, 4.0]


def test_a_proxy_is_used_but_not_for_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:pass@proxy.example:3128")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    over = connection_to(read_address("http://outside.example/v1"), 1.0)
    assert isinstance(over, OverProxy)
    assert (over.host, over.port) == ("proxy.example", 3128)
    assert over.whole_target == "http://outside.example"
    assert over.proxy_headers["Proxy-Authorization"].startswith("Basic ")
    tunnel = connection_to(read_address("https://outside.example/v1"), 1.0)
    assert (tunnel.host, tunnel.port) == ("proxy.example", 3128)
    for near in ("http://127.0.0.1:5000", "http://localhost:5000", "http://inside.example"):
        assert not isinstance(connection_to(read_address(near), 1.0), OverProxy)
