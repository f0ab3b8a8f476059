"""Runs over a small dataset with a model that needs no weights; as a program, one that can be killed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from letter_model import LetterModel

from storygen.workbench.bench import Functions
from storygen.workbench.datasets.keys import fingerprint
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.datasets.reading import SampleReader
from storygen.workbench.datasets.roles import Roles
from storygen.workbench.datasets.split import Split
from storygen.workbench.jobs import Job
from storygen.workbench.metrics import chosen
from storygen.workbench.models.base import Model
from storygen.workbench.runs.evaluating import evaluate
from storygen.workbench.runs.keeping import KeptRun, RunShelf
from storygen.workbench.runs.plan import WRITE, RunPlan, probe

ROLES = Roles(("prompt",), "completion")
METRICS = ("f1", "words", "perplexity")


def samples(num: int = 40) -> list[Any]:
    return [
        {"prompt": f"Tale {at} of the sea", "completion": " the fox slept."} for at in range(num)
    ]


def split_of(rows: list[Any]) -> Split:
    return open_dataset(rows).splits["train"]


def plan_of(split: Split, model: Model, **changes: Any) -> RunPlan:
    values: dict[str, Any] = {
        "run": "r1",
        "made": 100.0,
        "model": model.name,
        "dataset": "tales",
        "split": "train",
        "fingerprint": fingerprint(split),
        "num_in_split": len(split),
        "num": len(split),
        "draw_seed": None,
        "task": WRITE,
        "roles": ROLES,
        "functions": {},
        "params": {"max_tokens": 4},
        "num_texts": 1,
        "seed": 7,
        "metrics": METRICS,
        "probe": probe(model),
        "chunk": 8,
    }
    return RunPlan(**{**values, **changes})


def made(folder: Path, split: Split, model: Model, **changes: Any) -> KeptRun:
    return RunShelf(folder).create(plan_of(split, model, **changes))


def run(
    kept: KeptRun,
    split: Split,
    model: Model,
    job: Job | None = None,
    on_rows: Callable[[int], Any] = lambda num: None,
) -> None:
    reader = SampleReader(Functions(), kept.plan.roles, "")
    evaluate(kept, split, reader, model, chosen(kept.plan.metrics), job or Job(), on_rows)


def rows_file(kept: KeptRun) -> bytes:
    return (kept.folder / "rows.jsonl").read_bytes()


def main() -> None:
    """Go on with the run in a folder, and hang at a sample, to be killed there."""
    kept, hangs_at = KeptRun(Path(sys.argv[1])), f"Tale {sys.argv[2]} "
    model = LetterModel()

    def on_text(text: str) -> None:
        if hangs_at in text:
            print("here", flush=True)
            threading.Event().wait()

    model.on_text = on_text  # type: ignore[method-assign]
    run(kept, split_of(samples(kept.plan.num_in_split)), model)


if __name__ == "__main__":
    main()
