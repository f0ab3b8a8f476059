"""What one model writes for a sample: several texts below each other, and how it sees the target.

It runs in a thread of its own, and whatever goes wrong is said here alone. A model that does not answer can
be given up: what it says later is not heard.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import StorygenError
from ..bench import Source
from ..elements import Collapsible, Panel, Text
from ..jobs import CancelledError, Job
from ..metrics import Metric
from ..metrics.metric import told
from ..models.asking import Prompt, score, write
from ..models.base import Ability, Model, ScoredToken
from ..models.heeded import unheeded_titles
from .generation_text import WrittenText
from .sample_choice import Chosen

log = logging.getLogger(__name__)

_COMPLETE = ("end", "stop", "length")

NUM_TOP = 5
"""So many alternatives are told at each token."""


class ModelColumn:
    """`state` is "waiting", "working", "done", "stopped" or "failed". `on_change()` at whatever is new."""

    def __init__(
        self,
        name: str,
        chosen: Chosen,
        seeds: Sequence[int],
        coloured: bool,
        metrics: Callable[[], Sequence[Metric]],
        on_change: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.state = name, "waiting"
        self._chosen, self._metrics = chosen, metrics
        self._on_change, self._clock = on_change, clock
        self._lock = threading.RLock()
        self._job: Job | None = None
        self.texts = [WrittenText(str(n), seed, coloured) for n, seed in enumerate(seeds, 1)]
        self.target: WrittenText | None = None
        if chosen.targets:
            self.target = WrittenText("Target, as this model sees it", None, coloured)
        self._status = Text("Waiting.", "quiet")
        self._note = Text("", "quiet")
        self.prompt: Prompt | None = None
        """What the model was given, once it is there."""
        self._problem, self._target_problem = Text("", "problem"), Text("", "quiet")
        self._trace = Text("", "mono")
        self._details = Collapsible("Where it happened", self._trace)
        for element in (self._note, self._problem, self._details, self._target_problem):
            element.hidden = True
        self.alive_at = clock()
        shown = [element for text in self._all() for element in text.elements]
        self.panel = Panel(
            self._status,
            self._note,
            self._problem,
            self._details,
            *shown,
            self._target_problem,
            title=name,
        )

    @property
    def over(self) -> bool:
        """Whether nothing more is heard from it."""
        return self.state not in ("waiting", "working")

    def run(self, models: Source[Model], params: dict[str, Any], job: Job) -> None:
        """All of it, in the thread that calls."""
        self._job = job
        heard = _Heard(job, self._progressed)
        try:
            self._check_open()
            self._alive("working", "Getting the model.")
            model = models.get(self.name, heard)
            self._write(model, params, heard)
            self.measure(self._metrics())
            if self.target is not None:
                self._score_target(model, self.target, heard)
                self.measure(self._metrics())
            self._close("done", "")
        except CancelledError:
            self.stop()
        except StorygenError as error:
            self.fail(" ".join(filter(None, (error.message, getattr(error, "mend", "")))))
        except (Exception, SystemExit) as error:  # sys.exit() ends no more than this column
            if not self.over:
                log.warning("%s failed on the page.", self.name, exc_info=True)
            self.fail(told(error), traceback.format_exc())

    def stop(self) -> None:
        """The reader wants no more; what stands is kept."""
        if self._job is not None:
            self._job.cancel()
        self._close("stopped", "Stopped.")

    def fail(self, message: str, trace: str = "") -> None:
        """Say what went wrong; what stands is kept."""
        if not self.over:
            self._show_problem(message, trace)
        self._close("failed", "")
        if self._job is not None:
            self._job.cancel()

    def watch(self, patience_s: float) -> None:
        """Say how long nothing came, and give the model up after `patience_s`."""
        idle = self._clock() - self.alive_at
        if self.over or self.state == "waiting":
            return
        if self._job is not None and self._job.cancelled:
            self.stop()
        elif idle >= patience_s:
            self.fail(f"Nothing came for {patience_s:g} s, so it was given up.")
        elif idle >= min(5.0, patience_s / 2):
            self._status.text = f"Nothing has come for {idle:.0f} s."

    def colour(self, coloured: bool) -> None:
        """With shades or without."""
        with self._lock:
            for text in self._all():
                text.colour(coloured)

    def measure(self, metrics: Sequence[Metric]) -> None:
        """Ask metrics that were not asked before, of what is complete."""
        for text in self._all():
            if text.ended in _COMPLETE or (text.ended and text.tokens):
                text.measure(metrics, self._chosen)
                self.alive_at = self._clock()
        self._on_change()

    # ------------------------------------------------------------ in the model's thread

    def _write(self, model: Model, params: dict[str, Any], job: Job) -> None:
        prompt = self.prompt = self._chosen.prompt_for(model)
        if not model.can(Ability.GENERATE) and not prompt.turns:
            raise StorygenError(f"{self.name} can't write texts.")
        self._tell(prompt, unheeded_titles(model, params))
        self._alive("working", "Reading.")
        seeds = [text.seed for text in self.texts if text.seed is not None]
        generated = write(
            model,
            prompt,
            params,
            seeds=seeds,
            on_token=self._token,
            num_top=NUM_TOP,
            job=job,
        )
        with self._lock:
            self._check_open()
            for text, one in zip(self.texts, generated, strict=False):
                text.settle(one)
            if len(generated) < len(self.texts):
                raise StorygenError(f"It wrote {len(generated)} of {len(self.texts)} texts.")
            if any(text.has_nan for text in self.texts):
                self._show_problem("Some of its probabilities are no numbers (NaN).")
        if all(one.ended == "cancelled" for one in generated):
            raise CancelledError

    def _tell(self, prompt: Prompt, unheeded: Sequence[str]) -> None:
        heed = f"It does not heed: {', '.join(unheeded)}." if unheeded else ""
        self._note.text = f"{prompt.note} {heed}".strip()
        self._note.hidden = not self._note.text
        self._on_change()

    def _token(self, row: int, token: ScoredToken) -> None:
        """An `OnToken`. Raises: CancelledError once it was given up, even in a model that never asks."""
        with self._lock:
            self._check_open()
            self._alive("working", "Writing.")
            self.texts[row].add(token)

    def _score_target(self, model: Model, target: WrittenText, job: Job) -> None:
        text, prompt = self._chosen.targets[0], self.prompt
        assert prompt is not None, "it was written after it"
        try:
            self._alive("working", "Reading the target.")
            tokens = score(model, prompt, text, num_top=NUM_TOP, job=job)
        except CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - what it wrote stands, whatever it makes of a target
            tokens = [ScoredToken(None, text)]
            said = error.message if isinstance(error, StorygenError) else told(error)
            self._target_problem.text = f"The target was not scored: {said}"
            self._target_problem.hidden = False
        with self._lock:
            self._check_open()
            target.finish(tokens, "end")

    def _progressed(self, note: str) -> None:
        self._check_open()
        self._alive("working", note or self._status.text)

    # ------------------------------------------------------------ how it stands

    def _all(self) -> list[WrittenText]:
        return [*self.texts, *([self.target] if self.target is not None else [])]

    def _alive(self, state: str, status: str) -> None:
        with self._lock:
            self.alive_at = self._clock()
            if not self.over:
                self.state = state
                if self._status.text != status:
                    self._status.text = status

    def _check_open(self) -> None:
        if self.over:
            raise CancelledError

    def _close(self, state: str, status: str) -> None:
        """It is over, unless it was before."""
        with self._lock:
            if self.over:
                return
            self.state, self._status.text = state, status
            self._status.hidden = not status
            for text in self.texts:
                if not text.ended:
                    text.end({"stopped": "cancelled"}.get(state, "failed"))
        self.measure(self._metrics())

    def _show_problem(self, message: str, trace: str = "") -> None:
        self._problem.text, self._problem.hidden = message, False
        self._trace.text, self._details.hidden = trace, not trace


class _Heard(Job):
    """The job of somebody else, whose progress is heard here, too."""

    def __init__(self, outer: Job, on_progress: Callable[[str], None]) -> None:
        super().__init__()
        self._outer, self._heard = outer, on_progress

    @property
    def cancelled(self) -> bool:
        """Whether the outer one was given up."""
        return self._outer.cancelled

    def cancel(self) -> None:
        """Give the outer one up."""
        self._outer.cancel()

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        """Said to both. Raises: CancelledError."""
        self._heard(note)
        self._outer.progress(done, total, note)
