"""A first start killed at any step is finished by the next; the page opens only when the server answers."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_project import SERVER, kill_group, make_project, read_until, run, start

from tests.server_process import wait_until

AWKWARD = "première & (2) fois"

# In every Python program of a first start: one whose command holds the n-th of the words in HOLD_AT waits
# until the file `hold<n>` is gone.
SITECUSTOMIZE = """
import os, pathlib, sys, time
root = pathlib.Path(os.environ["HOLD_ROOT"])
for number, words in enumerate(filter(None, os.environ["HOLD_AT"].split("|"))):
    while words in " ".join(sys.orig_argv) and (root / f"hold{number}").exists():
        (root / "reached").touch()
        time.sleep(0.02)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = make_project(tmp_path / AWKWARD)
    (root / "tools" / "bundle.mjs").write_text(
        'import { existsSync, mkdirSync, writeFileSync } from "node:fs";\n'
        'mkdirSync("static/vendor", { recursive: true });\n'
        'if (existsSync("hold0")) writeFileSync("reached", "");\n'
        'while (existsSync("hold0")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);\n'
        'writeFileSync("static/vendor/libs.js", "export {};");\n'
    )
    return root


@pytest.fixture
def held(project: Path, tmp_path: Path) -> dict[str, str]:
    """An environment in which Python programs of a first start can be stopped halfway."""
    place = tmp_path / "site"
    place.mkdir()
    (place / "sitecustomize.py").write_text(SITECUSTOMIZE)
    return {"PYTHONPATH": str(place), "HOLD_ROOT": str(project)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("-m ensurepip", "environment without its pip"),
        ("-m pip install", "packages"),
        ("", "the page's libraries"),
        ("-m storygen.engine.loading.default_model", "the default model"),
    ],
    ids=lambda value: value or "bundle",
)
def test_a_first_start_killed_at_any_step_is_finished_by_the_next(
    project: Path, held: dict[str, str], at: str, then: str
) -> None:
    (project / "hold0").touch()
    child = start(project, "--install-only", **held, HOLD_AT=at)
    reached = project / "reached"
    wait_until(lambda: reached.exists() or child.poll() is not None, "it is held", seconds=120)
    assert child.poll() is None, child.communicate()[0]
    kill_group(child, signal.SIGKILL)
    child.communicate()
    (project / "hold0").unlink()
    status, output = run(project, "--install-only")
    assert status == 0, (then, output)
    python = project / ".venv" / "bin" / "python"
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0
    assert (project / "static" / "vendor" / "libs.js").exists()
    assert (project / "models" / "smollm2-135m-instruct" / "config.json").exists()
    assert run(project, "--install-only") == (0, "StoryGen is set up.\n")


def test_each_step_of_a_first_start_tells_in_a_terminal_that_it_goes_on(
    project: Path, held: dict[str, str]
) -> None:
    """Held for a while, each says what it does and for how many seconds."""
    programs = ("-m venv", "-m pip install", "-m storygen.engine.loading.default_model")
    titles = ("Making a place", "Installing packages", "Fetching the default model")
    for number in range(len(programs)):
        (project / f"hold{number}").touch()
    keeper, terminal = os.openpty()
    env = {**os.environ, **held, "HOLD_AT": "|".join(programs), "STORYGEN_PYTHON": sys.executable}
    command = [str(project / "run_local.sh"), "--install-only"]
    with subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal
    ) as child:
        os.close(terminal)
        said = ""
        for number, title in enumerate(titles):
            while not re.search(rf"{title}[^\r\n]* [1-9] s", said):
                assert select.select([keeper], [], [], 60)[0], said
                said += os.read(keeper, 4096).decode()
            (project / f"hold{number}").unlink()
        with contextlib.suppress(OSError):  # how a terminal's end is told
            while more := os.read(keeper, 4096).decode():
                said += more
    os.close(keeper)
    assert child.returncode == 0, said
    assert "StoryGen is set up." in said


@pytest.fixture
def slow_server(tmp_path: Path) -> Iterator[Path]:
    """A project whose server begins to answer when the file `answer` is there; it is installed already."""
    root = make_project(tmp_path / "slow & late")
    waits = 'import os, time\nwhile not os.path.exists("' + str(root / "answer") + '"):\n'
    (root / "server.py").write_text(waits + "    time.sleep(0.02)\n" + SERVER)
    status, output = run(root, "--install-only")
    assert status == 0, output
    yield root


def test_the_page_opens_only_when_the_server_answers(slow_server: Path, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys, urllib.request\n"
        'health = sys.argv[1].split("?")[0] + "healthz"\n'
        "try:\n    told = urllib.request.urlopen(health, timeout=20).read().decode()\n"
        "except OSError as error:\n    told = str(error)\n"
        f'pathlib.Path("{tmp_path}/told").write_text(told)\n'
    )
    browser.chmod(0o755)
    env = {"BROWSER": f"{browser} %s", "DISPLAY": ":1"}
    child = start(slow_server, "--port", free_port(), **env)
    read_until(child, "Starting the server")  # it waits already, and says so
    assert not (tmp_path / "told").exists()
    (slow_server / "answer").touch()
    read_until(child, "Ctrl+C in this window")
    kill_group(child, signal.SIGINT)
    child.communicate()
    assert '"app": "storygen"' in (tmp_path / "told").read_text()


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])
