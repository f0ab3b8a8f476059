"""Sets a machine up: the virtual environment, the packages, the front end's libraries, the default model."""

from __future__ import annotations

import shutil
from pathlib import Path

from .environment import ensure_environment
from .errors import LaunchError
from .front import NODE_PACKAGE, build_front_end, front_end_inputs, is_built
from .packages import install_requirements, is_installed, pins
from .programs import Program, run_program
from .project import Project
from .screen import Progress, Screen, size
from .stamps import Stamps, digest_of
from .steps import Step, carry_out

NEEDED_BYTES = 3_000_000_000


def install(
    project: Project, screen: Screen, *, for_tests: bool = False
) -> tuple[LaunchError, ...]:
    """Does what is not yet done; the errors of what StoryGen can start without (the default model).

    Raises: LaunchError.
    """
    stamps = Stamps(project.notes)
    if not stamps.exists("packages"):
        screen.say("Setting StoryGen up. This happens once and takes some minutes.")
        _start_log(project)
        _warn_of_little_space(project, screen)
    python = ensure_environment(project, stamps, screen)
    return carry_out(plan(project, python, for_tests=for_tests), stamps, screen)


def plan(project: Project, python: str, *, for_tests: bool) -> list[Step]:
    """The steps after the virtual environment, whose Python is `python` (version and platform)."""
    files = [("packages", "Installing packages", project.requirements)]
    if for_tests:
        dev = project.root / "requirements-dev.txt"
        files.append(("packages-for-tests", "Installing the tests' packages", dev))
    packages = [_packages_step(project, python, *file) for file in files]
    return [*packages, _front_step(project), _model_step(project, python)]


def _packages_step(project: Project, python: str, name: str, title: str, file: Path) -> Step:
    return Step(
        name,
        title,
        digest_of([python, project.requirements, file]),
        lambda: is_installed(project, pins(file)),
        lambda progress: install_requirements(project, file, progress),
    )


def _front_step(project: Project) -> Step:
    return Step(
        "front-end",
        "Building the page's libraries",
        digest_of([NODE_PACKAGE, *front_end_inputs(project)]),
        lambda: is_built(project),
        lambda progress: build_front_end(project, progress),
    )


def _model_step(project: Project, python: str) -> Step:
    source = project.root / "storygen" / "engine" / "loading" / "default_model.py"
    return Step(
        "default-model",
        "Fetching the default model",
        digest_of([python, str(project.models_dir), source]),
        lambda: (project.default_model / "config.json").is_file(),
        lambda progress: fetch_default_model(project, progress),
        without="StoryGen starts without its default model, and tries again the next time.",
    )


def fetch_default_model(project: Project, progress: Progress) -> None:
    """Fetches and converts the default model with the environment's Python.

    Raises: LaunchError.
    """
    command = (
        *(project.python, "-m", "storygen.engine.loading.default_model"),
        *("--models-dir", project.models_dir),
    )
    env = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8:replace"}
    program = Program(command, project.root, env, lambda line: line.strip().rstrip(".") or None)
    run_program(program, progress, project.log)


def _start_log(project: Project) -> None:
    """Begins the log anew, so that it tells of one installation."""
    project.log.parent.mkdir(parents=True, exist_ok=True)
    project.log.write_bytes(b"")


def _warn_of_little_space(project: Project, screen: Screen) -> None:
    free = shutil.disk_usage(project.root).free
    if free < NEEDED_BYTES:
        screen.say(
            f"  Only {size(free)} are free on this disk; about {size(NEEDED_BYTES)} are needed."
        )
