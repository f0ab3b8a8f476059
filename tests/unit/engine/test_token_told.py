"""What comes with each token; the fewest tokens of a run; samplers that transformers has too."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
)

from storygen.engine.sampling import samplers
from storygen.engine.sampling.chain import SamplerChain
from storygen.engine.sampling.parameter import Parameter
from storygen.engine.sampling.parameters import PARAMETERS
from tests.tiny_engine import (
    ended,
    fresh_logprobs,
    generation,
    start,
    tiny_loaded,
    tiny_worker,
    tokens_of,
)
from tests.tiny_models import ARCHITECTURES

OFF = {parameter.name: parameter.neutral for parameter in PARAMETERS} | {"temperature": 1.0}
OPENING = "Once upon a time there was"


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize(
    ("asked", "count"),
    [({}, 10), ({"alternatives": 0}, 0), ({"alternatives": 1}, 1), ({"alternatives": 100}, 100)],
)
def test_each_token_brings_its_likeliest_alternatives_ten_unless_asked(
    kind: str, asked: dict[str, Any], count: int
) -> None:
    worker = tiny_worker(kind)
    worker.send(start(OPENING, revision=4, params={"temperature": 1.5, **asked}, heal=False))
    read: dict[int, Any] = {}
    while len(tokens_of(worker.events)) < 12:
        worker.step()
        run = generation(worker)
        read.setdefault(run._context.num_drawn - 1, run.state.ids.copy())
    for token in tokens_of(worker.events):
        expected = fresh_logprobs(tiny_loaded(kind), read[token.index])[-1]
        assert token.logprob == pytest.approx(float(expected[token.id]), abs=2e-4)
        assert [a.logprob for a in token.alternatives] == pytest.approx(
            expected.topk(count).values.tolist(), abs=2e-4
        )
        for alternative in token.alternatives:
            assert alternative.logprob == pytest.approx(float(expected[alternative.id]), abs=2e-4)
        assert token.ms > 0
        assert token.revision == 4


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_no_end_of_text_comes_before_the_fewest_tokens(kind: str) -> None:
    def length(fewest: int) -> int:
        worker = tiny_worker(kind)
        params = {"temperature": 5.0, "at_end_of_text": "stop", "min_tokens": fewest}
        worker.send(start(OPENING, params=params))
        end = ended(worker.run_until(max_steps=8000))
        assert end.detail == "end_of_text"
        return end.index

    free = length(0)
    assert length(free + 40) >= free + 40


SAME: list[tuple[dict[str, Any], Any]] = [
    *(({"temperature": t}, TemperatureLogitsWarper(t)) for t in (0.3, 0.8, 2.5)),
    *(({"top_k": k}, TopKLogitsWarper(k)) for k in (1, 7, 60, 1000)),
    *(({"min_p": p}, MinPLogitsWarper(p)) for p in (0.01, 0.2, 0.9, 1.0)),
    *(({"repetition_penalty": r}, RepetitionPenaltyLogitsProcessor(r)) for r in (0.7, 1.1, 3.0)),
]


@pytest.mark.parametrize(("params", "theirs"), SAME, ids=[str(params) for params, _ in SAME])
@pytest.mark.parametrize("spread", [0.1, 2.0, 8.0])
def test_each_parameter_alone_does_what_transformers_does(
    params: dict[str, Any], theirs: Any, spread: float
) -> None:
    generator = torch.Generator().manual_seed(3)
    scores = torch.randn(1, 500, generator=generator) * spread
    history = torch.randint(0, 500, (1, 40), generator=generator)
    ours = SamplerChain({**OFF, **params}, seed=1).distribution(history, scores.clone())
    torch.testing.assert_close(ours, theirs(history, scores.clone()))


@pytest.mark.parametrize("name", ["temperature", "top_k", "top_p", "min_p", "typical_p",
                                  "repetition_penalty", "repetition_range", "min_tokens",
                                  "max_tokens", "stop"])  # fmt: skip
def test_every_parameter_of_the_chain_is_offered(name: str) -> None:
    assert name in {parameter.name for parameter in PARAMETERS}


def test_a_sampler_is_one_small_file_and_a_name_in_the_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = Path(samplers.__file__).parent
    for path in folder.glob("[!_]*.py"):
        assert len(path.read_text("utf-8").splitlines()) <= 64, path.name
        assert path.stem in {module.__name__.rsplit(".", 1)[1] for module in samplers.ORDER}
    package = folder.parents[1]
    outside = [path for path in package.rglob("*.py") if path.parent != folder]
    for path in outside:  # nothing but the order knows a sampler by name, and a search its form
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("samplers"):
                known = ["grammar"] if path.stem == "hypothesis" else ["ORDER"]
                assert [alias.name for alias in node.names] == known, path

    class Reversed(ModuleType):
        PARAMETERS = (Parameter("reversed", "number", 0.0, 0.0, "R", "Turns it round."),)

        @staticmethod
        def build(params: dict[str, Any]) -> Any:
            return (lambda history, scores: -scores) if params["reversed"] else None

    monkeypatch.setattr(
        "storygen.engine.sampling.chain.ORDER", (*samplers.ORDER, Reversed("reversed"))
    )
    scores = torch.tensor([[1.0, 2.0]])
    assert SamplerChain({**OFF, "reversed": 1.0}, 1).distribution(
        scores.long(), scores
    ).tolist() == [[-1.0, -2.0]]
