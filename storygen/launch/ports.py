"""Which port to use: the wanted one, the next free one, or the one where this very StoryGen already runs."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

TRIED = 50
PATIENCE_S = 2.0
MAX_ANSWER_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go: a free port, or one where our own server `runs`; `passed`: those taken before it."""

    port: int
    runs: bool
    passed: tuple[int, ...] = ()


def find_place(host: str, wanted: int, instance: str) -> Place | None:
    """The first port from `wanted` on that is free or is served by `instance`; None when there is none."""
    passed: list[int] = []
    for port in range(wanted, min(wanted + TRIED, 65536)):
        if is_free(host, port):
            return Place(port, runs=False, passed=tuple(passed))
        answer = healthz(host, port)
        if answer and instance and answer.get("instance") == instance:
            return Place(port, runs=True, passed=tuple(passed))
        passed.append(port)
    return None


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on `port` and a server may.

    Both are asked: a listener on all addresses does not always keep others from one address (macOS).
    """
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_S):
            return False
    except TimeoutError:
        return False
    except OSError:
        pass
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        if sys.platform == "win32":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
    return True


def healthz(host: str, port: int) -> dict[str, object] | None:
    """What a StoryGen on `port` says of itself; None when nobody answers, or something else does."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        answer = json.loads(response.read(MAX_ANSWER_BYTES)) if response.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) and answer.get("app") == "storygen" else None


def read_word(path: Path) -> str:
    """The one word in the file at `path` (a token, an instance's name); "" when it is not there."""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
