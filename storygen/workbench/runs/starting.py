"""A new run made of what a page or a script asks for, and the evaluation of one begun or gone on with."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ... import __version__
from ...errors import BadRequestError, ConflictError
from ..bench import Bench
from ..datasets.keys import fingerprint
from ..datasets.opening import open_dataset
from ..datasets.reading import SampleReader
from ..datasets.split import Split
from ..jobs import Job
from ..metrics import Metric
from ..models.asking import can_write
from ..models.base import Ability, Model
from ..models.heeded import unheeded_titles
from .evaluating import evaluate
from .keeping import KeptRun, RunShelf, new_run_id
from .plan import SCORE, TASKS, RunPlan, digests, probe
from .running import RUNNING, RunningRun


def shelf_of(bench: Bench) -> RunShelf:
    """Where the runs of a workbench are kept."""
    return RunShelf(bench.data_dir / "runs")


def new_plan(
    bench: Bench,
    model: Model,
    model_name: str,
    dataset: str,
    split: Split,
    reader: SampleReader,
    *,
    task: str,
    num: int,
    draw_seed: int | None = None,
    params: Mapping[str, Any] | None = None,
    num_texts: int = 1,
    seed: int = 1,
    metrics: Sequence[str] = (),
    question: bool = False,
) -> RunPlan:
    """The plan of a new run, after a look at the model and the data.

    Raises: BadRequestError when there is nothing to do, or the model can't do it.
    """
    if task not in TASKS:
        raise BadRequestError(f"A run's task is one of {', '.join(TASKS)}.")
    if not len(split):
        raise BadRequestError("This split has no samples. Choose another one.")
    if not reader.roles.text and reader.functions.to_text is None:
        raise BadRequestError("Say which columns are the text, on the page Dataset.")
    can = model.can(Ability.SCORE) if task == SCORE else can_write(model, question=question)
    if not can:
        raise BadRequestError(f"{model_name} can't {TASKS[task]}. Choose another task or model.")
    return RunPlan(
        run=new_run_id(),
        made=time.time(),
        model=model_name,
        dataset=dataset,
        split=split.name,
        fingerprint=fingerprint(split),
        num_in_split=len(split),
        num=num,
        draw_seed=draw_seed,
        task=task,
        roles=reader.roles,
        functions=digests(reader.functions),
        params={} if task == SCORE else dict(params or {}),
        num_texts=1 if task == SCORE else num_texts,
        seed=seed,
        metrics=tuple(metrics),
        probe=probe(model),
        model_kind=type(model).__name__,
        version=__version__,
        question=question,
        unheeded=() if task == SCORE else unheeded_titles(model, params or {}),
    )


def go_on(bench: Bench, kept: KeptRun, metrics: Sequence[Metric]) -> RunningRun:
    """Evaluate what is left of a run, beside everything else; what goes wrong is said by the run itself.

    Raises: ConflictError when it runs already.
    """
    return RUNNING.start(kept.folder, lambda run: _work(bench, kept, metrics, run))


def _work(bench: Bench, kept: KeptRun, metrics: Sequence[Metric], run: RunningRun) -> None:
    plan = kept.plan
    if dict(plan.functions) != digests(bench.functions):
        message = (
            "The functions that read samples have changed since this run began. Start a new run."
        )
        kept.keep_state(message, 0.0)
        raise ConflictError(message)
    RUNNING.kept(run, kept.num_rows())
    model = bench.models.get(plan.model, run.job)
    split = _split(bench, plan, run.job)
    reader = SampleReader(bench.functions, plan.roles, "")
    evaluate(kept, split, reader, model, metrics, run.job, lambda num: RUNNING.kept(run, num))


def _split(bench: Bench, plan: RunPlan, job: Job) -> Split:
    given = bench.datasets.get(plan.dataset, job)
    return open_dataset(given, name=plan.dataset).split(plan.split)
