"""The page's own code without a browser: its pure modules under node, its types, its format."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.browser.room import ROOT

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None or not (ROOT / "node_modules").is_dir(), reason="no Node, or npm ci has not run"
)


def run(*command: str) -> None:
    """Run a program of node_modules in the project's root; what it says is the failure's message."""
    done = subprocess.run(
        [str(NODE), *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pure_modules_do_what_their_tests_say() -> None:
    run("--test", "tests/browser/node/")


def test_the_pages_code_is_typed_throughout() -> None:
    run("node_modules/typescript/bin/tsc", "--project", "tsconfig.json")


def test_the_pages_code_is_formatted() -> None:
    files = ("static/js/**/*.js", "static/css/*.css", "tools/*.mjs", "tests/browser/node/*.mjs")
    run("node_modules/prettier/bin/prettier.cjs", "--check", *files)
