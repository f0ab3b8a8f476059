"""Choosing a sample: by number, by chance, of several splits, and what goes wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from storygen.workbench.bench import Functions
from storygen.workbench.component import Component
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.elements import (
    Column,
    Element,
    Number,
    Radio,
    Row,
    Select,
    Text,
    TextInput,
)
from storygen.workbench.models.base import Turn
from storygen.workbench.pages.sample_choice import SampleChoice
from storygen.workbench.pages.text_way import AS_IT_STANDS, QUESTION
from storygen.workbench.workbench import Workbench
from tests.unit.workbench.pages.writing_models import WordModel
from tests.workbench_page import OpenPage, make_bench

DATA = {
    "train": [{"n": at, "text": f"Text {at}.", "answers": [f"A{at}", f"B{at}"]} for at in range(5)],
    "test": [{"n": 9, "text": "Other.", "answers": []}],
}


class Page(Component):
    title = "Page"

    def build(self) -> Element:
        self.choice = SampleChoice(self.bench, lambda: self.job)
        return Column(*self.choice.elements)

    def begin(self) -> None:
        self.choice.begin()


def test_a_text_that_no_page_can_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storygen.workbench.pages.sample_choice.MOST_CHARACTERS", 8)
    with opened() as page:  # which has a target of 2 characters
        assert page.find(TextInput, "Text to go on from").value == "Text 0."
    monkeypatch.setattr("storygen.workbench.pages.sample_choice.MOST_CHARACTERS", 6)
    with opened() as page:
        assert page.find(TextInput, "Text to go on from").value == ""
        problems = [one.text for one in page.elements() if isinstance(one, Text)]
        assert any("more than 6 characters" in one for one in problems)


def opened(functions: Functions | None = None, data: Any = DATA) -> OpenPage:
    datasets = None if data is None else {"d": open_dataset(data)}
    return OpenPage(Page(), make_bench({"words": WordModel()}, datasets, functions))


def go(page: OpenPage, number: int) -> None:
    page.do(page.find(Number, "Sample"), "change", number)


def boxes(page: OpenPage) -> tuple[str, str]:
    return page.find(TextInput, "Text to go on from").value, page.component.choice.target.value


def problem(page: OpenPage) -> str:
    return next(
        (
            e.text
            for e in page.elements()
            if isinstance(e, Text) and e.tone == "problem" and not e.hidden
        ),
        "",
    )


def test_the_first_sample_stands_there_and_others_are_a_step_away() -> None:
    with opened(
        Functions(to_text=lambda s: s["text"] + "!", to_target=lambda s: s["answers"])
    ) as page:
        assert boxes(page) == ("Text 0.!", "A0")
        page.click("Previous")
        assert boxes(page)[0] == "Text 0.!"
        page.click("Next")
        go(page, 4)
        assert boxes(page) == ("Text 3.!", "A3")
        chosen = page.component.choice.chosen()
        assert chosen.targets == ("A3", "B3") and chosen.where == "d, train 4"
        assert any(isinstance(e, Text) and e.text == "As good: B3" for e in page.elements())
        page.do(page.find(Select, "Split"), "change", "test")
        assert boxes(page) == ("Other.!", "") and page.component.choice.chosen().targets == ()
        seen = set()
        page.do(page.find(Select, "Split"), "change", "train")
        for _ in range(60):
            page.click("Random")
            seen.add(boxes(page)[0])
        assert len(seen) == 5


def test_what_stands_in_the_boxes_counts() -> None:
    with opened(Functions(to_target=lambda s: s["answers"])) as page:
        page.do(page.component.choice.prompt, "change", "Mine.")
        chosen = page.component.choice.chosen()
        assert (chosen.prompt, chosen.targets) == ("Mine.", ("A0", "B0"))
        assert chosen.edited and chosen.where == "d, train 1, edited"
        page.do(page.component.choice.target, "change", "Only this")
        assert page.component.choice.chosen().targets == ("Only this",)
        page.do(page.component.choice.target, "change", "")
        assert page.component.choice.chosen().targets == ()


def test_without_functions_the_columns_are_guessed() -> None:
    data = [{"id": at, "prompt": f"Why {at}?", "completion": f" So {at}."} for at in range(3)]
    with opened(data=data) as page:
        assert boxes(page) == ("Why 0?", " So 0.")


def test_a_function_that_fails_says_where_and_the_page_goes_on() -> None:
    def picky(sample: Any) -> str:
        return str(sample["text"]) if sample["n"] != 1 else sample["missing"]

    with opened(Functions(to_text=picky)) as page:
        go(page, 2)
        assert problem(page) == "to_text failed on this sample: KeyError: 'missing'"
        assert boxes(page) == ("", "") and page.component.choice.chosen().sample is None
        page.click("Next")
        assert boxes(page)[0] == "Text 2." and not problem(page) and not page.problems


def test_rows_that_can_not_be_read_and_empty_splits_say_so() -> None:
    with opened(data={"train": [{"text": "a"}, "no row"], "test": []}) as page:
        go(page, 2)
        assert problem(page).startswith("This sample can't be read. sample 2: a sample has columns")
        page.do(page.find(Select, "Split"), "change", "test")
        assert problem(page).startswith("This split has no samples.")


def test_without_data_there_are_only_the_boxes() -> None:
    with opened(data=None) as page:
        assert not any(type(e) in (Row, Select) for e in page.elements())
        page.do(page.component.choice.prompt, "change", "Mine.")
        assert page.component.choice.chosen().where == "a text of your own"


def test_a_page_can_go_to_a_sample() -> None:
    with opened() as page:
        page.component.choice.show("d", "test", 1)
        assert boxes(page)[0] == "Other."
        page.component.choice.show("d", "train", 9)
        assert problem(page) == "There are samples 1 to 5."


def way(page: OpenPage) -> Radio:
    return page.find(Radio, "The text is")


def test_a_text_is_a_question_unless_a_function_made_it_or_it_is_a_story() -> None:
    with opened(data=[{"question": "Why?", "answer": "So."}]) as page:
        assert way(page).value == QUESTION and page.component.choice.chosen().question
        page.do(way(page), "change", AS_IT_STANDS)
        page.component.choice.show("d", "train", 1)
        assert not page.component.choice.chosen().question  # what somebody chose stands
    with opened(data=[{"text": "Once there was"}]) as page:
        assert way(page).value == AS_IT_STANDS
    with opened(Functions(to_text=lambda s: s["text"])) as page:
        assert way(page).value == AS_IT_STANDS
    with opened(data=None) as page:
        assert page.component.choice.chosen().question


def test_where_no_model_chats_nothing_is_asked() -> None:
    bench = Workbench(WordModel(), dataset=[{"question": "Why?"}]).bench
    with OpenPage(Page(), bench) as page:
        assert way(page).hidden and not page.component.choice.chosen().question


def test_a_talk_is_given_as_its_turns_until_it_is_edited() -> None:
    said = [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Ho."}]
    with opened(data=[{"messages": said}]) as page:
        assert way(page).hidden
        chosen = page.component.choice.chosen()
        assert chosen.turns == (Turn("user", "Hi?"),) and chosen.targets == ("Ho.",)
        page.do(page.component.choice.prompt, "change", "Mine.")
        assert page.component.choice.chosen().turns == ()
