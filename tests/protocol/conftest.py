"""Servers and browsers for the protocol's tests: every test runs in both kinds of event loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.protocol.studio_client import StudioClient
from tests.server_process import ServerProcess


@pytest.fixture(scope="session", params=["eventlet", "threading"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """One server for all tests that do it no harm; each makes stories of its own."""
    process = ServerProcess(tmp_path_factory.mktemp("server"), async_mode=request.param, token_ms=5)
    process.start()
    yield process
    process.stop()
    assert " ERROR " not in process.log() and "Traceback" not in process.log()


@pytest.fixture
def connect(server: ServerProcess) -> Iterator[Callable[..., StudioClient]]:
    """Makes browsers, which leave at the end."""
    clients: list[StudioClient] = []

    def make(**options: object) -> StudioClient:
        clients.append(StudioClient(server.url, server.token, **options))  # type: ignore[arg-type]
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def browser(connect: Callable[..., StudioClient]) -> StudioClient:
    """One browser."""
    return connect()
