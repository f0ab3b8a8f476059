"""The server as it is started: its options, and each access rule over HTTP, polling and websocket."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio
from raw_client import Polling, RefusedError, Websocket, Wire

from storygen import __version__
from tests.protocol.studio_client import StudioClient
from tests.server_process import MODEL, ROOT, ServerProcess, free_port, wait_until
from tests.unit.registry.registry_made import model_folder

OLD = "https://old.example"
WIRES = pytest.mark.parametrize("wire", [Polling, Websocket])


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    process = ServerProcess(
        tmp_path_factory.mktemp("server"),
        async_mode=request.param,
        options=("--allow-origin", OLD, "--allow-host", "stories.example"),
        token_ms=1,
    ).start()
    yield process
    process.stop()


def opened(server: ServerProcess, wire: type[Wire], **headers: str) -> Wire | None:
    try:
        return wire(server.port, {name.replace("_", "-"): value for name, value in headers.items()})
    except RefusedError:
        return None


def called(
    server: ServerProcess, wire: type[Wire], event: str, fields: Any, auth: Any, **headers: str
) -> Any:
    """What `/studio` answers; None when the door or the namespace stays closed."""
    connection = opened(server, wire, **headers)
    if connection is None:
        return None
    try:
        connection.send("40/studio," + ("" if auth is None else json.dumps(auth)))
        connection.send(f"42/studio,7{json.dumps([event, fields])}")
        while not (packet := connection.receive()).startswith("43/studio,7"):
            if packet.startswith(("44/studio,", "41/studio,")):
                return None
        return json.loads(packet.removeprefix("43/studio,7"))[0]
    finally:
        connection.close()


def page(server: ServerProcess, path: str = "/", **headers: str) -> requests.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(server.url + path, headers=given, allow_redirects=False, timeout=20)


# ---------------------------------------------------------------- the rules, in the server itself


def test_the_page_needs_the_token_a_known_host_and_no_foreign_origin(server: ServerProcess) -> None:
    bearer = {"Authorization": f"Bearer {server.token}"}
    assert page(server, **bearer).status_code == 200
    assert page(server).status_code == 401
    assert page(server, Authorization="Bearer wrong").status_code == 401
    assert page(server, **bearer, Host="stories.example").status_code == 200
    assert page(server, **bearer, Host="evil.example").status_code in (400, 403, 421)
    assert page(server, **bearer, Origin="https://evil.example").status_code == 403
    assert page(server, **bearer, Origin=OLD).status_code == 403
    assert page(server, **bearer, Sec_Fetch_Site="cross-site").status_code == 403


@WIRES
def test_the_studio_needs_the_token_a_known_host_and_no_foreign_origin(
    server: ServerProcess, wire: type[Wire]
) -> None:
    token = {"token": server.token}

    def answers(auth: Any, **headers: str) -> bool:
        answer = called(server, wire, "hello", {}, auth, **headers)
        return answer is not None and bool(answer["ok"])

    assert answers(token)
    assert answers(None, Authorization=f"Bearer {server.token}")
    assert answers(token, Host="stories.example", Origin="https://stories.example")
    for auth in (None, {}, {"token": "wrong"}, {"token": [server.token]}):
        assert not answers(auth)
    assert not answers(token, Host="evil.example")
    for origin in ("https://evil.example", "null", f"http://localhost:{server.port}", OLD):
        assert not answers(token, Origin=origin)
    assert not answers(token, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")


def test_every_answer_of_the_server_has_the_policy_and_the_page_its_nonce(
    server: ServerProcess,
) -> None:
    bearer = {"Authorization": f"Bearer {server.token}"}
    for path in ("/", "/static/js/main.js", "/healthz", "/socket.io/?EIO=4&transport=polling"):
        policy = page(server, path, **bearer).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; "), path
        assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    answer = page(server, **bearer)
    nonce = re.search(r'name="csp-nonce" content="([^"]{16,})"', answer.text)
    assert nonce and f"'nonce-{nonce[1]}'" in answer.headers["Content-Security-Policy"]


@WIRES
@pytest.mark.parametrize("key", ["test", "../models/test", "/etc/passwd", "org/model", ""])
def test_a_model_is_named_by_its_registry_key_over_every_wire(
    server: ServerProcess, wire: type[Wire], key: str
) -> None:
    for named in (key, str(server.home / "models" / "test")):
        answer = called(server, wire, "model_load", {"model": named}, {"token": server.token})
        assert not answer["ok"] and answer["error"]["code"] in ("not_found", "bad_request")
    answer = called(server, wire, "model_load", {"model": MODEL}, {"token": server.token})
    assert answer["ok"], answer


# ---------------------------------------------------------------- the original protocol, without a token


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
def test_a_python_client_from_an_allowed_origin_needs_no_token(
    server: ServerProcess, transports: list[str]
) -> None:
    texts: list[Any] = []
    own = {"suppress_origin": True}  # else the library adds an origin of its own
    client = socketio.SimpleClient(websocket_extra_options=own)
    client.connect(server.url, headers={"Origin": OLD}, transports=transports, wait_timeout=20)
    try:
        assert client.client is not None
        assert client.client.transport() == transports[-1]
        client.emit("generate_text", ("t", "test", "Once", 3, {"min_length": 3}, 2))
        texts = client.receive(timeout=60)
        assert texts == ["on_generate_completed", "t", [" w0 w1 w2"] * 2]
        for wrong in ("found:test", str(server.home / "models" / "test"), "../models/test"):
            client.emit("generate_text", ("t", wrong, "Once", 3))
            assert client.receive(timeout=20) == ["on_generate_completed", "t", []]
    finally:
        client.disconnect()


# ---------------------------------------------------------------- options and environment


def serve(tmp_path: Path, *options: str, **environ: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STORYGEN_")}
    return subprocess.Popen(
        [sys.executable, "server.py", *options],
        cwd=ROOT,
        env={**clean, "BROWSER": f"{tmp_path / 'browser'} %s", **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> int:
    process.terminate()
    process.communicate(timeout=30)
    return process.returncode


def test_folders_and_token_come_from_the_environment_and_healthz_says_who_it_is(
    tmp_path: Path,
) -> None:
    data, models = tmp_path / "my data", tmp_path / "my models"
    model_folder(models / "mine")
    process = serve(
        tmp_path,
        *("--port", "0", "--no-browser"),
        STORYGEN_DATA_DIR=str(data),
        STORYGEN_MODELS_DIR=str(models),
        STORYGEN_TOKEN="chosen-token",
    )
    try:
        said = first_line(process)
        found = re.fullmatch(r"StoryGen is ready: (http://127\.0\.0\.1:\d+)/\?t=chosen-token", said)
        assert found, said
        told = requests.get(f"{found[1]}/healthz", timeout=20).json()
        assert told | {"app": "storygen", "status": "ok", "version": __version__} == told
        with StudioClient(found[1], "chosen-token") as browser:
            assert "found:mine" in [m["key"] for m in browser.ok("hello")["models"]]
        assert (data / "storygen.db").is_file()
    finally:
        assert end(process) == 0


def test_the_database_may_lie_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    process = serve(
        tmp_path,
        *("--port", "0", "--no-browser", "--data-dir", str(tmp_path / "data")),
        STORYGEN_DATABASE_URL=f"sqlite:///{elsewhere}",
    )
    try:
        url, token = first_line(process).removeprefix("StoryGen is ready: ").split("/?t=")
        with StudioClient(url, token) as browser:
            story = browser.create("Once.").id
    finally:
        end(process)
    assert not (tmp_path / "data" / "storygen.db").exists()
    with contextlib.closing(sqlite3.connect(elsewhere)) as database:
        assert (story,) in database.execute("select id from stories").fetchall()


@pytest.mark.parametrize(
    ("mode", "says"), [("eventlet", "--async-mode threading"), ("threading", "package redis")]
)
def test_a_message_queue_that_could_not_work_is_said_at_once(
    tmp_path: Path, mode: str, says: str
) -> None:
    if mode == "threading" and importlib.util.find_spec("redis"):
        pytest.skip("Not tested: what is said without the package redis, which is installed")
    options = ("--redis", "redis://127.0.0.1:6379", "--async-mode", mode)
    process = serve(tmp_path, *options, "--data-dir", str(tmp_path / "data"))
    assert says in process.communicate(timeout=30)[0]
    assert process.returncode


def test_a_models_path_on_the_command_line_is_added_and_selected(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "else where" / "tuned")
    process = serve(
        tmp_path, str(folder), "--port", "0", "--no-browser", "--data-dir", str(tmp_path / "data")
    )
    try:
        url, token = first_line(process).removeprefix("StoryGen is ready: ").split("/?t=")
        with StudioClient(url, token) as browser:
            hello = browser.ok("hello")
        assert hello["default_model"] == "opened:tuned"
        (entry,) = [m for m in hello["models"] if m["key"] == "opened:tuned"]
        assert entry["state"] == "unloaded"
    finally:
        end(process)


def test_the_browser_opens_with_the_token_unless_told_not_to(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/opened.part"\n'
                       f'mv "{tmp_path}/opened.part" "{tmp_path}/opened"\n')  # fmt: skip
    browser.chmod(0o755)
    process = serve(tmp_path, "--port", "0", "--data-dir", str(tmp_path / "data"), DISPLAY=":1")
    try:
        url = first_line(process).removeprefix("StoryGen is ready: ")
        wait_until((tmp_path / "opened").exists, "the browser opens")
        assert (tmp_path / "opened").read_text() == url
    finally:
        end(process)


def test_a_taken_port_is_said_and_other_machines_need_a_password(tmp_path: Path) -> None:
    data = ("--no-browser", "--data-dir", str(tmp_path / "data"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = serve(tmp_path, "--port", str(port), *data)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert f"can't listen on 127.0.0.1:{port}" in said and "--port" in said
    process = serve(tmp_path, "--host", "0.0.0.0", "--port", str(free_port()), *data)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2 and "STORYGEN_PASSWORD" in said
    process = serve(
        tmp_path, "--host", "0.0.0.0", "--port", "0", *data, STORYGEN_PASSWORD="secret word"
    )
    try:
        assert first_line(process).startswith("StoryGen is ready: ")
    finally:
        end(process)
