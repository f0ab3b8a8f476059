"""Which columns of a sample are the text that a model reads, and what should come after it.

Where a developer gave no functions, the columns' names say it: guessed openly, and to be changed on the
page. Talks (lists of turns) are written as the model's chat template has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import BadRequestError
from ..models.base import CannotError, Turn
from .search import texts_in
from .split import BrokenSample

ChatText = Callable[[Sequence[Turn]], str]
"""Writes turns as a model reads them, up to where the assistant's answer begins; see `Model.chat_text`."""

ENDINGS = {"": "nothing", " ": "a space", "\n": "a new line", "\n\n": "an empty line"}
"""What may stand between the text and the target."""


@dataclass(frozen=True, slots=True)
class Roles:
    """`text`: the columns that are read, one after the other with an empty line between, but for empty ones.

    `target`: the column of what should come; "" for none. The same column for both: a talk whose last answer
    is the target. `ending`: what stands between the two.
    """

    text: tuple[str, ...]
    target: str = ""
    ending: str = ""

    @property
    def is_story(self) -> bool:
        """Whether their names say that the text is one to be gone on with, not a question."""
        return bool(self.text) and all(one.lower() in (*_TEXTS, "before") for one in self.text)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {"text": list(self.text), "target": self.target, "ending": self.ending}

    @classmethod
    def from_json(cls, data: Any) -> Roles:
        """Raises: BadRequestError when `data` is not what `to_json` writes."""
        match data:
            case {"text": [*text], "target": str(target), "ending": str(ending)}:
                if all(isinstance(one, str) for one in text):
                    return cls(tuple(text), target, ending)
        raise BadRequestError("These are no roles of columns.")

    def __str__(self) -> str:
        text = " and ".join(self.text) or "nothing"
        if self.target and self.text == (self.target,):
            return f"the turns in {self.target} are the text, the last answer is the target"
        verb = "are" if len(self.text) > 1 else "is"
        return f"{text} {verb} the text" + (f", {self.target} is the target" if self.target else "")


@dataclass(frozen=True, slots=True)
class Guess:
    """Roles, and a sentence that says what they were guessed by."""

    roles: Roles
    sentence: str


_PAIRS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("prompt",), ("completion", "response", "chosen", "answer", "output", "target"), ""),
    (("instruction", "input"), ("output", "response", "completion", "answer"), "\n\n"),
    (("instruction", "context"), ("response", "output"), "\n\n"),
    (("context", "question"), ("answer", "answers"), "\n"),
    (("question",), ("answer", "answers", "response", "output"), "\n"),
    (("before",), ("chosen",), ""),
    (("input",), ("output", "target", "label"), "\n"),
    (("source",), ("target",), "\n"),
    (("document", "article"), ("summary", "highlights"), "\n\n"),
)
"""Columns of the text of which at least one is there, those of targets, the first that is there, and what
stands between. The first line of which both are there is taken.
"""

_TALKS = ("messages", "conversations", "conversation", "turns", "dialog", "dialogue", "chosen")
_TEXTS = ("text", "content", "story", "body", "sentence", "document", "code")
_ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}
_LOOKED_AT = 20


def guess(features: Mapping[str, str], samples: Iterable[Mapping[str, Any]]) -> Guess:
    """Roles by the columns' names, and where these say nothing by what `samples` (some of the first) hold."""
    some = [one for _, one in zip(range(_LOOKED_AT), samples, strict=False)]
    some = [one for one in some if not isinstance(one, BrokenSample)]
    by_name = {name.lower(): name for name in features}
    return (
        _talk(by_name, some)
        or _pair(by_name)
        or _text(by_name)
        or _longest(list(features), some)
        or Guess(Roles(()), "No column holds a text.")
    )


def _talk(by_name: Mapping[str, str], some: Sequence[Mapping[str, Any]]) -> Guess | None:
    if "prompt" in by_name:  # then what is chosen is only the answer
        return None
    for name in _TALKS:
        column = by_name.get(name)
        if column is not None and any(turns_of(one.get(column)) for one in some):
            sentence = (
                f"Guessed by the name {column}: turns of a talk, its last answer is the target."
            )
            return Guess(Roles((column,), column), sentence)
    return None


