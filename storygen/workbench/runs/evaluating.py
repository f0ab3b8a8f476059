"""Asks a model for the samples of a run's plan, chunk by chunk, measures, and keeps the rows.

The same plan gives the same rows, however often it was interrupted: chunks begin at the same samples, and a
text's seed hangs on its sample alone. A sample that can't be read or asked for is a row with a problem; what
fails for every sample of a chunk ends the run, to be gone on with once it is mended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from ...errors import BadRequestError, ConflictError, StorygenError
from ..datasets.keys import fingerprint, key_of
from ..datasets.reading import SampleReader
from ..datasets.split import Sample, Split
from ..jobs import CancelledError, Job
from ..metrics import BUILT_IN, Case, Metric, Need, measure
from ..models.asking import Prompt, can_write
from ..models.asking import write as write_after
from ..models.base import Ability, Generated, Model, ScoredToken
from .keeping import KeptRun
from .plan import SCORE, WRITE, RunPlan, check_probe, probe
from .rows import Row, Written, joined, kept_tokens, of_generated

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A sample that is asked for."""

    index: int
    key: str
    sample: Sample
    prompt: Prompt
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the model made of it: texts with their scores; or why there are none."""

    written: tuple[Written, ...] = ()
    scores: tuple[tuple[ScoredToken, ...], ...] = ()
    error: StorygenError | None = None


def evaluate(
    kept: KeptRun,
    split: Split,
    reader: SampleReader,
    model: Model,
    metrics: Sequence[Metric],
    job: Job,
    on_rows: Callable[[int], Any] = lambda num_done: None,
) -> None:
    """Do what is left of a run. `on_rows(num_done)` is called when more rows are on the disk.

    Raises: CancelledError when `job` was given up (the run is paused then); ConflictError when another
    evaluates it, or the model or the data are not those that it began with; what the model raises.
    """
    began = time.monotonic()
    with kept.lock():
        problem = ""
        try:
            _check(kept.plan, split, model)
            _evaluate(kept, split, reader, model, metrics, job, on_rows)
        except CancelledError:
            raise
        except (Exception, SystemExit) as error:
            told = error.message if isinstance(error, StorygenError) else None
            problem = told or f"{type(error).__name__}: {error}"
            raise
        finally:
            kept.keep_state(problem, time.monotonic() - began)


def _check(plan: RunPlan, split: Split, model: Model) -> None:
    if len(split) != plan.num_in_split or fingerprint(split) != plan.fingerprint:
        raise ConflictError(
            f"{plan.dataset} has changed since this run began. Start a new run on what there is now."
        )
    write = plan.task == WRITE
    can = can_write(model, question=plan.question) if write else model.can(Ability.SCORE)
    if not can:
        what = "write texts" if plan.task == WRITE else "score texts"
        raise BadRequestError(f"{model.name} can't {what}. Choose another task or model.")
    check_probe(plan, probe(model))


def _evaluate(
    kept: KeptRun,
    split: Split,
    reader: SampleReader,
    model: Model,
    metrics: Sequence[Metric],
    job: Job,
    on_rows: Callable[[int], Any],
) -> None:
    places = kept.plan.indices()
    done = kept.cut()
    on_rows(done)
    for start in range(done, len(places), kept.plan.chunk):
        job.progress(start, len(places), f"{start:,} of {len(places):,} samples")
        part = _Part(job, start, len(places))
        rows = _rows(
            kept.plan, places[start : start + kept.plan.chunk], split, reader, model, metrics, part
        )
        job.check()  # what was cut short by it is not kept
        kept.append(rows)
        on_rows(start + len(rows))
    job.progress(len(places), len(places))


class _Part(Job):
    """A job of one chunk: given up with the whole; how far it is counts into the whole's."""

    def __init__(self, whole: Job, start: int, total: int) -> None:
        super().__init__()
        self._whole, self._start, self._total = whole, start, total

    @property
    def cancelled(self) -> bool:
        """Whether the whole was given up."""
        return self._whole.cancelled

    def progress(self, done: float, total: float = 0, note: str = "") -> None:
        """See `Job.progress`; notes are the model's own and not shown."""
        self.check()
        at = self._start + (int(done) if total else 0)
        self._whole.progress(
            min(at, self._total), self._total, f"{at:,} of {self._total:,} samples"
        )


def _rows(
    plan: RunPlan,
    indices: Sequence[int],
    split: Split,
    reader: SampleReader,
    model: Model,
    metrics: Sequence[Metric],
    job: Job,
) -> list[Row]:
    rows: dict[int, Row] = {}
    asked: list[Asked] = []
    for index in indices:
        sample = split[index]
        key = key_of(sample)
        try:
            exact = plan.task == SCORE
            prompt = reader.prompt(sample, model, question=plan.question, exact=exact)
            asked.append(Asked(index, key, sample, prompt, reader.targets(sample)))
        except StorygenError as error:
            rows[index] = Row(index, key, problem=error.message)
    answers = _answers(plan, asked, model, job)
    for one, answer in zip(asked, answers, strict=True):
        rows[one.index] = _row(one, answer, metrics)
    return [rows[index] for index in indices]


