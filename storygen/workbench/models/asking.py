"""A text as a model is given it: as it stands, or as a question in the model's chat template.

A model that has no template reads the text as it stands, and so does, where the exact text counts, a server
that does not tell its own; `Prompt.note` says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..jobs import Job
from .base import (
    Ability,
    CannotError,
    Generated,
    Model,
    OnToken,
    Params,
    ScoredToken,
    Turn,
    ignore_tokens,
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """`text`: what the model reads, as far as it tells that. `note`: what is to be said of it.

    `turns`: sent instead of the text, to a server that makes its own text of them. `asked`: the question or
    talk that the text was made of, as it stands in the data.
    """

    text: str
    turns: tuple[Turn, ...] = ()
    note: str = ""
    asked: str = ""


def prompt_for(
    model: Model,
    text: str,
    *,
    question: bool = False,
    turns: Sequence[Turn] = (),
    exact: bool = False,
) -> Prompt:
    """What `model` is given for `text`.

    `turns`: the talk that the text is. `exact`: what is asked needs the very text that the model reads.
    """
    said = tuple(turns) or ((Turn("user", text.strip()),) if question else ())
    if not said:
        return Prompt(text)
    if not model.can(Ability.CHAT):
        return Prompt(text, note=f"{model.name} has no chat template; it reads the text as it is.")
    if exact and not model.tells_chat_text:
        return Prompt(
            text, note=f"{model.name} does not tell its template; it reads the text as it is."
        )
    try:
        written = model.chat_text(said)
    except CannotError as error:
        return Prompt(text, note=f"{error.message} So it reads the text as it is.")
    return Prompt(written, () if model.tells_chat_text else said, asked=text)


def write(
    model: Model,
    prompt: Prompt,
    params: Params,
    *,
    seeds: Sequence[int],
    on_token: OnToken = ignore_tokens,
    num_top: int = 0,
    job: Job | None = None,
) -> list[Generated]:
    """What `model` writes after `prompt`, a text for each seed; see `Model.generate`."""
    if not prompt.turns:
        return model.generate(
            prompt.text, params, seeds=seeds, on_token=on_token, num_top=num_top, job=job
        )
    from .remote_many import all_at_once

    def answer(row: int, on_token: OnToken, job: Job | None) -> Generated:
        return model.chat(
            prompt.turns,
            params,
            seed=seeds[row],
            on_token=lambda _, token: on_token(row, token),
            job=job,
        )

    return all_at_once(answer, len(seeds), on_token, job)


def score(
    model: Model, prompt: Prompt, text: str, *, num_top: int = 0, job: Job | None = None
) -> list[ScoredToken]:
    """The tokens of `text` after `prompt`; see `Model.score`. Raises: CannotError."""
    if not model.can(Ability.SCORE):
        raise CannotError("This model does not tell how probable a given text is.")
    if prompt.turns:
        raise CannotError("This server does not tell the text that it makes of a question.")
    return model.score(prompt.text, text, num_top=num_top, job=job)


def can_write(model: Model, *, question: bool) -> bool:
    """Whether it can write after a text, or, where that is a question, answer it."""
    return model.can(Ability.GENERATE) or (question and model.can(Ability.CHAT))
