"""A model without weights whose every answer is a function of what it is asked, in any process."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence

from storygen.workbench.jobs import Job
from storygen.workbench.models.base import (
    Ability,
    CannotError,
    Generated,
    Model,
    NextDistribution,
    OnToken,
    Params,
    ScoredToken,
    Token,
    ignore_tokens,
)

WORDS = (" the", " fox", " sea", " wolf", " slept", ".")


class LetterModel(Model):
    """Cuts texts into words and writes words that hang on the text and the seed alone.

    `asked` counts generations; `on_text` is called before each, for a test to meddle with.
    """

    abilities = frozenset({Ability.TOKENS, Ability.SCORE, Ability.GENERATE})

    def __init__(self, name: str = "letters") -> None:
        self.name = name
        self.asked = 0
        self._lock = threading.Lock()

    def on_text(self, text: str) -> None:
        """A test's way of meddling."""

    def tokens(self, text: str) -> list[Token]:
        return [Token(_number(part), part) for part in re.findall(r"\s*\S+|\s+$", text)]

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
        self.on_text(before)
        return [self._scored(before, token) for token in self.tokens(text)]

    def _scored(self, before: str, token: Token) -> ScoredToken:
        chance = _number(before + token.text)
        return ScoredToken(token.id, token.text, -(chance % 500) / 100, chance % 9 + 1, 1.0)

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
        return [self._written(text, params, seed) for seed in seeds]

    def _written(self, text: str, params: Params, seed: int) -> Generated:
        with self._lock:
            self.asked += 1
        self.on_text(text)
        tokens = []
        for at in range(params.get("max_tokens", 5)):
            word = WORDS[_number(f"{text} {seed} {at}") % len(WORDS)]
            tokens.append(self._scored(text, Token(_number(word), word)))
        return Generated("".join(one.text for one in tokens), tuple(tokens), "length", seed)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
