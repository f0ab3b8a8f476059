"""One of the continuations that a beam search holds at once: its text so far, its form and its score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..link.messages import AcceptedToken, Event
from .passage import Passage, nothing_left
from .sampling.samplers import grammar
from .text.held import ReadyToken

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel


@dataclass(slots=True)
class Hypothesis:
    """`score`: the sum of its tokens' log-probabilities; `detail`: why it ended, empty while it goes on."""

    writing: WritingModel
    passage: Passage
    form: Any  # a `Constraint`, or None
    score: float = 0.0
    num_tokens: int = 0
    parent: int = 0  # the row of the beam that it goes on from
    last_id: int = -1
    ready: tuple[ReadyToken, ...] = ()
    detail: str = ""

    @classmethod
    def first(
        cls, writing: WritingModel, passage: Passage, before: Sequence[AcceptedToken]
    ) -> Hypothesis:
        """Nothing is written yet; `before`: the last tokens of the text. Raises: BadRequestError."""
        form = grammar.build_stage(passage.params, 0, writing)
        if form is not None:
            for token in before:
                form.accept(token.id, token.logprob)
        return cls(writing, passage, form)

    @property
    def rank(self) -> float:
        """Its score for each token: by that, ended ones of different lengths are compared."""
        return self.score / max(1, self.num_tokens)

    @property
    def text(self) -> str:
        """What it says, as far as that is final."""
        return "".join(token.text for token in self.ready)

    def cannot_heal(self, logits: Tensor) -> bool:
        """Whether the word that was typed to its middle has to be read as it stands; `logits` `(vocab,)`."""
        rest = self.passage.context.rest
        return bool(rest) and (self.form is not None or self.passage.kept_out(logits) is None)

    def allowed(self, history: Tensor, logits: Tensor) -> tuple[Tensor, bool]:
        """`logits` `(1, vocab)` with what can't come at -inf, and whether its form is complete instead."""
        kept_out = self.passage.kept_out(logits[0])
        if kept_out is None:
            return logits.new_full(logits.shape, -math.inf), False
        scores = logits.masked_fill(kept_out, -math.inf)
        if self.form is None:
            return scores, False
        fitting = self.form.apply(history, scores, self.passage.context.num_drawn)
        complete = nothing_left(fitting)
        if complete:
            self.detail = "end_of_text"
            self.ready += tuple(self.passage.let_go_all())
        return fitting, complete

    def and_then(
        self, token_id: int, logprobs: Tensor, score: float, row: int, **drawn: Any
    ) -> Hypothesis | None:
        """This one and a token more, or None where that would say something banned; `row` is this one's."""
        passage = self.passage.fork()
        following = replace(
            self,
            passage=passage,
            score=score,
            num_tokens=self.num_tokens + 1,
            parent=row,
            last_id=token_id,
        )
        if token_id in self.writing.ends_of_text:
            following.detail = "end_of_text"
            following.ready += tuple(passage.let_go_all())
            return following
        passage.context.push(passage.drawn(token_id, logprobs, **drawn))
        if passage.banned_place() is not None:
            return None
        ready, following.detail = passage.let_go()
        if not following.detail and passage.most_reached:
            ready, following.detail = ready + passage.let_go_all(), "max_tokens"
        following.ready += tuple(ready)
        if self.form is not None:
            following.form = self.form.fork()
            following.form.accept(token_id, float(logprobs[token_id]))
        return following

    def stop(self) -> None:
        """Nothing follows; what is whole of its text is final."""
        self.detail = self.detail or "max_tokens"
        self.ready += tuple(self.passage.let_go_all())

    def told(self, run: str) -> list[Event]:
        """Its tokens as those of a run."""
        return [self.passage.told(run, token) for token in self.ready]
