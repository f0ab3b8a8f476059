"""Where the program lies and what it reaches: folders with awkward names, no network, a changed config.js."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.model.system_made import (
    DEFAULT_FOLDER,
    MODELS,
    in_fp32,
    model_view,
    real_server,
    start,
    write,
    write_config,
)
from tests.protocol.studio_client import StudioClient
from tests.server_process import ROOT, ServerProcess, wait_until
from tests.tiny_models import make_tiny_model
from tests.unit.loading.models_made import as_bin

AWKWARD = "a story & é (1) $x 'q' 猫"

# Stands in for a machine without a network: what leaves this machine is noted and refused.
SITECUSTOMIZE = """
import os, socket

def noted(address):
    with open(os.environ["REACHED"], "a") as file:
        print(os.getpid(), address, file=file)
    raise OSError(101, "Network is unreachable")

def here(host):
    return host in ("localhost", "::1", "") or str(host).startswith("127.")

def guarded(name):
    honest = getattr(socket.socket, name)

    def connect(self, address):
        if self.family != getattr(socket, "AF_UNIX", None) and not here(address[0]):
            noted(address)
        return honest(self, address)

    setattr(socket.socket, name, connect)

for name in ("connect", "connect_ex"):
    guarded(name)
honest_lookup = socket.getaddrinfo

def getaddrinfo(host, *args, **options):
    if host is not None and not here(host if isinstance(host, str) else host.decode()):
        noted(host)
    return honest_lookup(host, *args, **options)

socket.getaddrinfo = getaddrinfo
"""


@pytest.mark.model
def test_the_default_model_loads_and_writes_and_nobody_asks_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard, reached = tmp_path / "guard", tmp_path / "reached"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(SITECUSTOMIZE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(guard), str(ROOT))))
    monkeypatch.setenv("REACHED", str(reached))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    models = {"Default": in_fp32(DEFAULT_FOLDER), "Hub": "org/model-that-is-not-here"}
    server = real_server(tmp_path / "home", models, MODELS).start()
    try:
        with StudioClient(server.url, server.token) as browser:
            writing = write(browser, "continue:Default", "The lamp in the window", 5)
            assert writing.num_tokens == 5
            assert not reached.exists(), reached.read_text()
            other = start(browser, browser.create("Once"), "continue:Hub")
            other.wait_state("ended", "failed")  # the one thing that may ask, and here it cannot
            assert "hub" in model_view(browser, "continue:Hub")["reason"]
            assert reached.exists(), "the guard guards nothing"
    finally:
        server.stop()


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The program itself, copied into a folder with an awkward name."""
    root = tmp_path / AWKWARD
    for name in ("storygen", "tests", "static"):
        ignore = shutil.ignore_patterns("__pycache__", "vendor", "golden")
        shutil.copytree(ROOT / name, root / name, ignore=ignore)
    shutil.copy(ROOT / "server.py", root)
    monkeypatch.setattr("tests.server_process.ROOT", root)
    monkeypatch.setenv("PYTHONPATH", "")
    yield root


def test_program_stories_and_models_may_lie_in_folders_with_awkward_names(moved: Path) -> None:
    home = moved / f"home {AWKWARD}"
    names = {"Tiny": in_fp32(f"tiny {AWKWARD}"), "Old": in_fp32(f"old {AWKWARD}")}
    server = real_server(home, names)
    tiny = make_tiny_model("gpt2", home / "models" / f"tiny {AWKWARD}")
    as_bin(tiny, home / "models" / f"old {AWKWARD}")
    server.start()
    try:
        with StudioClient(server.url, server.token) as browser:
            first = write(browser, "continue:Tiny", "Once", 8, seed=3)
            converted = write(browser, "continue:Old", "Once", 8, seed=3)
            assert first.ids() == converted.ids()
            stood = str(first.story)
        server.kill()
        server.start()
        with StudioClient(server.url, server.token) as browser:
            assert str(browser.open(first.story.id)) == stood
    finally:
        server.stop()
    assert "Traceback" not in server.log()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = real_server(tmp_path / "home", {"One": in_fp32("one")})
    make_tiny_model("gpt2", tmp_path / "home" / "models" / "one")
    process.start()
    yield process
    process.stop()


def test_a_changed_config_is_read_without_a_restart_while_a_run_writes(
    server: ServerProcess,
) -> None:
    with StudioClient(server.url, server.token) as browser:
        writing = start(browser, browser.create("Once"), "continue:One")
        writing.wait_tokens(3)
        write_config(server.home, {"One": in_fp32("one"), "Two": in_fp32("one", context=64)})
        wait_until(lambda: "continue:Two" in keys(browser), "the new line is there")
        with StudioClient(server.url, server.token) as other:
            second = write(other, "continue:Two", "Twice", 4)
            assert second.view["window"] == 64
        (server.home / "static" / "config.js").write_text("var ModelConfig = {\n continuation")
        wait_until(lambda: browser.ok("hello")["notes"], "the mistake is told")
        (note,) = browser.ok("hello")["notes"]
        assert note["line"] >= 1 and note["column"] >= 1 and note["message"] and note["mend"]
        assert "continue:Two" in keys(browser), "the last good lines stay"
        write_config(server.home, {"One": in_fp32("one")})
        wait_until(lambda: "continue:Two" not in keys(browser), "the line is gone")
        assert browser.ok("hello")["notes"] == []
        count = writing.num_tokens
        writing.wait_tokens(count + 3)
        writing.command("stop")


def keys(browser: StudioClient) -> set[str]:
    return {model["key"] for model in browser.ok("models")["models"]}
