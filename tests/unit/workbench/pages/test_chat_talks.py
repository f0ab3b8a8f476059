"""Talks on the chat page: begun with a sample, saved, opened, left and come back to."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from storygen.errors import BadRequestError
from storygen.workbench.elements import Collapsible, Panel, Select, Text, TextInput
from storygen.workbench.pages.chat import Chat
from tests.unit.workbench.pages.chat_opened import (
    ChatModel,
    load,
    opened,
    say,
    texts,
    turns,
)


def test_a_talk_begins_with_a_sample_its_target_beside_it() -> None:
    model = ChatModel()
    with opened(model) as page:
        assert not any(
            isinstance(e, TextInput) and "go on from" in e.label for e in page.elements()
        )
        page.do(page.find(Collapsible, "Begin with a sample"), "toggle", True)
        page.click("Begin a talk with it")
        assert texts(page)[0] == "Where is the fox?"
        assert len(turns(page)) == 2
        panel = page.find(Panel, "What should come (rows, train 1)")
        assert not panel.hidden
        [target] = panel.children
        assert isinstance(target, Text)
        assert target.text == "It sleeps."
        page.click("New talk")
        assert panel.hidden


def test_a_talk_is_saved_and_opened_again(tmp_path: Path) -> None:
    with opened(ChatModel(), system="Be kind.") as page:
        say(page, "Hello")
        page.do(turns(page)[0], "edit", "Hi")
        page.click("Save talk")
        saved, shown = page.saved[0], texts(page)
    assert saved["name"] == "talk.json"
    data = base64.b64decode(saved["data"])
    with opened(ChatModel()) as page:
        load(page, data)
        assert texts(page) == shown
        assert turns(page)[0].siblings == 2
        assert page.find(TextInput, "System prompt").value == "Be kind."
        say(page, "And then?")
        assert len(turns(page)) == 4


@pytest.mark.parametrize("data", [b"\xff\xfe", b"{}", b"nonsense"])
def test_a_file_that_holds_no_talk_is_refused_and_the_talk_stands(data: bytes) -> None:
    with opened(ChatModel()) as page:
        say(page, "Hello")
        load(page, data)
        assert len(page.problems) == 1
        assert texts(page)[0] == "Hello"


def test_a_new_talk_leaves_the_old_one_to_come_back_to() -> None:
    with opened(ChatModel()) as page:
        say(page, "Hello")
        old = texts(page)
        page.click("New talk")
        assert turns(page) == []
        say(page, "Good evening")
        which = page.find(Select, "Talk")
        assert [option.label for option in which.options] == ["Hello", "Good evening"]
        page.do(which, "change", "0")
        assert texts(page) == old


def test_a_talk_of_other_programs_is_opened() -> None:
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    with opened(ChatModel()) as page:
        load(page, json.dumps({"messages": messages}).encode())
        assert texts(page) == ["Hello", "Hi"]


def test_a_wrong_template_is_refused_in_the_script() -> None:
    with pytest.raises(BadRequestError, match=r"names \{user\} once"):
        Chat(template="nothing")
