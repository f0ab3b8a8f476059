"""One run: what it reads next, and what becomes of the logits. Knows no other run, no socket and no clock
but the one it is given.

A step is: `next_chunk` (schedule), the model reads it (forward), `take` (sample). Between steps commands
come; none of them interrupts a step.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..errors import ModelError
from ..link.messages import (
    Alternative,
    Event,
    PrefillProgressed,
    ReviseRun,
    RunEnded,
    RunPaused,
    StartRun,
    TokenWritten,
)
from .cache_plan import Ids, plan_cache
from .context.run_context import RunContext
from .model import ReadState
from .read_ahead import ReadAhead
from .sampling.chain import SamplerChain
from .sampling.parameters import check_params
from .text.endings import paragraph_end, sentence_end
from .text.held import DrawnToken, ReadyToken

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel

CHUNK_TOKENS = 256


class Generation:
    """A run that writes. Events come back from the methods, in order."""

    reads_every = False

    def __init__(self, writing: WritingModel, start: StartRun) -> None:
        """Raises: BadRequestError when a parameter is wrong."""
        self.run = start.run
        self.credits = start.credits
        self.paused = False
        self.ended = False
        self.state = ReadState()
        self._writing = writing
        self._seed = start.seed
        self._revision = start.revision
        self._given_params = dict(start.params)
        self._set_params()
        self._context = RunContext(writing, start)
        self._written = ""  # what was let go under the present limit
        self._feed: Ids = self._context.wanted()[:0]
        self._num_planned = 0
        self._stale = True  # the cache must be planned again
        self._ahead: ReadAhead | None = None

    @property
    def wants_step(self) -> bool:
        """Whether there is anything to do now."""
        return not self.paused and not self.ended and self.credits > 0

    @property
    def index(self) -> int:
        """The index that the next token will have."""
        return self._context.index

    @property
    def text(self) -> str:
        """The run's text as it stands here."""
        return self._context.text.text

    @property
    def num_drawn(self) -> int:
        """The index that the next drawn token will have: those held count."""
        return self._context.num_drawn

    # ------------------------------------------------------------ the next window

    def read_ahead(self, most_bytes: int) -> ReadAhead:
        """What reads this run's next window beside it; see `ReadAhead`."""
        self._ahead = ReadAhead(self._writing, self, most_bytes)
        return self._ahead

    @property
    def next_window_in(self) -> int:
        """How many tokens may still come before the window moves."""
        return self._context.window.left(self._context.num_tokens)

    @property
    def next_window_tokens(self) -> int:
        """How many tokens of the next window stand already."""
        context = self._context
        story = max(1, context.num_tokens - context.window.next_start)
        return context.num_head_tokens + story

    def next_window(self) -> Ids:
        """Their ids."""
        return self._context.next_window()

    # ------------------------------------------------------------ commands

    def pause(self) -> list[Event]:
        """Rest after what is in hand; everything is kept."""
        self.paused = True
        return [RunPaused(self.run, self.index)]

    def resume(self) -> None:
        """Go on."""
        self.paused = False

    def revise(self, change: ReviseRun) -> None:
        """Read the text as it stands now; see `link.messages`.

        Raises: BadRequestError when a splice or a parameter is wrong.
        """
        if change.params is not None:
            before = self._params["limit"]
            self._given_params.update(change.params)
            self._set_params()
            if self._params["limit"] != before:
                self._written = ""
        index, num_chars = self.index, len(self._written)
        self._context.revise(change)
        if self.index < index:
            # Only the part of the sentence that still stands counts; edits inside it hardly matter.
            self._written = self._written[: max(0, num_chars - (index - self.index))]
        self._revision = change.revision
        self._stale = True
        if self._ahead is not None:
            self._ahead.edited()

    def stop(self) -> list[Event]:
        """End the run and free what it holds."""
        return self._end("stopped")

    def fail(self, message: str) -> list[Event]:
        """End the run because of an error."""
        return self._end("failed", message=message)

    def evict(self) -> None:
        """Free the cache; it is read again when the run goes on."""
        self.state.forget()
        self._stale = True

    # ------------------------------------------------------------ a step

    def next_chunk(self) -> Ids:
        """The ids to be read next, at most `CHUNK_TOKENS`; the cache is cropped for them."""
        if self._stale:
            wanted = self._context.wanted()
            model = self._writing.model
            if self._ahead is not None:
                self.state = self._ahead.exchanged(self.state, wanted)
            plan = plan_cache(self.state.ids, wanted, croppable=model.croppable)
            model.keep(self.state, plan.keep)
            self._feed = plan.feed
            self._num_planned = len(plan.feed)
            self._stale = False
        return self._feed[:CHUNK_TOKENS]

    def take(self, chunk: Ids, logits: Tensor, started: float) -> list[Event]:
        """What comes of the logits `(1, vocab)` after `chunk`; `started` is when the step began.

        Raises: ModelError when no token of the model can go on from the text.
        """
        self._feed = self._feed[len(chunk) :]
        events: list[Event] = []
        if self._num_planned > 1:
            done = self._num_planned - len(self._feed)
            events.append(PrefillProgressed(self.run, done, self._num_planned, self._revision))
        if not len(self._feed):
            self._num_planned = 0
            events += self._sample(logits, started)
        return events

    def _sample(self, logits: Tensor, started: float) -> list[Event]:
        context, params = self._context, self._params
        index = context.num_drawn
        if self._at_most_reached(index):
            return self._finish("max_tokens", context.held.release())
        may_end = params["at_end_of_text"] == "stop" and index >= params["min_tokens"]
        banned = (
            self._writing.allowed.banned_in_word(context.unfinished, context.rest, logits[0])
            if context.rest
            else self._writing.allowed.banned(context.unfinished, may_end=may_end)
        )
        if banned is None:
            return self._nothing_fits()
        history = self.state.history.to(logits.device)
        token_id = self._chain.choose(history, logits.masked_fill(banned, float("-inf")), index)
        if token_id in self._writing.ends_of_text:
            return self._finish("end_of_text", context.held.release())
        context.push(self._drawn(token_id, index, logits[0], started))
        return self._after_push(token_id)

    def _drawn(self, token_id: int, index: int, logits: Tensor, started: float) -> DrawnToken:
        logprobs = logits.log_softmax(-1)
        return DrawnToken(
            index=index,
            id=token_id,
            logprob=float(logprobs[token_id]),
            alternatives=self._alternatives(logprobs),
            ms=(time.perf_counter() - started) * 1000,
            revision=self._revision,
            used=len(self.state.ids),
            width=0,
        )

    def _alternatives(self, logprobs: Tensor) -> tuple[Alternative, ...]:
        num_shown = min(self._params["alternatives"], len(logprobs))
        if not num_shown:
            return ()
        top = logprobs.topk(num_shown)
        return tuple(
            Alternative(number, self._writing.bytes.shown(number), logprob)
            for number, logprob in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        )

    def _after_push(self, token_id: int) -> list[Event]:
        """Plan the next step, and let go what is final; the run may be over."""
        held = self._context.held
        cut, why = self._ending()
        if cut is not None:
            return self._finish(why, held.cut(cut))
        if self._at_most_reached(self._context.num_drawn) and not held.unfinished:
            return self._finish("max_tokens", held.release())
        if len(self.state.ids) + 1 > self._writing.window:
            self._stale = True
        else:
            self._feed = self.state.ids[:1].copy()
            self._feed[0] = token_id
        return self._let_go(held.release(self._stops))

    def _ending(self) -> tuple[int | None, str]:
        """Where in the held text the run ends, and why; (None, "") while it goes on."""
        held = self._context.held
        cut = held.stop_at(self._stops)
        if cut is not None:
            return cut, "stop_string"
        limit = self._params["limit"]
        if limit in ("sentence", "paragraph"):
            find = sentence_end if limit == "sentence" else paragraph_end
            end = find(self._written + held.whole)
            if end is not None:
                return max(0, end - len(self._written)), limit
        return None, ""

    def _let_go(self, ready: list[ReadyToken]) -> list[Event]:
        self._context.let_go(ready)
        self.credits -= len(ready)
        self._written += "".join(token.text for token in ready)
        return [self._event(token) for token in ready]

    def _event(self, token: ReadyToken) -> TokenWritten:
        drawn = token.drawn
        return TokenWritten(
            self.run,
            drawn.index,
            drawn.id,
            token.text,
            drawn.logprob,
            drawn.alternatives,
            drawn.ms,
            drawn.revision,
            drawn.used,
            self._writing.window,
        )

    def _nothing_fits(self) -> list[Event]:
        if not self._context.rest:
            raise ModelError("The model's tokenizer has no token that completes this character.")
        self._context.give_up_healing()
        self._stale = True
        return []

    def _finish(self, detail: str, ready: list[ReadyToken]) -> list[Event]:
        return [*self._let_go(ready), *self._end("finished", detail=detail)]

    def _end(self, reason: str, *, detail: str = "", message: str = "") -> list[Event]:
        self.ended = True
        self.state.forget()
        return [RunEnded(self.run, reason, detail, message, self.index)]

    def _at_most_reached(self, index: int) -> bool:
        most: int = self._params["max_tokens"]
        return 0 < most <= index and self._params["limit"] != "endless"

    def _set_params(self) -> None:
        self._params: dict[str, Any] = check_params(self._given_params)
        self._chain = SamplerChain(self._params, self._seed)
        self._stops = tuple(self._params["stop"])
