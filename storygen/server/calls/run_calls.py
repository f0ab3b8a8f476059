"""The calls of `/studio` about runs. See docs/PROTOCOL.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...engine.sampling.parameters import check_params
from ...story.runs import NewRun
from ...story.story import Story
from .. import presets
from ..house import House
from .checks import MAX_ID, MAX_PROMPT, MAX_SEED, Fields
from .shapes import token_details_shape
from .visitor import Visitor

MAX_TOKENS_ASKED = 10_000

Answer = dict[str, Any]

RUN_CALLS: dict[str, tuple[str, ...]] = {
    "run_start": ("story", "model", "params", "seed", "at", "mode", "prompt"),
    "run_pause": ("run",),
    "run_resume": ("run",),
    "run_stop": ("run",),
    "run_params": ("run", "params"),
    "token_details": ("run", "from", "to"),
}
"""Each call's fields."""


class RunCalls:
    """Part of `Studio`: each method takes the visitor and the message's fields."""

    _house: House

    def call_run_start(self, visitor: Visitor, fields: Fields) -> Answer:
        """Begin to write."""
        room = self._house.room(fields.id("story"))
        entry = self._house.model(fields.string("model", 2 * MAX_ID))
        params = fields.object("params")
        new = NewRun(
            model=entry.key,
            model_name=entry.name,
            mode=fields.choice("mode", ("continue", "prompt"), "continue"),
            prompt=fields.string("prompt", MAX_PROMPT, ""),
            params=check_params(params) if params else presets.default_params(),
            seed=fields.integer("seed", 0, MAX_SEED, default=time.time_ns() % MAX_SEED),
            at=0,
        )
        at = fields.place_or_end("at")
        run = room.ask(lambda story, now: story.start_run(new, at, now))
        self._house.workers.ensure(entry.key)
        return {"run": run}

    def call_run_pause(self, visitor: Visitor, fields: Fields) -> Answer:
        """Rest after the token in hand."""
        return self._run(fields, lambda story, run, now: story.runs.pause(run, now))

    def call_run_stop(self, visitor: Visitor, fields: Fields) -> Answer:
        """End for good."""
        return self._run(fields, lambda story, run, now: story.runs.stop(run, now))

    def call_run_resume(self, visitor: Visitor, fields: Fields) -> Answer:
        """Go on; loads the model if it has gone."""
        before = self._house.tokens_before(fields.id("run"))
        answer = self._run(fields, lambda story, run, now: story.runs.resume(run, now, before))
        self._house.workers.ensure(answer["run"]["model"])
        return answer

    def call_run_params(self, visitor: Visitor, fields: Fields) -> Answer:
        """Other sampling parameters from the next token on."""
        params = check_params(fields.object("params"))
        return self._run(fields, lambda story, run, now: story.runs.change_params(run, params, now))

    def call_token_details(self, visitor: Visitor, fields: Fields) -> Answer:
        """Stored tokens of a run with their alternatives."""
        run = fields.id("run")
        start = fields.integer("from", 0, 1 << 40)
        stop = fields.integer("to", start, start + MAX_TOKENS_ASKED)
        records = self._house.read(lambda store: store.token_details(run, start, stop))
        return {"tokens": [token_details_shape(record) for record in records]}

    def _run(self, fields: Fields, work: Callable[[Story, str, float], Any]) -> Answer:
        run = fields.id("run")
        room = self._house.run_room(run)
        return {"run": room.ask(lambda story, now: work(story, run, now).view(story.id))}
