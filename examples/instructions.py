"""A workbench for an instruction dataset: every page, and a metric of one's own.

python examples/instructions.py                        # the model that StoryGen comes with
python examples/instructions.py path/to/my-fine-tune   # a folder, a .gguf file, or a registry's name
python server.py --workbench examples/instructions.py  # beside the writing room
flask --app examples/instructions.py run
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from storygen.workbench import Workbench
from storygen.workbench.metrics import Case, metric
from storygen.workbench.pages import built_in_pages

DATA = Path(__file__).parent / "data" / "instructions.jsonl"
MODEL = "SmolLM2 135M"


def to_text(sample: Any) -> str:
    """The prompt as the model was trained on it; change it to what yours was trained on."""
    given = f"\n\n### Input:\n{sample['input']}" if sample["input"] else ""
    return f"### Instruction:\n{sample['instruction']}{given}\n\n### Response:\n"


def to_step(sample: Any, tokens: Any) -> str:
    """The text for one step: the prompt, and the answer so far."""
    return to_text(sample) + "".join(tokens)


def to_target(sample: Any) -> str:
    """What should come."""
    return str(sample["answer"])


@metric("{:.2f} ×")
def length_of_the_answer(case: Case) -> float | None:
    """How long the text is beside its target: 1 is as long, 3 three times as long."""
    return len(case.text) / len(case.target) if case.target else None


def make(model: Any) -> Workbench:
    """The workbench of that model: a name of the registry or a path (as `LocalModel` takes), or a model."""
    return Workbench(
        model=model,
        dataset=DATA,
        to_text=to_text,
        to_step=to_step,
        to_target=to_target,
        pages=built_in_pages(metrics=[length_of_the_answer, "f1", "rougeL", "perplexity"]),
        title="Instructions",
    )


def create_app() -> Any:
    """What `flask run` asks for."""
    return bench.app


def asked() -> argparse.Namespace:
    """What stands on the command line."""
    parser = argparse.ArgumentParser(description="A workbench for an instruction dataset.")
    parser.add_argument("model", nargs="?", default=MODEL, help="a name, a folder or a file")
    parser.add_argument("--port", type=int, default=5001)
    parser.add_argument("--no-browser", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    args = asked()
    make(args.model).run(port=args.port, open_browser=not args.no_browser)
else:
    bench = make(MODEL)
