"""One text being written: from the model's logits to its next tokens. Knows no cache and no other text.

`Generation` is one such text that reads for itself; a set of candidates holds several that read together.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ModelError
from ..link.messages import AcceptedToken, Alternative, Event, RunEnded, TokenWritten
from .context.run_context import RunContext
from .sampling.chain import SamplerChain
from .sampling.parameters import check_params, response_tokens
from .text.endings import paragraph_end, sentence_end
from .text.held import DrawnToken, ReadyToken

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel


class Decoding:
    """A run's text, its sampler chain, and where it ends. Events come back from the methods, in order."""

    def __init__(
        self,
        writing: WritingModel,
        context: RunContext,
        run: str,
        params: dict[str, Any],
        seed: int,
        revision: int,
    ) -> None:
        """Raises: BadRequestError when a parameter is wrong."""
        self.run = run
        self.context = context
        self.revision = revision
        self.ended = False
        self.next_id: int | None = None
        """What the model reads next, when that is the token drawn last; None: look at all that is wanted."""
        self._writing = writing
        self._seed = seed
        self._given_params: dict[str, Any] = {}
        self._written = ""  # what was let go under the present limit
        self._set_params(params)

    # ------------------------------------------------------------ changes

    def remember(self, before: Sequence[AcceptedToken]) -> None:
        """Go on as one who wrote `before`, the last tokens before the text's end."""
        if before:
            tokens = [(token.id, token.logprob) for token in before]
            self._chain.replay(tokens, self.context.index - len(before))

    def change_params(self, params: dict[str, Any]) -> None:
        """Other parameters from the next token on. Raises: BadRequestError, and nothing has changed."""
        before, chain = self._params["limit"], self._chain
        self._set_params(params)
        self._chain.replay(*chain.accepted)
        if self._params["limit"] != before:
            self._written = ""

    @property
    def response(self) -> int:
        """How many tokens are written at most, 0 when there is no end."""
        return response_tokens(self._given_params)

    def taken_back(self, num_tokens: int) -> None:
        """The last `num_tokens` that were let go do not stand any more.

        Only the part of the sentence that still stands counts; edits inside it hardly matter.
        """
        self._written = self._written[: max(0, len(self._written) - num_tokens)]

    def end(self, reason: str, *, detail: str = "", message: str = "") -> list[Event]:
        """No token follows."""
        self.ended = True
        return [RunEnded(self.run, reason, detail, message, self.context.index)]

    # ------------------------------------------------------------ a token

    def take(self, history: Tensor, logits: Tensor, started: float) -> list[Event]:
        """Draw a token from `logits` `(1, vocab)` after `history` `(1, num_tokens) int64`.

        `started`: when the step began. `next_id` and `ended` say how it goes on.

        Raises: ModelError when no token of the model can go on from the text.
        """
        context, params = self.context, self._params
        index = context.num_drawn
        self.next_id = None
        if self._at_most_reached(index):
            return self._finish("max_tokens", context.held.release())
        if context.rest and self._chain.constrained:
            return self._nothing_fits()
        may_end = params["at_end_of_text"] == "stop" and index >= params["min_tokens"]
        banned = (
            self._writing.allowed.banned_in_word(context.unfinished, context.rest, logits[0])
            if context.rest
            else self._writing.allowed.banned(context.unfinished, may_end=may_end)
        )
        if banned is None:
            return self._nothing_fits()
        scores = logits.masked_fill(banned, float("-inf"))
        logprobs = logits[0].log_softmax(-1)
        token_id = self._chain.choose(history.to(logits.device), scores, index, logprobs)
        if token_id is None or token_id in self._writing.ends_of_text:
            return self._finish("end_of_text", context.held.release())
        context.push(self._drawn(token_id, index, logprobs, started, history.shape[1]))
        return self._after_push(token_id)

    def _drawn(
        self, token_id: int, index: int, logprobs: Tensor, started: float, used: int
    ) -> DrawnToken:
        return DrawnToken(
            index=index,
            id=token_id,
            logprob=float(logprobs[token_id]),
            alternatives=self._alternatives(logprobs),
            ms=(time.perf_counter() - started) * 1000,
            revision=self.revision,
            used=used,
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
        """Let go what is final; the run may be over."""
        held = self.context.held
        cut, why = self._ending()
        if cut is not None:
            return self._finish(why, held.cut(cut))
        if self._at_most_reached(self.context.num_drawn) and not held.unfinished:
            return self._finish("max_tokens", held.release())
        self.next_id = token_id
        return self._let_go(held.release(self._stops))

    def _ending(self) -> tuple[int | None, str]:
        """Where in the held text the run ends, and why; (None, "") while it goes on."""
        held = self.context.held
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
        self.context.let_go(ready)
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
        if not self.context.rest:
            raise ModelError("The model's tokenizer has no token that completes this character.")
        self.context.give_up_healing()
        return []

    def _finish(self, detail: str, ready: list[ReadyToken]) -> list[Event]:
        return [*self._let_go(ready), *self.end("finished", detail=detail)]

    def _at_most_reached(self, index: int) -> bool:
        most: int = self._params["max_tokens"]
        return 0 < most <= index and self._params["limit"] != "endless"

    def _set_params(self, changes: dict[str, Any]) -> None:
        given = {**self._given_params, **changes}
        params = check_params(given)
        self._chain = SamplerChain(params, self._seed, self._writing)
        self._given_params = given
        self._params: dict[str, Any] = params
        self._stops = tuple(self._params["stop"])
