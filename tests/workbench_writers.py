"""The page of generations as a program, for tests in a browser: models that go wrong, and a tiny real one.

With `--default-model`, the one that StoryGen comes with stands first.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from storygen.workbench import Workbench
from storygen.workbench.host.standalone import serve
from storygen.workbench.metrics import Case, metric
from storygen.workbench.pages.generation import Generation
from tests.unit.workbench.pages.writing_models import HeldModel, NanModel, RaisingModel, WordModel

ROOT = Path(__file__).resolve().parents[1]
ROWS = [
    {"prompt": "Once upon a time", "answer": " there was a <b>house</b>."},
    {"prompt": "She was there when", "answer": " the light came."},
]


@metric("{:.0f} letters")
def letters(case: Case) -> float:
    """How many letters the text has."""
    return sum(letter.isalpha() for letter in case.text)


def models(default_model: bool) -> dict[str, Any]:
    """Those to choose from, the default model or a tiny one first."""
    if default_model:
        first: dict[str, Any] = {"Default": str(ROOT / "models" / "smollm2-135m-instruct")}
    else:
        from tests.tiny_local import local

        first = {"tiny": local("gpt2")}
    wrong = [HeldModel(), RaisingModel(ValueError("bad <weights>")), NanModel("nan")]
    return first | {one.name: one for one in (WordModel(), *wrong)}


def main() -> None:
    """Serve it; prints the address."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--data-dir", type=Path, required=True)
    options.add_argument("--models-dir", type=Path)
    options.add_argument("--no-browser", action="store_true")
    options.add_argument("--default-model", action="store_true")
    given = options.parse_args()
    bench = Workbench(
        models=models(given.default_model),
        datasets={"rows": ROWS},
        to_text=lambda sample: str(sample["prompt"]),
        to_target=lambda sample: str(sample["answer"]),
        pages=[Generation(metrics=[letters, "f1", "words", "perplexity"])],
        title="Writers",
        data_dir=given.data_dir,
    )
    serve(bench, "127.0.0.1", given.port, open_browser=False)


if __name__ == "__main__":
    main()
