"""What workers are told of runs: the text to begin with, and edits as revisions, by how urgent they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..link.memory import Memory
from ..link.messages import Command, PauseRun, ResumeRun, ReviseRun, StartRun
from . import states
from .feed import Feed, feed_base
from .known import BYTES_PER_TOKEN, known_tokens
from .memories import Memories
from .page import Page
from .run import CREDITS, Run
from .waiting import Distance


class Telling:
    """Knows which models are ready. What is told goes out with the page's effects."""

    def __init__(self, page: Page, memories: Memories, wrote: Callable[[str], set[str]]) -> None:
        """`wrote(model)`: ids of what a model wrote that may stand in the text; it needs no tokenising."""
        self._page, self._memories, self._wrote = page, memories, wrote
        self._windows: dict[str, int] = {}  # models that are ready, and their windows in tokens

    def model_ready(self, model: str, window: int) -> None:
        """A worker has loaded `model`, whose window is `window` tokens."""
        self._windows[model] = window

    def model_gone(self, model: str) -> None:
        """Runs of the model wait from now on."""
        self._windows.pop(model, None)

    def begin_if_ready(self, run: Run, now: float) -> None:
        """Give a queued run its text, if its model is there."""
        window = self._windows.get(run.model)
        if window is None or run.state != states.QUEUED:
            return
        document = self._page.document
        point = run.feed.point
        base = feed_base(document.text, point, window * BYTES_PER_TOKEN)
        run.feed = Feed(base, point)
        run.advance("begin", now)
        run.fed, run.window, run.min_revision = True, window, 0
        known = known_tokens(document, base, point, self._wrote(run.model))
        end = len(document.slice(base, point))
        self.send(
            run,
            StartRun(
                run=run.id,
                text=document.slice(base, point),
                revision=run.feed.revision,
                params=run.params,
                seed=run.seed,
                next_index=run.next_index,
                credits=CREDITS,
                mode=run.mode,
                prompt=run.prompt,
                known=known,
                heal=not (known and known[-1].end == end),
                before=run.before,
                memory=self._memories.of(run.memory_version),
            ),
        )
        self._touch(run)

    def settle(self, run: Run, now: float) -> None:
        """Do what the most urgent waiting change asks for."""
        urgency, due = run.feed.waiting.urgency, run.due()
        if run.state == states.PAUSED and urgency <= Distance.NEAR:
            run.min_revision = run.feed.revision + 1
        if run.state != states.RUNNING or due is None:
            return
        if urgency == Distance.AT_POINT and not run.holding:
            run.holding = True
            run.min_revision = run.feed.revision + 1
            run.times.clear()
            self.send(run, PauseRun(run.id))
            self._touch(run)
        at, reach = due
        if now < at:
            return
        held, run.holding = run.holding, False
        self.revise(run, now, reach, accepted=reach <= Distance.NEAR)
        if held:
            self.send(run, ResumeRun(run.id))
            self._touch(run)

    def revise(
        self,
        run: Run,
        now: float,
        reach: Distance = Distance.OUTSIDE,
        *,
        accepted: bool,
        params: dict[str, Any] | None = None,
        memory: Memory | None = None,
    ) -> None:
        """Send what waits, up to `reach`, as a new revision; `accepted`: older tokens are dropped."""
        self._widen_if_short(run, now)
        splices = run.feed.take(reach)
        run.revised(now, reach, accepted=accepted)
        count = run.next_index if accepted else None
        self.send(run, ReviseRun(run.id, run.feed.revision, count, splices, params, memory=memory))

    def go_on(self, run: Run) -> None:
        """What a run waited for has been sent just now."""
        if run.holding:
            run.holding = False
            self.send(run, ResumeRun(run.id))

    def send(self, run: Run, command: Command) -> None:
        """Send a command to the worker of a run."""
        self._page.effects.commands.append((run.model, command))

    def _widen_if_short(self, run: Run, now: float) -> None:
        """After large deletions, give the worker text from further back."""
        wanted = self._windows.get(run.model, 0) * BYTES_PER_TOKEN
        if run.feed.base > 0 and run.feed.point - run.feed.base < wanted // 2:
            text = self._page.document.text
            run.feed.widen(feed_base(text, run.feed.point, wanted), text, now)

    def _touch(self, run: Run) -> None:
        self._page.effects.news.runs.add(run.id)
