"""The virtual environment in `.venv`: made when missing, made anew when broken, kept when it works.

An environment that works is never thrown away, whoever made it. One whose making was interrupted
carries the mark `venv-begun`; one whose Python no longer starts (moved machine, removed Python) is broken.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .entry import NEWEST, OLDEST
from .errors import LaunchError
from .programs import Program, run_program
from .project import Project
from .screen import Screen
from .stamps import Stamps

BEGUN = "venv-begun"
_ASK = "import sys, platform; print(*sys.version_info[:2], sys.platform, platform.machine())"


def ensure_environment(project: Project, stamps: Stamps, screen: Screen) -> str:
    """What the environment's Python is ("3.11 linux x86_64"), once there is one that works."""
    found = "" if stamps.exists(BEGUN) else identify(project.python)
    if found:
        return found
    _make_room(project, stamps, screen)
    progress = screen.begin("Making a place for StoryGen's packages (.venv)")
    stamps.write(BEGUN, "")
    make = Program((sys.executable, "-m", "venv", project.venv), project.root)
    run_program(make, progress, project.log)
    found = identify(project.python)
    if not found:
        raise LaunchError(
            f"The new virtual environment in {project.venv} does not start.",
            mend="A virus scanner may have removed files from it, or this Python is damaged.",
        )
    stamps.take_away(BEGUN)
    progress.done()
    return found


def identify(python: Path) -> str:
    """Version and platform of the Python at `python`, or "" when it does not start or is not fit."""
    try:
        answer = subprocess.run(
            [str(python), "-c", _ASK], stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    words = answer.stdout.decode(errors="replace").split()
    if answer.returncode or len(words) < 3 or not (words[0] + words[1]).isdigit():
        return ""
    version = int(words[0]), int(words[1])
    return ".".join(words[:2]) + " " + " ".join(words[2:]) if OLDEST <= version <= NEWEST else ""


def _make_room(project: Project, stamps: Stamps, screen: Screen) -> None:
    """Takes what stands in the way of a new environment; what is nobody's environment is only moved."""
    venv = project.venv
    if venv.is_symlink():
        venv.unlink()
    if not venv.exists():
        return
    try:
        if stamps.exists(BEGUN) or (venv / "pyvenv.cfg").exists():
            screen.say(
                "  The virtual environment (.venv) is broken or unfinished; making it again."
            )
            shutil.rmtree(venv)
        elif any(venv.iterdir()):
            aside = next(
                p for n in range(1, 1000) if not (p := venv.with_name(f".venv-{n}")).exists()
            )
            venv.rename(aside)
            screen.say(f"  .venv was not a virtual environment; it is now called {aside.name}.")
    except OSError as error:
        raise LaunchError(
            f"The broken virtual environment {venv} could not be removed: {error}",
            mend="Close other StoryGen windows, delete the folder .venv by hand, and start again.",
        ) from error


def site_packages(project: Project) -> Path:
    """Where the environment keeps its packages (a path that may not exist)."""
    windows = project.venv / "Lib" / "site-packages"
    found = sorted((project.venv / "lib").glob("python3*/site-packages"))
    return found[-1] if found else windows
