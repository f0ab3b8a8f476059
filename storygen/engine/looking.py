"""Looking inside a model: what is asked of it that writes nothing. Commands in, answers out.

Each is answered under its `request`, at once where that is possible, else once the text is read.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..errors import NotFoundError
from ..link.messages import (
    CancelRequest,
    EmbedTexts,
    Event,
    ListNext,
    NextListed,
    ShowContext,
    ShowScored,
)
from .embedding import Embedding
from .generation import Generation
from .look_commands import LookCommand, refusal
from .next_tokens import LastLogits, NextTokens
from .scheduler import Scheduler, describe
from .scored_text import ScoredTexts
from .scoring import Scoring
from .showing import show_context

if TYPE_CHECKING:
    from .writing_model import WritingModel

log = logging.getLogger(__name__)


class Looking:
    """What is remembered between looks at one model."""

    def __init__(self, writing: WritingModel, scheduler: Scheduler) -> None:
        self._writing, self._scheduler = writing, scheduler
        self._last = LastLogits()
        self._texts = ScoredTexts()

    def handle(self, command: LookCommand) -> list[Event]:
        """Carry a command out; returns what is answered at once. An error is an answer too."""
        try:
            return self._carry_out(command)
        except Exception as error:  # the worker's loop: a text that can't be read
            log.warning("looking inside failed", exc_info=error)
            return refusal(command, describe(error))

    def _carry_out(self, command: LookCommand) -> list[Event]:
        if isinstance(command, ShowContext):
            run = self._scheduler.get(command.run)
            found = run if isinstance(run, Generation) else None
            return [show_context(self._writing, self._scheduler, command, found)]
        if isinstance(command, ShowScored):
            return [self._show(command)]
        if isinstance(command, CancelRequest):
            return self._cancel(command.request)
        if isinstance(command, EmbedTexts):
            self._scheduler.add(Embedding(self._writing, command))
            return []
        reader: NextTokens | Scoring
        if isinstance(command, ListNext):
            reader = NextTokens(self._writing, command, self._last)
            knows = True
        else:
            reader = Scoring(self._writing, command, self._texts)
            knows = reader.goes_on
        events = reader.answer_at_once()
        if not reader.ended:
            self._scheduler.add_reading(reader, knows=knows)
        return events

    def _show(self, command: ShowScored) -> NextListed:
        text = self._texts.get(command.scored)
        if text is None or not 0 <= command.index < text.num_scored:
            raise NotFoundError("This text was scored too long ago; score it again.")
        return text.look(self._writing, command.request, command.index)

    def _cancel(self, request: str) -> list[Event]:
        for kind in ("next", "score", "embed"):
            reader = self._scheduler.get(f"{kind} {request}")
            if isinstance(reader, NextTokens | Scoring | Embedding):
                events = reader.cancel()
                self._scheduler.remove_ended()
                return events
        return []
