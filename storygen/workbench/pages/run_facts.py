"""A run in words: its line in the list, and what it was made with."""

from __future__ import annotations

import time

from ..elements import Cell
from ..elements.table import Content
from ..runs.keeping import DONE, FAILED, KeptRun, RunState
from ..runs.plan import SCORE, TASKS, RunPlan
from ..runs.running import RunningRun
from .text_way import AS_IT_STANDS, QUESTION, WAYS

LIST_COLUMNS = ("Begun", "Model", "Data", "Task", "Samples", "State")


def line(plan: RunPlan, state: RunState) -> list[Content]:
    """A row of the list of runs."""
    tone = "problem" if state.state == FAILED else "good" if state.state == DONE else "plain"
    return [
        _when(plan.made),
        plan.model,
        f"{plan.dataset}, {plan.split}",
        "score" if plan.task == SCORE else "write",
        f"{state.num_done:,} of {state.num:,}",
        Cell(state.state, tone=tone, hint=state.problem),
    ]


def label(plan: RunPlan) -> str:
    """A run among others in a menu."""
    return f"{_when(plan.made)} · {plan.model} · {plan.dataset}, {plan.split}"


def facts(kept: KeptRun, state: RunState) -> tuple[tuple[str, str], ...]:
    """What a run was made with."""
    plan = kept.plan
    chosen = "the first" if plan.draw_seed is None else f"drawn by the seed {plan.draw_seed}"
    read = ", ".join(plan.functions) if plan.functions else str(plan.roles)
    known = [
        ("Model", plan.model),
        ("Data", f"{plan.dataset}, {plan.split}; {chosen}"),
        ("Read by", read),
        ("The text is", WAYS[QUESTION if plan.question else AS_IT_STANDS]),
        ("Task", TASKS[plan.task]),
    ]
    if plan.task != SCORE:
        params = ", ".join(f"{name} {value}" for name, value in plan.params.items())
        known += [
            ("Parameters", params or "as they are by themselves"),
            ("Seed", f"{plan.seed}, {plan.num_texts} for each sample"),
        ]
        if plan.unheeded:
            known.append(("Not heeded", ", ".join(plan.unheeded)))
    if state.seconds:
        known.append(("Took", f"{state.seconds:,.0f} s so far"))
    return (*known, ("Kept in", str(kept.folder)))


def now(kept: KeptRun, state: RunState, running: RunningRun | None) -> str:
    """Where it stands, in a sentence."""
    if running is not None:
        return running.note or "Beginning …"
    told = f"{state.num_done:,} of {state.num:,} samples are done."
    return f"{told} {state.problem}".strip() if state.state != DONE else told


def _when(made: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(made))
