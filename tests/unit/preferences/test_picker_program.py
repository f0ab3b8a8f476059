"""The program that learns a picker: JSON lines in, progress and a picker or an error out."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from storygen.preferences.observation_json import observation_to_json
from storygen.preferences.picker import train, training
from storygen.preferences.picker.report import Report
from storygen.preferences.picker.scoring import Picker
from tests.unit.preferences.made_readers import likes, read_sets

ROOT = Path(__file__).resolve().parents[3]
SETS = read_sets(Random(3), likes(dialogue=4.0), num_stories=10, per_story=4)
LINES = [json.dumps(observation_to_json(one)).encode() + b"\n" for one in SETS]


def told(lines: list[bytes]) -> tuple[int, list[dict[str, Any]]]:
    """The exit status and what was written."""
    written: list[dict[str, Any]] = []
    return train.run(lines, written.append), written


def test_the_program_reads_lines_and_ends_with_the_picker_and_its_report() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "storygen.preferences.picker.train"],
        input=b"".join(LINES),
        cwd=ROOT,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    *progress, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert progress and all(set(one) == {"progress"} for one in progress)
    assert progress[0]["progress"] == {"stage": "measuring", "done": 0, "of": 40}
    expected = training.train(SETS)
    assert Picker.from_json(last["picker"]) == expected.picker
    report = Report.from_json(last["report"])
    assert replace(report, states="") == expected.report and last["plain"] is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{nonsense\n", "Line 3: this is no JSON."),
        (b"\xff\xfe\n", "Line 3: this is no JSON."),
        (b"[" * 100_000, "Line 3: this is no JSON."),
        (b"{}\n", "Line 3: This is no observation"),
        (LINES[0].replace(b'"step": 1', b'"step": 0'), "Line 3: situation.step must be between"),
        (b'{"vectors": {"a": [1, "b"]}}\n', "Line 3: vectors.a must be a list of numbers"),
        (b'{"vectors": {"a": [NaN]}}\n', "Line 3: vectors.a must be a list of finite numbers"),
        (b'{"vectors": [1]}\n', "Line 3: vectors must be an object"),
        (b'{"vectors": {}, "more": 1}\n', "Line 3: line has no 'more'"),
    ],
)
def test_a_bad_line_is_an_error_that_says_which(line: bytes, said: str) -> None:
    status, written = told([LINES[0], b"\n", line, *LINES])
    assert status == 1
    assert written[-1]["error"]["code"] == "bad_request"
    assert written[-1]["error"]["message"].startswith(said)


def test_an_endless_line_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "LONGEST_LINE_BYTES", 1000)
    status, written = told([b"x" * 1001])
    assert status == 1 and "Line 1: a line can hold at most 1000 bytes" in str(written)


def test_too_few_sets_are_an_error_with_its_own_code() -> None:
    status, written = told(LINES[:5])
    assert status == 1
    assert written == [
        {
            "error": {
                "code": "too_few_choices",
                "message": "A picker needs 30 sets from which something was chosen; 25 more are "
                "missing. Choose from some more candidates and try again.",
            }
        }
    ]


def hidden_states(told_by_them: float) -> list[bytes]:
    """Lines of vectors of three numbers; the first is so much higher in what was taken."""
    random = Random(1)
    return [
        json.dumps(
            {
                "vectors": {
                    one.candidate: [
                        random.gauss(0, 1) + told_by_them * (one.taken > 0) * (at == 0)
                        for at in range(3)
                    ]
                    for one in shown
                }
            }
        ).encode()
        for shown in (observation.candidates for observation in SETS)
    ]


def test_hidden_states_come_in_lines_of_their_own() -> None:
    status, written = told([*LINES, *hidden_states(6.0), b'{"model": "Tiny"}'])
    assert status == 0
    last = written[-1]
    assert len(Picker.from_json(last["picker"]).directions) == 3
    assert Picker.from_json(last["plain"]) == training.train(SETS).picker
    report = Report.from_json(last["report"])
    assert (report.states, report.model) == ("used", "Tiny")
    assert "how Tiny sees the texts" in report.sentence


def test_hidden_states_that_foretell_nothing_more_are_not_gone_by() -> None:
    _, written = told([*LINES, *hidden_states(0.0), b'{"model": "Tiny"}'])
    last = written[-1]
    assert Picker.from_json(last["picker"]) == training.train(SETS).picker
    assert last["plain"] is None
    assert "How Tiny sees the texts told it nothing more" in last["report"]["sentence"]


def test_without_hidden_states_the_report_says_so() -> None:
    _, written = told(LINES)
    assert "no model was loaded" in written[-1]["report"]["sentence"]
    _, written = told([*LINES, b'{"model": 1}'])
    assert "model must be a text" in written[-1]["error"]["message"]
