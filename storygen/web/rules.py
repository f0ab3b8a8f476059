"""Who may ask this server for what: one pure policy for pages, `/v1`, polling and websockets.

A local web application is attacked from the browser's other tabs, so a request is judged by three
things before anything else sees it: the Host it was addressed to (a name that an attacker's DNS points
here is refused), the Origin of the page that sent it (exactly this server's own, or one that the user
allowed), and the token. Origins that the user allowed may use the original protocol, namespace `/`,
without a token, and nothing else. Knows no file or socket: `door.py` asks, `kept_secrets.py` keeps.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

SOCKET_PATH = "/socket.io/"
ENTER_PATH = "/enter"
HEALTH_PATH = "/healthz"
PAGE_FILES = {"/": "index", "/preferences": "preferences", "/workbench": "workbench"}
"""What a person opens, and the HTML that `pages.py` serves for it."""
PAGE_PATHS = frozenset(PAGE_FILES)

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[0-9]{1,5}))?")
_ORIGIN = re.compile(r"https?://(?P<host>(?:\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?)")
_DEFAULT_PORT = {"http": ":80", "https": ":443"}


class Verdict(Enum):
    """What becomes of a request."""

    ALLOWED = "allowed"
    NEEDS_TOKEN = "needs_token"
    WRONG_HOST = "wrong_host"
    WRONG_ORIGIN = "wrong_origin"
    NOT_JSON = "not_json"


@dataclass(frozen=True, slots=True)
class Request:
    """What the policy looks at; header values as they came, "" when absent."""

    method: str
    path: str
    host: str
    origin: str = ""
    fetch_site: str = ""
    fetch_mode: str = ""
    fetch_dest: str = ""
    content_type: str = ""
    cookie: str = ""
    authorization: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, Any]) -> Request:
        """The request in a WSGI environment."""

        def header(name: str) -> str:
            return str(environ.get(f"HTTP_{name}", ""))

        return cls(
            method=str(environ.get("REQUEST_METHOD", "GET")),
            path=str(environ.get("PATH_INFO", "")) or "/",
            host=header("HOST"),
            origin=header("ORIGIN"),
            fetch_site=header("SEC_FETCH_SITE"),
            fetch_mode=header("SEC_FETCH_MODE"),
            fetch_dest=header("SEC_FETCH_DEST"),
            content_type=str(environ.get("CONTENT_TYPE", "")),
            cookie=header("COOKIE"),
            authorization=header("AUTHORIZATION"),
        )

    @property
    def is_socket(self) -> bool:
        """Whether it is one of Socket.IO's: their namespaces ask for the token when they are joined."""
        return self.path.startswith(SOCKET_PATH)


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The policy, with the secrets that it compares against.

    `allowed_hosts` are names, with or without a port, that a proxy passes on; `allowed_origins` are
    `scheme://host[:port]`; both in lower case. `loopback` says whether the server is bound to loopback.
    """

    token: str = field(repr=False)
    instance: str
    password: str = field(default="", repr=False)
    loopback: bool = True
    allowed_hosts: frozenset[str] = frozenset()
    allowed_origins: frozenset[str] = frozenset()

    # ------------------------------------------------------------ requests

    def judge(self, request: Request) -> Verdict:
        """What becomes of `request`; the first rule that it breaks is named."""
        if not self._host_is_ours(request.host):
            return Verdict.WRONG_HOST
        if not self._sender_is_allowed(request):
            return Verdict.WRONG_ORIGIN
        if request.is_socket or request.path == HEALTH_PATH or is_entering(request):
            return Verdict.ALLOWED
        if not self.knows(request):
            return Verdict.NEEDS_TOKEN
        if request.method not in ("GET", "HEAD", "OPTIONS") and not _is_json(request.content_type):
            return Verdict.NOT_JSON
        return Verdict.ALLOWED

    def knows(self, request: Request) -> bool:
        """Whether the request carries the token, in its cookie or its Authorization header."""
        kind, _, given = request.authorization.partition(" ")
        if kind.lower() == "bearer" and self.is_token(given.strip()):
            return True
        return _same(_cookie(request.cookie, self.cookie_name), self.cookie_value)

    def is_token(self, given: Any) -> bool:
        """Whether `given` is the token, compared in constant time."""
        return isinstance(given, str) and _same(given, self.token)

    def is_password(self, given: str) -> bool:
        """Whether a password is set and `given` is it, compared in constant time."""
        return bool(self.password) and _same(given, self.password)

    def is_foreign(self, request: Request) -> bool:
        """Whether another site's page sent it (one of `allowed_origins`, if it came through `judge`)."""
        return bool(request.origin) and not _is_own(request)

    @property
    def cookie_name(self) -> str:
        """Cookies are shared by all ports of a host, so each instance has a name of its own."""
        return f"storygen_{self.instance}"

    @property
    def cookie_value(self) -> str:
        """Made of both secrets: changing either ends what was opened with them."""
        return hmac.new(
            self.token.encode(), b"cookie\0" + self.password.encode(), hashlib.sha256
        ).hexdigest()

    # ------------------------------------------------------------ namespaces

    def admits_studio(self, environ: Mapping[str, Any], auth: Any) -> bool:
        """Whether a connection may join `/studio`: own pages and programs that have the token.

        `auth` is what the client sent with its connect packet: `{"token": …}` or nothing.
        """
        request = Request.of(environ)
        if self.is_foreign(request) or not self._host_is_ours(request.host):
            return False
        return self.knows(request) or self._knows_auth(auth)

    def admits_original(self, environ: Mapping[str, Any], auth: Any) -> bool:
        """Whether a connection may join `/`: as for `/studio`, or from an allowed origin without a token."""
        request = Request.of(environ)
        if self._is_allowed_origin(request.origin) and self._host_is_ours(request.host):
            return True
        return self.admits_studio(environ, auth)

    def _knows_auth(self, auth: Any) -> bool:
        return isinstance(auth, dict) and self.is_token(auth.get("token"))

    # ------------------------------------------------------------ hosts and origins

    def _host_is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host.lower())
        if found is None:
            return False
        name = found["name"]
        if name in self.allowed_hosts or found[0] in self.allowed_hosts or _is_loopback(name):
            return True
        # A bare address cannot be an attacker's name that was made to point here.
        return not self.loopback and _address(name) is not None

    def _sender_is_allowed(self, request: Request) -> bool:
        foreign = self._is_allowed_origin(request.origin) and request.is_socket
        if request.origin and not foreign and not _is_own(request):
            return False
        if request.fetch_site in ("", "same-origin", "none") or foreign:
            return True
        return _is_visit(request)

    def _is_allowed_origin(self, origin: str) -> bool:
        return origin.lower() in self.allowed_origins


