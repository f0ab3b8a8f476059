"""Runs that belong to no story: what the original client's protocol writes. Nothing of them is stored."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...engine.sampling.parameters import check_params
from ...errors import NotFoundError, StorygenError
from ...link.messages import Command, Event, GrantCredits, RunEnded, StartRun, StopRun, TokenWritten
from ...story.known import BYTES_PER_TOKEN
from ..house import House
from ..library import new_id
from .requests import unwrap_prompt

OWN_WRAPPING = ("wp", "raw")  # formats for which the client's own wrapping is what the model wants


@dataclass(slots=True)
class LooseRun:
    """One such run; the caller's handle on it. `granted` counts what was granted before it began."""

    runs: LooseRuns
    id: str
    model: str
    prefix: str
    params: dict[str, Any]
    on_text: Callable[[str], None]
    on_end: Callable[[str], None]
    granted: int = 0
    begun: bool = False
    over: bool = False

    def grant(self, tokens: int) -> None:
        """Let it write so many more tokens."""
        if self.begun:
            self.runs.send(self, GrantCredits(self.id, tokens))
        else:
            self.granted += tokens

    def stop(self) -> None:
        """End it and free what it holds."""
        if not self.over:
            self.runs.send(self, StopRun(self.id))
            self.runs.finish(self, "stopped")


class LooseRuns:
    """The `Writer` of `session.py` over the house's workers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._runs: dict[str, LooseRun] = {}
        house.listen_models(self)

    def start(
        self,
        model_value: Any,
        prefix: str,
        params: dict[str, Any],
        *,
        on_text: Callable[[str], None],
        on_end: Callable[[str], None],
    ) -> LooseRun:
        """Begin a text after `prefix`; see `legacy_session.Writer`.

        Raises: NotFoundError, ModelError.
        """
        entry = self._house.registry.by_value(model_value)
        if entry is None:
            raise NotFoundError("The registry lists no such model.")
        entry = self._house.model(entry.key)
        run = LooseRun(
            self,
            f"loose-{new_id()}",
            entry.key,
            prefix,
            check_params({"alternatives": 0, "at_end_of_text": "stop", **params}),
            on_text,
            on_end,
        )
        self._runs[run.id] = run
        self._house.listen(run.id, run.model, lambda event: self._heard(run, event))
        try:
            self._house.workers.ensure(entry.key)
        except StorygenError:
            self._forget(run)
            raise
        return run

    def send(self, run: LooseRun, command: Command) -> None:
        """A command about a run, to its model's worker."""
        if run.begun and not run.over:
            self._house.workers.send(run.model, command)

    def finish(self, run: LooseRun, reason: str) -> None:
        """Forget a run and say why it ended, once."""
        if run.over:
            return
        self._forget(run)
        run.on_end(reason)

    def _forget(self, run: LooseRun) -> None:
        run.over = True
        self._runs.pop(run.id, None)
        self._house.listen(run.id, run.model, None)

    def model_ready(self, key: str, window: int) -> None:
        """Runs that waited for the model begin."""
        info = self._house.workers.state(key)["info"]
        for run in list(self._runs.values()):
            if run.model == key and not run.begun:
                run.begun = True
                self._house.workers.send(key, _start(run, window, info["format"]))

    def model_gone(self, key: str, reason: str) -> None:
        """Runs of the model fail; those that had not begun wait for it to come back, if it can."""
        for run in list(self._runs.values()):
            if run.model == key and (reason or run.begun):
                self.finish(run, "failed")

    def models_in_use(self) -> set[str]:
        """Models that these runs need."""
        return {run.model for run in list(self._runs.values())}

    def _heard(self, run: LooseRun, event: Event) -> None:
        if isinstance(event, TokenWritten):
            run.on_text(event.text)
        elif isinstance(event, RunEnded):
            self.finish(run, event.reason)


def _start(run: LooseRun, window: int, form: str) -> StartRun:
    """`form`: the model's prompt format, known once it is loaded."""
    wrapped = None if form in OWN_WRAPPING else unwrap_prompt(run.prefix)
    prompt, text = wrapped or ("", run.prefix)
    return StartRun(
        run=run.id,
        text=text[-window * BYTES_PER_TOKEN :],
        revision=0,
        params=run.params,
        seed=time.time_ns(),
        credits=run.granted,
        mode="prompt" if wrapped else "continue",
        prompt=prompt,
    )
