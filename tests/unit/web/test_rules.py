"""The access policy as a table: each rule, and what just misses it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storygen.web.rules import (
    AccessRules,
    Request,
    Verdict,
    is_loopback,
    normal_host,
    normal_origin,
)

RULES = AccessRules(
    token="the-token",
    instance="abc",
    allowed_hosts=frozenset({"stories.example", "box.local:8080"}),
    allowed_origins=frozenset({"https://old.example"}),
)
KNOWN = Request("GET", "/", "127.0.0.1:5000", authorization="Bearer the-token")


def judged(rules: AccessRules = RULES, **changes: Any) -> Verdict:
    return rules.judge(replace(KNOWN, **changes))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:5000",
        "127.0.0.1",
        "localhost:9",
        "LocalHost:9",
        "a.localhost",
        "127.1.2.3:1",
        "[::1]:5000",
        "stories.example",
        "stories.example:443",
        "box.local:8080",
    ],
)
def test_loopback_names_with_any_port_and_allowed_hosts_are_answered(host: str) -> None:
    assert judged(host=host) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:5000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "stories.example.evil",
        "box.local",
        "192.168.1.5:5000",
        "localhost:5000@evil.example",
        "localhost:5000/x",
        "localhost, evil.example",
        "localhost\n",
        "[::2]",
        "0.0.0.0",
    ],
)
def test_any_other_host_is_refused_even_with_the_token(host: str) -> None:
    assert judged(host=host) is Verdict.WRONG_HOST
    assert judged(host=host, path="/healthz") is Verdict.WRONG_HOST


def test_off_loopback_bare_addresses_are_hosts_but_names_are_not() -> None:
    rules = replace(RULES, loopback=False, password="secret")
    assert judged(rules, host="192.168.1.5:5000") is Verdict.ALLOWED
    assert judged(rules, host="evil.example:5000") is Verdict.WRONG_HOST


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost:9", "http://localhost:9"),
        ("stories.example", "https://stories.example"),
        ("stories.example:443", "https://stories.example"),
        ("127.0.0.1", "http://127.0.0.1:80"),
    ],
)
def test_a_page_from_this_very_server_may_ask(host: str, origin: str) -> None:
    assert judged(host=host, origin=origin) is Verdict.ALLOWED


@pytest.mark.parametrize("path", ["/", "/healthz", "/socket.io/", "/enter", "/v1/models"])
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        "http://localhost:5000",
        "http://127.0.0.1:3000",
        "http://127.0.0.1",
        "http://127.0.0.1:5000.evil.example",
        "file://127.0.0.1:5000",
        "https://old.example.evil",
        "http://old.example",
        "*",
    ],
)
def test_a_page_from_anywhere_else_may_not_ask_for_anything(origin: str, path: str) -> None:
    assert judged(origin=origin, path=path) is Verdict.WRONG_ORIGIN


def test_an_allowed_origin_reaches_socket_io_and_nothing_else() -> None:
    page = {"origin": "https://old.example", "fetch_site": "cross-site"}
    assert judged(path="/socket.io/", authorization="", **page) is Verdict.ALLOWED
    for path in ("/", "/v1/models", "/static/config.js", "/socket.io", "/healthz"):
        assert judged(path=path, **page) is Verdict.WRONG_ORIGIN


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_another_sites_image_or_script_is_refused_though_it_sends_no_origin(site: str) -> None:
    assert (
        judged(path="/static/config.js", fetch_site=site, fetch_mode="no-cors")
        is Verdict.WRONG_ORIGIN
    )
    assert (
        judged(path="/", fetch_site=site, fetch_mode="navigate", fetch_dest="iframe")
        is Verdict.WRONG_ORIGIN
    )
    assert judged(
        path="/v1/models", fetch_site=site, fetch_mode="navigate", fetch_dest="document"
    ) is (Verdict.WRONG_ORIGIN)


def test_a_link_from_another_site_may_be_followed_to_the_page() -> None:
    link = {"fetch_site": "cross-site", "fetch_mode": "navigate", "fetch_dest": "document"}
    assert judged(**link) is Verdict.ALLOWED
    assert judged(path="/preferences", **link) is Verdict.ALLOWED
    assert judged(path="/api/preferences/steps", **link) is Verdict.WRONG_ORIGIN
    assert judged(method="POST", content_type="application/json", **link) is Verdict.WRONG_ORIGIN


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", "Basic the-token", "Bearer the-token2", "é"]
)
def test_without_the_token_only_the_open_paths_answer(given: str) -> None:
    for path in ("/", "/v1/models", "/static/config.js", "/nothing"):
        assert judged(path=path, authorization=given) is Verdict.NEEDS_TOKEN
    for path in ("/healthz", "/socket.io/"):
        assert judged(path=path, authorization=given) is Verdict.ALLOWED


def test_the_cookie_of_this_instance_is_the_token_and_others_are_not() -> None:
    cookie = f"a=b; {RULES.cookie_name}={RULES.cookie_value}; c"
    assert judged(authorization="", cookie=cookie) is Verdict.ALLOWED
    for other in (
        replace(RULES, token="x"),
        replace(RULES, password="x"),
        replace(RULES, instance="x"),
    ):
        assert judged(other, authorization="", cookie=cookie) is Verdict.NEEDS_TOKEN
    assert judged(authorization="", cookie=f"{RULES.cookie_name}=") is Verdict.NEEDS_TOKEN


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_change_must_be_json_which_no_form_can_send(method: str, content_type: str) -> None:
    assert judged(method=method, path="/v1/x", content_type=content_type) is Verdict.NOT_JSON
    assert (
        judged(method=method, path="/v1/x", content_type="Application/JSON; charset=utf-8")
        is Verdict.ALLOWED
    )


def environ(**headers: str) -> dict[str, Any]:
    given = {"HOST": "127.0.0.1:5000", **headers}
    return {"PATH_INFO": "/socket.io/", **{f"HTTP_{name}": value for name, value in given.items()}}


def test_the_studio_admits_the_token_by_auth_header_or_cookie() -> None:
    cookie = f"{RULES.cookie_name}={RULES.cookie_value}"
    assert RULES.admits_studio(environ(), {"token": "the-token"})
    assert RULES.admits_studio(environ(AUTHORIZATION="bearer the-token"), None)
    assert RULES.admits_studio(environ(COOKIE=cookie, ORIGIN="http://127.0.0.1:5000"), None)


@pytest.mark.parametrize(
    "auth", [None, {}, "the-token", ["the-token"], {"token": None}, {"token": 5}, {"token": "x"}]
)
def test_neither_namespace_admits_anything_but_the_token(auth: Any) -> None:
    for sent in (environ(), environ(ORIGIN="http://127.0.0.1:5000")):
        assert not RULES.admits_studio(sent, auth)
        assert not RULES.admits_original(sent, auth)


def test_an_allowed_origin_joins_the_original_namespace_alone_even_with_a_cookie() -> None:
    sent = environ(ORIGIN="https://old.example", COOKIE=f"{RULES.cookie_name}={RULES.cookie_value}")
    assert RULES.admits_original(sent, None)
    assert not RULES.admits_studio(sent, None)
    assert not RULES.admits_studio(sent, {"token": "the-token"})
    assert not RULES.admits_original(environ(ORIGIN="https://evil.example"), {"token": "the-token"})
    assert not RULES.admits_original(
        environ(ORIGIN="https://old.example", HOST="evil.example"), None
    )


def test_secrets_are_not_shown_where_the_rules_are_printed() -> None:
    shown = repr(replace(RULES, password="pass-word"))
    assert "the-token" not in shown and "pass-word" not in shown


def test_origins_and_hosts_are_read_as_browsers_write_them() -> None:
    assert normal_origin("HTTPS://Old.Example:443/") == "https://old.example"
    assert normal_origin("http://localhost:8000") == "http://localhost:8000"
    for wrong in ("*", "null", "old.example", "https://old.example/path", "https://*.example", ""):
        assert normal_origin(wrong) is None
    assert normal_host("Stories.Example:80") == "stories.example:80"
    assert normal_host("https://stories.example") is None


def test_loopback_addresses_are_told_from_others() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "localhost", "::1", "127.9.9.9")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.2", "", "example.org")))
