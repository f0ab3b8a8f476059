"""Talks in files: what is saved comes back, and what others write is read or refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.workbench.talks.talk_file import read_talk, written_talk
from storygen.workbench.talks.tree import TalkTree


def a_talk() -> TalkTree:
    talk = TalkTree("Be kind. 🙂")
    talk.source = {"where": "rows, train 3", "target": "Good."}
    hello = talk.say("user", "Hello\n“you”", None)
    answer = talk.say("assistant", "Good", hello.id)
    answer.state, answer.problem, answer.made = "failed", "It broke.", {"model": "m", "seed": 3}
    talk.say("assistant", "Good day", hello.id)
    talk.edit(hello.id, "Hi")
    talk.leaf(talk.path[0].id, -1)
    return talk


def everything(talk: TalkTree) -> Any:
    return (
        talk.system,
        talk.source,
        [(s.id, s.after, s.role, s.text, s.state, s.problem, dict(s.made)) for s in talk],
        [said.id for said in talk.path],
    )


def test_a_talk_comes_back_as_it_was_saved() -> None:
    talk = a_talk()
    assert everything(read_talk(written_talk(talk))) == everything(talk)


def test_numbers_may_have_gaps_where_turns_were_deleted() -> None:
    talk = a_talk()
    talk.delete(2)
    back = read_talk(written_talk(talk))
    assert [said.text for said in back.path] == [said.text for said in talk.path]
    assert len(back) == 3


def test_a_turn_that_was_being_written_comes_back_stopped() -> None:
    talk = a_talk()
    talk.get(3).state = "writing"
    assert read_talk(written_talk(talk)).get(3).state == "stopped"


MESSAGES = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": [{"type": "text", "text": "Good day"}]},
]


@pytest.mark.parametrize(
    "told",
    [
        MESSAGES,
        {"messages": MESSAGES, "more": 1},
        [
            {"from": "system", "value": "Be kind."},
            {"from": "human", "value": "Hello"},
            {"from": "gpt", "value": "Good day"},
        ],
    ],
)
def test_lists_of_messages_are_read(told: Any) -> None:
    talk = read_talk(json.dumps(told))
    assert talk.system == "Be kind."
    assert [(said.role, said.text) for said in talk.path] == [
        ("user", "Hello"),
        ("assistant", "Good day"),
    ]


def own(**more: Any) -> dict[str, Any]:
    return {"format": "storygen-talk", "version": 1, "system": "", "turns": [], **more}


def turn(**more: Any) -> dict[str, Any]:
    return {"id": 1, "after": None, "role": "user", "text": "x", **more}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("5", "no talk"),
        ({}, "no talk"),
        (own(version=2), "form 2"),
        (own(system=5), "system prompt has no text"),
        (own(turns={}), "a list of at most"),
        (own(turns=["x"]), "Turn 1 is no object"),
        (own(turns=[turn(id="x")]), "no number of its own"),
        (own(turns=[turn(), turn()]), "no number of its own"),
        (own(turns=[turn(after=1)]), "does not come before"),
        (own(turns=[turn(after=[])]), "does not come before"),
        (own(turns=[turn(text=None)]), "Turn 1 has no text"),
        (own(turns=[turn(role="robot")]), "not 'robot'"),
        ([{"role": "tool", "content": "x"}], "not 'tool'"),
        (["x"], "Message 1"),
    ],
)
def test_what_is_no_talk_is_refused_with_the_reason(told: Any, reason: str) -> None:
    with pytest.raises(BadRequestError, match=reason):
        read_talk(told if isinstance(told, str) else json.dumps(told))
