"""The page on which a dataset is looked at, without a browser."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from letter_model import LetterModel

from storygen.workbench.bench import Bench, Functions, Given, Offer
from storygen.workbench.datasets.shelf import DatasetShelf
from storygen.workbench.datasets.split import BrokenSample, Dataset, ListSplit, Sample
from storygen.workbench.elements import (
    Button,
    Checks,
    Collapsible,
    Facts,
    FileInput,
    Heading,
    Number,
    Plot,
    Select,
    Table,
    Text,
    TextInput,
    TokenText,
)
from storygen.workbench.jobs import Job
from storygen.workbench.pages.dataset_viewer import DatasetViewer
from tests.workbench_page import OpenPage, make_bench

ROWS = [
    {"prompt": f"Tale {at} of the sea", "completion": " went on.", "more": {"n": at}}
    for at in range(45)
]


def texts(page: OpenPage) -> list[str]:
    return [one.text for one in page.elements() if isinstance(one, Text) and not one.hidden]


def shown_rows(page: OpenPage) -> Table:
    return next(one for one in page.elements() if isinstance(one, Table) and one.columns[1:2]
                and one.columns[1].title == "prompt")  # fmt: skip


@pytest.fixture
def page(tmp_path: Path) -> Iterator[OpenPage]:
    data = {"train": ROWS, "test": ROWS[:3]}
    bench = make_bench({"letters": LetterModel()}, {"tales": data}, data_dir=tmp_path)
    with OpenPage(DatasetViewer(), bench) as opened:
        yield opened


def test_a_sample_is_shown_with_its_text_target_and_tokens(page: OpenPage) -> None:
    assert dict(page.find(Facts).facts)["more"] == '{"n": 0}'
    assert {"Tale 0 of the sea", " went on."} <= set(texts(page))
    assert [one.text for one in page.find(TokenText).tokens] == [
        "Tale",
        " 0",
        " of",
        " the",
        " sea",
    ]
    assert "5 tokens, 7 with the target" in texts(page)
    told = "Guessed by their names: prompt is the text, completion is the target."
    assert told in texts(page)
    assert page.problems == []


def test_a_text_that_is_too_long_is_not_tokenized(
    page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storygen.workbench.pages.dataset_sample.MOST_TOKENIZED", 10)
    page.click("Next")
    assert page.find(TokenText).hidden
    assert "The text is too long for its tokens to be shown here." in texts(page)
    monkeypatch.setattr("storygen.workbench.pages.dataset_sample.MOST_TOKENIZED", 100)
    page.click("Next")
    assert not page.find(TokenText).hidden


def test_one_steps_to_other_samples(page: OpenPage) -> None:
    page.click("Next")
    assert "Tale 1 of the sea" in texts(page)
    page.click("Previous")
    page.click("Previous")
    assert page.find(Heading, "Sample 1")
    page.do(page.find(Number, "Sample"), "change", 45)
    assert "Tale 44 of the sea" in texts(page)
    assert shown_rows(page).picked == 4
    page.click("Next")
    assert page.find(Heading, "Sample 45")
    page.click("Random")
    assert page.problems == []


def test_rows_are_turned_and_picked(page: OpenPage) -> None:
    table = shown_rows(page)
    assert [row[0] for row in table.rows] == list(range(1, 21))
    page.click("Later rows")
    page.click("Later rows")
    page.click("Later rows")
    assert [row[0] for row in table.rows] == list(range(41, 46))
    page.do(table, "pick", [2, None])
    assert page.find(Heading, "Sample 43")
    page.click("Earlier rows")
    assert table.rows[0][:2] == [21, "Tale 20 of the sea"]


def test_another_split_begins_at_its_first_sample(page: OpenPage) -> None:
    page.do(page.find(Number, "Sample"), "change", 30)
    page.do(page.find(Select, "Split"), "change", "test")
    assert page.find(Heading, "Sample 1")
    assert page.find(Number, "Sample").high == 3
    assert len(shown_rows(page).rows) == 3


def test_words_are_searched_and_found_samples_picked(page: OpenPage) -> None:
    page.do(page.find(TextInput, "Search"), "change", "tale 4")
    page.click("Search")
    found = next(one for one in page.elements() if isinstance(one, Table) and len(one.columns) == 3
                 and one.columns[2].title == "Found")  # fmt: skip
    assert [row[0] for row in found.rows] == [5, 41, 42, 43, 44, 45]
    assert found.rows[0][2] == "»Tale 4« of the sea"
    assert "6 found in 45" in texts(page)
    page.do(found, "pick", [1, None])
    assert page.find(Heading, "Sample 41")
    page.do(page.find(Select, "In"), "change", "completion")
    page.click("Search")
    assert found.rows == []


def test_columns_are_chosen_without_writing_python(page: OpenPage) -> None:
    page.do(page.find(Checks, "Text"), "change", ["prompt", "completion"])
    page.do(page.find(Select, "Target"), "change", "")
    assert "Tale 0 of the sea\n\n went on." in texts(page)
    page.do(page.find(Select, "Target"), "change", "more")
    assert "0" in texts(page)
    page.click("Guess again")
    assert {"Tale 0 of the sea", " went on."} <= set(texts(page))


def test_lengths_are_measured(page: OpenPage) -> None:
    page.click("Measure")
    assert "Of 45 samples" in texts(page)
    plots = [one for one in page.elements() if isinstance(one, Plot)]
    assert [sum(y or 0 for y in one.series[0].y) for one in plots] == [45, 45]
    page.do(page.find(Select, "Split"), "change", "test")
    assert "Of 45 samples" not in texts(page)


def test_a_broken_sample_and_functions_that_fail_are_told(tmp_path: Path) -> None:
    rows: list[Any] = [BrokenSample("rows.jsonl, line 1", "this is no JSON."), {"a": "x"}]
    functions = Functions(to_text=lambda sample: sample["b"])
    with OpenPage(DatasetViewer(), make_bench({}, {"d": rows}, functions, tmp_path)) as page:
        assert "This sample can't be read. rows.jsonl, line 1: this is no JSON." in texts(page)
        page.click("Next")
        assert "to_text failed on this sample: KeyError: 'b'" in texts(page)
        assert page.find(Collapsible, "Text and target").hidden
        assert page.problems == []


def test_no_dataset_or_an_empty_or_broken_one_is_said(tmp_path: Path) -> None:
    with OpenPage(DatasetViewer(), make_bench(data_dir=tmp_path)) as page:
        assert "There is no dataset yet. Add one first." in texts(page)
    data = {"empty": [], "broken": 5}
    with OpenPage(DatasetViewer(), make_bench({}, data, data_dir=tmp_path)) as page:
        assert page.find(Button, "Next")
        page.do(page.find(Select, "Dataset"), "change", "broken")
        assert any("can't be made of number" in text for text in texts(page))
        assert page.problems == []


def test_a_search_is_stopped_in_its_midst(tmp_path: Path) -> None:
    go_on, reached = threading.Event(), threading.Event()

    class Slow(ListSplit):
        def read(self, start: int, stop: int) -> Iterator[Sample]:
            for index, sample in enumerate(super().read(start, stop), start):
                if index == 300:
                    reached.set()
                    assert go_on.wait(30)
                yield sample

    data = Dataset("slow", [Slow("train", [{"a": "word"}, *[{"a": "x"}] * 2000])])
    with OpenPage(DatasetViewer(), make_bench({}, {"slow": data}, data_dir=tmp_path)) as page:
        page.do(page.find(TextInput, "Search"), "submit", "word", wait=False)
        assert reached.wait(30)
        page.click("Stop", wait=False)
        page.until(lambda: page.component._search._running.cancelled)
        page.click("Next", wait=False)  # the page goes on meanwhile
        go_on.set()
        page.wait()
        assert "Stopped; 1 found so far" in texts(page)


class Shelved:
    """A source of data that lies in a folder, as the main server's."""

    def __init__(self, folder: Path) -> None:
        self.shelf = DatasetShelf(folder)

    def offers(self) -> list[Offer]:
        return [Offer(entry.name) for entry in self.shelf.entries()]

    def get(self, name: str, job: Job) -> Dataset:
        return self.shelf.open(name, job)


def test_a_file_is_added_and_moved_to_the_bin(tmp_path: Path) -> None:
    bench = Bench(Given({}), Shelved(tmp_path / "datasets"), Functions(), tmp_path / "workbench")
    with OpenPage(DatasetViewer(), bench) as page:
        data = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
        file = page.find(FileInput)
        for event, value in (
            ("begin", {"name": "tales.jsonl", "size": len(data)}),
            ("piece", base64.b64encode(data).decode()),
            ("end", None),
        ):
            page.do(file, event, value)
        assert page.problems == []
        assert "Tale 0 of the sea" in texts(page)
        page.click("Move to the bin")
        assert "There is no dataset yet. Add one first." in texts(page)
        assert len(list((tmp_path / "datasets" / ".bin").iterdir())) == 1
