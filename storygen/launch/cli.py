"""The launcher's command line: sets up what is missing, starts the server, opens the page."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from .errors import LaunchError, mend_for
from .install import install
from .lock import only_one
from .ports import Place, find_place, read_word
from .programs import end
from .project import Project, find_project
from .screen import Screen
from .serving import (
    Address,
    Terminated,
    access_token,
    leave,
    show_page,
    start_server,
    stay,
    wait_until_answering,
)

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 5000
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Runs the launcher with `arguments`; returns the exit status."""
    options, for_server = parse(arguments)
    screen = Screen(sys.stdout)
    project = find_project(ROOT, options.data_dir, options.models_dir)
    _end_on("SIGTERM", "SIGHUP", "SIGBREAK")
    try:
        return launch(project, screen, options, for_server)
    except LaunchError as error:
        report(error, project, screen)
        return 1
    except OSError as error:
        report(
            LaunchError(f"A file could not be used: {error}", mend=mend_for(str(error))),
            project,
            screen,
        )
        return 1
    except KeyboardInterrupt:
        screen.say("\nInterrupted. Start again, and it goes on where it stopped.")
        return INTERRUPTED


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The launcher's own options, and all others, which are the server's."""
    parser = argparse.ArgumentParser(
        prog="run_local",
        description="Sets StoryGen up (once), starts it and opens it in the browser.",
        epilog="All other arguments go to server.py: a model (folder, .gguf file or hub id), --host, …",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="where to start looking for a port"
    )
    parser.add_argument(
        "--host", default="", help="the address to serve on (default: this machine only)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the page's address")
    parser.add_argument("--install-only", action="store_true", help="set up, but do not start")
    parser.add_argument("--data-dir", help="where stories are kept (default: data)")
    parser.add_argument("--models-dir", help="where models lie (default: models)")
    parser.add_argument("--for-tests", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_known_args(arguments)


def launch(
    project: Project, screen: Screen, options: argparse.Namespace, for_server: list[str]
) -> int:
    """Sets up and, unless told not to, serves; returns the exit status."""
    with only_one(project.lock, screen):
        failures = install(project, screen, for_tests=options.for_tests)
        if options.install_only:
            screen.say(
                "StoryGen is set up." if not failures else "StoryGen is set up, but for the above."
            )
            return 1 if failures else 0
        host = "127.0.0.1" if options.host in ("", "0.0.0.0", "localhost") else options.host
        place = choose_place(project, host, options.port)
        explain(place, options.port, screen)
        address = Address(host, place.port)
        if place.runs:
            show_page(address.url(access_token(project)), screen, wanted=not options.no_browser)
            return 0
        serving = [*for_server, *(("--host", options.host) if options.host else ())]
        child = start_server(project, address, serving)
        try:
            wait_until_answering(child, address, screen)
        except KeyboardInterrupt as interrupt:
            return leave(child, screen, interrupt)
        except BaseException:
            end(child)
            raise
    try:
        show_page(address.url(access_token(project)), screen, wanted=not options.no_browser)
        screen.say("Ctrl+C in this window stops StoryGen.")
        return stay(child)
    except KeyboardInterrupt as interrupt:
        return leave(child, screen, interrupt)


def choose_place(project: Project, host: str, wanted: int) -> Place:
    """The port to use.

    Raises: LaunchError when none is free.
    """
    place = find_place(host, wanted, read_word(project.data_dir / "instance"))
    if place is None:
        raise LaunchError(
            f"No port is free from {wanted} on.",
            mend="Choose another one with --port, such as --port 8000.",
        )
    return place


def explain(place: Place, wanted: int, screen: Screen) -> None:
    """Says which port is used when it is not the wanted one, or why nothing is started."""
    if place.passed:
        screen.say(
            f"Port {wanted} is used by another program; StoryGen takes {place.port} instead."
        )
    if place.runs:
        screen.say(f"StoryGen is already running on port {place.port}.")


def report(error: LaunchError, project: Project, screen: Screen) -> None:
    """Prints what went wrong, what to do, and where to read more."""
    screen.say()
    for line in error.details:
        screen.say(f"    {line}")
    if error.details:
        screen.say()
    screen.say(error.message)
    if error.mend:
        screen.say(error.mend)
    if error.details:
        screen.say(f"The whole log: {project.log}")


def _end_on(*names: str) -> None:
    """Lets the signals that end a program (where they exist) end the server too."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Terminated

    for name in names:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), interrupt)
