"""What goes wrong with models on the chat page: it is told in the turn, and nothing is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from storygen.errors import ModelError
from storygen.workbench.bench import Offer
from storygen.workbench.elements import Button, Text
from storygen.workbench.models.base import Generated, ScoredToken
from storygen.workbench.pages.chat import Chat
from tests.unit.workbench.pages.chat_opened import (
    ChatModel,
    opened,
    say,
    turns,
    until,
)
from tests.unit.workbench.pages.writing_models import HeldModel, RaisingModel
from tests.workbench_page import OpenPage, make_bench


def test_an_answer_can_be_stopped_even_of_a_model_that_does_not_listen() -> None:
    model = HeldModel()
    with opened(model) as page:
        say(page, "Hello", wait=False)
        assert model.reached.wait(20)
        assert turns(page)[1].state == "writing"
        assert turns(page)[1].actions == ()
        assert page.find(Button, "Send").disabled
        page.do(page.find(Button, "Stop"), "click")
        answer = turns(page)[1]
        assert answer.state == "stopped"
        assert answer.text
        assert page.find(Button, "Stop").hidden
        assert not page.find(Button, "Send").disabled
        written = answer.text
        model.go.set()
        page.wait()
        assert turns(page)[1].text == written


def test_while_the_model_writes_nothing_else_is_changed() -> None:
    model = HeldModel()
    with opened(model) as page:
        say(page, "Hello", wait=False)
        assert model.reached.wait(20)
        for event, value in (("edit", "Hi"), ("again", None), ("delete", None)):
            page.do(turns(page)[0], event, value, wait=False)
        until(lambda: len(page.problems) == 3)
        model.go.set()
        page.wait()
        assert len(turns(page)) == 2
        assert page.problems == ["The model is writing. Wait for it, or press Stop."] * 3


def test_stop_of_the_whole_page_stops_the_answer() -> None:
    model = HeldModel()
    with opened(model) as page:
        say(page, "Hello", wait=False)
        assert model.reached.wait(20)
        page.cancel()
        page.wait()
        assert turns(page)[1].state == "stopped"
        model.go.set()


def test_what_a_model_complains_of_stands_in_the_turn_and_can_be_tried_again() -> None:
    model = RaisingModel(ModelError("It is too large.", mend="Take a smaller one."))
    with opened(model) as page:
        say(page, "Hello")
        answer = turns(page)[1]
        assert answer.state == "failed"
        assert answer.problem == "It is too large. Take a smaller one."
        assert len(answer.text.split()) == 2
        assert "again" in answer.actions
        assert page.problems == []
        failed = answer.text
        model.before_token = lambda at: None  # type: ignore[method-assign]
        page.do(answer, "again")
        assert turns(page)[1].state == ""
        assert turns(page)[1].siblings == 2
        page.do(turns(page)[1], "leaf", -1)
        assert turns(page)[1].text == failed


def test_where_a_developers_model_raised_is_shown() -> None:
    with opened(RaisingModel(ZeroDivisionError("by nought"))) as page:
        say(page, "Hello")
        assert turns(page)[1].problem == "ZeroDivisionError: by nought"
        assert page.problems == ["ZeroDivisionError: by nought"]
        assert "before_token" in page.traces[0]


def test_a_failure_without_a_word_leaves_no_empty_version() -> None:
    class Dead(ChatModel):
        def before_token(self, at: int) -> None:
            raise ModelError("It is dead.")

    with opened(Dead()) as page:
        say(page, "Hello")
        page.do(turns(page)[1], "again")
        page.do(turns(page)[1], "again")
        assert turns(page)[1].siblings == 1
        assert turns(page)[1].problem == "It is dead."


def test_numbers_that_are_none_are_told() -> None:
    class Broken(ChatModel):
        def token(self, text: str, at: int) -> ScoredToken:
            return ScoredToken(at, text, math.nan if at == 2 else -1.0)

    with opened(Broken()) as page:
        say(page, "Hello")
        answer = turns(page)[1]
        assert answer.state == "failed"
        assert "NaN" in answer.problem
        assert len(answer.text.split()) == 3


def test_a_model_of_which_nothing_comes_is_given_up() -> None:
    model = HeldModel()
    with opened(model, patience_s=0.2) as page:
        say(page, "Hello")
        answer = turns(page)[1]
        assert answer.state == "failed"
        assert "Nothing came for 0.2 seconds" in answer.problem
        model.go.set()


def test_what_a_model_gives_in_the_end_counts() -> None:
    class Trimming(ChatModel):
        def given(self, written: list[list[ScoredToken]], seeds: Sequence[int]) -> list[Generated]:
            return [Generated(" trimmed", (), "stop", seed) for seed in seeds]

    with opened(Trimming()) as page:
        say(page, "Hello")
        assert turns(page)[1].text == "trimmed"


def test_a_model_that_cannot_be_had_fails_in_the_turn(tmp_path: Path) -> None:
    bench = make_bench({}, data_dir=tmp_path)

    class Away:
        def offers(self) -> list[Any]:
            return [Offer("away")]

        def get(self, name: str, job: Any) -> Any:
            raise ModelError("It is not there.")

    object.__setattr__(bench, "models", Away())
    with OpenPage(Chat(), bench) as page:
        say(page, "Hello")
        assert turns(page)[1].problem == "It is not there."


def test_without_a_model_it_is_said_what_to_do() -> None:
    with opened() as page:
        assert page.find(Button, "Send").disabled
        assert page.find(Text, "There is no model. Add one first, or a server.")


def test_without_a_word_nothing_is_sent() -> None:
    model = ChatModel()
    with opened(model) as page:
        say(page, "  ")
        assert page.problems == ["Write something first."]
        assert model.asked == []
