"""Packets and links made to harm: a bad packet costs its sender an answer, and nobody else anything."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from storygen.server.calls.checks import MAX_ALIASES, MAX_PROMPT, MAX_TEXT
from storygen.server.calls.shapes import token_details_shape
from storygen.store.records import TokenRecord
from storygen.web.packets import (
    MAX_CHARACTERS,
    MAX_COMMAS,
    MAX_STRINGS,
    BoundedJson,
    BoundedPacket,
)
from tests.server_process import ServerProcess

HELLO = '42/studio,9["hello",{}]'


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server"), async_mode=request.param)
    process.start()
    yield process
    process.stop()
    assert process.token not in process.log(), "the token is in a log"


class Wire:
    """A websocket to `/studio`, frame by frame."""

    def __init__(self, server: ServerProcess) -> None:
        address = server.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        self._socket = websocket.create_connection(address, timeout=20)
        self._socket.recv()
        self.send("40/studio," + json.dumps({"token": server.token}))

    def send(self, *frames: str | bytes) -> None:
        for frame in frames:
            if isinstance(frame, bytes):
                self._socket.send_binary(frame)
            else:
                self._socket.send(frame)

    def answer(self, call: int) -> Any:
        """The answer to the call with this number."""
        start = f"43/studio,{call}"
        while not (packet := str(self._socket.recv())).startswith(start):
            if packet == "2":
                self._socket.send("3")
        return json.loads(packet[len(start) :])[0]

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize(
    "packet",
    [
        "42/studio,1[]",
        '42/studio,1{"a":1}',
        '42/studio,1[["hello"],{}]',
        '42/studio,1[{"hello":1},{}]',
        "42/studio,1[null]",
        '42/studio,1["hello",',
        '42/studio,1["hello",' + "[" * 100_000 + "]" * 100_000 + "]",
        '42/studio,1["token_details",{"from":' + "9" * 5000 + "}]",
        "42/studio," + "9" * 200 + '["hello",{}]',
        '455-/studio,1["hello",{}]',
        '459999999999-/studio,1["doc_update",{}]',
        "43/studio,99[true]",
        '44/studio,{"message":"x"}',
        "49/studio,",
        b"\x00\x01",
    ],
    ids=lambda packet: repr(packet)[:30],
)
def test_a_packet_that_is_no_call_leaves_the_connection_as_it_was(
    server: ServerProcess, packet: str | bytes
) -> None:
    wire = Wire(server)
    try:
        wire.send(packet, HELLO)
        assert wire.answer(9)["ok"]
    finally:
        wire.close()


@pytest.mark.parametrize(
    "fields",
    [
        '{"update":{"_placeholder":true,"num":7}}',
        '{"update":{"_placeholder":true,"num":"x"}}',
        "[" * 900 + "]" * 900,
    ],
    ids=["no such part", "no number", "deep"],
)
def test_binary_parts_that_fit_nowhere_are_answered_with_an_error(
    server: ServerProcess, fields: str
) -> None:
    wire = Wire(server)
    try:
        wire.send(f'451-/studio,1["doc_update",{fields}]', b"part", HELLO)
        assert wire.answer(1)["error"]["code"] == "bad_request"
        assert wire.answer(9)["ok"]
    finally:
        wire.close()


def test_probabilities_that_are_no_numbers_reach_browsers_as_null() -> None:
    strange = ((5, "a", math.nan), (6, "b", -math.inf), (7, "c", -1.5))
    token = TokenRecord("s", "r", 0, 5, "a", math.nan, 1.0, 0, 9, 0, 1, strange)
    shape = json.loads(json.dumps(token_details_shape(token), allow_nan=False))
    assert shape["logprob"] is None
    assert [alternative[2] for alternative in shape["alternatives"]] == [None, None, -1.5]


def test_a_packet_announces_at_most_a_few_binary_parts() -> None:
    with pytest.raises(ValueError, match="too many"):
        BoundedPacket(encoded_packet='45900000000-/studio,1["doc_update",{}]')


@pytest.mark.parametrize(
    "data",
    [
        {"text": 'He said, "No, no, no."\n' * 180_000},
        {"text": "\\" * MAX_TEXT},
        {"text": '"' * MAX_TEXT},
        {"aliases": [[2**53 - 1, 2**31 - 1, 1, None, 2**31]] * MAX_ALIASES},
        {"params": {"stop": ["x" * 100] * 16}, "prompt": "," * MAX_PROMPT},
    ],
    ids=lambda data: str(data)[:20],
)
def test_what_a_call_may_carry_is_read(data: dict[str, Any]) -> None:
    packet = "2/studio,1" + json.dumps(["call", data], separators=(",", ":"), ensure_ascii=False)
    assert BoundedPacket(encoded_packet=packet).data == ["call", data]


@pytest.mark.parametrize(
    "said",
    [
        "{" + ",".join(f'"{key}":1' for key in range(MAX_STRINGS + 1)) + "}",
        "[" + '"",' * MAX_STRINGS * 2 + '""]',
        "[" + r'"\\",' * MAX_STRINGS * 2 + '""]',
        "[" + "[]," * MAX_COMMAS + "[],[]]",
        '["' + "x" * MAX_CHARACTERS + '"]',
        "[" * 100_000,
        '"' + r"\"" * 100_000,
        '"' + "\\" * 100_001,
    ],
    ids=lambda said: str(said)[:20],
)
def test_what_would_take_long_to_read_is_refused(said: str) -> None:
    with pytest.raises(ValueError):
        BoundedJson.loads(said)


@pytest.mark.parametrize(
    ("method", "headers", "body"),
    [
        ("POST", {"Content-Length": "\xb2"}, b""),
        ("POST", {"Content-Length": "-1"}, b""),
        ("POST", {"Content-Type": "application/x-www-form-urlencoded"}, b"t=" + b"\xff" * 100),
        ("POST", {}, b"t=" + b"x" * 100_000),
    ],
    ids=["superscript", "negative", "bytes", "long"],
)
def test_a_strange_form_is_refused_and_the_server_goes_on(
    server: ServerProcess, method: str, headers: dict[str, str], body: bytes
) -> None:
    asked = requests.Request(method, f"{server.url}/enter", data=body).prepare()
    asked.headers.update(headers)
    with requests.Session() as session:
        answer = session.send(asked, timeout=20)
        assert answer.status_code in (400, 401, 413)
        assert "Traceback" not in answer.text and "Set-Cookie" not in answer.headers
        assert session.get(f"{server.url}/healthz", timeout=20).ok


def test_secrets_stand_in_no_answer_to_a_stranger(server: ServerProcess) -> None:
    for path in ("/", "/healthz", "/static/js/main.js", "/?t=wrong", "/nothing", "/socket.io/"):
        answer = requests.get(server.url + path, headers={"Accept": "text/html"}, timeout=20)
        assert server.token not in answer.text + str(answer.headers)
        assert str(Path(__file__).parents[3]) not in answer.text
