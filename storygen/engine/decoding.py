"""One text being written: from the model's logits to its next tokens. Knows no cache and no other text.

`Generation` is one such text that reads for itself; a set of candidates holds several that read together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ModelError
from ..link.messages import AcceptedToken, Event, RunEnded
from .context.run_context import RunContext
from .passage import Passage, nothing_left, without_ids
from .rewinds import Rewinds
from .sampling.chain import SamplerChain
from .sampling.parameters import check_params, response_tokens
from .text.held import ReadyToken

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel

_NONE = -1


class Decoding:
    """A run's passage, its sampler chain and its rewinds. Events come back from the methods, in order."""

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
        self._given_params = params
        full = check_params(params)
        self._chain = SamplerChain(full, seed, writing)
        self._passage = Passage(writing, context, full)
        self._rewinds = Rewinds()

    # ------------------------------------------------------------ changes

    def remember(self, before: Sequence[AcceptedToken]) -> None:
        """Go on as one who wrote `before`, the last tokens before the text's end."""
        if before:
            tokens = [(token.id, token.logprob) for token in before]
            self._chain.replay(tokens, self.context.index - len(before))

    def change_params(self, params: dict[str, Any]) -> None:
        """Other parameters from the next token on. Raises: BadRequestError, and nothing has changed."""
        given = {**self._given_params, **params}
        full = check_params(given)
        chain = SamplerChain(full, self._seed, self._writing)
        chain.replay(*self._chain.accepted)
        self._given_params, self._chain = given, chain
        self._passage.change_params(full)

    @property
    def response(self) -> int:
        """How many tokens are written at most, 0 when there is no end."""
        return response_tokens(self._given_params)

    def revised(self, num_taken_back: int) -> None:
        """The text was changed; the last `num_taken_back` that were let go do not stand any more."""
        self._passage.taken_back(num_taken_back)
        self._rewinds.forget()

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
        context, passage = self.context, self._passage
        self.next_id = None
        if passage.most_reached:
            return self._finish("max_tokens")
        if context.rest and self._chain.constrained:
            return self._nothing_fits()
        kept_out = passage.kept_out(logits[0])
        if kept_out is None:
            return self._nothing_fits()
        scores = logits.masked_fill(kept_out, float("-inf"))
        logprobs = logits[0].log_softmax(-1)
        index, used = context.num_drawn, history.shape[1]
        while context.num_drawn == index:  # else a token before it is drawn again
            token_id = self._choose(history.to(logits.device), scores, logprobs)
            if token_id == _NONE:
                if self._rewinds.careful:
                    return self._no_way_out()
                self._rewinds.be_careful()
                context.take_back_held(context.index)
            elif token_id is None or token_id in self._writing.ends_of_text:
                return self._finish("end_of_text")
            else:
                token = passage.drawn(
                    token_id, logprobs, started=started, revision=self.revision, used=used
                )
                context.push(token)
                if not self._goes_back():
                    return self._after_push(token_id)
        return []

    def _choose(self, history: Tensor, scores: Tensor, logprobs: Tensor) -> int | None:
        """The next token's id; None where the chain ends the text, `_NONE` where the bans leave nothing."""
        index, careful = self.context.num_drawn, self._rewinds.careful
        banned = self._rewinds.banned_at(index)
        if not careful and not banned:
            return self._chain.choose(history, scores, index, logprobs)
        passage = self._passage
        left = passage.without_banned(scores) if careful else without_ids(scores, banned)
        if nothing_left(left):
            return _NONE
        purpose = "careful" if careful else f"again {len(banned)}"
        token_id = self._chain.choose(history, left, index, logprobs, purpose=purpose)
        if token_id is None and self._chain.choose(history, scores, index, logprobs) is not None:
            return _NONE  # it is not the form that has come to its end
        return token_id

    def _goes_back(self) -> bool:
        """Take back a banned string that the last token completed, to where it may be avoided."""
        place = self._passage.banned_place()
        if place is None:
            return False
        context = self.context
        token_id = context.held.tokens[place - context.index].id
        context.take_back_held(self._rewinds.ban(context.index, place, token_id))
        return True

    def _after_push(self, token_id: int) -> list[Event]:
        """Let go what is final; the run may be over."""
        context, rewinds = self.context, self._rewinds
        ready, why = self._passage.let_go()
        if why:
            return [*self._told(ready), *self.end("finished", detail=why)]
        self.next_id = token_id
        if ready and rewinds.careful and context.held.tokens:
            context.take_back_held(context.index)  # what is left is drawn with less care now
            self.next_id = None
        if ready:
            rewinds.let_go(context.index)
        return self._told(ready)

    def _no_way_out(self) -> list[Event]:
        """Every token would complete a banned string: rather than that, the run ends."""
        return self._nothing_fits() if self.context.rest else self._finish("banned_strings")

    def _nothing_fits(self) -> list[Event]:
        if not self.context.rest:
            raise ModelError("The model's tokenizer has no token that completes this character.")
        self.context.give_up_healing()
        return []

    def _finish(self, detail: str) -> list[Event]:
        ready = self._passage.let_go_all()
        return [*self._told(ready), *self.end("finished", detail=detail)]

    def _told(self, ready: list[ReadyToken]) -> list[Event]:
        return [self._passage.told(self.run, token) for token in ready]
