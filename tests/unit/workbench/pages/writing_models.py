"""Models that write what a test says, without any weights: good ones, and ones that go wrong."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Sequence

from storygen.workbench.jobs import Job
from storygen.workbench.models.base import (
    Ability,
    CannotError,
    Generated,
    Likely,
    Model,
    NextDistribution,
    OnToken,
    Params,
    ScoredToken,
    Token,
    Turn,
    ignore_tokens,
)

WORDS = (" the", " fox", " wolf", " river", " slept", " and", ".")
PROBABILITIES = (0.5, 0.25, 0.1, 0.05, 0.001)


class WordModel(Model):
    """Draws words by the seed; what it is asked stands in `asked`."""

    abilities = frozenset({Ability.TOKENS, Ability.SCORE, Ability.GENERATE})

    def __init__(self, name: str = "words") -> None:
        self.name = name
        self.asked: list[tuple[str, Params, tuple[int, ...]]] = []

    def tokens(self, text: str) -> list[Token]:
        return [Token(None, part) for part in _parts(text)]

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
        raise CannotError("Not this one.")

    def score(
        self, before: str, text: str, *, num_top: int = 0, job: Job | None = None
    ) -> list[ScoredToken]:
        return [self.token(part, at) for at, part in enumerate(_parts(text))]

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
        self.asked.append((text, params, tuple(seeds)))
        written: list[list[ScoredToken]] = [[] for _ in seeds]
        draws = [random.Random(f"{seed}") for seed in seeds]
        for at in range(params["max_tokens"]):
            if job is not None:
                job.check()
            self.before_token(at)
            for row, draw in enumerate(draws):
                token = self.token(draw.choice(WORDS), at)
                written[row].append(token)
                on_token(row, token)
        return self.given(written, seeds)

    def before_token(self, at: int) -> None:
        """A test's way of meddling."""

    def given(self, written: list[list[ScoredToken]], seeds: Sequence[int]) -> list[Generated]:
        return [
            Generated("".join(t.text for t in tokens), tuple(tokens), "length", seed)
            for tokens, seed in zip(written, seeds, strict=True)
        ]

    def token(self, text: str, at: int) -> ScoredToken:
        logprob = math.log(PROBABILITIES[at % len(PROBABILITIES)])
        return ScoredToken(at, text, logprob, at % 5 + 1, 1.0, (Likely(1, " a", -0.1),))


class ChatModel(WordModel):
    """Has a template."""

    abilities = WordModel.abilities | {Ability.CHAT}

    def chat_text(self, turns: Sequence[Turn]) -> str:
        return "".join(f"<{turn.role}>{turn.text}" for turn in turns) + "<assistant>"


class SilentModel(WordModel):
    """Tells no probabilities and scores nothing, as some servers."""

    abilities = frozenset({Ability.GENERATE})

    def score(
        self, before: str, text: str, *, num_top: int = 0, job: Job | None = None
    ) -> list[ScoredToken]:
        raise CannotError("The server tells no probabilities.")

    def token(self, text: str, at: int) -> ScoredToken:
        return ScoredToken(None, text)


class RaisingModel(WordModel):
    """Raises `error` before its third token."""

    def __init__(self, error: Exception, name: str = "raising") -> None:
        super().__init__(name)
        self._error = error

    def before_token(self, at: int) -> None:
        if at == 2:
            raise self._error


class NanModel(WordModel):
    """Its probabilities are no numbers."""

    def token(self, text: str, at: int) -> ScoredToken:
        return ScoredToken(at, text, math.nan, None, math.nan)


class HeldModel(WordModel):
    """Waits before its second token until `go` is set; it never asks its job."""

    def __init__(self, name: str = "held") -> None:
        super().__init__(name)
        self.reached, self.go = threading.Event(), threading.Event()

    def before_token(self, at: int) -> None:
        if at == 1:
            self.reached.set()
            assert self.go.wait(30)

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
        return super().generate(text, params, seeds=seeds, on_token=on_token)


class TrimmingModel(WordModel):
    """Gives in the end what `trim` makes of the tokens that it told."""

    def __init__(self, trim: Callable[[list[ScoredToken]], list[ScoredToken]]) -> None:
        super().__init__("trimming")
        self._trim = trim

    def given(self, written: list[list[ScoredToken]], seeds: Sequence[int]) -> list[Generated]:
        return super().given([self._trim(tokens) for tokens in written], seeds)


def _parts(text: str) -> list[str]:
    first, *others = text.split(" ")
    return [part for part in (first, *(f" {word}" for word in others)) if part]
