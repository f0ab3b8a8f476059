"""One answer of a model on its way: asked for in a thread of its own, and watched from another.

However a model behaves (it raises, falls silent, or never looks whether it was given up), the page goes on,
and what it wrote until then stands.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import StorygenError
from ..jobs import CancelledError, Job
from ..models.base import Ability, Generated, Model, OnToken, ScoredToken, Turn
from ..models.talk_template import TalkTemplate

STEP_S = 0.05
MOST_STOPS = 16

NAN = (
    "The model computes no numbers any more (NaN). What came before stands; "
    "another precision or other weights may help."
)

Ask = Callable[[OnToken, Job], Generated]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an answer ended. `state`: "" (well), "stopped" or "failed", then with a `problem`.

    `error`: what the model raised, where that was no sentence for a reader.
    """

    state: str
    problem: str = ""
    generated: Generated | None = None
    error: BaseException | None = None


def template_for(model: Model, template: TalkTemplate, plain: bool) -> TalkTemplate | None:
    """The template to send a talk by; None where the model's own way is taken."""
    return template if plain or not model.can(Ability.CHAT) else None


def sent_text(model: Model, turns: Sequence[Turn], template: TalkTemplate | None) -> str:
    """Exactly what the model is given for `turns`. Raises: StorygenError where it doesn't tell."""
    return model.chat_text(turns) if template is None else template.text(turns)


def ask(
    model: Model,
    turns: Sequence[Turn],
    template: TalkTemplate | None,
    params: dict[str, Any],
    seed: int,
    on_token: OnToken,
    job: Job,
) -> Generated:
    """The model's answer, over its own chat or as plain text by a template."""
    if template is None:
        return model.chat(turns, params, seed=seed, on_token=on_token, job=job)
    stops = list(dict.fromkeys([*template.stops, *params.get("stop", ())]))[:MOST_STOPS]
    text = template.text(turns)
    plain = {**params, "stop": stops}
    return model.generate(text, plain, seeds=[seed], on_token=on_token, job=job)[0]


def watched(ask: Ask, on_text: Callable[[str], None], patience_s: float, job: Job) -> Outcome:
    """Ask, tell the text as it comes, and say how it ended; never raises.

    `job` gives it up at once, whether the model heeds that or not. A model of which nothing comes for
    `patience_s` is given up too.
    """
    told: queue.SimpleQueue[ScoredToken | Generated | BaseException] = queue.SimpleQueue()
    inner = Job(job.progress)

    def work() -> None:
        try:
            told.put(ask(lambda row, token: told.put(token), inner))
        except BaseException as error:  # noqa: BLE001 - a developer's model may raise anything
            told.put(error)

    threading.Thread(target=work, name="workbench-chat", daemon=True).start()
    try:
        return _followed(told, on_text, patience_s, job)
    finally:
        inner.cancel()


def _followed(
    told: queue.SimpleQueue[ScoredToken | Generated | BaseException],
    on_text: Callable[[str], None],
    patience_s: float,
    job: Job,
) -> Outcome:
    heard_s = time.monotonic()
    while not job.cancelled:
        try:
            item = told.get(timeout=STEP_S)
        except queue.Empty:
            if time.monotonic() - heard_s > patience_s:
                return Outcome(
                    "failed", f"Nothing came for {patience_s:g} seconds, so it was given up."
                )
            continue
        heard_s = time.monotonic()
        if isinstance(item, ScoredToken):
            on_text(item.text)
            if item.logprob is not None and math.isnan(item.logprob):
                return Outcome("failed", NAN)
        elif isinstance(item, Generated):
            return Outcome("stopped" if item.ended == "cancelled" else "", generated=item)
        elif isinstance(item, CancelledError):
            break
        elif isinstance(item, StorygenError):
            mend = getattr(item, "mend", "")
            return Outcome("failed", f"{item.message} {mend}".strip())
        else:
            return Outcome("failed", f"{type(item).__name__}: {item}".rstrip(": "), error=item)
    return Outcome("stopped")
