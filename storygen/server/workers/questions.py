"""Questions to a model's worker that belong to no run: what could come next, what it would read.

A command with a `request` is answered by events with the same `request`; the last of them is not `partial`.
Whoever asks waits in a task of its own. A model that isn't loaded is loaded first; when its worker goes
meanwhile, the question is answered with an error, since nobody else would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ...errors import ModelError
from ...link.messages import CancelRequest, Command, Event
from ..loop import Loop

Hear = Callable[[Event], None]


class Loaded(Protocol):
    """What is needed of `workers.Workers`."""

    def window(self, key: str) -> int | None:
        """The window of a model that is ready."""

    def ensure(self, key: str) -> None:
        """See to it that the model gets ready. Raises: NotFoundError, ModelError."""

    def send(self, key: str, command: Command) -> None:
        """A command to the model's worker."""


@dataclass(slots=True)
class _Question:
    model: str
    done: Any  # an event of the loop
    hear: Hear | None = None
    sent: bool = False
    answer: Event | None = None
    error: ModelError | None = None


class WorkerRequests:
    """Listens like a run: `model_ready`, `model_gone`, `models_in_use`; all of it in the loop."""

    def __init__(self, loop: Loop, workers: Loaded) -> None:
        self._loop, self._workers = loop, workers
        self._waiting: list[_Question] = []  # for a model to be ready
        self._asked: dict[str, _Question] = {}

    def ready(self, model: str) -> int:
        """Load the model if need be; returns its window in tokens.

        Raises: NotFoundError; ModelError when it can't be loaded.
        """
        window = self._workers.window(model)
        if window is not None:
            return window
        question = _Question(model, self._loop.event())
        self._waiting.append(question)
        try:
            self._workers.ensure(model)
            self._wait(question)
        finally:
            self._waiting.remove(question)
        return self.ready(model)

    def ask(self, model: str, command: Any, *, hear: Hear | None = None) -> Any:
        """Send a command that has a `request` to the model's worker; returns its last answer.

        `hear` is called in the loop with each answer before the last.

        Raises: NotFoundError; ModelError when the model can't be loaded or its worker goes.
        """
        self.ready(model)
        question = self._asked[command.request] = _Question(model, self._loop.event(), hear, True)
        try:
            self._workers.send(model, command)
            self._wait(question)
        finally:
            self._asked.pop(command.request, None)
        return question.answer

    def cancel(self, request: str) -> None:
        """Let the worker give a question up; it is answered all the same, with what there is or an error."""
        question = self._asked.get(request)
        if question is not None:
            self._workers.send(question.model, CancelRequest(request))

    def worker_said(self, model: str, event: Event) -> bool:
        """Hand an answer to who asked; returns whether it was one. Only the model that was asked is heard."""
        request = getattr(event, "request", None)
        if request is None:
            return False
        question = self._asked.get(request)
        if question is None or question.model != model:
            return True
        if getattr(event, "partial", False):
            if question.hear is not None:
                question.hear(event)
        else:
            question.answer = event
            question.done.set()
        return True

    # ------------------------------------------------------------ as a listener of the house's models

    def model_ready(self, key: str, window: int) -> None:
        """Whoever waits for the model goes on."""
        for question in list(self._waiting):
            if question.model == key:
                question.done.set()

    def model_gone(self, key: str, reason: str) -> None:
        """What was asked is not answered any more; who waits for a model that may come goes on waiting."""
        for question in list(self._asked.values()):
            if question.model == key:
                self._fail(question, reason or "The model's process ended; try again.")
        if reason:
            for question in list(self._waiting):
                if question.model == key:
                    self._fail(question, reason)

    def models_in_use(self) -> set[str]:
        """Models that somebody waits for."""
        return {question.model for question in [*self._waiting, *self._asked.values()]}

    # ------------------------------------------------------------ inside

    def _fail(self, question: _Question, message: str) -> None:
        question.error = ModelError(message)
        question.done.set()

    def _wait(self, question: _Question) -> None:
        question.done.wait()
        if question.error is not None:
            raise question.error
