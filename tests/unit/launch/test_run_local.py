"""`run_local.sh` as a user runs it, in a folder with an awkward name; only what it installs is small."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_project import kill_group, make_project, read_until, run, start

from tests.server_process import wait_until

AWKWARD = "a story & é (1) $x 'q'"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("launch") / AWKWARD)
    status, output = run(root, "--install-only")
    assert status == 0, output
    return root


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def serving(installed: Path, free_port: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    child = start(installed, "--port", str(free_port))
    read_until(child, "Ctrl+C in this window")
    yield child, free_port
    if child.poll() is None:
        kill_group(child, signal.SIGKILL)
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


def test_an_installation_makes_everything_that_a_start_needs(installed: Path) -> None:
    assert (installed / ".venv" / "bin" / "python").exists()
    assert (installed / "static" / "vendor" / "libs.js").exists()
    assert (installed / "models" / "smollm2-135m-instruct" / "config.json").exists()


def test_a_second_start_installs_nothing(installed: Path) -> None:
    log = (installed / "data" / "launch" / "install.log").read_bytes()
    status, output = run(installed, "--install-only")
    assert (status, output) == (0, "StoryGen is set up.\n")
    assert (installed / "data" / "launch" / "install.log").read_bytes() == log


def test_changed_requirements_are_installed_again(installed: Path) -> None:
    (installed / "requirements.txt").write_text("# still nothing\n")
    assert "Installing packages: done" in run(installed, "--install-only")[1]


def test_a_deleted_bundle_is_built_again_and_nothing_else(installed: Path) -> None:
    (installed / "static" / "vendor" / "libs.js").unlink()
    output = run(installed, "--install-only")[1]
    assert "page's libraries: done" in output
    assert "Installing packages" not in output
    assert (installed / "static" / "vendor" / "libs.js").exists()


def test_an_environment_whose_python_is_gone_is_made_again(installed: Path) -> None:
    python = installed / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    status, output = run(installed, "--install-only")
    assert status == 0, output
    assert "broken or unfinished" in output
    assert "page's libraries" in output


def test_a_start_that_was_killed_halfway_is_finished_by_the_next(installed: Path) -> None:
    config = installed / "models" / "smollm2-135m-instruct" / "config.json"
    config.unlink()
    (installed / "hold").touch()
    child = start(installed, "--install-only")
    log = installed / "data" / "launch" / "install.log"
    wait_until(
        lambda: (
            log.read_text().endswith("Converting the default model.\n") or child.poll() is not None
        ),
        "the model is fetched",
        seconds=120,
    )
    assert child.poll() is None
    kill_group(child, signal.SIGKILL)
    child.communicate()
    (installed / "hold").unlink()
    assert run(installed, "--install-only")[0] == 0
    assert config.exists()


def test_without_the_default_model_it_starts_all_the_same_and_says_so(
    installed: Path, free_port: int
) -> None:
    config = installed / "models" / "smollm2-135m-instruct" / "config.json"
    config.unlink()
    (installed / "offline").touch()
    child = start(installed, "--port", str(free_port))
    output = read_until(child, "Ctrl+C in this window")
    kill_group(child, signal.SIGINT)
    child.communicate()
    (installed / "offline").unlink()
    assert "Check the internet connection" in output
    assert "starts without its default model" in output
    assert run(installed, "--install-only")[0] == 0
    assert config.exists()


def test_ctrl_c_ends_the_server_cleanly(
    installed: Path, serving: tuple[subprocess.Popen[str], int]
) -> None:
    (installed / "data" / "ended").unlink(missing_ok=True)
    kill_group(serving[0], signal.SIGINT)
    output, _ = serving[0].communicate(timeout=30)
    assert serving[0].returncode == 0
    assert "Your stories are kept" in output
    assert (installed / "data" / "ended").read_text() == "by Ctrl+C"


def test_a_signal_to_the_launcher_alone_ends_the_server_too(
    serving: tuple[subprocess.Popen[str], int],
) -> None:
    child, port = serving
    child.terminate()
    child.communicate(timeout=30)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_start_beside_a_running_server_opens_that_one(
    installed: Path, serving: tuple[subprocess.Popen[str], int]
) -> None:
    status, output = run(installed, "--port", str(serving[1]))
    assert status == 0
    assert f"already running on port {serving[1]}" in output
    assert f"http://127.0.0.1:{serving[1]}/?t=a-token" in output


def test_a_port_taken_by_something_else_is_passed_and_said(installed: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        child = start(installed, "--port", str(port))
        output = read_until(child, "Ctrl+C in this window")
        kill_group(child, signal.SIGINT)
        child.communicate()
    assert f"Port {port} is used by another program; StoryGen takes" in output


def test_the_browser_opens_with_the_token_once_the_server_answers(
    installed: Path, free_port: int, tmp_path: Path
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/opened"\n')
    browser.chmod(0o755)
    child = start(installed, "--port", str(free_port), BROWSER=f"{browser} %s", DISPLAY=":1")
    output = read_until(child, "Ctrl+C in this window")
    kill_group(child, signal.SIGINT)
    child.communicate()
    assert "open in your browser" in output
    assert (tmp_path / "opened").read_text() == f"http://127.0.0.1:{free_port}/?t=a-token"


def test_other_arguments_reach_the_server_untouched(installed: Path, free_port: int) -> None:
    child = start(
        installed, "my model & co", "--port", str(free_port), "--allow-origin", "http://a b"
    )
    read_until(child, "Ctrl+C in this window")
    kill_group(child, signal.SIGINT)
    child.communicate()
    given = json.loads((installed / "data" / "arguments.json").read_text())
    assert given[:3] == ["my model & co", "--allow-origin", "http://a b"]
    assert "--no-browser" in given


def test_a_server_that_does_not_start_ends_the_launcher_with_its_words(
    installed: Path, free_port: int
) -> None:
    status, output = run(installed, "--port", str(free_port), "--break")
    assert status == 1
    assert "The database is damaged." in output
    assert "stopped while starting" in output


def test_an_unfit_python_is_passed_over_for_the_next(installed: Path, tmp_path: Path) -> None:
    unfit, fit = tmp_path / "python3.13", tmp_path / "python3.12"
    unfit.write_text("#!/bin/sh\necho too old\nexit 3\n")
    fit.write_text(f'#!/bin/sh\ntouch "{tmp_path}/used"\nexec "$REAL" "$@"\n')
    unfit.chmod(0o755)
    fit.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "STORYGEN_PYTHON": "", "REAL": sys.executable}
    assert run(installed, "--install-only", **env)[0] == 0
    assert (tmp_path / "used").exists()


def test_without_any_fit_python_it_says_what_was_found_and_what_to_install(tmp_path: Path) -> None:
    root = make_project(tmp_path / AWKWARD)
    (root / "storygen" / "launch" / "entry.py").write_text(
        "print('Python 3.9 is too old')\nexit(3)\n"
    )
    status, output = run(root)
    assert status == 1
    assert "Python 3.9 is too old" in output
    assert "StoryGen needs Python 3.11" in output
