"""Several real Yjs browsers, in Node, against the real server: whatever they do, nothing is lost or mixed up.

The steps, and what must hold in the end, are in `yjs/steps.mjs`; the browsers run the page's own code.
Here the server is started, and killed when the steps ask for it.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.studio_client import StudioClient
from tests.server_process import MODEL, ROOT, ServerProcess

STEPS = Path(__file__).parent / "yjs" / "steps.mjs"
EVERYTHING = {
    *("type", "erase", "undo", "redo", "start", "pause", "resume", "stop", "come_or_go"),
    *("restore", "continue_here", "forge"),
}
TEXT = "Ghost story. 😀 Milky spring!\nZigzig 猫 "


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, async_mode=request.param, script="named", token_ms=15).start()
    yield process
    process.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("server", "seed", "steps", "kills"),
    [("eventlet", 1, 1200, 0), ("eventlet", 2, 1000, 6), ("threading", 3, 800, 4)],
    indirect=["server"],
)
def test_browsers_and_server_agree_on_text_and_authors_whatever_happens(
    server: ServerProcess, seed: int, steps: int, kills: int
) -> None:
    report = run_steps(server, seed, steps, kills)
    assert report["faults"] == [], "\n".join(report["faults"][:20]) + server.log()[-3000:]
    assert report["counts"]["type"] > steps // 10
    assert set(report["counts"]) >= EVERYTHING
    assert report["units"] > 0
    assert " ERROR " not in server.log()


def run_steps(server: ServerProcess, seed: int, steps: int, kills: int) -> dict[str, Any]:
    """Let the browsers loose; returns their report."""
    with StudioClient(server.url, server.token) as client:
        story = client.create(TEXT)
        given = {
            "url": server.url,
            "token": server.token,
            "story": story.id,
            "document": story.document,
        }
    given |= {"model": MODEL, "seed": seed, "steps": steps, "kills": kills}
    node = shutil.which("node")
    assert node, "Node is needed for the real Yjs"
    with subprocess.Popen(
        [node, str(STEPS), json.dumps(given)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        ends = itertools.cycle([server.kill, server.stop])
        for line in process.stdout:
            message: dict[str, Any] = json.loads(line)
            if "ask" not in message:
                return message
            _carry_out(server, message["ask"], ends)
            process.stdin.write("done\n")
            process.stdin.flush()
        raise AssertionError(process.stderr.read() + server.log()[-3000:])


def _carry_out(server: ServerProcess, what: str, ends: Iterator[Callable[[], None]]) -> None:
    """Servers are killed and closed by turns: the one replays its log, the other has made a snapshot."""
    if what == "kill_server":
        next(ends)()
        server.start()
        return
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGKILL)
