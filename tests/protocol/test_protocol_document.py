"""docs/PROTOCOL.md says what the server does: the same calls, fields, codes and shapes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from storygen.server.calls.studio import Studio

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = (ROOT / "docs" / "PROTOCOL.md").read_text("utf-8")
GOLDEN = Path(__file__).parent / "golden"


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(title)}$\n(.*?)(?=^#+ |\Z)", PROTOCOL, re.M | re.S)
    assert found, title
    return found[1]


def documented_calls() -> dict[str, set[str]]:
    """Each call of the table, with its fields."""
    calls: dict[str, set[str]] = {}
    for line in section("Calls (browser to server)").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| `"):
            continue
        fields = set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)|\"\w+\"", "", cells[1])))
        calls |= {name: set(fields) for name in re.findall(r"`(\w+)`", cells[0])}
    return calls


def test_the_document_names_exactly_the_calls_of_the_server_and_their_fields() -> None:
    assert documented_calls() == {name: set(known) for name, known in Studio._KNOWN.items()}


def test_the_document_names_every_code_that_a_call_may_be_answered_with() -> None:
    answered = {"bad_request", "not_found", "conflict", "model", "refused", "internal", "too_fast"}
    for room in ("server", "document", "story", "store", "registry"):
        for path in (ROOT / "storygen" / room).rglob("*.py"):
            answered |= set(re.findall(r'code ?= ?"(\w+)"', path.read_text("utf-8")))
    found = re.search(r"Codes:\n(.*?)\n\n", PROTOCOL, re.S)
    assert found
    assert answered <= set(re.findall(r"`(\w+)`", found[1]))


@pytest.mark.parametrize(
    ("shape", "golden", "way"),
    [
        ("Story", "story_create", ("story",)),
        ("Model", "hello", ("models", 0)),
        ("Run", "run_start", ("run",)),
        ("Checkpoint", "checkpoints", ("checkpoints", 0)),
        ("Preset", "hello", ("presets", 0)),
        ("Parameter", "hello", ("parameters", 0)),
    ],
)
def test_a_shape_of_the_document_has_the_fields_that_are_sent(
    shape: str, golden: str, way: tuple[str | int, ...]
) -> None:
    found = re.search(rf"^- \*\*{shape}\*\* `\{{(.*?)\}}`", section("Shapes"), re.M)
    assert found, shape
    inner = re.sub(r"\{[^{}]*\}|\[[^\[\]]*\]", "", found[1])
    stated = {part.split(":")[0].strip() for part in inner.split(",") if part.strip()}
    sent = json.loads((GOLDEN / f"{golden}.json").read_text("utf-8"))
    for step in way:
        sent = sent[step]
    assert stated == set(sent)
