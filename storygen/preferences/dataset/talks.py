"""TRL's conversational texts, lists of {"role", "content"}, as the texts that this program works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .cells import Cells
from .letters import storable

_EXPECTED = 'a string, or a list of messages {"role": "user", "content": "…"}'


@dataclass(frozen=True, slots=True)
class FoundPair:
    """One preference: `talk` says that `prompt` was the beginning of a talk, not a text to go on from."""

    prompt: str
    chosen: str
    rejected: str
    talk: bool


def pair_of(cells: Cells) -> FoundPair:
    """The preference that a row of {"prompt", "chosen", "rejected"} states, in strings or in messages.

    Messages that chosen and rejected begin with both belong to the prompt, which may be missing or told
    again then. The contents of several messages are joined by blank lines.

    Raises: BadRequestError when a column is missing or of another kind.
    """
    chosen, rejected = cells.value("chosen"), cells.value("rejected")
    if isinstance(chosen, str) and isinstance(rejected, str):
        prompt = cells.value("prompt")
        if isinstance(prompt, str):
            return FoundPair(
                cells.text("prompt"), cells.text("chosen"), cells.text("rejected"), False
            )
    talks = [_messages(cells, name) for name in ("chosen", "rejected")]
    num_shared = _num_shared(*talks)
    prompt_talk = cells.maybe("prompt", lambda name: _messages(cells, name))
    if prompt_talk is None:
        if not num_shared:
            cells.value("prompt")
            cells.wrong("prompt", _EXPECTED)
        prompt_talk = talks[0][:num_shared]
    else:
        prompt_talk = _continued(prompt_talk, talks[0][:num_shared])
    ends = [_joined(talk[num_shared:]) for talk in talks]
    return FoundPair(_joined(prompt_talk), ends[0], ends[1], True)


def _num_shared(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> int:
    """How many messages both begin with; never all of one, since something must be chosen."""
    most = min(len(one), len(other)) - 1
    return next((at for at in range(most) if one[at] != other[at]), max(most, 0))


def _continued(
    prompt: list[tuple[str, str]], shared: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """`prompt` and then `shared`, but once where `shared` tells the prompt again."""
    if shared[-len(prompt) :] == prompt:
        return shared
    return prompt if prompt[len(prompt) - len(shared) :] == shared else prompt + shared


def _joined(talk: list[tuple[str, str]]) -> str:
    return "\n\n".join(content for _, content in talk)


def _messages(cells: Cells, name: str) -> list[tuple[str, str]]:
    """(role, content) of each message; a string is one message."""
    value = cells.value(name)
    if isinstance(value, str):
        return [("user" if name == "prompt" else "assistant", cells.text(name))]
    if not isinstance(value, list) or not value:
        cells.wrong(name, _EXPECTED)
    return [_message(cells, name, one) for one in value]


def _message(cells: Cells, name: str, message: Any) -> tuple[str, str]:
    role = message.get("role") if isinstance(message, dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):  # parts, of which some could be pictures
        texts = [part.get("text") if isinstance(part, dict) else None for part in content]
        content = "".join(map(str, texts)) if all(isinstance(text, str) for text in texts) else None
    if not isinstance(role, str) or not isinstance(content, str):
        cells.wrong(name, f"{_EXPECTED}, with nothing but text in them")
    return role, storable(content)
