"""A talk as one text, for a model that only writes on: a template that a person can read and edit.

    {system}

    User: {user}
    Assistant: {assistant}

What lies around {user} and {assistant} is repeated for every turn. What stands before, up to the last
blank line (or the line of {system}), comes once; it is left out for a talk without system prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import BadRequestError
from .base import Turn

PLAIN = "{system}\n\nUser: {user}\nAssistant: {assistant}\n"
MOST_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class TalkTemplate:
    """The parts of a template: a head, what stands before a user's turn, between the two, and after both."""

    head: str
    before_user: str
    between: str
    after: str

    def text(self, turns: Sequence[Turn]) -> str:
        """The talk, up to where the assistant's answer begins, or goes on if the last turn is its own."""
        system = "\n\n".join(turn.text for turn in turns if turn.role == "system")
        parts = [self._head(system)]
        talk = [turn for turn in turns if turn.role != "system"]
        for place, turn in enumerate(talk):
            is_last = place == len(talk) - 1
            if turn.role == "assistant":
                parts += [self.between, turn.text, "" if is_last else self.after]
            else:
                parts += [self.before_user, turn.text]
                if not is_last and talk[place + 1].role != "assistant":
                    parts.append("\n")
        if not talk or talk[-1].role != "assistant":
            parts.append(
                self.between.rstrip(" ")
            )  # a space belongs to the first word of the answer
        return "".join(parts)

    @property
    def stops(self) -> list[str]:
        """Where the assistant's turn is over: at what ends it, and where it would speak for the user."""
        end = _first_line(self.after)
        user = _first_line(self.before_user)
        return [*([end] if end else []), *([f"\n{user}"] if user else [])]

    def _head(self, system: str) -> str:
        if "{system}" not in self.head:
            return self.head
        return self.head.replace("{system}", system) if system else ""


def read_template(text: str) -> TalkTemplate:
    """The template that `text` describes.

    Raises: BadRequestError, saying what is missing.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadRequestError(f"A template has at most {MOST_CHARACTERS} characters.")
    for name in ("{user}", "{assistant}"):
        if text.count(name) != 1:
            raise BadRequestError(f"A template names {name} once, where that turn stands.")
    before, _, rest = text.partition("{user}")
    between, found, after = rest.partition("{assistant}")
    if not found:
        raise BadRequestError("In a template {user} stands before {assistant}.")
    if "{system}" in between + after:
        raise BadRequestError("In a template {system} stands before {user}.")
    cut = _head_end(before)
    return TalkTemplate(before[:cut], before[cut:], between, after)


def _head_end(before: str) -> int:
    blank = before.rfind("\n\n")
    if blank >= 0:
        return blank + 2
    system = before.rfind("{system}")
    if system < 0:
        return 0
    line_end = before.find("\n", system)
    return line_end + 1 if line_end >= 0 else system + len("{system}")


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.split("\n") if line.strip()), "")
