"""A page of another origin in a real browser: with leave it uses the original protocol and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LIBRARY = ROOT / "node_modules" / "socket.io-client" / "dist" / "socket.io.min.js"

ASK = """
([address, transport]) => new Promise((resolve) => {
  const socket = io(address, { transports: [transport], reconnection: false });
  socket.on("connect_error", () => resolve("refused"));
  socket.on("disconnect", () => resolve("sent away"));
  socket.on("on_generate_completed", (task, texts) => { resolve(texts); socket.close(); });
  socket.emit("generate_text", "t", "numbers", "Once", 2);
})
"""
READ = """
(address) => fetch(address, { credentials: "include" }).then(() => "read", () => "not read")
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Says nothing."""


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """The origin under which the files in `folder` are served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    (folder / "index.html").write_text('<script src="socket.io.min.js"></script>')
    (folder / "socket.io.min.js").write_bytes(LIBRARY.read_bytes())
    return folder


@pytest.fixture(scope="module")
def origins(folder: Path) -> Iterator[tuple[str, str]]:
    """An origin that the server allows, and one that it does not."""
    with site(folder) as allowed, site(folder) as other:
        yield allowed, other


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def address(request: pytest.FixtureRequest, origins: tuple[str, str]) -> Iterator[str]:
    """The server's, which allows the first origin."""
    command = [sys.executable, str(HERE / "legacy_server.py"), request.param, origins[0]]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


def opened(chromium: Browser, origin: str) -> Page:
    page = chromium.new_page()
    page.goto(origin)
    return page


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_page_of_an_allowed_origin_gets_its_texts_without_a_token(
    chromium: Browser, origins: tuple[str, str], address: str, transport: str
) -> None:
    page = opened(chromium, origins[0])
    assert page.evaluate(ASK, [address, transport]) == [" 0 1"]
    page.close()


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_page_of_any_other_origin_gets_nothing(
    chromium: Browser, origins: tuple[str, str], address: str, transport: str
) -> None:
    page = opened(chromium, origins[1])
    assert page.evaluate(ASK, [address, transport]) == "refused"
    page.close()


def test_no_foreign_page_reads_an_answer_even_in_a_browser_that_is_let_in(
    chromium: Browser, origins: tuple[str, str], address: str
) -> None:
    context = chromium.new_context()
    visit = context.new_page()
    visit.goto(f"{address}/?t=the-token")
    assert any(cookie["name"] == "storygen_abc" for cookie in context.cookies())
    assert visit.evaluate(READ, f"{address}/seen") == "read"
    for origin in origins:
        page = context.new_page()
        page.goto(origin)
        assert page.evaluate(READ, f"{address}/seen") == "not read"
        page.close()
    context.close()
