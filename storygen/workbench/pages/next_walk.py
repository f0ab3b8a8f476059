"""A way through a text, token by token: what was chosen so far, and what the model is asked there.

Knows no page. A model that takes chosen tokens gets their ids, so that nothing is tokenised again; one that
goes on from text only gets the text. A developer's `to_step` makes the text for each step where it is given.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...errors import BadRequestError
from ..bench import Sample
from ..jobs import Job
from ..metrics.metric import told
from ..models.base import Ability, CannotError, Likely, Model, NextDistribution, Params, ScoredToken

ToStep = Callable[[Sample, Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Step:
    """A token that was chosen. `text`: as it is looked at, half characters and special tokens too."""

    id: int | None
    text: str
    logprob: float | None = None


class Walk:
    """`to_step` counts only where there is a sample."""

    def __init__(
        self, model: Model, prompt: str, sample: Sample | None = None, to_step: ToStep | None = None
    ) -> None:
        self.model, self.prompt = model, prompt
        self.steps: list[Step] = []
        self._sample = sample
        self._to_step = None if sample is None else to_step
        self._text_only = False

    @property
    def texts(self) -> list[str]:
        """What each step adds to the text."""
        texts_of = getattr(self.model, "texts_of", None)
        ids = [step.id for step in self.steps if step.id is not None]
        if texts_of is None or len(ids) < len(self.steps):
            return [step.text for step in self.steps]
        found: list[str] = texts_of(ids)
        return found

    @property
    def written(self) -> str:
        """The text of all steps."""
        return "".join(self.texts)

    def asked(self) -> tuple[str, tuple[int, ...]]:
        """The text that the model reads here, and the tokens behind it. Raises: BadRequestError."""
        if self._to_step is not None and self._sample is not None:
            return self._stepped(self._to_step, self._sample, self.texts), ()
        ids = [step.id for step in self.steps if step.id is not None]
        if self._text_only or len(ids) < len(self.steps):
            return self.prompt + self.written, ()
        return self.prompt, tuple(ids)

    def distribution(
        self, num: int, params: Params | None = None, draws: int = 0, seed: int = 0
    ) -> NextDistribution:
        """What could come next here. Raises: StorygenError."""
        text, then = self.asked()
        try:
            return self._distribution(text, then, num, params, draws, seed)
        except CannotError:
            if not then:
                raise
            self._text_only = True
            text, then = self.asked()
            return self._distribution(text, then, num, params, draws, seed)

    def take(self, token: Likely | ScoredToken) -> None:
        """Go on with a token."""
        self.steps.append(Step(token.id, token.text, token.logprob))

    def draw(self, params: Params, seed: int) -> Likely | None:
        """A token by chance, after the samplers; always the same one for this seed and place.

        None where nothing may come. Raises: StorygenError.
        """
        here = self.distribution(10, params, 1, seed * 1_000_003 + len(self.steps))
        found = zip(here.tokens, here.drawn, strict=False)
        return next((token for token, times in found if times), None)

    def write(self, text: str, job: Job) -> None:
        """Go on with a text, cut into tokens where the model can do that. Raises: StorygenError."""
        if not text:
            raise BadRequestError("Type a token or a text first.")
        if self.model.can(Ability.SCORE):
            before, then = self.asked()
            before += "".join(self.texts) if then else ""
            for token in self.model.score(before, text, job=job):
                self.take(token)
        else:
            self.steps.append(Step(None, text))

    def back_to(self, num_steps: int) -> None:
        """Keep only the first steps."""
        del self.steps[num_steps:]

    def score(self, target: str, num_top: int, job: Job) -> list[ScoredToken]:
        """The tokens of `target` from the beginning of the way, each with what the model thought of it.

        With `to_step` the model is asked for each step by itself. Raises: StorygenError, CancelledError.
        """
        if not self.model.can(Ability.SCORE):
            raise CannotError(f"{self.model.name} doesn't tell how probable a given text is.")
        if self._to_step is None or self._sample is None:
            return self.model.score(self.prompt, target, num_top=num_top, job=job)
        first = self._stepped(self._to_step, self._sample, ())
        tokens = self.model.score(first, target, num_top=num_top, job=job)
        found = tokens[:1]
        for number in range(1, len(tokens)):
            job.progress(number, len(tokens), "reading each step")
            before = [token.text for token in tokens[:number]]
            text = self._stepped(self._to_step, self._sample, before)
            (token, *_) = self.model.score(text, tokens[number].text, num_top=num_top, job=None)
            found.append(dataclasses.replace(token, text=tokens[number].text))
        return found

    def _distribution(
        self,
        text: str,
        then: Sequence[int],
        num: int,
        params: Params | None,
        draws: int,
        seed: int,
    ) -> NextDistribution:
        return self.model.next_tokens(text, then, num=num, params=params, draws=draws, seed=seed)

    def _stepped(self, to_step: ToStep, sample: Sample, texts: Sequence[str]) -> str:
        try:
            text = to_step(sample, list(texts))
        except Exception as error:
            raise BadRequestError(f"to_step failed on this sample: {told(error)}") from error
        if not isinstance(text, str):
            raise BadRequestError(f"to_step gave a {type(text).__name__}; it must give a text.")
        return text


def true_place(target: Sequence[ScoredToken], walk: Walk) -> int | None:
    """The number of the target's token that should come next; None where the way has left the target."""
    num, written = len(walk.steps), walk.written
    beginning = target[:num]
    if num < len(target) and all(
        step.id == token.id and (step.id is not None or step.text == token.text)
        for step, token in zip(walk.steps, beginning, strict=True)
    ):
        return num
    done = ""
    for number, token in enumerate(target):  # by other tokens to the same text
        if done == written:
            return number
        done += token.text
    return None


def true_by_text(tokens: Sequence[Likely], target: str, written: str) -> int | None:
    """The same where the target's tokens aren't known: the longest of `tokens` with which it goes on."""
    if not target.startswith(written):
        return None
    rest = target[len(written) :]
    fitting = [n for n, token in enumerate(tokens) if token.text and rest.startswith(token.text)]
    return max(fitting, key=lambda number: len(tokens[number].text), default=None)