def _answers(plan: RunPlan, asked: list[Asked], model: Model, job: Job) -> list[_Answer]:
    ask = _score if plan.task == SCORE else _write
    try:
        return ask(plan, asked, model, job)
    except StorygenError as error:
        if len(asked) < 2:
            raise
        together = error
    # One text may have spoilt it for all: each is asked for by itself.
    answers = []
    for one in asked:
        job.check()
        try:
            answers += ask(plan, [one], model, job)
        except StorygenError as error:
            answers.append(_Answer(error=error))
    if all(answer.error is not None for answer in answers):
        raise together
    return answers


def _write(plan: RunPlan, asked: Sequence[Asked], model: Model, job: Job) -> list[_Answer]:
    texts = [one.prompt.text for one in asked for _ in range(plan.num_texts)]
    seeds = [plan.seed_of(one.index, at) for one in asked for at in range(plan.num_texts)]
    together = getattr(model, "generate_batch", None)
    if together is not None and not any(one.prompt.turns for one in asked):
        written = together(texts, plan.params, seeds=seeds, num_top=_num_top(plan), job=job)
    else:
        written = _one_by_one(plan, asked, model, job)
    if any(one.ended == "cancelled" for one in written):
        job.check()
        raise CancelledError
    num = plan.num_texts
    return [
        _Answer(
            tuple(map(of_generated, written[at : at + num])),
            tuple(one.tokens for one in written[at : at + num]),
        )
        for at in range(0, len(written), num)
    ]


_WITHOUT_RANKS = {"perplexity", "cross_entropy", "bits_per_byte", "surprising"}
_OF_RANKS = {one.name for one in BUILT_IN if Need.SCORES in one.needs} - _WITHOUT_RANKS
_BUILT_IN = {one.name for one in BUILT_IN}


def _num_top(plan: RunPlan) -> int:
    """1 makes a model tell ranks and entropies, which takes time: only where a metric asks for them."""
    asks = any(name in _OF_RANKS or name not in _BUILT_IN for name in plan.metrics)
    return 1 if asks else 0


def _one_by_one(plan: RunPlan, asked: Sequence[Asked], model: Model, job: Job) -> list[Generated]:
    """What `generate` gives for each, several at once where the model can have it so (a server)."""

    def write(one: Asked) -> list[Generated]:
        job.check()
        seeds = [plan.seed_of(one.index, number) for number in range(plan.num_texts)]
        num_top = _num_top(plan)
        return write_after(model, one.prompt, plan.params, seeds=seeds, num_top=num_top, job=job)

    return [text for texts in _each(write, asked, model, job) for text in texts]


def _each(ask: Callable[[Any], T], asked: Sequence[Any], model: Model, job: Job) -> list[T]:
    """`ask` of each, `model.at_once` of them beside each other."""
    at_once = min(len(asked), int(getattr(model, "at_once", 1)))
    found: list[T] = []
    with ThreadPoolExecutor(max(1, at_once)) as pool:
        for one in pool.map(ask, asked):
            found.append(one)
            job.progress(len(found), len(asked))
    return found


def _score(plan: RunPlan, asked: Sequence[Asked], model: Model, job: Job) -> list[_Answer]:
    """The target after its text, or the text itself where there is no target."""
    pairs = [
        (one.prompt.text, one.targets[0]) if one.targets else ("", one.prompt.text) for one in asked
    ]
    together = getattr(model, "score_batch", None)
    if together is not None:
        scored = together(pairs, job=job)
    else:
        scored = _each(lambda pair: model.score(*pair, job=job), pairs, model, job)
    return [
        _Answer((Written(text, kept_tokens(tokens)),), (tuple(tokens),))
        for (_, text), tokens in zip(pairs, scored, strict=True)
    ]


def _row(asked: Asked, answer: _Answer, metrics: Sequence[Metric]) -> Row:
    if answer.error is not None:
        return Row(asked.index, asked.key, problem=answer.error.message)
    cases = [
        Case.of(one.text, asked.targets, scores, prompt=asked.prompt.text, sample=asked.sample)
        for one, scores in zip(answer.written, answer.scores, strict=True)
    ]
    return Row(
        asked.index,
        asked.key,
        asked.prompt.text,
        asked.targets,
        answer.written,
        {one.name: joined([measure(one, case) for case in cases]) for one in metrics},
        asked=asked.prompt.asked,
    )
