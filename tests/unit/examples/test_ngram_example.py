"""The model of a few lines: its probabilities, its texts, and the pages that show them."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from storygen.workbench.elements import Bars, Button, Number, Panel, TokenText
from storygen.workbench.pages.generation import Generation
from storygen.workbench.pages.next_token import NextToken
from storygen.workbench.workbench import workbench_of
from tests.workbench_page import OpenPage

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    monkeypatch.delitem(sys.modules, "ngram", raising=False)
    import ngram  # type: ignore[import-not-found]

    return ngram


def test_probabilities_are_the_shares_of_what_followed(example: Any) -> None:
    model = example.Trigrams("a cat sat\na cat ran\n")
    found = {token.text: math.exp(token.logprob) for token in model.next_tokens("a cat").tokens}
    assert sum(found.values()) == pytest.approx(1.0)
    assert found[" sat"] == pytest.approx(0.7 * 0.5 + 0.25 * 0.5 + 0.05 * 1 / 8)
    assert found["a"] == pytest.approx(0.05 * 2 / 8)
    known = model.score("a cat", " sat")[0]
    assert known.rank in (1, 2) and math.exp(known.logprob or 0) == pytest.approx(found[" sat"])


def test_it_writes_lines_like_those_of_its_text(example: Any) -> None:
    model = example.bench.bench.models.get("Trigrams of the harbour", None)
    params = {"temperature": 0.7, "repetition_penalty": 1.0, "max_tokens": 60}
    found = model.generate("The keeper", params, seeds=range(5))
    assert len({one.text for one in found}) == 5
    assert any(one.ended == "end" for one in found)
    assert all("\n" not in one.text for one in found)
    greedy = {"temperature": 0.0, "repetition_penalty": 1.0}
    assert model.generate("When the fog came", greedy, seeds=[1])[0].text.startswith(" over the")


def test_its_pages_show_it(example: Any) -> None:
    stepping, generating = (
        next(page for page in example.bench.pages if isinstance(page, kind))
        for kind in (NextToken, Generation)
    )
    with OpenPage(stepping, example.bench.bench) as page:
        page.click("Begin")
        for _ in range(3):
            page.click("Go on with the true one")
        panel = page.find(Panel, "So far")
        steps = next(one for one in panel.walk() if isinstance(one, TokenText)).tokens
        assert "".join(token.text for token in steps) == " came over the"
        likeliest = [(bar.label, bar.mark) for bar in page.find(Bars).bars[:2]]
        assert likeliest == [(" sea", ""), (" harbour", "true")] and page.problems == []
        assert not page.find(Button, "Begin").disabled
    with OpenPage(generating, example.bench.bench) as page:
        page.do(page.find(Number, "Most tokens"), "change", 8)
        page.click("Generate")
        assert page.problems == []
        written = page.find(Panel, "Trigrams of the harbour")
        assert any(isinstance(one, TokenText) and one.tokens for one in written.walk())


def test_it_is_one_workbench_and_loads_no_torch() -> None:
    assert workbench_of(str(ROOT / "examples" / "ngram.py")).title == "Trigrams"
    code = "import ngram, sys; ngram.bench.bench.models.get('Trigrams of the harbour', None)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}.next_tokens('The'); print('torch' in sys.modules)"],
        cwd=ROOT / "examples",
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == ["False"], done.stderr
