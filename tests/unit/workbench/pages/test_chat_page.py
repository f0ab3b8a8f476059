"""The page on which a person talks with a model, with models that are not real."""

from __future__ import annotations

from storygen.workbench.elements import Collapsible, Number, Select, Text, TextInput
from tests.unit.workbench.pages.chat_opened import (
    ChatModel,
    opened,
    prompt,
    say,
    texts,
    turns,
)
from tests.unit.workbench.pages.writing_models import WordModel


def test_a_model_answers_over_its_own_template() -> None:
    model = ChatModel()
    with opened(model, system="Be kind.") as page:
        say(page, "Hello")
        assert prompt(model) == "<system>Be kind.</><user>Hello</><assistant>"
        first, answer = turns(page)
        assert (first.role, first.text) == ("user", "Hello")
        assert answer.role == "assistant"
        assert answer.state == ""
        assert len(answer.text.split()) <= 5
        assert not answer.text.startswith(" ")
        assert answer.note.startswith("words · 5 tokens in ")
        assert answer.note.endswith("seed 1 · reached the most tokens")
        assert page.find(TextInput, "Your turn").value == ""
        say(page, "And then?")
        assert prompt(model) == (
            f"<system>Be kind.</><user>Hello</><assistant>{answer.text}</>"
            "<user>And then?</><assistant>"
        )


def test_a_plain_model_is_given_a_text_by_a_template_that_can_be_edited() -> None:
    model = WordModel()
    with opened(model) as page:
        say(page, "Hello")
        assert prompt(model) == "User: Hello\nAssistant:"
        assert model.asked[-1][1]["stop"] == ["\nUser:"]
        page.do(page.find(TextInput, "Template"), "change", "Q: {user}\nA: {assistant}\n")
        page.do(turns(page)[0], "edit", "Hi")
        assert prompt(model) == "Q: Hi\nA:"
        assert model.asked[-1][1]["stop"] == ["\nQ:"]


def test_a_chat_model_can_be_given_plain_text_too() -> None:
    model = ChatModel()
    with opened(model) as page:
        page.do(page.find(Select, "Sent"), "change", "text")
        say(page, "Hello")
        assert prompt(model) == "User: Hello\nAssistant:"


def test_a_template_that_lacks_something_is_told_and_what_was_said_stands() -> None:
    with opened(WordModel()) as page:
        page.do(page.find(TextInput, "Template"), "change", "User: {user}")
        say(page, "Hello")
        assert "names {assistant} once" in page.problems[-1]
        assert texts(page) == ["Hello"]
        page.do(page.find(TextInput, "Template"), "change", "{user}\n{assistant}\n")
        page.click("Send")
        assert len(turns(page)) == 2


def test_exactly_what_is_sent_is_shown() -> None:
    model = ChatModel()
    with opened(model, system="Be kind.") as page:
        say(page, "Hello")
        shown = page.find(Collapsible, "What is sent")
        [sent] = shown.children
        assert isinstance(sent, Text)
        assert sent.text == prompt(model)
        page.do(page.find(TextInput, "System prompt"), "change", "Be brief.")
        page.do(shown, "toggle", True)
        assert sent.text == "<system>Be brief.</><user>Hello</><assistant>"


def test_an_edited_question_is_answered_anew_and_the_old_one_is_a_leaf_away() -> None:
    with opened(ChatModel()) as page:
        say(page, "Hello")
        say(page, "And then?")
        before = texts(page)
        page.do(turns(page)[0], "edit", "Good evening")
        assert texts(page)[0] == "Good evening"
        assert len(turns(page)) == 2
        first = turns(page)[0]
        assert (first.sibling, first.siblings) == (2, 2)
        page.do(first, "leaf", -1)
        assert texts(page) == before
        assert (turns(page)[0].sibling, turns(page)[0].siblings) == (1, 2)


def test_an_edited_answer_is_what_the_model_goes_on_from() -> None:
    model = ChatModel()
    with opened(model) as page:
        say(page, "Hello")
        asked = len(model.asked)
        page.do(turns(page)[1], "edit", "I am a fox.")
        assert len(model.asked) == asked
        assert texts(page) == ["Hello", "I am a fox."]
        assert turns(page)[1].siblings == 2
        say(page, "Really?")
        assert "<assistant>I am a fox.</>" in prompt(model)


def test_another_answer_has_another_seed_and_stands_beside_the_first() -> None:
    model = ChatModel()
    with opened(model) as page:
        page.do(page.find(Number, "Seed"), "change", 7)
        say(page, "Hello")
        page.do(turns(page)[1], "again")
        page.do(turns(page)[0], "again")
        assert [seeds for _, _, seeds in model.asked] == [(7,), (8,), (9,)]
        assert (turns(page)[1].sibling, turns(page)[1].siblings) == (3, 3)


def test_a_deleted_turn_goes_with_what_followed() -> None:
    with opened(ChatModel()) as page:
        say(page, "Hello")
        say(page, "And then?")
        page.do(turns(page)[2], "delete")
        assert len(turns(page)) == 2
        page.do(turns(page)[0], "delete")
        assert turns(page) == []


def test_sampling_parameters_reach_the_model() -> None:
    model = ChatModel()
    with opened(model) as page:
        page.do(page.find(Number, "Temperature"), "change", 0.3)
        say(page, "Hello")
        assert model.asked[-1][1]["temperature"] == 0.3
        assert model.asked[-1][1]["max_tokens"] == 5
