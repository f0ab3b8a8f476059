"""The golden messages have the types that the page's code is written against, field by field.

Each is written down as a literal of its type in `static/js/protocol.js`, and the type checker is asked:
a field that is missing, of another kind, or unknown to the page is an error.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.room import ROOT

NODE = shutil.which("node")
GOLDEN = ROOT / "tests" / "protocol" / "golden"
OK = "{ok: true} & "
TYPES = {
    "hello": OK + "P.Hello",
    "story_create": OK + "{story: P.Story}",
    "story_open": OK + "P.OpenedStory",
    "run_start": OK + "{run: P.Run}",
    "update": "P.UpdateEvent",
    "checkpoints": OK + "{checkpoints: P.Checkpoint[], head: string | null}",
    "checkpoint_show": OK + "{text: string, authors: [number, unknown][]}",
    "doc_update": OK + "{seq: number}",
    "provenance": OK + '{spans: [number, "human" | [string, number]][]}',
    "candidates": OK + "{sets: P.CandidateSet[]}",
    "candidate_change": OK + "{set: P.CandidateSet}",
    "candidate_taken": OK + "{checkpoint: string}",
    "auto_start": OK + "{auto: P.Auto}",
    "auto_set": "{auto: P.Auto, fate: P.Fate}",
    "next_tokens": OK + "{look: P.Look}",
    "token_taken": OK + "{checkpoint: string}",
    "score_start": OK + "{score: string}",
    "scored": "P.ScoredEvent",
    "score_look": OK + "{look: P.Look}",
    "error": "{ok: false, error: {code: string, message: string}}",
}
STAND_INS = {"<client>": "7", "<time>": "1.5", "<bytes>": "new ArrayBuffer(0)"}
NUMBERS = ("tokens_per_s", "ms")

pytestmark = pytest.mark.skipif(
    NODE is None or not (ROOT / "node_modules").is_dir(), reason="no Node, or npm ci has not run"
)


def literal(value: Any, key: str = "") -> str:
    """A golden value as a literal, with a number or bytes where the file holds a word for one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {literal(v, k)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item, key) for item in value) + "]"
    if value == "<varies>" and key in NUMBERS:
        return "2.5"
    return STAND_INS.get(value, json.dumps(value)) if isinstance(value, str) else json.dumps(value)


def errors(folder: Path, messages: dict[str, Any]) -> str:
    """What the type checker says of these messages."""
    protocol = (ROOT / "static" / "js" / "protocol.js").as_posix()
    lines = [f'import type * as P from "{protocol}";', "export {};"]
    lines += [
        f"export const {name}: {TYPES[name]} = {literal(message)};"
        for name, message in messages.items()
    ]
    (folder / "golden.ts").write_text("\n".join(lines), "utf-8")
    options = ["--noEmit", "--strict", "--allowJs", "--checkJs", "--skipLibCheck"]
    options += ["--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]
    checker = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [str(NODE), str(checker), *options, "--types", "", str(folder / "golden.ts")],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def golden() -> dict[str, Any]:
    return {name: json.loads((GOLDEN / f"{name}.json").read_text("utf-8")) for name in TYPES}


def test_every_golden_message_has_the_pages_type(tmp_path: Path) -> None:
    assert errors(tmp_path, golden()) == ""


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda all_: all_["run_start"]["run"].pop("holding"), "holding"),
        (lambda all_: all_["hello"]["models"][0].update(state="asleep"), "asleep"),
        (lambda all_: all_["update"]["tokens"][0].pop(), "Source has 5 element"),
        (lambda all_: all_["story_open"].update(more=1), "more"),
    ],
    ids=["missing", "other word", "shorter", "unknown"],
)
def test_a_message_of_another_shape_would_be_noticed(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], object], words: str
) -> None:
    messages = golden()
    spoil(messages)
    assert words in errors(tmp_path, messages)
