"""A beam search: of all continuations of a text, the likeliest that are found by keeping `num_beams` at once.

What transformers' `generate` does with `num_beams`, no chance and its other defaults: a continuation's
score is the sum of its tokens' log-probabilities, divided by their number when it has ended.
Log-probabilities are those that the samplers leave which need no chance: forms, bans, biases, penalties and
cuts act; temperature and its kind, XTC and mirostat do not. Two continuations that say the same are one.

Source: transformers, generation/utils.py, `_beam_search` with `early_stopping=False`, `length_penalty=1.0`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..errors import BadRequestError
from ..link.messages import Event, RunEnded, SearchProgressed, StartSet
from .beginning import Beginning
from .cache_plan import Ids
from .context.run_context import RunContext
from .hypothesis import Hypothesis
from .passage import Passage
from .sampling.chain import SamplerChain
from .sampling.parameters import check_params
from .set_reader import SetReader

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel

MOST_TOKENS = 500
WITHOUT_CHANCE = {
    "temperature": 1.0,
    "dynatemp_low": 1.0,
    "dynatemp_high": 1.0,
    "smoothing_factor": 0.0,
    "xtc_probability": 0.0,
    "mirostat_tau": 0.0,
    "grammar": "",
    "regex": "",
}
"""What a search's chain is without; forms are each hypothesis' own."""


class BeamSearch(SetReader):
    """One search for the texts of a set's rows."""

    def __init__(self, writing: WritingModel, start: StartSet, *, most_bytes: int) -> None:
        """`most_bytes`: for the caches of all beams.

        Raises: BadRequestError when a parameter is wrong, or more texts are wanted than there are beams.
        """
        params = check_params(start.rows[0].params)
        self._num_beams: int = params["num_beams"]
        self._most = _most_tokens(params, start.next_index)
        if start.passed_over + len(start.rows) > self._num_beams:
            raise BadRequestError("A search finds at most as many texts as it has beams.")
        context = RunContext(writing, start, response=self._most)
        context.wanted()  # the hypotheses go on from what is arranged for all of them
        self._writing = writing
        self._most_bytes = most_bytes
        self._names = [row.run for row in start.rows]
        self._passed_over = start.passed_over
        self._start_index = start.next_index
        self._revision = start.revision
        super().__init__(start.run, Beginning(writing, context, start.run, start.revision))
        self._over = False
        self._chain = SamplerChain({**params, **WITHOUT_CHANCE}, 0, writing)
        self._beams = [Hypothesis.first(writing, Passage(writing, context, params), start.before)]
        self._found: list[Hypothesis] = []  # that have ended, best first

    # ------------------------------------------------------------ what the scheduler asks

    @property
    def ended(self) -> bool:
        """Whether it has told what it found."""
        return self._over

    def has(self, run: str) -> bool:
        """Whether it searches for the row of that name."""
        return run in self._names

    # ------------------------------------------------------------ commands

    def stop(self, _run: str = "") -> list[Event]:
        """End the search; the rows are the best that was found so far."""
        for beam in self._beams:
            beam.stop()
            self._keep_best(beam)
        return self._tell("stopped")

    def fail(self, message: str) -> list[Event]:
        """End it because of an error."""
        self._over, self.rows = True, None
        self.state.forget()
        return [
            RunEnded(name, "failed", message=message, index=self._start_index)
            for name in self._names
        ]

    # ------------------------------------------------------------ a step

    def next_chunk(self) -> Ids:
        """Ids of the text; then the last token of each beam."""
        if self.rows is not None:
            return np.array([beam.last_id for beam in self._beams], dtype=np.int64)
        return self._beginning.next_chunk()

    def take(self, chunk: Ids, logits: Tensor, started: float) -> list[Event]:
        """What comes of the logits: `(1, vocab)` while the text is read, then `(num_beams, vocab)`."""
        if self.rows is not None:
            return self._search(self.rows.history, logits, started)
        events = self._beginning.take(chunk)
        if not self._beginning.is_read:
            return events
        (first,) = self._beams
        if first.cannot_heal(logits[0]):
            first.passage.context.give_up_healing()
            self._beginning.read_again()
            return events
        if too_large := self._too_large():
            return events + self.fail(too_large)
        return events + self._search(self.state.history, logits, started)

    def _too_large(self) -> str:
        """What to say where there isn't the memory for all beams, else nothing."""
        row = 2 * self._writing.model.row_bytes(
            self.state, self._most
        )  # exchanging rows copies them
        if self._num_beams * row <= self._most_bytes:
            return ""
        fit = self._most_bytes // row
        much, most = self._num_beams * row / 1e9, self._most_bytes / 1e9
        what = f"{fit} beams at most" if fit > 1 else "fewer tokens"
        return (
            f"A search with {self._num_beams} beams here takes {much:.1f} GB of memory; "
            f"{most:.1f} GB are kept for it. Ask for {what}."
        )

    def _search(self, history: Tensor, logits: Tensor, started: float) -> list[Event]:
        """One token more on every beam: the best of all that may follow go on."""
        scores, logprobs = self._scores(history, logits), logits.log_softmax(-1)
        going: list[Hypothesis] = []
        num_ranked = 0
        for row, token_id, score in _ranked(scores, 2 * self._num_beams):
            if len(going) == self._num_beams and num_ranked >= self._num_beams:
                break
            beam = self._beams[row].and_then(
                token_id,
                logprobs[row],
                *(score, row),
                started=started,
                revision=self._revision,
                used=history.shape[1],
            )
            if beam is None:
                continue
            if not beam.detail and len(going) < self._num_beams:
                going.append(beam)
            elif beam.detail and num_ranked < self._num_beams:
                self._keep_best(beam)
            num_ranked += 1
        return self._go_on(going)

    def _scores(self, history: Tensor, logits: Tensor) -> Tensor:
        """Of every text of one token more `(num_beams, vocab)`; -inf where it can't come."""
        parts = []
        for row, beam in enumerate(self._beams):
            scores, ends = beam.allowed(history[row : row + 1], logits[row : row + 1])
            if ends:
                self._keep_best(beam)
            parts.append(scores)
        may = torch.cat(parts)
        alive = may.amax(-1, keepdim=True) > -math.inf
        left = self._chain.distribution(history.to(logits.device), may.where(alive, logits))
        sums = torch.tensor([beam.score for beam in self._beams], device=logits.device)
        return (left.log_softmax(-1) + sums[:, None]).masked_fill(~alive, -math.inf)

    def _go_on(self, going: list[Hypothesis]) -> list[Event]:
        num_tokens = self._beams[0].num_tokens + 1
        full = len(self._found) == self._num_beams
        hopeless = full and going and going[0].score / num_tokens <= self._found[-1].rank
        if not going or hopeless:
            self._beams = []
            return self._tell("finished")
        parents = [beam.parent for beam in going]
        if self.rows is None:
            self.rows = self._writing.model.branch(self.state, len(going))
        else:
            self.rows.keep_rows(parents)
        self._beams = going
        if self.rows.ids.shape[1] + 1 > self._writing.window:
            for beam in going:
                beam.stop()
                self._keep_best(beam)
            self._beams = []
            return self._tell("finished")
        return [SearchProgressed(self.run, num_tokens, self._most)]

    def _keep_best(self, beam: Hypothesis) -> None:
        """Of those that say the same, the best; of all, the `num_beams` best."""
        same = next((one for one in self._found if one.text == beam.text), None)
        if same is not None and same.rank >= beam.rank:
            return
        others = [one for one in self._found if one is not same]
        ordered = sorted([*others, beam], key=lambda one: one.rank, reverse=True)
        self._found = ordered[: self._num_beams]

    def _tell(self, reason: str) -> list[Event]:
        """Everything that is to be told of the rows, best first."""
        self._over, self.rows = True, None
        found = self._found[self._passed_over :]
        events: list[Event] = []
        for name, beam in zip(self._names, found, strict=False):
            events += beam.told(name)
            detail = beam.detail if reason == "finished" else ""
            events.append(RunEnded(name, reason, detail, index=beam.passage.context.index))
        none = "nothing_else" if reason == "finished" else ""
        for name in self._names[len(found) :]:
            events.append(RunEnded(name, reason, none, index=self._start_index))
        return events


def _most_tokens(params: dict[str, Any], next_index: int) -> int:
    most: int = params["max_tokens"] - next_index
    if params["limit"] == "endless" or not 0 < most <= MOST_TOKENS:
        raise BadRequestError(f"A search has 1 to {MOST_TOKENS} tokens (max_tokens).")
    return most


def _ranked(scores: Tensor, num_first: int) -> Iterator[tuple[int, int, float]]:
    """(row, token id, score), the best first, of `scores` `(num_rows, vocab)`; none at -inf."""
    vocabulary, flat = scores.shape[1], scores.flatten()
    start = 0
    while start < len(flat):
        end = min(len(flat), max(num_first, 8 * start))
        top = flat.topk(end)
        for place, score in zip(
            top.indices[start:].tolist(), top.values[start:].tolist(), strict=True
        ):
            if score == -math.inf:
                return
            yield place // vocabulary, place % vocabulary, score
        start = end
