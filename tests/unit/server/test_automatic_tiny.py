"""The automatic writer with a real worker and a tiny model: the same again from the same seed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.server_process import ROOT
from tests.tiny_models import make_tiny_model


def written(home: Path, out: Path) -> dict[str, Any]:
    options = ["--models-dir", str(home / "models"), "--data-dir", str(home / "data")]
    options += ["--model", "found:tiny", "--prompt", "Once", "--steps", "3", "--cards", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "storygen", "write", *options, "--seed", "5", "--annotations", out],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(out.read_text("utf-8"))
    assert done.stdout.decode() == found["text"] + "\n"
    return found


def test_the_same_seed_writes_the_same_story(tmp_path: Path) -> None:
    make_tiny_model("gpt2", tmp_path / "models" / "tiny")
    first, again = (written(tmp_path, tmp_path / name) for name in ("one.json", "two.json"))
    assert first == again
    steps = [span["step"] for span in first["spans"] if span["author"] == "model"]
    assert steps == [1, 2, 3]
    for span in first["spans"]:
        if span["author"] == "model":
            assert len(span["passed_over"]) == 1 and span["logprobs"]
