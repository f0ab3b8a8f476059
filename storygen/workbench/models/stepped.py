"""The smallest door: a model that can only say what may come next is a model of the workbench.

    class Coin(SteppedModel):
        def vocabulary(self):
            return ["heads ", "tails "]

        def next_token_distribution(self, text):
            return [0.5, 0.5]

Scores, ranks, samplers, seeds, stop strings and pages follow from that. Needs no torch.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ...engine.sampling.chance import uniform
from ...errors import BadRequestError, ModelError
from ..jobs import CancelledError, Job
from .base import (
    Ability,
    Generated,
    Likely,
    Model,
    NextDistribution,
    OnToken,
    Params,
    ScoredToken,
    Token,
    ignore_tokens,
)
from .stepped_samplers import Probs, Samplers, full_params, pick
from .stepped_text import StoppingText
from .turns import Turns

MOST_OFF = 1e-3
"""A distribution may sum to 1 as nearly as half-precision numbers do."""
NUM_STATES = 64


class SteppedModel(Model):
    """Override `vocabulary`, `next_token_distribution` and, where a state is more than a text, `append`.

    `end`: the token that ends a text, if there is one. `name` is the class's name unless set.
    """

    name = ""
    end: str | None = None
    abilities = frozenset({Ability.TOKENS, Ability.NEXT, Ability.SCORE, Ability.GENERATE})

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "name" not in vars(cls):
            cls.name = cls.__name__

    # ------------------------------------------------------------ to override

    @abstractmethod
    def vocabulary(self) -> Sequence[str]:
        """All tokens, as what they add to a text. Asked once."""

    @abstractmethod
    def next_token_distribution(self, text: Any) -> Sequence[float] | Mapping[str, float]:
        """The probability of each token of the vocabulary after `text`: all of them, in its order, or some
        by the token. `text` is what `begin` and `append` made; a plain text unless they say otherwise.
        """

    def append(self, text: Any, token: str) -> Any:
        """`text` with one token more, as something new: the old one may be asked again."""
        return text + token

    def begin(self, text: str) -> Any:
        """What stands for `text` where no token was appended yet. The text itself, unless overridden."""
        return text

    def split(self, text: str) -> list[str]:
        """`text` cut into tokens. The longest that fits, from the left; what no token begins, by letters."""
        longest, parts, place = max(map(len, self._numbers), default=1), list[str](), 0
        while place < len(text):
            sizes = range(min(longest, len(text) - place), 0, -1)
            size = next((s for s in sizes if text[place : place + s] in self._numbers), 1)
            parts.append(text[place : place + size])
            place += size
        return parts

    # ------------------------------------------------------------ what follows from it

    def tokens(self, text: str) -> list[Token]:
        """See `Model.tokens`; a piece that is none of the vocabulary has no id."""
        return [Token(self._numbers.get(part), part) for part in self._parts(text)]

    def next_tokens(
        self,
        text: str,
        then: Sequence[int] = (),
        *,
        num: int = 100,
        params: Params | None = None,
        draws: int = 0,
        seed: int = 0,
    ) -> NextDistribution:
        """See `Model.next_tokens`."""
        wrong = [number for number in then if not 0 <= number < len(self._tokens)]
        if wrong:
            raise BadRequestError(
                f"There is no token {wrong[0]}; the model's go to {len(self._tokens) - 1}."
            )
        probs, whole = self._after(self._state(text, tuple(then)))
        after, drawn = None, Counter[int]()
        if params is not None or draws:
            full = full_params(params or NEUTRAL, self.name)
            history = [*self._ids(text), *then]
            after = Samplers(full, seed).after(self._endless(probs, len(then), full), history)
            drawn.update(pick(after, uniform(seed, number)) for number in range(draws))
        places = _likeliest(probs, num)
        others = [number for number in drawn if number not in places]
        if others:
            room = max(0, num - len(others))
            kept = [n for place, n in enumerate(places) if place < room or n in drawn]
            places = sorted([*kept, *others], key=lambda number: -probs[number])
        return NextDistribution(
            self._likely(probs, places),
            _entropy(probs) if whole else None,
            len(self._tokens),
            () if after is None else tuple(after[places].tolist()),
            () if after is None else tuple(drawn[number] for number in places),
        )

    def score(
        self, before: str, text: str, *, num_top: int = 0, job: Job | None = None
    ) -> list[ScoredToken]:
        """See `Model.score`. Of a piece that is none of the vocabulary nothing is known."""
        state, scored = self._state(before, ()), list[ScoredToken]()
        parts = self._parts(text)
        for done, part in enumerate(parts):
            if job is not None:
                job.progress(done, len(parts))
            probs, whole = self._after(state)
            scored.append(self._scored(part, probs, whole, num_top))
            with self._turns:
                state = self.append(state, part)
        return scored

    def generate(
        self,
        text: str,
        params: Params,
        *,
        seeds: Sequence[int],
        on_token: OnToken = ignore_tokens,
        num_top: int = 0,
        job: Job | None = None,
    ) -> list[Generated]:
        """See `Model.generate`. Cancelled, it gives what was written up to then."""
        full, job = full_params(params, self.name), job or Job()
        found = []
        for row, seed in enumerate(seeds):
            stopping = StoppingText(full)
            tokens: list[ScoredToken] = []
            for token in self._written(text, full, seed, num_top, stopping, job):
                tokens.append(token)
                on_token(row, token)
            written = "".join(token.text for token in tokens)
            found.append(Generated(written, tuple(tokens), stopping.ended, seed))
        return found

    # ------------------------------------------------------------ inside

    def _written(
        self,
        text: str,
        params: dict[str, Any],
        seed: int,
        num_top: int,
        stopping: StoppingText,
        job: Job,
    ) -> Iterator[ScoredToken]:
        """The tokens of one text, as they become final; `stopping` knows why they end."""
        state, history = self._state(text, ()), self._ids(text)
        samplers, num_drawn = Samplers(params, seed), 0
        while not stopping.ended:
            try:
                job.check()
            except CancelledError:
                stopping.ended = "cancelled"
                return
            probs, whole = self._after(state)
            open_to = self._endless(probs, num_drawn, params)
            number = samplers.choose(open_to, history, num_drawn)
            if number is None or self._tokens[number] == self.end:
                yield from stopping.finish("end")
                return
            history.append(number)
            num_drawn += 1
            token = self._scored(self._tokens[number], probs, whole, num_top)
            yield from stopping.push(token)
            with self._turns:
                state = self.append(state, self._tokens[number])

    def _endless(self, probs: Probs, num_drawn: int, params: dict[str, Any]) -> Probs:
        """`probs` without the end where a text must not end yet."""
        ends = params["at_end_of_text"] == "stop" and num_drawn >= params["min_tokens"]
        number = None if self.end is None else self._numbers.get(self.end)
        if ends or number is None or probs[number] == probs.sum():
            return probs
        left = probs.copy()
        left[number] = 0.0
        rest: Probs = left / left.sum()
        return rest

    @cached_property
    def _turns(self) -> Turns:
        return Turns()

    @cached_property
    def _states(self) -> OrderedDict[tuple[str, tuple[int, ...]], Any]:
        return OrderedDict()

    @cached_property
    def _tokens(self) -> tuple[str, ...]:
        tokens = tuple(self.vocabulary())
        wrong = next((token for token in tokens if not isinstance(token, str) or not token), None)
        if wrong is not None or not tokens:
            raise ModelError(
                f"The vocabulary of {self.name} must be texts, none of them empty; it has {wrong!r}."
            )
        twice = [token for token, times in Counter(tokens).items() if times > 1]
        if twice:
            raise ModelError(f"The vocabulary of {self.name} has {twice[0]!r} twice.")
        return tokens

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self._tokens)}

    def _ids(self, text: str) -> list[int]:
        return [self._numbers[part] for part in self._parts(text) if part in self._numbers]

    def _parts(self, text: str) -> list[str]:
        parts = list(self.split(text))
        if "".join(parts) != text:
            raise ModelError(
                f"What split of {self.name} gives, joined, is not the text that it was given."
            )
        return parts

    def _state(self, text: str, then: tuple[int, ...]) -> Any:
        """What stands for `text` and the tokens `then`, from the longest beginning of it that is known."""
        known = self._states
        with self._turns:
            size = next((n for n in range(len(then), -1, -1) if (text, then[:n]) in known), -1)
            if size < 0:
                known[text, ()] = self.begin(text)
                size = 0
            state = known[text, then[:size]]
            for place in range(size, len(then)):
                state = self.append(state, self._tokens[then[place]])
                known[text, then[: place + 1]] = state
            known.move_to_end((text, then))
            while len(known) > NUM_STATES:
                known.popitem(last=False)
        return state

    def _after(self, state: Any) -> tuple[Probs, bool]:
        """The checked distribution after `state`, and whether it is all of it. Raises: ModelError."""
        num = len(self._tokens)
        with self._turns:
            given = self.next_token_distribution(state)
        if isinstance(given, Mapping):
            probs = np.zeros(num)
            for token, probability in given.items():
                if token not in self._numbers:
                    raise self._wrong(f"names {token!r}, which is not in the vocabulary")
                probs[self._numbers[token]] = probability
        else:
            probs = np.array(given, dtype=np.float64)  # a copy, since it is put in order
            if probs.shape != (num,):
                size = "×".join(map(str, probs.shape)) or "one"
                raise self._wrong(f"gives {size} numbers; the vocabulary has {num} tokens")
        if not np.isfinite(probs).all():
            place = int(np.flatnonzero(~np.isfinite(probs))[0])
            raise self._wrong(f"gives {probs[place]} for {self._tokens[place]!r}")
        if (probs < 0).any():
            place = int(probs.argmin())
            raise self._wrong(
                f"gives {probs[place]:g} for {self._tokens[place]!r}; probabilities are not negative"
            )
        total = float(probs.sum())
        whole = abs(total - 1) <= MOST_OFF
        partly = isinstance(given, Mapping) and 0 < total < 1
        if not whole and not partly:
            raise self._wrong(f"sums to {total:.6g}; probabilities sum to 1")
        return (probs / total if whole else probs), whole

    def _wrong(self, what: str) -> ModelError:
        return ModelError(f"next_token_distribution of {self.name} {what}.")

    def _scored(self, part: str, probs: Probs, whole: bool, num_top: int) -> ScoredToken:
        number = self._numbers.get(part)
        top = self._likely(probs, _likeliest(probs, num_top))
        entropy = _entropy(probs) if whole else None
        if number is None or (not whole and not probs[number]):  # it was not told
            return ScoredToken(number, part, entropy=entropy, top=top)
        own = probs[number]
        rank = 1 + int((probs > own).sum())
        return ScoredToken(number, part, _log(own), rank, entropy, top)

    def _likely(self, probs: Probs, places: list[int]) -> tuple[Likely, ...]:
        return tuple(Likely(n, self._tokens[n], _log(probs[n])) for n in places if probs[n])


NEUTRAL = {"temperature": 1.0, "min_p": 0.0, "repetition_penalty": 1.0}


def _likeliest(probs: Probs, num: int) -> list[int]:
    places: list[int] = np.argsort(-probs, kind="stable")[:num].tolist()
    return [number for number in places if probs[number]]


def _entropy(probs: Probs) -> float:
    some = probs[probs > 0]
    return float(-(some * np.log(some)).sum())


def _log(probability: float) -> float:
    return math.log(probability) if probability else -math.inf
