"""What the documents name is there: files, tests behind invariants, pictures, options, calls of the room."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "docs/ARCHITECTURE.md", "docs/PROTOCOL.md", "docs/THEMES.md",
             "docs/WORKBENCH.md", "docs/PREFERENCES.md", "models/README.md",
             "tests/windows/README.md")  # fmt: skip
MADE_LATER = (
    "static/vendor",
    "data",
    ".venv",
    "path/",
    "models/smollm2-135m-instruct",
    "raw/",
    "my_app.py",
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(name: str) -> None:
    named = re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|sh|bat|md|js|css))`", text_of(name))
    for path in named:
        if path.startswith(("/", *MADE_LATER)) or "hub" in path:
            continue
        assert any(
            there.endswith("/" + path.removeprefix("./").rstrip("/")) for there in everything()
        ), path


@cache
def everything() -> tuple[str, ...]:
    """Every path of the project's own files and folders."""
    folders = ("storygen", "tests", "static", "docs", "images", "models", "tools", "examples")
    paths = [*ROOT.glob("*"), *(path for folder in folders for path in (ROOT / folder).rglob("*"))]
    return tuple(f"/{path.relative_to(ROOT).as_posix()}" for path in paths)


def test_every_invariant_names_a_test_that_is_there() -> None:
    section = text_of("docs/ARCHITECTURE.md").split("## Invariants")[1].split("\n## ")[0]
    invariants = re.split(r"^\d+\. ", section, flags=re.M)[1:]
    assert len(invariants) >= 12
    for invariant in invariants:
        named = re.findall(r"`(tests/[\w./]+)`", invariant)
        assert named, invariant
        for path in named:
            assert list((ROOT / path).rglob("test_*.py")) or (ROOT / path).is_file(), path


def test_the_readme_shows_pictures_that_are_there_and_links_that_lead_somewhere() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text_of("README.md"))
    assert len(pictures) >= 3
    for picture in pictures:
        data = (ROOT / picture).read_bytes()
        assert data.startswith(b"\x89PNG") and len(data) > 20_000, picture


def test_the_options_that_the_readme_names_are_those_of_the_launcher() -> None:
    options = re.findall(r"^\| `(--[\w-]+)", text_of("README.md"), re.M)
    assert {"--no-browser", "--port", "--install-only"} == set(options)
    told = subprocess.run(
        [sys.executable, "-m", "storygen.launch.entry", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    for option in options:
        assert option in told


def test_the_server_has_the_options_that_other_programs_rely_on() -> None:
    told = subprocess.run(
        [sys.executable, "server.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    for option in ("--host", "--port", "--data-dir", "--models-dir", "--no-browser", "--async-mode",
                   "--redis", "--allow-origin", "--allow-host"):  # fmt: skip
        assert option in told
    assert re.search(r"\[model\]|model\s+a model", told)


def test_the_licence_and_the_changes_are_there() -> None:
    assert text_of("LICENSE").startswith("MIT License")
    assert "## " in text_of("CHANGELOG.md")