def _pair(by_name: Mapping[str, str]) -> Guess | None:
    for texts, targets, ending in _PAIRS:
        text = tuple(by_name[name] for name in texts if name in by_name)
        target = next((by_name[name] for name in targets if name in by_name), "")
        if text and target:
            roles = Roles(text, target, ending)
            return Guess(roles, f"Guessed by their names: {roles}.")
    return None


def _text(by_name: Mapping[str, str]) -> Guess | None:
    for name in (*_TEXTS, "prompt", "instruction", "question", "before"):
        if name in by_name:
            roles = Roles((by_name[name],))
            return Guess(roles, f"Guessed by the name: {roles}. There is no target.")
    return None


def _longest(columns: Sequence[str], some: Sequence[Mapping[str, Any]]) -> Guess | None:
    lengths = {
        column: sum(len(one[column]) for one in some if isinstance(one.get(column), str))
        for column in columns
    }
    column = max(lengths, key=lambda name: lengths[name], default="")
    if not lengths.get(column):
        return None
    return Guess(Roles((column,)), f"No name says it: {column} holds the longest texts.")


def turns_of(value: Any) -> list[Turn]:
    """The turns that a value is, in any of the usual forms; none if it is no talk."""
    if not isinstance(value, list | tuple) or not value:
        return []
    turns = []
    for one in value:
        if not isinstance(one, Mapping):
            return []
        role, said = one.get("role", one.get("from")), one.get("content", one.get("value"))
        if not isinstance(role, str):
            return []
        text = said if isinstance(said, str) else "".join(_said(said))
        turns.append(Turn(_ROLES.get(role.lower(), role.lower()), text))
    return turns


def _said(parts: Any) -> Iterable[str]:
    """The texts of a turn that was given in parts, of which others are pictures."""
    for part in parts if isinstance(parts, list | tuple) else ():
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            yield part["text"]


def plain_talk(turns: Sequence[Turn]) -> str:
    """Turns as a text, where there is no chat template: each under who said it."""
    written = "".join(f"{turn.role.capitalize()}: {turn.text.strip()}\n\n" for turn in turns)
    return written + "Assistant:"


def text_of(sample: Mapping[str, Any], roles: Roles, chat_text: ChatText = plain_talk) -> str:
    """The text of a sample, up to where the target begins."""
    parts = [_part(sample.get(column), roles, column, chat_text) for column in roles.text]
    text = "\n\n".join(part for part in parts if part)
    return text + (roles.ending if roles.target else "")


def _part(value: Any, roles: Roles, column: str, chat_text: ChatText) -> str:
    turns = turns_of(value)
    if not turns:
        return "" if value is None else value if isinstance(value, str) else _written(value)
    if column == roles.target:
        turns = turns[: _last_answer(turns)]
    try:
        return chat_text(turns)
    except CannotError:
        return plain_talk(turns)


def talk_of(sample: Mapping[str, Any], roles: Roles) -> list[Turn]:
    """The turns that are the text, up to where the target begins; none where it is more, or no talk."""
    turns = turns_of(sample.get(roles.text[0])) if len(roles.text) == 1 else []
    return turns[: _last_answer(turns)] if roles.text == (roles.target,) else turns


def target_of(sample: Mapping[str, Any], roles: Roles) -> str | None:
    """What should come after the text; None where the sample does not say."""
    if not roles.target:
        return None
    value = sample.get(roles.target)
    turns = turns_of(value)
    if turns:
        at = _last_answer(turns)
        return turns[at].text if at < len(turns) else None
    if isinstance(value, str) or value is None:
        return value
    return next(iter(texts_in(value)), None) if isinstance(value, Mapping | list) else str(value)


def _last_answer(turns: Sequence[Turn]) -> int:
    """Where the last turn of the assistant stands; behind them all where there is none."""
    places = [at for at, turn in enumerate(turns) if turn.role == "assistant"]
    return places[-1] if places else len(turns)


def _written(value: Any) -> str:
    return "\n".join(texts_in(value))
