"""The examples that talk: with a server behind a URL, and with people of a small data file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import openai_server
import pytest

from storygen.workbench.elements import (
    Bars,
    Collapsible,
    Number,
    Panel,
    Table,
    Text,
    TextInput,
    TokenText,
    Turn,
)
from storygen.workbench.models.local import LocalModel
from storygen.workbench.pages.chat import Chat
from storygen.workbench.pages.generation import Generation
from storygen.workbench.pages.next_token import NextToken
from storygen.workbench.workbench import Workbench
from tests.tiny_models import make_model, make_tokenizer
from tests.workbench_page import OpenPage

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with openai_server.running() as address:
        yield address


def imported(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.delitem(sys.modules, name, raising=False)
    __import__(name)
    return sys.modules[name]


def opened(bench: Workbench, kind: type[Any]) -> OpenPage:
    page = OpenPage(next(one for one in bench.pages if isinstance(one, kind)), bench.bench)
    page.do(page.find(Number, "Most tokens"), "change", 8)
    return page


def turns(page: OpenPage) -> list[Turn]:
    return [element for element in page.elements() if isinstance(element, Turn)]


def test_a_server_is_talked_with_and_writes_on(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example: Any = imported("openai_endpoint", monkeypatch)
    bench: Workbench = example.make(f"{url}/vllm/v1", data_dir=tmp_path)
    with opened(bench, Chat) as page:
        page.do(page.find(TextInput, "Your turn"), "change", "the cat")
        page.click("Send")
        assert [turn.state for turn in turns(page)] == ["", ""]
        assert turns(page)[1].text
    with opened(bench, Generation) as page:
        page.do(page.find(TextInput, "Text to go on from"), "change", "The cat")
        page.click("Generate")
        assert not page.problems
        [panel] = [one for one in page.elements() if isinstance(one, TokenText) and one.tokens]
        assert len(panel.tokens) == 8
        assert any(token.shade is not None for token in panel.tokens)


def test_a_server_is_gone_through_token_by_token(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example: Any = imported("openai_endpoint", monkeypatch)
    bench: Workbench = example.make(f"{url}/vllm/v1", data_dir=tmp_path)
    (next_token,) = (one for one in bench.pages if isinstance(one, NextToken))
    with OpenPage(next_token, bench.bench) as page:
        page.do(page.find(TextInput, "Text to go on from"), "change", "The cat")
        page.click("Begin")
        bars = page.find(Bars)
        assert [bar.label for bar in bars.bars[:3]] == [".", " sat", " ran"]
        page.do(bars, "pick", bars.bars[1].key)
        assert not page.problems
        assert page.find(Bars).bars[0].label == " on"
        page.click("Go on by drawing")
        assert not page.problems


def test_a_key_is_read_from_the_environment(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example: Any = imported("openai_endpoint", monkeypatch)
    monkeypatch.setenv("EXAMPLE_KEY", openai_server.KEY)
    bench: Workbench = example.make(f"{url}/keyed/v1", "words", "EXAMPLE_KEY", tmp_path)
    with opened(bench, Chat) as page:
        page.do(page.find(TextInput, "Your turn"), "change", "the cat")
        page.click("Send")
        assert turns(page)[1].state == ""


def test_a_server_that_is_not_there_fails_in_the_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example: Any = imported("openai_endpoint", monkeypatch)
    with opened(example.make("http://127.0.0.1:1", data_dir=tmp_path), Chat) as page:
        page.do(page.find(TextInput, "Your turn"), "change", "the cat")
        page.click("Send")
        assert turns(page)[1].problem.startswith("Nothing answers at http://127.0.0.1:1.")


def tiny() -> LocalModel:
    tokenizer = make_tokenizer("gpt2")
    return LocalModel(make_model("gpt2", len(tokenizer)), tokenizer, name="tiny")


def test_a_talk_begins_with_a_person_and_what_they_said_stands_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example: Any = imported("persona_chat", monkeypatch)
    bench: Workbench = example.make(tiny(), tmp_path)
    with opened(bench, Chat) as page:
        page.do(page.find(Collapsible, "Begin with a sample"), "toggle", True)
        page.click("Begin a talk with it")
        assert not page.problems
        assert "I keep bees on the roof of a library." in turns(page)[0].text
        assert turns(page)[1].state == ""
        [sent] = page.find(Collapsible, "What is sent").children
        assert isinstance(sent, Text)
        assert sent.text.startswith(example.SYSTEM)
        target = page.find(Panel, "What should come (personas.jsonl, train 1)").children[0]
        assert isinstance(target, Text)
        assert target.text.endswith("than get into that box.")
    with opened(bench, Generation) as page:
        page.click("Generate")
        assert not page.problems
        titles = [column.title for column in page.find(Table).columns]
        assert "Words of the persona" in titles


def test_every_person_says_something(monkeypatch: pytest.MonkeyPatch) -> None:
    example: Any = imported("persona_chat", monkeypatch)
    rows = [json.loads(line) for line in example.DATA.read_text("utf-8").splitlines()]
    assert len(rows) == 12
    for row in rows:
        assert len(row["persona"]) == 3
        assert len(row["talk"]) % 2 == 0
        assert example.to_text(row).endswith("\nYou:")
        assert example.to_step(row, ["a", "b"]) == example.to_text(row) + "ab"
        assert len(example.to_target(row)) > 40


@pytest.mark.parametrize("name", ["openai_endpoint", "persona_chat"])
def test_nothing_is_loaded_or_asked_before_it_is_needed(name: str) -> None:
    code = (
        "import sys; from storygen.workbench.workbench import workbench_of;"
        f"bench = workbench_of({str(EXAMPLES / f'{name}.py')!r});"
        "print(len(bench.pages), 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[1] == "False"
