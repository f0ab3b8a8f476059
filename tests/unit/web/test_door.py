"""Each access rule against a real server: over HTTP, long polling and websocket."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from access_server import RULES
from raw_client import Polling, RefusedError, Websocket, Wire, answers_in

from storygen.web.door import MAX_WRONG_PASSWORDS, Door
from storygen.web.rules import AccessRules

HERE = Path(__file__).parent
BEARER = {"Authorization": "Bearer the-token"}
PAGE = '<meta name="csp-nonce" content="{{ nonce }}"><p>The room</p>'


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    root = tmp_path_factory.mktemp("site")
    static = root / "static"
    (static / "js").mkdir(parents=True)
    (static / "index.html").write_text(PAGE)
    (static / "parts").mkdir()
    (static / "parts" / "head.html").write_text('<meta name="csp-nonce" content="{{ nonce }}">\n')
    (static / "preferences.html").write_text("{{ part head }}<p>The preferences</p>")
    (static / "config.js").write_text("var ModelConfig = {}; // as it is")
    (static / "js" / "main.js").write_text("export {};")
    (root / "secret.txt").write_text("secret")
    command = [sys.executable, str(HERE / "access_server.py"), request.param, str(static)]
    environ = {**os.environ, "PYTHONPATH": str(HERE.parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def ask(port: int, path: str = "/", method: str = "GET", **headers: str) -> requests.Response:
    return requests.request(
        method,
        f"http://127.0.0.1:{port}{path}",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        allow_redirects=False,
        timeout=10,
    )


# ---------------------------------------------------------------- pages and files


def test_the_page_and_its_files_open_with_the_token(port: int) -> None:
    page = ask(port, **BEARER)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "The room" in page.text
    file = ask(port, "/static/js/main.js", **BEARER)
    assert file.text == "export {};"
    assert file.headers["Content-Type"].startswith("text/javascript")
    config = ask(port, "/static/config.js", **BEARER)
    assert config.text == "var ModelConfig = {}; // as it is"


def test_the_policy_of_each_answer_names_the_nonce_in_the_page_and_no_other_host(port: int) -> None:
    nonces = []
    for _ in range(2):
        page = ask(port, **BEARER)
        found = re.search(r'content="([^"]{16,})"', page.text)
        assert found is not None
        policy = dict(
            part.split(maxsplit=1) for part in page.headers["Content-Security-Policy"].split("; ")
        )
        assert policy == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": f"'self' 'nonce-{found[1]}'",
            "connect-src": "'self'",
            "img-src": "'self' data:",
            "font-src": "'self'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        }
        nonces.append(found[1])
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize(
    "path",
    ["/", "/static/js/main.js", "/healthz", "/nothing", "/socket.io/?EIO=4&transport=polling"],
)
@pytest.mark.parametrize("token", [True, False])
def test_every_answer_carries_the_security_headers(port: int, path: str, token: bool) -> None:
    answer = ask(port, path, **(BEARER if token else {}))
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_health_is_open_and_names_the_server(port: int) -> None:
    answer = ask(port, "/healthz")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["app"], told["status"], told["instance"]) == ("storygen", "ok", "abc")
    assert told["version"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.txt",
        "/static/..%2fsecret.txt",
        "/static/%2e%2e/secret.txt",
        "/static//etc/passwd",
        "/static/js/..%5c..%5csecret.txt",
        "/static/",
        "/static",
        "/static/js",
        "/static/js/",
        "/static/%00",
    ],
)
def test_nothing_outside_the_static_folder_is_served_and_no_folder_is_listed(
    port: int, path: str
) -> None:
    # The path goes out as it is written: clients would tidy it first.
    with requests.Session() as session:
        request = requests.Request("GET", f"http://127.0.0.1:{port}/", headers=BEARER).prepare()
        request.url = f"http://127.0.0.1:{port}{path}"
        answer = session.send(request, allow_redirects=False, timeout=10)
    assert answer.status_code in (
        404,
        308,
    )  # 308: the same path with one slash less, which is refused in turn
    assert "secret" not in answer.text and "main.js" not in answer.text


def test_a_page_beside_the_room_opens_with_the_parts_that_it_names(port: int) -> None:
    page = ask(port, "/preferences", **BEARER)
    found = re.fullmatch(
        r'<meta name="csp-nonce" content="([^"]{16,})"><p>The preferences</p>', page.text
    )
    assert page.status_code == 200 and found is not None
    assert f"'nonce-{found[1]}'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert ask(port, "/preferences", method="POST", **BEARER).status_code == 415


# ---------------------------------------------------------------- the token


def test_a_page_beside_the_room_asks_for_the_token_and_then_opens(port: int) -> None:
    asking = ask(port, "/preferences", Accept="text/html")
    assert asking.status_code == 401 and "The preferences" not in asking.text
    assert '<input type="hidden" name="to" value="/preferences">' in asking.text
    program = ask(port, "/preferences")
    assert (program.status_code, program.json()["error"]["code"]) == (401, "refused")
    visit = ask(port, "/preferences?t=the-token&a=b")
    assert (visit.status_code, visit.headers["Location"]) == (303, "/preferences?a=b")
    wrong = ask(port, "/preferences?t=wrong")
    assert wrong.status_code == 401 and 'value="/preferences"' in wrong.text
    assert ask(port, "/preferences/", Accept="text/html").headers["Content-Type"] == (
        "application/json"
    )


@pytest.mark.parametrize(
    ("to", "led_to"),
    [("/preferences", "/preferences"), ("/", "/"), ("//evil.example", "/"), ("/enter", "/"),
     ("https://evil.example/", "/"), ('"><script>', "/")],
)  # fmt: skip
def test_the_form_leads_to_the_page_that_was_asked_for_and_nowhere_else(
    port: int, to: str, led_to: str
) -> None:
    url = f"http://127.0.0.1:{port}/enter"
    right = requests.post(url, data={"t": "the-token", "to": to}, allow_redirects=False, timeout=10)
    assert (right.status_code, right.headers["Location"]) == (303, led_to)
    again = requests.post(url, data={"t": "x", "to": to}, allow_redirects=False, timeout=10)
    assert again.status_code == 401 and f'name="to" value="{led_to}"' in again.text


def test_a_visit_without_the_token_gets_a_page_with_a_field_for_it(port: int) -> None:
    answer = ask(port, Accept="text/html")
    assert answer.status_code == 401
    assert '<form method="post" action="/enter">' in answer.text
    assert "The room" not in answer.text
    found = re.search(r'<style nonce="([^"]+)"', answer.text)
    assert found is not None and f"'nonce-{found[1]}'" in answer.headers["Content-Security-Policy"]


def test_a_program_without_the_token_gets_an_error_in_json(port: int) -> None:
    for path in ("/", "/static/config.js", "/v1/models"):
        answer = ask(port, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "refused")


def test_the_token_in_the_address_moves_into_a_cookie_that_opens_everything(port: int) -> None:
    answer = ask(port, "/?t=the-token&story=s%201")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?story=s+1")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("storygen_abc=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert int(re.findall(r"Max-Age=(\d+)", cookie)[0]) > 365 * 24 * 3600
    assert "the-token" not in cookie
    assert ask(port, Cookie=cookie.split(";")[0]).status_code == 200
    old_bookmark = ask(port, "/?t=an-old-one", Cookie=cookie.split(";")[0])
    assert (old_bookmark.status_code, old_bookmark.headers["Location"]) == (303, "/")


def test_a_wrong_token_in_the_address_sets_nothing(port: int) -> None:
    for wrong in ("/?t=wrong", "/?t=", "/?t=the-token%00"):
        answer = ask(port, wrong)
        assert answer.status_code == 401
        assert "Set-Cookie" not in answer.headers
        assert "not right" in answer.text


def test_the_form_lets_the_token_in_and_nothing_else(port: int) -> None:
    def enter(given: dict[str, str], **headers: str) -> requests.Response:
        url = f"http://127.0.0.1:{port}/enter"
        return requests.post(url, data=given, headers=headers, allow_redirects=False, timeout=10)

    assert enter({"t": "the-token"}).status_code == 303
    for wrong in ({"t": "x"}, {}, {"t": "y" * 5_000}, {"t": "<script>"}):
        answer = enter(wrong)
        assert answer.status_code == 401 and "Set-Cookie" not in answer.headers
        assert "<script>" not in answer.text
    assert enter({"t": "the-token"}, Origin="https://evil.example").status_code == 403


def test_wrong_passwords_are_paced_and_a_right_token_is_not() -> None:
    now = [0.0]
    rules = AccessRules(token="the-token", instance="abc", password="secret", loopback=False)
    door = Door(lambda _environ, _start: [], rules, clock=lambda: now[0])

    def enter(given: str) -> str:
        body = f"t={given}".encode()
        told: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/enter",
            "HTTP_HOST": "192.168.1.5",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        door(environ, lambda status, *_: told.append(status[:3]))  # type: ignore[arg-type,return-value]
        return told[0]

    assert enter("secret") == "303"
    assert [enter("wrong") for _ in range(MAX_WRONG_PASSWORDS)] == ["401"] * MAX_WRONG_PASSWORDS
    assert (enter("secret"), enter("the-token")) == ("429", "303")
    now[0] += 61
    assert enter("secret") == "303"


def test_changes_are_taken_as_json_only(port: int) -> None:
    url = f"http://127.0.0.1:{port}/v1/completions"
    assert requests.post(url, json={"a": 1}, headers=BEARER, timeout=10).json() == {
        "told": {"a": 1}
    }
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        headers = {**BEARER, "Content-Type": kind}
        assert requests.post(url, data='{"a":1}', headers=headers, timeout=10).status_code == 415


# ---------------------------------------------------------------- host and origin, by all three ways in


def by_http(port: int, **headers: str) -> bool:
    return ask(port, **{**BEARER, **headers}).status_code == 200


def opens(wire: type[Wire], port: int, headers: dict[str, str]) -> bool:
    try:
        wire(port, headers).close()
    except RefusedError:
        return False
    return True


def by_polling(port: int, **headers: str) -> bool:
    return opens(Polling, port, {**BEARER, **headers})


def by_websocket(port: int, **headers: str) -> bool:
    return opens(Websocket, port, {**BEARER, **headers})


WAYS = pytest.mark.parametrize("way", [by_http, by_polling, by_websocket])


@WAYS
def test_the_server_answers_to_its_own_names_and_to_no_others(port: int, way: Any) -> None:
    for host in (f"127.0.0.1:{port}", "localhost:9999", "stories.example"):
        assert way(port, Host=host)
    for host in ("evil.example", f"evil.example:{port}", "192.168.1.9"):
        assert not way(port, Host=host)


@WAYS
def test_a_page_of_this_server_may_ask_and_others_may_not(port: int, way: Any) -> None:
    assert way(port, Origin=f"http://127.0.0.1:{port}")
    assert way(port, Host="localhost:9999", Origin="http://localhost:9999")
    for origin in (
        "https://evil.example",
        "null",
        "http://127.0.0.1:1",
        f"http://localhost:{port}",
    ):
        assert not way(port, Origin=origin)


@WAYS
def test_a_request_that_another_site_started_is_refused(port: int, way: Any) -> None:
    assert way(port, **{"Sec-Fetch-Site": "same-origin"})
    for site in ("cross-site", "same-site"):
        assert not way(port, **{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"})


def test_only_an_allowed_origin_may_read_polling_answers(port: int) -> None:
    path = "/socket.io/?EIO=4&transport=polling"
    headers = {"Origin": "https://old.example", "Sec-Fetch-Site": "cross-site"}
    answer = ask(port, path, **headers)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://old.example"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    preflight = ask(port, path, "OPTIONS", **headers, Access_Control_Request_Method="POST")
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://old.example"
    for other in ("https://evil.example", "https://old.example.evil"):
        refused = ask(port, path, Origin=other)
        assert refused.status_code == 403
        assert "Access-Control-Allow-Origin" not in refused.headers
    for elsewhere in ("/", "/static/config.js", "/v1/models", "/healthz"):
        refused = ask(port, elsewhere, **{**BEARER, **headers})
        assert refused.status_code == 403
        assert "Access-Control-Allow-Origin" not in refused.headers


# ---------------------------------------------------------------- joining the namespaces


def joins(port: int, namespace: str, wire: type[Wire], auth: Any = None, **headers: str) -> bool:
    opened = wire(port, headers)
    try:
        return answers_in(opened, namespace, auth)
    finally:
        opened.close()


@pytest.mark.parametrize("wire", [Polling, Websocket])
def test_the_studio_is_joined_with_the_token_and_never_from_another_site(
    port: int, wire: type[Wire]
) -> None:
    cookie = f"{RULES.cookie_name}={RULES.cookie_value}"
    assert joins(port, "/studio", wire, {"token": "the-token"})
    assert joins(port, "/studio", wire, **BEARER)
    assert joins(port, "/studio", wire, Cookie=cookie)
    assert not joins(port, "/studio", wire)
    assert not joins(port, "/studio", wire, {"token": "wrong"})
    assert not joins(port, "/studio", wire, {"token": "the-token"}, Origin="https://old.example")


@pytest.mark.parametrize("wire", [Polling, Websocket])
def test_the_original_namespace_is_joined_from_an_allowed_origin_or_with_the_token(
    port: int, wire: type[Wire]
) -> None:
    assert joins(port, "/", wire, Origin="https://old.example")
    assert joins(port, "/", wire, {"token": "the-token"})
    assert not joins(port, "/", wire)
    assert not joins(port, "/", wire, Origin=f"http://127.0.0.1:{port}")
    with pytest.raises(RefusedError):
        joins(port, "/", wire, {"token": "the-token"}, Origin="https://evil.example")


def test_error_answers_are_json_without_a_trace(port: int) -> None:
    answer = ask(port, Origin="https://evil.example")
    assert json.loads(answer.text)["error"]["code"] == "refused"
