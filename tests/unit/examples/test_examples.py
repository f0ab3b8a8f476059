"""The examples do what they show, with a tiny model in the place of a real one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from storygen.workbench.component import Component
from storygen.workbench.elements import Bars, Number, Panel, Table, TextInput, TokenText
from storygen.workbench.models.local import LocalModel
from storygen.workbench.pages.generation import Generation
from storygen.workbench.workbench import Workbench, workbench_of
from tests.tiny_models import make_model, make_tokenizer
from tests.workbench_page import OpenPage

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"


def imported(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.delitem(sys.modules, name, raising=False)
    __import__(name)
    return sys.modules[name]


def tiny() -> LocalModel:
    tokenizer = make_tokenizer("gpt2")
    return LocalModel(make_model("gpt2", len(tokenizer)), tokenizer, name="tiny")


def test_the_instructions_are_answered_by_a_tiny_model_and_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example: Any = imported("instructions", monkeypatch)
    bench: Workbench = example.make(tiny())
    (generation,) = (one for one in bench.pages if isinstance(one, Generation))
    with OpenPage(generation, bench.bench) as page:
        page.do(page.find(Number, "Most tokens"), "change", 5)
        page.do(page.find(Number, "Sample"), "change", 3)
        page.click("Generate")
        assert not page.problems
        bodies = [one for one in page.find(Panel, "tiny").walk() if isinstance(one, TokenText)]
        answer = "".join(token.text for token in bodies[-1].tokens)
        assert answer == "The boat crossed the lake at dawn."
        titles = [column.title for column in page.find(Table).columns]
        assert "Length of the answer" in titles
        cells = page.find(Table).rows[0]
        assert str(cells[titles.index("Length of the answer")].text).endswith("×")


def test_every_instruction_has_a_text_and_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    example: Any = imported("instructions", monkeypatch)
    rows = [json.loads(line) for line in example.DATA.read_text("utf-8").splitlines()]
    assert len(rows) >= 24 and len({example.to_text(row) for row in rows}) == len(rows)
    for row in rows:
        assert example.to_text(row).endswith("### Response:\n") and example.to_target(row)
        assert example.to_step(row, ["a", "b"]) == example.to_text(row) + "ab"


def test_the_main_server_finds_the_examples_workbench_without_loading_a_model() -> None:
    code = (
        "import sys; from storygen.workbench.workbench import workbench_of;"
        f"bench = workbench_of({str(EXAMPLES / 'instructions.py')!r});"
        "print(bench.title, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["Instructions", "False"]


def test_the_component_of_ones_own_counts_and_can_be_clicked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example: Any = imported("own_component", monkeypatch)
    page_class: type[Component] = example.Letters
    bench = Workbench(pages=[page_class()])
    with OpenPage(bench.pages[0], bench.bench) as page:
        page.do(page.find(TextInput, "Text"), "change", "Anna sees a bee")
        page.click("Count")
        bars = page.find(Bars)
        assert {bar.key: bar.values for bar in bars.bars}["e"] == (4,)
        page.do(bars, "pick", "n")
        assert page.find(Table).rows == [["Anna", 4]]


def test_an_own_component_takes_under_thirty_lines() -> None:
    assert len((EXAMPLES / "own_component.py").read_text("utf-8").splitlines()) < 30


def test_one_workbench_stands_in_the_file_of_the_instructions() -> None:
    assert workbench_of(str(EXAMPLES / "instructions.py")).title == "Instructions"
