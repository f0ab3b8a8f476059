"""The benchmark runs, and says each number that the README quotes. What they are is not tested."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server_process import ROOT
from tests.tiny_models import make_tiny_model

pytestmark = pytest.mark.slow

NUMBERS = {
    *("start_to_answer_s", "start_to_first_token_s", "ask_to_first_token_cold_s"),
    *("bare_tokens_per_s", "generate_tokens_per_s", "delivered_tokens_per_s", "delivered_to_bare"),
    *("edit_to_token_ms", "step_ms", "reread_2000_ms", "edit_in_steps", "reread_to_edit"),
    *("candidates_tokens_per_s", "one_candidate_tokens_per_s", "candidates_first_token_ms"),
    *("candidates_to_one", "candidates_to_in_turn"),
    *("next_tokens_ms", "next_tokens_to_bare_step", "next_tokens_other_parameters_ms"),
    *("score_2000_ms", "score_to_bare_pass", "score_after_a_word_ms"),
    *("tokens_after_pause_most", "ping_p50_ms", "ping_p99_ms"),
    *("server_memory_mb", "worker_memory_mb"),
}


def test_the_benchmark_prints_a_table_and_json(tmp_path: Path) -> None:
    make_tiny_model("llama", tmp_path / "models" / "tiny")
    written = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "storygen", "bench", "--model", "found:tiny", "--no-page"]
    command += ["--tokens", "32", "--rounds", "1", "--json", str(written)]
    environment = {**os.environ, "STORYGEN_MODELS_DIR": str(tmp_path / "models")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    numbers = json.loads(written.read_text("utf-8"))
    assert set(numbers) >= NUMBERS
    assert json.loads(done.stdout[done.stdout.index("{") :]) == numbers
    for name in NUMBERS:
        assert name in done.stdout and numbers[name] >= 0
