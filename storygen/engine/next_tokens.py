"""Which tokens could stand next at a place: what the first token of a run there would be chosen from.

The text is read as a run reads it, typed words being completed. What the model said last is remembered
with the ids that it said it of, so that the same place under other parameters costs no pass at all.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..errors import BadRequestError, ModelError
from ..link.messages import Event, ListNext, NextListed, NextToken, StartRun
from .cache_plan import Ids, plan_cache
from .context.run_context import RunContext
from .generation import CHUNK_TOKENS
from .model import ReadState
from .sampling.chain import SamplerChain
from .sampling.draw import draw_many, uniform
from .sampling.parameters import check_params, response_tokens

if TYPE_CHECKING:
    from torch import Tensor

    from .writing_model import WritingModel

MOST_LISTED = 100
MOST_KEPT = 4


class LastLogits:
    """What the model said after the last few texts that were looked at."""

    def __init__(self) -> None:
        self._kept: list[tuple[Ids, Tensor]] = []

    def put(self, ids: Ids, logits: Tensor) -> None:
        """Remember `logits` `(1, vocab)` after `ids`."""
        self._kept = [(ids.copy(), logits.clone()), *self._kept][:MOST_KEPT]

    def find(self, ids: Ids) -> Tensor | None:
        """The logits after exactly `ids`, if they are remembered."""
        return next((logits for kept, logits in self._kept if np.array_equal(kept, ids)), None)


class NextTokens:
    """A place being looked at; takes turns like a run (`scheduler.Reader`) until it can be answered."""

    reads_every = False
    rows = None
    paused = False

    def __init__(self, writing: WritingModel, asked: ListNext, last: LastLogits) -> None:
        """Raises: BadRequestError when a parameter is wrong, or too much is asked for."""
        if not 0 < asked.num <= MOST_LISTED or not 0 <= asked.draws <= MOST_LISTED:
            raise BadRequestError(f"At most {MOST_LISTED} tokens are listed, and as many drawn.")
        params = check_params(asked.params)
        self.run = f"next {asked.request}"
        self.state = ReadState()
        self.ended = False
        self._writing, self._asked, self._last = writing, asked, last
        self._began = time.perf_counter()
        self._may_end = params["at_end_of_text"] == "stop" and not params["min_tokens"]
        self._chain = SamplerChain(params, asked.seed, writing)
        self._context = RunContext(
            writing,
            StartRun(
                self.run,
                asked.text,
                0,
                {},
                asked.seed,
                mode=asked.mode,
                prompt=asked.prompt,
                memory=asked.memory,
                known=asked.known,
                heal=asked.heal and not self._chain.constrained,
            ),
            response=response_tokens(params),
        )
        self._feed: Ids | None = None

    @property
    def wants_step(self) -> bool:
        """True until it is answered."""
        return not self.ended

    @property
    def num_bytes(self) -> int:
        """The memory of what was read."""
        return self.state.num_bytes

    def wanted(self) -> Ids:
        """The ids after which the tokens would stand."""
        return self._context.wanted()

    def answer_at_once(self) -> list[Event]:
        """The answer, if what the model says there is remembered."""
        events: list[Event] = []
        while not self.ended and (logits := self._last.find(self.wanted())) is not None:
            events = self._answer(self.wanted(), logits)
        return events

    def next_chunk(self) -> Ids:
        """Ids of the text, at most `CHUNK_TOKENS`; the cache is cropped for the first."""
        if self._feed is None:
            model = self._writing.model
            plan = plan_cache(self.state.ids, self.wanted(), croppable=model.croppable)
            model.keep(self.state, plan.keep)
            self._feed = plan.feed
        return self._feed[:CHUNK_TOKENS]

    def take(self, chunk: Ids, logits: Tensor, started: float) -> list[Event]:
        """The answer, once the text is read. Raises: ModelError when no token can go on from it."""
        assert self._feed is not None
        self._feed = self._feed[len(chunk) :]
        if len(self._feed):
            return []
        self._last.put(self.state.ids, logits)
        return self._answer(self.state.ids, logits)

    def cancel(self) -> list[Event]:
        """Answer that it was given up; what was read may serve another."""
        return self._refuse("This was given up.")

    def fail(self, message: str) -> list[Event]:
        """Answer with an error."""
        self.state.forget()
        return self._refuse(message)

    def evict(self) -> None:
        """Never needed: it does not rest."""

    # ------------------------------------------------------------ the answer

    def _refuse(self, message: str) -> list[Event]:
        self.ended = True
        return [NextListed(self._asked.request, error=message)]

    def _answer(self, ids: Ids, logits: Tensor) -> list[Event]:
        """Nothing where a word can't be completed as it stands: it is read to its end then."""
        context, allowed = self._context, self._writing.allowed
        rest = context.rest
        if rest:
            drawable = listable = allowed.banned_in_word(context.unfinished, rest, logits[0])
        else:
            drawable = allowed.banned(context.unfinished, may_end=self._may_end)
            listable = allowed.banned(context.unfinished, may_end=True)
        if drawable is None or listable is None:
            if not rest:
                raise ModelError(
                    "The model's tokenizer has no token that completes this character."
                )
            return self._read_as_it_stands()
        if rest and self._stands_whole(logits[0].masked_fill(drawable, float("-inf"))):
            return self._read_as_it_stands()
        self.ended = True
        return [self._listed(ids, logits, drawable, listable)]

    def _read_as_it_stands(self) -> list[Event]:
        self._context.give_up_healing()
        self._feed = None
        return []

    def _stands_whole(self, scores: Tensor) -> bool:
        """Whether the model would rather add nothing to the typed word than letters.

        A run then writes the word again as a token without text and goes on; here what follows is wanted.
        """
        top = scores.softmax(-1).topk(min(MOST_LISTED, len(scores)))
        size = len(self._context.rest)
        adding_nothing = (
            probability
            for token_id, probability in zip(top.indices.tolist(), top.values.tolist(), strict=True)
            if len(self._writing.bytes.of(token_id)) <= size
        )
        return bool(sum(adding_nothing) >= 0.5)

    def _listed(self, ids: Ids, logits: Tensor, drawable: Tensor, listable: Tensor) -> NextListed:
        """Tokens in the masks `drawable` and `listable` `(vocab,) bool` are not drawn, or not listed."""
        asked = self._asked
        logprobs = logits[0].log_softmax(-1)
        scores = logits.masked_fill(drawable, float("-inf"))
        history = torch.from_numpy(ids).to(logits.device)
        after = self._chain.expected(history, scores)[0]
        drawn = self._draws(after)
        top = logprobs.masked_fill(listable, float("-inf")).topk(min(asked.num, len(logprobs)))
        first = top.indices[top.values > float("-inf")].tolist()
        others = sorted(set(drawn) - set(first), key=lambda token_id: -float(logprobs[token_id]))
        places = torch.tensor([*first, *others], dtype=torch.int64, device=logits.device)
        found = zip(places.tolist(), logprobs[places].tolist(), after[places].tolist(), strict=True)
        return NextListed(
            asked.request,
            tuple(
                NextToken(
                    token_id,
                    insertable(self._added(token_id)),
                    self._writing.bytes.shown(token_id),
                    logprob,
                    probability,
                    drawn[token_id],
                )
                for token_id, logprob, probability in found
            ),
            float(torch.special.entr(logprobs.exp()).sum()),
            float(torch.special.entr(after).sum()),
            self._healed(),
            len(ids),
            (time.perf_counter() - self._began) * 1000,
        )

    def _draws(self, after: Tensor) -> Counter[int]:
        """How often each token is drawn; never, where nothing may come any more."""
        if not float(after.max()) > 0.0:
            return Counter()
        numbers = [uniform(self._asked.seed, number) for number in range(self._asked.draws)]
        return Counter(draw_many(after, numbers) if numbers else ())

    def _added(self, token_id: int) -> bytes:
        """What a token adds to the text, as in `RunContext.push`."""
        data, rest = self._writing.bytes.of(token_id), self._context.rest
        if self._context.text.implies_space and not rest and data.startswith(b" "):
            return data[1:]
        return data[len(rest) :]

    def _healed(self) -> str:
        text = self._context.text
        return bytes(text.data[text.covered :]).decode("utf-8", "ignore")


def insertable(data: bytes) -> str | None:
    """The text of `data`, which comes at a character's beginning; None where it is none, or ends in one."""
    try:
        return data.decode() or None
    except UnicodeDecodeError:
        return None
