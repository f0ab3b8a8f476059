"""Connections to a server, over the proxy that the system or the environment names, if any.

This computer itself is never asked for over a proxy.
"""

from __future__ import annotations

import base64
import http.client
import ssl
import urllib.request
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import certifi

from .remote_address import Address

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class OverProxy(http.client.HTTPConnection):
    """A connection to a proxy that takes whole URLs; only for http."""

    whole_target = ""
    proxy_headers: Mapping[str, str] = MappingProxyType({})


def connection_to(address: Address, connect_s: float) -> http.client.HTTPConnection:
    """A connection that is not open yet."""
    proxy = _proxy_for(address)
    if proxy is None:
        return _direct(address.scheme, address.host, address.port, connect_s)
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    host, port = parts.hostname or "", parts.port or 8080
    headers = {}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    if address.scheme == "https":
        tunnel = http.client.HTTPSConnection(
            host, port, timeout=connect_s, context=trusted_certificates()
        )
        tunnel.set_tunnel(address.host, address.port, headers)
        return tunnel
    connection = OverProxy(host, port, timeout=connect_s)
    connection.whole_target = address.origin
    connection.proxy_headers = headers
    return connection


def _direct(scheme: str, host: str, port: int, connect_s: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(
            host, port, timeout=connect_s, context=trusted_certificates()
        )
    return http.client.HTTPConnection(host, port, timeout=connect_s)


def _proxy_for(address: Address) -> str | None:
    if address.host in LOOPBACK or urllib.request.proxy_bypass(address.host):
        return None
    return urllib.request.getproxies().get(address.scheme)


@cache
def trusted_certificates() -> ssl.SSLContext:
    """Those that the system trusts, with a company's own, and the usual ones, which some Pythons lack."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
