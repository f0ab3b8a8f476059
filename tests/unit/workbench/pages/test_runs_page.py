"""The page of runs, without a browser: begun, watched, paused, gone on with, sorted, compared, saved."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from letter_model import LetterModel

from storygen.errors import BadRequestError
from storygen.workbench.bench import Functions
from storygen.workbench.elements import (
    Button,
    Cell,
    Facts,
    Heading,
    Number,
    Plot,
    Radio,
    Select,
    Table,
    Text,
    TokenText,
)
from storygen.workbench.pages.runs import Runs
from storygen.workbench.runs.keeping import DONE, FAILED, PAUSED
from storygen.workbench.runs.starting import shelf_of
from tests.workbench_page import OpenPage, make_bench

ROWS = [{"prompt": f"Tale {at} of the sea", "completion": " the fox slept."} for at in range(100)]


class HeldModel(LetterModel):
    """Waits before a text with this number until it may go on."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._word = f"Tale {number} "
        self.reached, self.may_go_on = threading.Event(), threading.Event()

    def on_text(self, text: str) -> None:
        if self._word in text and not self.may_go_on.is_set():
            self.reached.set()
            assert self.may_go_on.wait(30)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it never came"
        threading.Event().wait(0.02)


def listed(page: OpenPage) -> Table:
    return next(one for one in page.elements() if isinstance(one, Table)
                and one.columns[0].title == "Begun")  # fmt: skip


def states(page: OpenPage) -> list[str]:
    cells = [row[-1] for row in listed(page).rows]
    return [str(cell.text) if isinstance(cell, Cell) else "" for cell in cells]


def rows_of(page: OpenPage) -> Table:
    return next(one for one in page.elements() if isinstance(one, Table)
                and len(one.columns) > 2 and one.columns[2].title == "Written")  # fmt: skip


def table_with(page: OpenPage, title: str) -> Table:
    return next(one for one in page.elements() if isinstance(one, Table)
                and title in {column.title for column in one.columns})  # fmt: skip


def write(page: OpenPage, *, num: int = 100, seed: int = 1) -> None:
    """Begin a run."""
    page.do(page.find(Number, "Samples at most"), "change", num)
    page.do(page.find(Number, "Seed"), "change", seed)
    page.click("Start")


def start(tmp_path: Path, model: LetterModel, functions: Functions | None = None) -> OpenPage:
    bench = make_bench({"letters": model}, {"tales": ROWS}, functions, tmp_path)
    return OpenPage(Runs(["f1", "words", "perplexity"]), bench)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[OpenPage]:
    with start(tmp_path, LetterModel()) as opened:
        write(opened)
        until(lambda: states(opened) == [DONE])
        until(lambda: [row[3] for row in table_with(opened, "95 % interval").rows] == ["100"] * 3)
        yield opened


def test_a_run_is_begun_and_its_numbers_shown(page: OpenPage) -> None:
    assert page.problems == []
    numbers = table_with(page, "95 % interval")
    assert [row[3] for row in numbers.rows] == ["100"] * 3
    assert " to " in str(numbers.rows[0][2])
    facts = dict(page.find(Facts).facts)
    assert facts["Read by"] == "prompt is the text, completion is the target"
    assert "temperature" in facts["Parameters"]
    plot = page.find(Plot)
    assert sum(y or 0 for y in plot.series[0].y) == 100


def test_the_worst_rows_come_first_and_one_is_looked_at(page: OpenPage) -> None:
    table = rows_of(page)
    shares = [str(row[3]) for row in table.rows]
    assert shares == sorted(shares, key=lambda share: float(share.rstrip("%")))
    page.do(table, "sort", [3, True])
    best = [float(str(row[3]).rstrip("%")) for row in table.rows]
    assert best == sorted(best, reverse=True)
    page.do(table, "sort", [5, True])
    assert page.find(Select, "Look at").value == "perplexity"
    number = table.rows[1][0]
    page.do(table, "pick", [1, None])
    assert page.find(Heading, f"Sample {number}")
    tokens = page.find(TokenText).tokens
    assert len(tokens) == 100 and tokens[0].shade is not None
    page.click("Later rows")
    assert len(table.rows) == 20 and table.rows[0][0] != number


def test_a_run_is_saved_as_files(page: OpenPage) -> None:
    page.click("Download CSV")
    page.click("Download JSON Lines")
    csv, jsonl = (base64.b64decode(one["data"]).decode() for one in page.saved)
    assert csv.startswith("index,key,text,target,written,f1,words,perplexity,problem")
    assert (csv.count("\r\n"), jsonl.count("\n")) == (101, 101)


