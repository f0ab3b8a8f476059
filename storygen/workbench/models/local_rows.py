"""One text being written, and what is told of its tokens."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...engine.context.run_context import RunContext
from ...engine.decoding import Decoding
from ...engine.sampling.parameters import check_params, response_tokens
from ...errors import ModelError
from ...link.messages import Event, RunEnded, StartRun, TokenWritten
from .base import Generated, Likely, Params, ScoredToken
from .local_facts import MOST_TOP, facts

if TYPE_CHECKING:
    from torch import Tensor

    from .local_reading import Reading

DEFAULT_TOKENS = 100
_ENDED = {"end_of_text": "end", "max_tokens": "length"}

Told = Callable[[ScoredToken], None]


def full_params(params: Params, num_top: int = 0) -> dict[str, Any]:
    """Checked parameters of a text that comes to an end: the model's own, or after `max_tokens`.

    Raises: BadRequestError.
    """
    given = {"at_end_of_text": "stop", **params}
    given["max_tokens"] = given.get("max_tokens") or DEFAULT_TOKENS
    if given.get("limit", "endless") == "endless":
        given["limit"] = "tokens"
    given["alternatives"] = min(num_top, MOST_TOP)
    return check_params(given)


def context_of(reading: Reading, text: str, params: dict[str, Any]) -> RunContext:
    """What the model should have read to go on from `text` as it stands."""
    reading.read_on(text[-1:])  # refuses what is no text
    start = StartRun("", reading.without_start(text), 0, {}, 0, heal=False)
    return RunContext(reading.writing, start, response=response_tokens(params))


class Row:
    """A text that goes on from `context`, by itself or beside others. `told` takes its tokens.

    `full`: whether each token comes with its rank and the entropy.
    """

    def __init__(
        self,
        reading: Reading,
        context: RunContext,
        params: dict[str, Any],
        seed: int,
        *,
        full: bool,
        told: Told,
    ) -> None:
        self.context = context
        self.seed = seed
        self._reading = reading
        self._full = full
        self._told = told
        self._decoding = Decoding(reading.writing, context, "", params, seed, 0)
        self._logits: dict[int, Tensor] = {}  # of tokens that are held
        self._tokens: list[ScoredToken] = []
        self._how = ""

    @property
    def ended(self) -> bool:
        """Whether no token follows."""
        return bool(self._how)

    @property
    def next_id(self) -> int | None:
        """The token to be read next; None where the text has to be looked at again."""
        return self._decoding.next_id if self.context.goes_on else None

    def take(self, history: Tensor, logits: Tensor) -> None:
        """The next token, from `logits` `(1, vocab)` after `history` `(1, num_tokens) int64`."""
        if self._full:
            self._logits[self.context.num_drawn] = logits
        self._note(self._decoding.take(history, logits, time.perf_counter()))

    def cancel(self) -> None:
        """Nothing follows; what was told stands."""
        self._how = self._how or "cancelled"

    def generated(self) -> Generated:
        """All of it."""
        text = "".join(token.text for token in self._tokens)
        return Generated(text, tuple(self._tokens), self._how, self.seed)

    def _note(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, TokenWritten):
                token = self._scored(event)
                self._tokens.append(token)
                self._told(token)
            elif isinstance(event, RunEnded):
                if event.reason == "failed":
                    raise ModelError(event.message)
                self._how = _ENDED.get(event.detail, "stop")

    def _scored(self, event: TokenWritten) -> ScoredToken:
        top = tuple(Likely(a.id, a.text, a.logprob) for a in event.alternatives)
        logits = self._logits.pop(event.index, None)
        if logits is None:
            return ScoredToken(event.id, event.text, event.logprob, top=top)
        (fact,) = facts(logits, [event.id], 0, self._reading.name)
        return ScoredToken(event.id, event.text, event.logprob, fact.rank, fact.entropy, top)
