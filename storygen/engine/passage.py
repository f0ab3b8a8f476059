"""One text being written, whoever chooses its tokens: which may come, what of them is final, where it ends.

Knows no cache, no chance and no other text. `Decoding` draws the tokens of such a text; a beam search tries
several texts at once.
"""

from __future__ import annotations

import copy
import math
import time
from typing import TYPE_CHECKING, Any

import torch

from ..link.messages import Alternative, TokenWritten
from .context.run_context import RunContext
from .text.banned import BannedStrings
from .text.endings import paragraph_end, sentence_end
from .text.held import DrawnToken, ReadyToken
from .text.utf8 import unfinished_tail

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel


class Passage:
    """`params` are full and checked. A token is pushed to `context`, then `let_go` says what became final."""

    def __init__(self, writing: WritingModel, context: RunContext, params: dict[str, Any]) -> None:
        self.context = context
        self.written = ""  # what was let go under the present limit
        self._writing = writing
        self._set_params(params)

    def change_params(self, params: dict[str, Any]) -> None:
        """Other parameters from the next token on."""
        before = self.params["limit"]
        self._set_params(params)
        if self.params["limit"] != before:
            self.written = ""

    def _set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        self.bans = BannedStrings(params["banned_strings"])
        self._stops = tuple(params["stop"])

    def taken_back(self, num_tokens: int) -> None:
        """The last `num_tokens` that were let go do not stand any more.

        Only the part of the sentence that still stands counts; edits inside it hardly matter.
        """
        self.written = self.written[: max(0, len(self.written) - num_tokens)]

    def fork(self) -> Passage:
        """A text of its own that begins as this one."""
        forked = copy.copy(self)
        forked.context = self.context.fork()
        return forked

    # ------------------------------------------------------------ which token

    def kept_out(self, logits: Tensor) -> Tensor | None:
        """Mask `(vocab,) bool` of what must not come next, or None when nothing may; `logits` `(vocab,)`."""
        context, allowed = self.context, self._writing.allowed
        if context.rest:
            return allowed.banned_in_word(context.unfinished, context.rest, logits)
        stops = self.params["at_end_of_text"] == "stop"
        may_end = stops and context.num_drawn >= self.params["min_tokens"]
        return allowed.banned(context.unfinished, may_end=may_end)

    def banned_place(self) -> int | None:
        """The index of the token with which a banned string that stands now begins, or None.

        One that begins before what is held counts as beginning with the first token that is.
        """
        if not self.bans:
            return None
        held, before = self.context.held, self.context.text.tail(self.bans.num_before)
        cut, _ = self._ending()
        start = self.bans.find(before + held.whole[:cut], len(before))
        if start is None:
            return None
        return self.context.index + held.token_at(max(0, start - len(before)))

    def without_banned(self, scores: Tensor) -> Tensor:
        """`scores` `(1, vocab)` without what completes a banned string or, if more is left, begins one."""
        held, num_before = self.context.held, self.bans.num_before
        before = self.context.text.tail(num_before) + held.whole
        before = before[max(0, len(before) - num_before) :]
        complete, begin = [], []
        for token_id in (scores[0] > -math.inf).nonzero()[:, 0].tolist():
            if token_id not in self._writing.ends_of_text:
                text = before + self._whole_after(token_id)
                if self.bans.find(text, len(before)) is not None:
                    complete.append(token_id)
                elif self.bans.num_held(text):
                    begin.append(token_id)
        left = without_ids(scores, complete)
        careful = without_ids(left, begin)
        return left if nothing_left(careful) else careful

    def _whole_after(self, token_id: int) -> str:
        data = self.context.held.unfinished + self.context.added_by(token_id)
        return data[: len(data) - len(unfinished_tail(data))].decode("utf-8", "replace")

    # ------------------------------------------------------------ what became of it

    def drawn(
        self, token_id: int, logprobs: Tensor, *, started: float, revision: int, used: int
    ) -> DrawnToken:
        """The next token, to be pushed; `logprobs` `(vocab,)` are the model's own."""
        return DrawnToken(
            index=self.context.num_drawn,
            id=token_id,
            logprob=float(logprobs[token_id]),
            alternatives=self._alternatives(logprobs),
            ms=(time.perf_counter() - started) * 1000,
            revision=revision,
            used=used,
            width=0,
        )

    def _alternatives(self, logprobs: Tensor) -> tuple[Alternative, ...]:
        num_shown = min(self.params["alternatives"], len(logprobs))
        if not num_shown:
            return ()
        top = logprobs.topk(num_shown)
        return tuple(
            Alternative(number, self._writing.bytes.shown(number), logprob)
            for number, logprob in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        )

    def let_go(self) -> tuple[list[ReadyToken], str]:
        """The tokens whose text is final now, and where the text has come to its end, why it has."""
        held = self.context.held
        cut, why = self._ending()
        if cut is not None:
            return self._let_go(held.cut(cut)), why
        if self.most_reached and not held.unfinished:
            return self.let_go_all(), "max_tokens"
        before = self.context.text.tail(self.bans.num_before) if self.bans else ""
        num_held = self.bans.num_held(before + held.whole)
        return self._let_go(held.release(self._stops, num_held)), ""

    def let_go_all(self) -> list[ReadyToken]:
        """Every token whose characters are whole: none follows."""
        return self._let_go(self.context.held.release())

    def _let_go(self, ready: list[ReadyToken]) -> list[ReadyToken]:
        self.context.let_go(ready)
        self.written += "".join(token.text for token in ready)
        return ready

    def told(self, run: str, ready: ReadyToken) -> TokenWritten:
        """A token that was let go, as it is told."""
        drawn = ready.drawn
        return TokenWritten(
            run,
            drawn.index,
            drawn.id,
            ready.text,
            drawn.logprob,
            drawn.alternatives,
            drawn.ms,
            drawn.revision,
            drawn.used,
            self._writing.window,
        )

    @property
    def most_reached(self) -> bool:
        """Whether no more tokens may be drawn."""
        most: int = self.params["max_tokens"]
        return 0 < most <= self.context.num_drawn and self.params["limit"] != "endless"

    def _ending(self) -> tuple[int | None, str]:
        """Where in the held text the run ends, and why; (None, "") while it goes on."""
        held = self.context.held
        cut = held.stop_at(self._stops)
        if cut is not None:
            return cut, "stop_string"
        limit = self.params["limit"]
        if limit in ("sentence", "paragraph"):
            find = sentence_end if limit == "sentence" else paragraph_end
            end = find(self.written + held.whole)
            if end is not None:
                return max(0, end - len(self.written)), limit
        return None, ""


def without_ids(scores: Tensor, ids: list[int]) -> Tensor:
    """`scores` `(batch, vocab)` with these at -inf."""
    return scores.index_fill(
        -1, torch.tensor(ids, device=scores.device, dtype=torch.long), -math.inf
    )


def nothing_left(scores: Tensor) -> bool:
    """Whether every token is at -inf."""
    return float(scores.max()) == -math.inf
