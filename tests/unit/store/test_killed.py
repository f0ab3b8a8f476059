"""A store whose process is killed at any moment has everything that was acknowledged, and no half commit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import records_made as made

from storygen.store.store import Store, file_url

NUM_KILLS = 20


def commits_until_killed(path: Path, after: int) -> list[int]:
    """Numbers that a writer acknowledged before it was killed, in the middle of whatever it was doing."""
    script = Path(__file__).with_name("killed_writer.py")
    command = [sys.executable, str(script), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(after)]
        writer.kill()
        acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
    return acknowledged


@pytest.mark.slow
def test_twenty_kills_lose_nothing_that_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(__file__).parents[3]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(root), str(Path(__file__).parent))))
    path = tmp_path / "stories.db"
    acknowledged: list[int] = []
    for kill in range(NUM_KILLS):
        acknowledged += commits_until_killed(path, after=1 + kill * 7 % 40)
        store = Store(file_url(path))
        found = store.open_story("s1")
        heads = store.checkpoints("s1")
        store.close()
        assert found is not None
        stored = [update.seq for update in found.updates]
        assert stored == list(range(len(stored)))
        assert set(acknowledged) <= set(stored)
        assert (
            len(stored) - len(acknowledged) <= kill + 1
        )  # a commit may be stored and not yet said
        assert found.updates == tuple(made.update(seq, b"%d" % seq) for seq in stored)
        assert [token.index for token in found.tokens] == stored
        assert [head.checkpoint for head in heads] == [f"c{seq}" for seq in stored]
