"""A talk as a tree: versions of turns beside each other, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.errors import BadRequestError, NotFoundError
from storygen.workbench.models.base import Turn
from storygen.workbench.talks.tree import TalkTree


def texts(talk: TalkTree) -> list[str]:
    return [said.text for said in talk.path]


def talk_of(*words: str) -> TalkTree:
    talk, after = TalkTree(), None
    for place, text in enumerate(words):
        after = talk.say(("user", "assistant")[place % 2], text, after).id
    return talk


def test_what_is_said_last_is_shown_last() -> None:
    talk = talk_of("Hello", "Good day", "How are you?")
    assert texts(talk) == ["Hello", "Good day", "How are you?"]
    assert talk.last is not None
    assert talk.last.text == "How are you?"
    assert talk.title == "Hello"
    assert TalkTree().last is None


def test_an_edited_turn_is_a_version_and_the_old_one_keeps_what_followed() -> None:
    talk = talk_of("Hello", "Good day", "How are you?")
    first = talk.path[0]
    edited = talk.edit(first.id, "Hi")
    assert texts(talk) == ["Hi"]
    assert talk.versions(edited.id) == (2, 2)
    talk.leaf(edited.id, -1)
    assert texts(talk) == ["Hello", "Good day", "How are you?"]
    assert talk.versions(first.id) == (1, 2)


def test_each_version_remembers_which_version_of_what_follows_was_shown() -> None:
    talk = talk_of("Hello", "Good day")
    hello = talk.path[0].id
    talk.say("assistant", "Go away", hello)
    other = talk.edit(hello, "Hi").id
    talk.leaf(other, -1)
    assert texts(talk) == ["Hello", "Go away"]


def test_leafing_stops_at_the_ends() -> None:
    talk = talk_of("Hello")
    second = talk.edit(talk.path[0].id, "Hi")
    talk.leaf(second.id, 1)
    assert texts(talk) == ["Hi"]
    talk.leaf(second.id, -1)
    talk.leaf(talk.path[0].id, -1)
    assert texts(talk) == ["Hello"]


def test_a_deleted_version_goes_with_what_followed_and_its_neighbour_is_shown() -> None:
    talk = talk_of("Hello", "Good day", "Bye")
    hello = talk.path[0].id
    talk.say("assistant", "Second", hello)
    third = talk.say("assistant", "Third", hello)
    talk.delete(third.id)
    assert texts(talk) == ["Hello", "Second"]
    talk.leaf(talk.path[1].id, -1)
    talk.delete(talk.path[1].id)
    assert texts(talk) == ["Hello", "Second"]
    talk.delete(hello)
    assert texts(talk) == []
    assert len(talk) == 0
    with pytest.raises(NotFoundError):
        talk.get(hello)


def test_choosing_a_turn_shows_all_that_leads_to_it() -> None:
    talk = talk_of("Hello", "Good day", "Bye")
    bye = talk.path[2].id
    talk.edit(talk.path[0].id, "Hi")
    talk.choose(bye)
    assert texts(talk) == ["Hello", "Good day", "Bye"]


def test_a_model_gets_the_system_prompt_and_what_leads_to_the_turn() -> None:
    talk = talk_of("Hello", "Good day", "Bye")
    talk.system = "Be kind."
    second = talk.path[1].id
    assert talk.turns_to(second) == [
        Turn("system", "Be kind."),
        Turn("user", "Hello"),
        Turn("assistant", "Good day"),
    ]
    talk.system = "  "
    assert talk.turns_to(None) == []


def test_nobody_else_speaks_and_nothing_follows_what_is_not_there() -> None:
    talk = TalkTree()
    with pytest.raises(BadRequestError):
        talk.say("system", "x", None)
    with pytest.raises(NotFoundError):
        talk.say("user", "x", 7)


@given(st.lists(st.tuples(st.sampled_from(["say", "edit", "leaf", "delete"]), st.integers(0, 30))))
def test_whatever_is_done_the_talk_hangs_together(steps: list[tuple[str, int]]) -> None:
    talk = TalkTree()
    for name, number in steps:
        numbers = [None, *(said.id for said in talk)]
        at = numbers[number % len(numbers)]
        if name == "say":
            talk.say("user", f"{number}", at)
        elif at is not None:
            {
                "edit": lambda at=at: talk.edit(at, "edited"),
                "leaf": lambda at=at, number=number: talk.leaf(at, (-1, 1)[number % 2]),
                "delete": lambda at=at: talk.delete(at),
            }[name]()
        path = talk.path
        assert [said.after for said in path] == [None, *(said.id for said in path)][: len(path)]
        if len(talk):
            assert path
        for said in talk:
            place, number_of = talk.versions(said.id)
            assert 1 <= place <= number_of
            assert [turn.text for turn in talk.turns_to(said.id)][-1] == said.text
