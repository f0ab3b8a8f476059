"""A talk as one text, by a template that a person can edit."""

from __future__ import annotations

import pytest

from storygen.errors import BadRequestError
from storygen.workbench.models.base import Turn
from storygen.workbench.models.talk_template import PLAIN, read_template

CHATML = (
    "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n"
    "<|im_start|>assistant\n{assistant}<|im_end|>\n"
)
TALK = [
    Turn("system", "Be kind."),
    Turn("user", "Hello"),
    Turn("assistant", "Good day."),
    Turn("user", "How are {you}?"),
]


def test_the_plain_template_ends_where_the_answer_begins() -> None:
    assert read_template(PLAIN).text(TALK) == (
        "Be kind.\n\nUser: Hello\nAssistant: Good day.\nUser: How are {you}?\nAssistant:"
    )


def test_without_a_system_prompt_its_place_is_gone() -> None:
    assert read_template(PLAIN).text(TALK[1:2]) == "User: Hello\nAssistant:"


def test_the_marks_of_other_templates_stay_whole() -> None:
    assert read_template(CHATML).text(TALK[:2]) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert read_template(CHATML).stops == ["<|im_end|>", "\n<|im_start|>user"]


def test_what_stands_above_a_blank_line_comes_once() -> None:
    template = read_template("A talk.\n\nQ: {user}\nA: {assistant}\n")
    assert template.text(TALK[1:]) == ("A talk.\n\nQ: Hello\nA: Good day.\nQ: How are {you}?\nA:")
    assert template.stops == ["\nQ:"]


def test_an_answer_at_the_end_goes_on() -> None:
    assert read_template(PLAIN).text(TALK[:3]).endswith("Assistant: Good day.")


def test_two_turns_of_one_side_follow_each_other() -> None:
    talk = [Turn("user", "One"), Turn("user", "Two")]
    assert read_template(PLAIN).text(talk) == "User: One\nUser: Two\nAssistant:"
    assert read_template(PLAIN).text([]) == "\nAssistant:"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("User: {user}", "names {assistant} once"),
        ("{assistant}", "names {user} once"),
        ("{user}{user}{assistant}", "names {user} once"),
        ("{assistant} {user}", "{user} stands before"),
        ("{user} {system} {assistant}", "{system} stands before"),
        ("{user}{assistant}" + "x" * 20_000, "at most"),
    ],
)
def test_a_template_that_lacks_something_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadRequestError, match=reason):
        read_template(text)
