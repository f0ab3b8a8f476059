"""What every model of the workbench can be asked, whatever computes it: weights, a server, a table.

A page asks `Model.abilities` first and says what a model can't do. Log-probabilities are natural
logarithms, of the model's own distribution before any sampler. Nothing here imports torch.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import StorygenError
from ..jobs import Job

Params = Mapping[str, Any]
"""Sampling parameters by the names of `storygen.engine.sampling.parameters`; those missing have defaults."""


class Ability(enum.StrEnum):
    """Something that a model may or may not be able to do."""

    TOKENS = "tokens"  # cut a text into its tokens
    NEXT = "next"  # say which tokens could come next
    SCORE = "score"  # say how probable each token of a text was
    GENERATE = "generate"  # write on from a text
    CHAT = "chat"  # answer turns of a talk
    EXPLAIN = "explain"  # show attention, layers, what mattered


class CannotError(StorygenError):
    """A model was asked for what it can't do, or doesn't tell."""

    code = "cannot"


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a text. `id` is None where a server doesn't tell it.

    `text` is what it adds to the text: the texts of all tokens, joined, are the text. A token that ends in
    the midst of a character has "", and the last one of that character all of it.
    """

    id: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Likely:
    """A token that could stand somewhere, and the logarithm of its probability."""

    id: int | None
    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """A token that stands somewhere. None means: not known (the first token of all, a server that is silent).

    `rank`: 1 is the likeliest. `entropy`: of the distribution that it came from, in nats. `top`: the
    likeliest tokens there, likeliest first.
    """

    id: int | None
    text: str
    logprob: float | None = None
    rank: int | None = None
    entropy: float | None = None
    top: tuple[Likely, ...] = ()


@dataclass(frozen=True, slots=True)
class NextDistribution:
    """What could come next, likeliest first; perhaps not all of it (`num_vocabulary` is None if unknown).

    `after`: the probability of each of `tokens` after the samplers, by position; empty if not asked for.
    `drawn`: how often each was drawn.
    """

    tokens: tuple[Likely, ...]
    entropy: float | None = None
    num_vocabulary: int | None = None
    after: tuple[float, ...] = ()
    drawn: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Generated:
    """A text that a model wrote.

    `ended`: "end" (the model's own), "stop" (at a string), "length", or "cancelled".
    """

    text: str
    tokens: tuple[ScoredToken, ...]
    ended: str
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side of a talk said. `role`: "system", "user" or "assistant"."""

    role: str
    text: str


OnToken = Callable[[int, ScoredToken], None]
"""Takes the number of a generation (from 0) and its next token. A token may carry the text of several."""


def ignore_tokens(row: int, token: ScoredToken) -> None:
    """An `OnToken` that does nothing."""


class Model(ABC):
    """A model under its `name`. Calls may block; pages make them in threads of their own.

    A model serialises its own calls where it must. Every long call takes a `Job` and looks at `job.check()`
    between steps. What a model can't do raises CannotError with a reason that a page can show.
    """

    name: str
    abilities: frozenset[Ability]
    tells_chat_text: bool = True
    """Whether `chat_text` is what it reads; a server may make its own text of the turns."""

    @abstractmethod
    def tokens(self, text: str) -> list[Token]:
        """The tokens of `text` as the model reads it, without those that begin every text."""

    @abstractmethod
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
        """What could come after `text` and the tokens `then`; `num` at most.

        With `params`, `after` says what the samplers make of it, and `drawn` what `draws` draws gave.
        """

    @abstractmethod
    def score(
        self, before: str, text: str, *, num_top: int = 0, job: Job | None = None
    ) -> list[ScoredToken]:
        """The tokens of `text` after `before`, each with what the model thought of it."""

    @abstractmethod
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
        """As many continuations of `text` as there are seeds; the same seed gives the same text.

        `params["max_tokens"]` bounds each; without it 100.
        """

    def chat_text(self, turns: Sequence[Turn]) -> str:
        """Exactly what is sent for `turns`, up to where the assistant's answer begins."""
        raise CannotError(f"{self.name} has no chat template.")

    def chat(
        self,
        turns: Sequence[Turn],
        params: Params,
        *,
        seed: int = 0,
        on_token: OnToken = ignore_tokens,
        job: Job | None = None,
    ) -> Generated:
        """The assistant's answer to `turns`."""
        return self.generate(
            self.chat_text(turns), params, seeds=[seed], on_token=on_token, job=job
        )[0]

    def unheeded(self, params: Params) -> Sequence[str]:
        """Names of those of `params` that are set and that it can't heed, as some servers."""
        return ()

    def can(self, ability: Ability) -> bool:
        """Whether it can do that."""
        return ability in self.abilities

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Give back what it holds."""
