"""Starts the server, waits until it answers, opens the browser, and stays until the server ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .errors import LaunchError
from .ports import healthz, read_word
from .programs import end
from .project import Project
from .screen import Screen

POLL_S = 0.1
START_LIMIT_S = 120.0


class Terminated(KeyboardInterrupt):
    """A signal to end that reached the launcher alone, unlike a Ctrl+C, which the server gets too."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is reached from this machine."""

    host: str
    port: int

    def url(self, token: str) -> str:
        """The page's address, with the token that opens it (none: the page asks for it)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/" + (f"?t={token}" if token else "")


def access_token(project: Project) -> str:
    """The token that the server accepts; "" when it is not known."""
    return os.environ.get("STORYGEN_TOKEN") or read_word(project.data_dir / "token")


def start_server(
    project: Project, address: Address, arguments: Sequence[str]
) -> subprocess.Popen[bytes]:
    """The server's process, which speaks to the same terminal. It opens no browser itself."""
    command = [str(project.python), str(project.root / "server.py"), *arguments]
    command += ["--port", str(address.port), "--data-dir", str(project.data_dir)]
    command += ["--models-dir", str(project.models_dir), "--no-browser"]
    return subprocess.Popen(command)


def wait_until_answering(
    child: subprocess.Popen[bytes], address: Address, screen: Screen, limit_s: float = START_LIMIT_S
) -> None:
    """Returns once `/healthz` answers.

    Raises: LaunchError when the server ends before that, or takes longer than `limit_s`.
    """
    progress = screen.begin("Starting the server")
    while healthz(address.host, address.port) is None:
        status = child.poll()
        if status is not None:
            raise LaunchError(
                f"The server stopped while starting (status {status}). Its message is above."
            )
        if progress.seconds > limit_s:
            raise LaunchError("The server started but does not answer.")
        progress.show()
        time.sleep(POLL_S)


def stay(child: subprocess.Popen[bytes]) -> int:
    """Waits for the server's end and returns the exit status."""
    while True:
        with suppress(subprocess.TimeoutExpired):  # an endless wait can't be interrupted on Windows
            return child.wait(0.5)


def leave(child: subprocess.Popen[bytes], screen: Screen, interrupt: KeyboardInterrupt) -> int:
    """Ends the server after an interrupt, which counts as success; returns the exit status."""
    screen.say("Stopping …")
    stop(child, patience_s=0.0 if isinstance(interrupt, Terminated) else 3.0)
    screen.say("StoryGen has stopped. Your stories are kept.")
    return 0


def stop(child: subprocess.Popen[bytes], patience_s: float) -> None:
    """Gives the server `patience_s` to end by a Ctrl+C that reached it too; then ends it."""
    with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        child.wait(patience_s)
    end(child)


def show_page(
    url: str, screen: Screen, *, wanted: bool, opener: Callable[[str], bool] = webbrowser.open
) -> None:
    """Opens `url` in the browser if that is `wanted` and there is one; else says where the page is."""
    if wanted and has_desktop() and opener(url):
        screen.say("StoryGen is open in your browser.")
    else:
        screen.say(f"StoryGen is ready. Open this address in a browser:\n\n    {url}\n")


def has_desktop(system: str = sys.platform) -> bool:
    """Whether a browser could show up here; without a desktop Python would start one inside the terminal."""
    if system in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
