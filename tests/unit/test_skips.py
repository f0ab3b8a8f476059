"""What a machine lacks is skipped loudly, and fails the run where nothing may be skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDS_A_BROWSER = "tests/browser/test_safety.py"


def run(tmp_path: Path, ci: str) -> subprocess.CompletedProcess[str]:
    """The browser tests of one file on a machine without any browser."""
    environment = {**os.environ, "PATH": str(tmp_path), "CI": ci, "STORYGEN_CHROMIUM": ""}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", NEEDS_A_BROWSER],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )


@pytest.mark.parametrize(
    ("ci", "status", "words"),
    [
        ("", 0, "SKIPPED: not tried here"),
        ("true", 1, "SKIPPED: here nothing may be skipped, so the run fails"),
        ("1", 1, "so the run fails"),
    ],
)
def test_without_a_browser_its_tests_are_skipped_loudly_or_fail_the_run(
    tmp_path: Path, ci: str, status: int, words: str
) -> None:
    done = run(tmp_path, ci)
    assert done.returncode == status, done.stdout + done.stderr
    assert words in done.stdout
    assert "no Chromium, Chrome or Edge was found" in done.stdout
    assert " passed" not in done.stdout


@pytest.mark.parametrize(
    "name", ["chromium", "google-chrome", "microsoft-edge", "chromium-headless-shell"]
)
def test_whichever_browser_is_there_is_used(tmp_path: Path, name: str) -> None:
    program = tmp_path / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    code = (
        "import sys, os; sys.path.insert(0, 'tests'); import conftest; conftest.pytest_configure();"
        "print(os.environ['STORYGEN_CHROMIUM'])"
    )
    environment = {**os.environ, "PATH": str(tmp_path), "STORYGEN_CHROMIUM": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(program), done.stderr


def test_continuous_integration_runs_every_check_and_may_skip_nothing() -> None:
    assert "CI=true" in (ROOT / ".ci" / "run").read_text()
    assert "run_tests.sh" in (ROOT / ".ci" / "run").read_text()
    script = (ROOT / "run_tests.sh").read_text()
    for check in (
        "ruff check",
        "ruff format --check",
        "-m mypy",
        "npm run --silent check",
        "pytest",
    ):
        assert check in script, check
    for file in (".ci/run", "run_tests.sh", "run_local.sh"):
        assert os.access(ROOT / file, os.X_OK), file


def test_tests_that_must_be_alone_lie_where_they_are_looked_for() -> None:
    assert "set -- tests/model" in (ROOT / "run_tests.sh").read_text()
    files = (ROOT / "tests").rglob("test_*.py")
    alone = [path for path in files if "mark.alo" + "ne" in path.read_text("utf-8")]
    assert {path.parent for path in alone} == {ROOT / "tests" / "model"}
