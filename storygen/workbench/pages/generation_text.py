"""One text that a model writes, on the page and as it is kept; a target is shown by one, too."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from ..elements import Element, Text, TokenText
from ..metrics import Case, Measured, Metric, measure
from ..models.base import Generated, ScoredToken
from .sample_choice import Chosen
from .shades import all_shown, shown

ENDINGS = {
    "end": "ended",
    "stop": "stop text",
    "length": "full length",
    "cancelled": "stopped",
    "failed": "broke off",
    "": "writing",
}
"""How a text ended, in a word or two."""


class WrittenText:
    """`tokens` and `ended` grow as the model writes. `seed` is None for a target."""

    def __init__(self, title: str, seed: int | None, coloured: bool) -> None:
        self.title, self.seed = title, seed
        self.tokens: list[ScoredToken] = []
        self.ended = ""
        self.measured: dict[str, Measured] = {}
        self._coloured = coloured
        self._label = Text(title, "quiet")
        self._body = TokenText()
        if seed is None:
            self._label.hidden = self._body.hidden = True
        self._tell()

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on the page."""
        return self._label, self._body

    @property
    def text(self) -> str:
        """What was written so far."""
        return "".join(token.text for token in self.tokens)

    @property
    def has_nan(self) -> bool:
        """Whether some probability is no number."""
        return any(t.logprob is not None and math.isnan(t.logprob) for t in self.tokens)

    def add(self, token: ScoredToken) -> None:
        """The model wrote it."""
        self.tokens.append(token)
        self._body.add(shown(token, self._coloured))

    def settle(self, generated: Generated) -> None:
        """The model is done; what it gives in the end counts, where it told otherwise before."""
        self.finish(generated.tokens, generated.ended)
        if self.text != generated.text:  # tokens alone don't make the text
            self.finish([ScoredToken(None, generated.text)], generated.ended)

    def finish(self, tokens: Iterable[ScoredToken], ended: str) -> None:
        """These are all tokens."""
        tokens = list(tokens)
        if tokens != self.tokens:
            self.tokens = tokens
            self.colour(self._coloured)
        self.end(ended)

    def end(self, how: str) -> None:
        """Nothing follows."""
        self.ended = how
        self._label.hidden = self._body.hidden = False
        self._tell()

    def colour(self, coloured: bool) -> None:
        """With shades or without."""
        self._coloured = coloured
        self._body.tokens = all_shown(self.tokens, coloured)

    def measure(self, metrics: Iterable[Metric], chosen: Chosen) -> None:
        """Ask those of `metrics` that were not asked yet."""
        targets = () if self.seed is None else chosen.targets
        case = Case(self.text, targets, tuple(self.tokens), chosen.prompt, chosen.sample)
        for metric in metrics:
            if metric.name not in self.measured:
                self.measured[metric.name] = measure(metric, case)

    def to_json(self) -> dict[str, Any]:
        """As it is kept in a file."""
        metrics = {name: one.number for name, one in self.measured.items()}
        problems = {name: one.problem for name, one in self.measured.items() if one.problem}
        tokens = [[t.text, t.id, t.logprob, t.rank] for t in self.tokens]
        body = {"seed": self.seed, "text": self.text, "ended": self.ended, "metrics": metrics}
        return body | ({"problems": problems} if problems else {}) | {"tokens": tokens}

    def _tell(self) -> None:
        num = len(self.tokens)
        seed = "" if self.seed is None else f" · seed {self.seed}"
        length = f" · {num} token{'s' if num != 1 else ''}" if self.ended else ""
        ended = "" if self.seed is None else f" · {ENDINGS.get(self.ended, self.ended)}"
        self._label.text = f"{self.title}{seed}{length}{ended}"