def test_two_runs_are_compared(page: OpenPage) -> None:
    write(page, num=60, seed=5)
    until(lambda: states(page) == [DONE, DONE])
    other = page.find(Select, "With").options[1].value
    page.do(page.find(Select, "With"), "change", other)
    numbers = table_with(page, "Higher, lower, same")
    assert [row[7] for row in numbers.rows] == ["60"] * 3
    differing = table_with(page, "Difference")
    assert differing is numbers
    most = next(one for one in page.elements() if isinstance(one, Table)
                and [c.title for c in one.columns] == ["#", "This", "Other", "Difference"])  # fmt: skip
    assert len(most.rows) == 50
    page.do(most, "pick", [0, None])
    assert page.find(Heading, f"This: Sample {most.rows[0][0]}")
    assert page.find(Heading, f"Other: Sample {most.rows[0][0]}")
    page.do(page.find(Select, "With"), "change", "")
    assert page.problems == []


def test_a_run_is_paused_and_gone_on_with_on_another_page(tmp_path: Path) -> None:
    model = HeldModel(70)
    with start(tmp_path, model) as page:
        write(page)
        assert model.reached.wait(30)
        until(lambda: [str(row[4]) for row in listed(page).rows] == ["64 of 100"])
        until(lambda: len(rows_of(page).rows) == 20)  # those that are kept can be looked at
        assert page.find(Button, "Go on").hidden
        page.click("Pause")
        model.may_go_on.set()
        until(lambda: states(page) == [PAUSED])
    with start(tmp_path, model) as page:
        assert states(page) == [PAUSED]
        page.do(listed(page), "pick", [0, None])
        page.click("Go on")
        until(lambda: states(page) == [DONE])
        assert page.problems == []


def test_a_run_goes_on_when_the_browser_leaves_and_the_page_is_shut(tmp_path: Path) -> None:
    model = HeldModel(70)
    with start(tmp_path, model) as page:
        write(page)
        assert model.reached.wait(30)
        page.visits.left("test")
        assert page.visits.busy  # or the process would end for want of anybody
        visits = page.visits
    assert visits.busy
    model.may_go_on.set()
    [kept] = shelf_of(make_bench(data_dir=tmp_path)).runs()
    until(lambda: kept.state().state == DONE)
    until(lambda: not visits.busy)


def test_what_stops_a_run_is_said_and_it_is_moved_to_the_bin(tmp_path: Path) -> None:
    class Fails(LetterModel):
        def on_text(self, text: str) -> None:
            if "Tale" in text:
                raise BadRequestError("The server is gone. Start it again.")

    with start(tmp_path, Fails()) as page:
        write(page)
        until(lambda: states(page) == [FAILED])
        until(lambda: any("Start it again" in one.text for one in page.elements()
                          if isinstance(one, Text)))  # fmt: skip
        page.click("Move to the bin")
        assert listed(page).rows == []
        assert page.find(Button, "Go on")
        assert page.problems == []


def test_functions_that_changed_are_not_gone_on_with(tmp_path: Path) -> None:
    model = HeldModel(70)
    with start(tmp_path, model, Functions(to_text=lambda sample: sample["prompt"])) as page:
        write(page)
        assert model.reached.wait(30)
        page.click("Pause")
        model.may_go_on.set()
        until(lambda: states(page) == [PAUSED])
    with start(tmp_path, model, Functions(to_text=lambda s: s["prompt"] + "!")) as page:
        page.do(listed(page), "pick", [0, None])
        page.click("Go on")
        until(lambda: states(page) == [FAILED])


def test_targets_are_scored_without_sampling(tmp_path: Path) -> None:
    with start(tmp_path, LetterModel()) as page:
        page.do(page.find(Radio, "Task"), "change", "score")
        assert page.find(Number, "Texts for each").hidden
        write(page, num=5)
        until(lambda: states(page) == [DONE])
        until(lambda: len(rows_of(page).rows) == 5)
        page.do(rows_of(page), "pick", [0, None])
        assert [one.text for one in page.find(TokenText).tokens] == [" the", " fox", " slept."]


def test_what_makes_no_run_is_said(tmp_path: Path) -> None:
    with OpenPage(Runs(), make_bench({}, {}, data_dir=tmp_path)) as page:
        page.click("Start")
        assert page.problems == ["There is no model. Add one first."]
    bench = make_bench({"letters": LetterModel()}, {"numbers": [{"n": 5}]}, data_dir=tmp_path)
    with OpenPage(Runs(), bench) as page:
        page.click("Start")
        assert page.problems == ["Say which columns are the text, on the page Dataset."]