def is_entering(request: Request) -> bool:
    """Whether it brings the token or the password from the page that asks for them."""
    return request.method == "POST" and request.path == ENTER_PATH


def is_loopback(host: str) -> bool:
    """Whether an address to bind to, or a host's name, is this machine's own loopback."""
    name = host.lower()
    return _is_loopback(f"[{name}]" if ":" in name and not name.startswith("[") else name)


def normal_origin(given: str) -> str | None:
    """`given` as browsers spell an origin, in lower case and without a default port; None when it is none."""
    origin = given.strip().lower().removesuffix("/")
    if not _ORIGIN.fullmatch(origin):
        return None
    return origin.removesuffix(_DEFAULT_PORT[origin.partition(":")[0]])


def normal_host(given: str) -> str | None:
    """`given` as a name with or without a port, in lower case; None when it is none."""
    host = given.strip().lower()
    return host if _HOST.fullmatch(host) else None


def _is_own(request: Request) -> bool:
    """Whether the page that sent it was served under the same name and port (TLS may end in front of us)."""
    found = _ORIGIN.fullmatch(request.origin.lower())
    if found is None:
        return False
    default = _DEFAULT_PORT[found[0].partition(":")[0]]
    return found["host"].removesuffix(default) == request.host.lower().removesuffix(default)


def _is_visit(request: Request) -> bool:
    """Whether a person followed a link from elsewhere: it shows a page and does nothing."""
    return (
        request.method == "GET"
        and request.path in PAGE_PATHS
        and request.fetch_mode == "navigate"
        and request.fetch_dest == "document"
    )


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _cookie(header: str, name: str) -> str:
    """The value of a cookie in a Cookie header; "" when it is not there."""
    for pair in header.split(";"):
        key, _, value = pair.partition("=")
        if key.strip() == name:
            return value.strip()
    return ""


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())
