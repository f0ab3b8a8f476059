"""Where a server is: a URL as people paste it, made into the one that its calls stand under.

Pure. A key is only ever sent to the scheme, host and port that were entered.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ...errors import BadRequestError

_CALLS = ("/chat/completions", "/completions", "/models")


@dataclass(frozen=True, slots=True)
class Address:
    """A server's scheme, host and port, and the path under which its calls stand, such as "/v1"."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_default_port(self) -> bool:
        """Whether the port need not be named."""
        return self.port == (443 if self.scheme == "https" else 80)

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.is_default_port else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a key belongs to."""
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.origin + self.path


def read_address(url: str) -> Address:
    """The address of `url`, which may be a bare host, the base URL, or the URL of one of its calls.

    Without a path the calls stand under /v1. Without a scheme it is http.

    Raises: BadRequestError for what is no web address, and for one that carries a password.
    """
    given = url.strip()
    if "://" not in given:
        given = f"http://{given}"
    try:
        parts = urlsplit(given)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in given):
        raise BadRequestError(
            "That is no web address of a server. Write it like http://127.0.0.1:8080/v1."
        )
    if parts.username is not None:
        raise BadRequestError("Leave the password out of the URL, and give it as the key.")
    return Address(
        parts.scheme,
        host,
        port or (443 if parts.scheme == "https" else 80),
        _base_path(parts.path),
    )


def _base_path(path: str) -> str:
    path = path.rstrip("/")
    for call in _CALLS:
        path = path.removesuffix(call)
    return path or "/v1"
