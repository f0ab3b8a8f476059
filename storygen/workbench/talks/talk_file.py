"""Talks as JSON: our own form with every version, and the lists of messages that other programs keep.

    {"format": "storygen-talk", "version": 1, "system": "…", "source": {…},
     "turns": [{"id": 1, "after": null, "role": "user", "text": "…", "chosen": true}, …]}

A file from elsewhere is judged before it is taken; what is wrong with it is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import BadRequestError
from .tree import STATES, TalkTree

FORMAT = "storygen-talk"
VERSION = 1
MOST_TURNS = 20_000
MOST_CHARACTERS = 2_000_000


def written_talk(talk: TalkTree) -> str:
    """The talk as JSON, every version of every turn. A turn that is being written counts as stopped."""
    shown = {said.id for said in talk.path}
    turns = [
        {
            "id": said.id,
            "after": said.after,
            "role": said.role,
            "text": said.text,
            **({"chosen": True} if said.id in shown else {}),
            **(
                {"state": "stopped" if said.state == "writing" else said.state}
                if said.state
                else {}
            ),
            **({"problem": said.problem} if said.problem else {}),
            **({"made": dict(said.made)} if said.made else {}),
        }
        for said in talk
    ]
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "system": talk.system,
        **({"source": talk.source} if talk.source else {}),
        "turns": turns,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def read_talk(text: str) -> TalkTree:
    """The talk in a file: our own form, a list of messages, or an object with "messages".

    Raises: BadRequestError, saying what is wrong.
    """
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequestError("This is no JSON. Open a file that was saved here.") from None
    if isinstance(told, list):
        return _of_messages(told)
    if isinstance(told, Mapping) and told.get("format") == FORMAT:
        return _of_our_own(told)
    if isinstance(told, Mapping) and isinstance(told.get("messages"), list):
        return _of_messages(told["messages"])
    raise BadRequestError("There is no talk in this file: no turns, and no messages.")


def _of_our_own(told: Mapping[str, Any]) -> TalkTree:
    version = told.get("version")
    if version != VERSION:
        raise BadRequestError(
            f"This talk was saved in form {version}; this StoryGen reads form {VERSION}."
        )
    talk = TalkTree(_text(told.get("system", ""), "The system prompt"))
    source = told.get("source", {})
    talk.source = dict(source) if isinstance(source, Mapping) else {}
    turns = told.get("turns")
    if not isinstance(turns, list) or len(turns) > MOST_TURNS:
        raise BadRequestError(f"A talk has a list of at most {MOST_TURNS:,} turns.")
    numbers: dict[int, int] = {}
    chosen: list[int] = []
    for place, turn in enumerate(turns, 1):
        if not isinstance(turn, Mapping):
            raise BadRequestError(f"Turn {place} is no object.")
        number, after = turn.get("id"), turn.get("after")
        if not isinstance(number, int) or number in numbers:
            raise BadRequestError(f"Turn {place} has no number of its own.")
        if after is not None and (not isinstance(after, int) or after not in numbers):
            raise BadRequestError(f"Turn {place} follows a turn that does not come before it.")
        said = talk.say(
            str(turn.get("role")),
            _text(turn.get("text"), f"Turn {place}"),
            None if after is None else numbers[after],
        )
        numbers[number] = said.id
        state = turn.get("state", "")
        said.state = state if state in STATES and state != "writing" else ""
        said.problem = _text(turn.get("problem", ""), f"Turn {place}")
        made = turn.get("made", {})
        said.made = dict(made) if isinstance(made, Mapping) else {}
        if turn.get("chosen") is True:
            chosen.append(said.id)
    for said_id in chosen:
        talk.choose(said_id)
    return talk


def _of_messages(messages: list[Any]) -> TalkTree:
    if len(messages) > MOST_TURNS:
        raise BadRequestError(f"A talk has at most {MOST_TURNS:,} turns.")
    talk, last, systems = TalkTree(), None, list[str]()
    for place, message in enumerate(messages, 1):
        if not isinstance(message, Mapping):
            raise BadRequestError(f"Message {place} is no object with a role and content.")
        role = message.get("role", message.get("from"))
        text = _text(message.get("content", message.get("value")), f"Message {place}")
        role = {"human": "user", "gpt": "assistant", "developer": "system"}.get(str(role), role)
        if role == "system":
            systems.append(text)
        else:
            last = talk.say(str(role), text, last).id
    talk.system = "\n\n".join(systems)
    return talk


def _text(value: Any, what: str) -> str:
    if isinstance(value, list):  # parts, as newer chats have them
        value = "".join(
            str(part.get("text", "")) if isinstance(part, Mapping) else str(part) for part in value
        )
    if not isinstance(value, str):
        raise BadRequestError(f"{what} has no text.")
    if len(value) > MOST_CHARACTERS:
        raise BadRequestError(f"{what} is longer than {MOST_CHARACTERS:,} characters.")
    return value
