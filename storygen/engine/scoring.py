"""How likely a model finds each token of a text, in chunks.

A text longer than the window is read in overlapping windows, as a run that wrote it would have. With a
sampler chain the chain walks along, as if it had written the text. What stands unchanged since the text
was scored before is neither read nor scored again. Of a memory counts what stands before the story; note
and lore that come and go are left out.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..link.messages import Alternative, Event, ScoredToken, ScoreText, TextScored, TokensScored
from .cache_plan import Ids, plan_cache
from .context.surroundings import Surroundings
from .context.window import Window
from .likeliest import likeliest
from .model import ReadState
from .sampling.chain import SamplerChain
from .sampling.parameters import check_params
from .scored_text import NUM_LIKELIEST, ScoredText, ScoredTexts

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel

CHUNK_TOKENS = 128
PREFIX_TOKENS = 256  # of which only the cache is wanted
MOST_LOGITS = 1 << 23
"""A chunk has no more logits than this: 32 MB, and its copies."""
NUM_TOGETHER = 16
"""So many places are worked out together: few enough that they stay in the processor's cache."""


class Scoring:
    """A text being scored; takes turns like a run (`scheduler.Reader`)."""

    rows = None
    paused = False

    def __init__(self, writing: WritingModel, request: ScoreText, texts: ScoredTexts) -> None:
        """Raises: BadRequestError when a parameter is wrong."""
        params = None if request.params is None else check_params(request.params)
        around = Surroundings(writing, request.mode, request.prompt, request.memory)
        head = around.head(around.admit({}))
        text = writing.tokenize(
            request.text, known=request.known, lead=around.lead, first=not around.has_text
        )
        self.run = f"score {request.request}"
        self.state = ReadState()
        self.ended = False
        self.reads_every = True
        self._request = request
        self._writing = writing
        self._head = np.array([number for piece in head for number in piece.ids], dtype=np.int64)
        self._window = Window(writing.window - len(self._head))
        num_likeliest = request.alternatives if params is None else NUM_LIKELIEST
        num_likeliest = min(num_likeliest, writing.model.vocabulary)
        self._scored = ScoredText(text, self._head, params, num_likeliest)
        self._chain: SamplerChain | None = None
        self._may_end = False
        self._num_told = 0
        self._planned = False
        if params is not None:
            self._chain = SamplerChain(params, 0, writing)
            self._may_end = params["at_end_of_text"] == "stop"
            texts.put(request.request, self._scored)
            self._chain.replay(self._scored.known(), 0)
        if not len(self._head) and self._next == 0 and len(self._ids):
            self._scored.num_scored = 1  # nothing stands before it

    @property
    def num_bytes(self) -> int:
        """The memory of what was read."""
        return self.state.num_bytes

    @property
    def wants_step(self) -> bool:
        """True until everything is scored."""
        return not self.ended

    @property
    def goes_on(self) -> bool:
        """Whether a good part of the text was scored before."""
        return self._next > 1

    def wanted(self) -> Ids:
        """The ids after which the next token to be scored stands; none in an empty context."""
        self._window.fit(self._next)
        return self._from_window(self._next)

    def answer_at_once(self) -> list[Event]:
        """The answer, if all of it is known."""
        return [] if self._next < len(self._ids) else self._tell()

    def next_chunk(self) -> Ids:
        """The next tokens to be read; where the window has moved, from what the cache holds of it."""
        before = self._window.start
        wanted = self.wanted()
        if not self._planned or self._window.start != before:
            model = self._writing.model
            plan = plan_cache(self.state.ids, wanted, croppable=model.croppable)
            model.keep(self.state, plan.keep)
            self._planned = True
        num_read = len(self.state.ids)
        ahead = len(wanted) - 1 - num_read  # of these the model's opinion is not asked
        self.reads_every = ahead <= 0
        if ahead > 0:
            return wanted[num_read:][: min(ahead, PREFIX_TOKENS)]
        most = max(1, min(CHUNK_TOKENS, MOST_LOGITS // self._writing.model.vocabulary))
        last = min(len(self._ids), self._window.start + self._window.room)
        return self._from_window(last)[num_read : num_read + most]

    def take(self, chunk: Ids, logits: Tensor, started: float) -> list[Event]:
        """Score the tokens that follow those read."""
        if not self.reads_every:
            return []
        num_before = len(self.state.ids) - len(chunk)
        skipped = len(self._head) + self._next - self._window.start - 1 - num_before
        num_rows = min(len(chunk) - skipped, len(self._ids) - self._next)
        for start in range(skipped, skipped + num_rows, NUM_TOGETHER):
            end = min(start + NUM_TOGETHER, skipped + num_rows)
            self._score(logits[start:end], self.state.ids[: num_before + end])
        return self._tell()

    def cancel(self) -> list[Event]:
        """Answer with what there is; it may serve when the text is scored again."""
        return self._refuse("This was given up.")

    def fail(self, message: str) -> list[Event]:
        """Answer with an error."""
        self.state.forget()
        return self._refuse(message)

    def evict(self) -> None:
        """Never needed: it does not rest."""

    # ------------------------------------------------------------ scoring

    @property
    def _ids(self) -> Ids:
        return self._scored.ids

    @property
    def _next(self) -> int:
        """The token that is to be scored next."""
        return self._scored.num_scored

    def _from_window(self, end: int) -> Ids:
        """The head, and the text's tokens from the window's start up to `end`."""
        return np.concatenate([self._head, self._ids[self._window.start : end]])

    @torch.inference_mode()
    def _score(self, logits: Tensor, history: Ids) -> None:
        """Score the next tokens; `logits` `(num_tokens, vocab)`, the last row after all of `history`."""
        scored, first, size = self._scored, self._next, len(logits)
        rows = slice(first, first + size)
        ids = torch.from_numpy(self._ids[rows])[:, None].to(logits.device)
        logprobs = logits.log_softmax(-1)
        own = logprobs.gather(-1, ids)
        scored.logprobs[rows] = own[:, 0].cpu().numpy()
        top = likeliest(logprobs, scored.likeliest.shape[1])
        scored.likeliest[rows] = top.cpu().numpy()
        scored.their_logprobs[rows] = logprobs.gather(-1, top).cpu().numpy()
        scored.num_scored += size
        if self._chain is None:
            return
        scored.ranks[rows] = 1 + (logprobs > own).sum(-1).cpu().numpy()
        known = list(zip(ids[:, 0].tolist(), own[:, 0].tolist(), strict=True))
        after = self._chain.expected(
            torch.from_numpy(history).to(logits.device), self._masked(logits, first), known
        )
        scored.after[rows] = after.gather(-1, ids)[:, 0].cpu().numpy()
        scored.their_after[rows] = after.gather(-1, top).cpu().numpy()
        before = -(logprobs.exp() * logprobs.clamp_(min=-1e30)).sum(-1)
        scored.entropies[rows, 0] = before.cpu().numpy()
        scored.entropies[rows, 1] = torch.special.entr(after).sum(-1).cpu().numpy()

    def _masked(self, logits: Tensor, first: int) -> Tensor:
        """`logits` of tokens from `first` on, those that a run would not have let come at -inf."""
        allowed = self._writing.allowed
        banned = allowed.banned(b"", may_end=self._may_end)
        assert banned is not None
        masked = logits.masked_fill(banned, float("-inf"))
        for row in range(len(logits)):
            if unfinished := self._scored.unfinished_before(first + row):
                banned = allowed.banned(unfinished, may_end=False)
                if banned is not None:
                    masked[row] = logits[row].masked_fill(banned, float("-inf"))
        return masked

    # ------------------------------------------------------------ telling

    def _tell(self) -> list[Event]:
        """What has not been told yet."""
        self.ended = self._next == len(self._ids)
        if self._chain is not None:
            return [self._part()]
        return [TextScored(self._request.request, self._tokens())] if self.ended else []

    def _part(self) -> TokensScored:
        scored, new = self._scored, slice(self._num_told, self._next)
        self._num_told = self._next
        logprobs = scored.logprobs[new].round(4).tolist()
        if new.start == 0 and logprobs and not scored.ranks[0]:
            logprobs[0] = None
        return TokensScored(
            self._request.request,
            self._next,
            len(self._ids),
            tuple(scored.ends[new].tolist()),
            tuple(logprobs),
            tuple(scored.ranks[new].tolist()),
            tuple(scored.entropies[new, 0].round(4).tolist()),
            tuple(scored.after[new].round(6).tolist()),
            partial=not self.ended,
        )

    def _refuse(self, message: str) -> list[Event]:
        self.ended = True
        if self._chain is None:
            return [TextScored(self._request.request, (), message)]
        return [dataclasses.replace(self._part(), error=message)]

    def _tokens(self) -> tuple[ScoredToken, ...]:
        scored, text = self._scored, self._scored.text.text
        starts = [0, *scored.ends[:-1].tolist()]
        found = []
        for number, (start, end) in enumerate(zip(starts, scored.ends.tolist(), strict=False)):
            logprob = float(scored.logprobs[number])
            known = not np.isnan(logprob)
            found.append(
                ScoredToken(
                    start,
                    end,
                    int(self._ids[number]),
                    text[start:end],
                    logprob if known else None,
                    self._alternatives(number) if known else (),
                )
            )
        return tuple(found)

    def _alternatives(self, number: int) -> tuple[Alternative, ...]:
        ids, logprobs = self._scored.likeliest[number], self._scored.their_logprobs[number]
        return tuple(
            Alternative(token_id, self._writing.bytes.shown(token_id), logprob)
            for token_id, logprob in zip(ids.tolist(), logprobs.tolist(), strict=True)
        )
