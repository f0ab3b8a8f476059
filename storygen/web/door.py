"""The access rules at the door: WSGI middleware in front of Flask and Socket.IO alike.

It answers what the rules refuse, takes the token from `?t=` or from the asking page's form into a cookie,
and puts the security headers on every answer. What it lets through carries `NONCE` in its environment:
the nonce that this answer's Content-Security-Policy names.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from .asking_page import asking_page
from .rules import PAGE_PATHS, AccessRules, Request, Verdict, is_entering

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]

NONCE = "storygen.nonce"
_JUDGED = "storygen.judged"

COOKIE_AGE_S = 400 * 24 * 3600  # the longest that browsers keep one
MAX_FORM_BYTES = 4096
MAX_WRONG_PASSWORDS = 10  # in a minute

_REFUSALS = {
    Verdict.NEEDS_TOKEN: ("401 Unauthorized", "The access token is missing or wrong."),
    Verdict.WRONG_HOST: (
        "403 Forbidden",
        "This server does not answer to that name. Use 127.0.0.1, or start it with --allow-host NAME.",
    ),
    Verdict.WRONG_ORIGIN: ("403 Forbidden", "Pages of other sites may not use this server."),
    Verdict.NOT_JSON: ("415 Unsupported Media Type", "Send JSON, as application/json."),
}


def origin_was_judged(_origin: str, environ: WSGIEnvironment) -> bool:
    """For Socket.IO's `cors_allowed_origins`: what came through `Door` was sent by a page that may."""
    return bool(environ.get(_JUDGED))


class Door:
    """The middleware around `app`; `clock` gives seconds and paces wrong passwords."""

    def __init__(
        self, app: WSGIApplication, rules: AccessRules, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._rules = rules
        self._clock = clock
        self._wrong: deque[float] = deque(maxlen=MAX_WRONG_PASSWORDS)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request.of(environ)
        nonce = secrets.token_urlsafe(16)
        answer = _Answer(start_response, _headers(nonce) + self._cors(request))
        verdict = self._rules.judge(request)
        if request.path in PAGE_PATHS and verdict in (Verdict.ALLOWED, Verdict.NEEDS_TOKEN):
            given = _token_in_query(environ)
            if given is not None:
                return self._visit(answer, environ, request, given, nonce)
        if verdict is not Verdict.ALLOWED:
            return self._refuse(answer, environ, request, verdict, nonce)
        if is_entering(request):
            return self._enter(answer, environ, nonce)
        if request.is_socket and request.method == "OPTIONS":
            return answer.send("204 No Content", [], b"")
        return self._app({**environ, NONCE: nonce, _JUDGED: True}, answer)

    # ------------------------------------------------------------ the token's ways in

    def _visit(
        self,
        answer: _Answer,
        environ: WSGIEnvironment,
        request: Request,
        given: str,
        nonce: str,
    ) -> Iterable[bytes]:
        """`/?t=TOKEN`: the token moves into the cookie, out of the address and the history."""
        known = self._rules.knows(request)  # an old bookmark, in a browser that is let in
        if not known and not self._rules.is_token(given):
            problem = "This token is not right."
            return self._ask(answer, "401 Unauthorized", nonce, request.path, problem)
        rest = [pair for pair in parse_qsl(environ.get("QUERY_STRING", "")) if pair[0] != "t"]
        return self._let_in(answer, environ, request.path + (f"?{urlencode(rest)}" if rest else ""))

    def _enter(self, answer: _Answer, environ: WSGIEnvironment, nonce: str) -> Iterable[bytes]:
        """The asking page's form; it leads to the page that was asked for."""
        form = _form(environ)
        given = form.get("t", "").strip()
        to = form.get("to", "/")
        to = to if to in PAGE_PATHS else "/"
        if self._rules.is_token(given):
            return self._let_in(answer, environ, to)
        if self._too_many_wrong():
            problem = "Too many wrong tries. Wait a minute."
            return self._ask(answer, "429 Too Many Requests", nonce, to, problem)
        if self._rules.is_password(given):
            return self._let_in(answer, environ, to)
        self._wrong.append(self._clock())
        problem = "This is not right. Look for typing errors."
        return self._ask(answer, "401 Unauthorized", nonce, to, problem)

    def _let_in(self, answer: _Answer, environ: WSGIEnvironment, to: str) -> Iterable[bytes]:
        cookie = (
            f"{self._rules.cookie_name}={self._rules.cookie_value}; Max-Age={COOKIE_AGE_S}; Path=/; "
            "HttpOnly; SameSite=Lax"
        )
        if environ.get("wsgi.url_scheme") == "https":
            cookie += "; Secure"
        return answer.send("303 See Other", [("Location", to), ("Set-Cookie", cookie)], b"")

    def _too_many_wrong(self) -> bool:
        full = len(self._wrong) == MAX_WRONG_PASSWORDS
        return full and self._clock() - self._wrong[0] < 60

    # ------------------------------------------------------------ refusals

    def _refuse(
        self,
        answer: _Answer,
        environ: WSGIEnvironment,
        request: Request,
        verdict: Verdict,
        nonce: str,
    ) -> Iterable[bytes]:
        status, message = _REFUSALS[verdict]
        wants_page = "text/html" in environ.get("HTTP_ACCEPT", "")
        if verdict is Verdict.NEEDS_TOKEN and request.path in PAGE_PATHS and wants_page:
            return self._ask(answer, status, nonce, request.path)
        extra = [("Content-Type", "application/json")]
        if verdict is Verdict.NEEDS_TOKEN:
            extra.append(("WWW-Authenticate", "Bearer"))
        body = {"error": {"code": "refused", "message": message}}
        return answer.send(status, extra, json.dumps(body).encode())

    def _ask(
        self, answer: _Answer, status: str, nonce: str, to: str, problem: str = ""
    ) -> Iterable[bytes]:
        page = asking_page(nonce, problem, to, password=bool(self._rules.password))
        return answer.send(status, [("Content-Type", "text/html; charset=utf-8")], page.encode())

    def _cors(self, request: Request) -> Headers:
        """Headers that let a page of an allowed origin read Socket.IO's answers, and no others."""
        if not (request.is_socket and self._rules.is_foreign(request)):
            return []
        if self._rules.judge(request) is not Verdict.ALLOWED:
            return []
        return [
            ("Access-Control-Allow-Origin", request.origin),
            ("Access-Control-Allow-Methods", "GET, POST"),
            ("Access-Control-Allow-Headers", "content-type"),
            ("Access-Control-Allow-Private-Network", "true"),
            ("Vary", "Origin"),
        ]


class _Answer:
    """A `start_response` whose answers carry `headers`, and no cross-origin headers but those."""

    def __init__(self, start_response: StartResponse, headers: Headers) -> None:
        self._start_response = start_response
        self._headers = headers

    def __call__(self, status: str, headers: Headers, exc_info: Any = None) -> Any:
        ours = {name.lower() for name, _ in self._headers}
        kept = [
            (name, value)
            for name, value in headers
            if name.lower() not in ours and not name.lower().startswith("access-control-")
        ]
        if exc_info is None:
            return self._start_response(status, kept + self._headers)
        return self._start_response(status, kept + self._headers, exc_info)

    def send(self, status: str, headers: Headers, body: bytes) -> list[bytes]:
        """A whole answer that nothing keeps a copy of."""
        self(
            status,
            [*headers, ("Content-Length", str(len(body))), ("Cache-Control", "no-store")],
        )
        return [body]


def _headers(nonce: str) -> Headers:
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
        "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        # Without any Referrer-Policy, browsers send our own form's Origin as "null".
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]


def _token_in_query(environ: WSGIEnvironment) -> str | None:
    if environ.get("REQUEST_METHOD") != "GET":
        return None
    return dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)).get("t")


def _form(environ: WSGIEnvironment) -> dict[str, str]:
    """The fields of a small form; none of a body that is no form or too long."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_FORM_BYTES:
        return {}
    body = environ["wsgi.input"].read(int(length))
    return dict(parse_qsl(body.decode("ascii", errors="replace")))
