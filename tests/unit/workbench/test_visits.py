"""Pages that are open: callbacks and their errors, what is told when, and browsers that come and go."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.workbench.component import Component
from storygen.workbench.elements import Button, Column, Element, FileInput, Number, Text, TextInput
from storygen.workbench.host.visits import MOST_VISITS, Visits, component_key
from tests.server_process import wait_until
from tests.workbench_page import OpenPage, make_bench


class Trial(Component):
    """Does what a test needs of it."""

    title = "A trial"

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.started = threading.Event()
        self.closed_pages: list[str] = []

    def build(self) -> Element:
        self.name = TextInput("Name", on_submit=self.greet)
        self.amount = Number("Amount", 0, self.count)
        self.answer, self.counted = Text(), Text()
        return Column(
            self.name,
            self.amount,
            self.answer,
            self.counted,
            Button("Divide", lambda: 1 / 0),
            Button("Refuse", self.refuse),
            Button("Wait", self.wait),
            Button("Beside", lambda: self.beside(self.aside)),
            Button("At once", self.at_once, at_once=True),
            Button("Save", lambda: self.save("a.txt", "ä")),
            FileInput("File"),
            Button("Exit", lambda: sys.exit(3)),
            Button("Deaf", self.deaf),
        )

    def greet(self, name: str) -> None:
        self.answer.text = f"Good day, {name}."

    def count(self, amount: float) -> None:
        self.counted.write(f"{amount:g} ")

    def refuse(self) -> None:
        raise BadRequestError("Not like this.")

    def wait(self) -> None:
        self.started.set()
        while not self.go_on.wait(0.01):
            self.job.progress(1, 2, "waiting")
        self.answer.text = "waited"

    def deaf(self) -> None:
        self.started.set()
        self.go_on.wait(30)

    def aside(self, job: Any) -> None:
        self.go_on.wait(30)
        self.answer.text = "aside"

    def at_once(self) -> None:
        self.answer.text = "at once"

    def closed(self) -> None:
        self.closed_pages.append(self.answer.text)


@pytest.fixture
def page() -> Iterator[OpenPage]:
    with OpenPage(Trial(), make_bench()) as opened:
        yield opened
        opened.component.go_on.set()


def test_a_callback_changes_the_page(page: OpenPage) -> None:
    page.do(page.find(TextInput, "Name"), "submit", "Ann")
    assert page.component.answer.text == "Good day, Ann."


def test_an_error_in_a_callback_is_shown_with_its_trace_and_stops_nothing(page: OpenPage) -> None:
    page.click("Divide")
    assert page.problems == ["ZeroDivisionError: division by zero"]
    assert "in <lambda>" in page.traces[0]
    page.do(page.find(TextInput, "Name"), "submit", "Ann")
    assert page.component.answer.text == "Good day, Ann."


def test_a_callback_that_ends_the_program_ends_nothing(page: OpenPage) -> None:
    page.click("Exit")
    assert page.problems == ["SystemExit: 3"]
    page.do(page.find(TextInput, "Name"), "submit", "Ann")
    assert page.component.answer.text == "Good day, Ann."


def test_a_page_whose_callback_never_stops_can_be_left_behind(page: OpenPage) -> None:
    page.click("Deaf", wait=False)
    assert page.component.started.wait(30)
    page.cancel()
    asked = {"page": "a-trial", "visit": page.visit_id}
    assert page.visits.handle("test", "open", asked)["visit"] == page.visit_id  # it may yet stop

    page.cancel()
    page.until(lambda: page.problems != [])
    left = page.component
    opened = page.visits.handle("test", "open", asked)

    assert "Load this page again" in page.problems[0]
    assert opened["visit"] != page.visit_id
    page.visit_id = opened["visit"]
    page.until(lambda: not page._visit.busy)
    page.do(page.find(TextInput, "Name"), "submit", "Ann")
    assert page.component.answer.text == "Good day, Ann."
    left.go_on.set()
    page.until(lambda: left.closed_pages != [])


def test_a_browser_that_took_long_with_a_message_is_told_the_next(
    page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storygen.workbench.host.visit.PATIENCE_S", 0.01)
    told: list[dict[str, Any]] = []
    visits = Visits("T", [Trial()], make_bench(), lambda _, message: told.append(message))
    opened = visits.handle("c", "open", {"page": "a-trial"})
    wait_until(lambda: len(told) == 1, "the first news", 30)
    visit = visits._open[opened["visit"]].visit
    visit.say("The second.")
    wait_until(lambda: not visit._connected, "the end of patience", 30)

    visits.heard("c", opened["visit"])

    wait_until(lambda: len(told) == 2, "the second news", 30)
    visits.close()


def test_an_error_for_users_is_shown_as_its_sentence(page: OpenPage) -> None:
    page.click("Refuse")
    assert (page.problems, page.traces) == (["Not like this."], [""])


def test_what_takes_long_can_be_given_up(page: OpenPage) -> None:
    page.click("Wait", wait=False)
    assert page.component.started.wait(30)
    page.cancel()
    page.wait()
    assert page.component.answer.text == ""
    assert page.problems == []


def test_what_waits_is_given_up_too(page: OpenPage) -> None:
    page.click("Wait", wait=False)
    assert page.component.started.wait(30)
    page.do(page.find(TextInput, "Name"), "submit", "Ann", wait=False)
    page.cancel()
    page.wait()
    assert page.component.answer.text == ""


def test_of_changes_that_wait_only_the_last_is_called(page: OpenPage) -> None:
    page.click("Wait", wait=False)
    assert page.component.started.wait(30)
    for amount in range(5):
        page.do(page.component.amount, "change", amount, wait=False)
    page.component.go_on.set()
    page.wait()
    assert page.component.counted.text == "4 "


def test_a_button_that_acts_at_once_does_not_wait_for_the_others(page: OpenPage) -> None:
    page.click("Wait", wait=False)
    assert page.component.started.wait(30)
    page.click("At once", wait=False)
    wait_until(lambda: page.component.answer.text == "at once", "the button", 30)


def test_work_beside_leaves_the_page_free(page: OpenPage) -> None:
    page.click("Beside", wait=False)
    page.do(page.find(TextInput, "Name"), "submit", "Ann", wait=False)
    wait_until(lambda: page.component.answer.text == "Good day, Ann.", "the callback", 30)
    page.component.go_on.set()
    wait_until(lambda: page.component.answer.text == "aside", "the work beside", 30)


def test_a_page_that_is_asked_too_much_says_so(page: OpenPage) -> None:
    page.click("Wait", wait=False)
    assert page.component.started.wait(30)
    button = page.find(Button, "Divide")
    asked = {"visit": page.visit_id, "id": button.id, "event": "click"}
    answers = [page.visits.handle("test", "event", asked) for _ in range(201)]
    assert answers[-1]["error"]["code"] == "conflict"
    page.cancel()


def test_a_file_that_was_begun_is_gone_with_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "storygen-upload-killed"
    left.write_bytes(b"x")
    os.utime(left, (time.time() - 2 * 24 * 3600,) * 2)
    with OpenPage(Trial(), make_bench()) as page:
        chosen = page.find(FileInput)
        for _ in range(3):
            page.do(chosen, "begin", {"name": "../a.txt", "size": 3})
            page.do(chosen, "piece", "QUJD")
        assert len(list(tmp_path.iterdir())) == 1
        assert not left.exists()
        page.visits.handle("test", "close", {"visit": page.visit_id})
        assert list(tmp_path.iterdir()) == []


def test_a_file_is_given_to_the_browser(page: OpenPage) -> None:
    page.click("Save")
    assert [(one["name"], one["data"]) for one in page.saved] == [("a.txt", "w6Q=")]


# ---------------------------------------------------------------- browsers


class Browser:
    """One connection that remembers what it is told; `hears`: whether it takes messages."""

    def __init__(self, visits: Visits, name: str) -> None:
        self.visits, self.name, self.hears = visits, name, True
        self.told: list[dict[str, Any]] = []

    def ask(self, call: str, **asked: Any) -> dict[str, Any]:
        return self.visits.handle(self.name, call, asked)

    def take(self, message: dict[str, Any]) -> None:
        self.told.append(message)
        if self.hears:
            self.visits.heard(self.name, message["visit"])


class House:
    """Visits with several browsers."""

    def __init__(self, component: Component) -> None:
        self.browsers: dict[str, Browser] = {}
        self.now = 0.0
        self.visits = Visits("T", [component], make_bench(), self._tell, lambda: self.now)

    def browser(self, name: str) -> Browser:
        self.browsers[name] = Browser(self.visits, name)
        return self.browsers[name]

    def _tell(self, connection: str, message: dict[str, Any]) -> None:
        self.browsers[connection].take(message)


@pytest.fixture
def house() -> Iterator[House]:
    made = House(Trial())
    yield made
    made.visits.close()


def found(tree: dict[str, Any], kind: str, **values: Any) -> dict[str, Any]:
    """The first element of that kind with these values."""
    for child in (tree, *tree.get("children", [])):
        if child["kind"] == kind and all(child.get(n) == v for n, v in values.items()):
            return child
        if child is not tree:
            try:
                return found(child, kind, **values)
            except KeyError:
                continue
    raise KeyError(kind)


def opened(browser: Browser, visit: str = "") -> dict[str, Any]:
    """The page, once it is built."""
    answer = browser.ask("open", page="a-trial", visit=visit)
    assert answer["ok"], answer
    if not answer["tree"].get("children"):
        wait_until(lambda: bool(browser.told), "the page", 30)
        answer = browser.ask("open", page="a-trial", visit=answer["visit"])
    return answer


def test_a_browser_that_comes_back_finds_its_page_as_it_stands(house: House) -> None:
    first = house.browser("one")
    page = opened(first)
    name = found(page["tree"], "text_input")
    first.ask("event", visit=page["visit"], id=name["id"], event="submit", value="Ann")
    house.visits.left("one")
    again = opened(house.browser("two"), page["visit"])
    assert again["visit"] == page["visit"]
    assert found(again["tree"], "text_input")["value"] == "Ann"


def test_a_page_that_another_browser_has_open_is_not_taken_from_it(house: House) -> None:
    page = opened(house.browser("one"))
    other = house.browser("two")
    assert opened(other, page["visit"])["visit"] != page["visit"]
    answer = other.ask("event", visit=page["visit"], id="e1", event="click")
    assert answer["error"]["code"] == "not_found"


def test_two_visits_know_nothing_of_each_other(house: House) -> None:
    one, two = house.browser("one"), house.browser("two")
    first, second = opened(one), opened(two)
    name = found(first["tree"], "text_input")
    one.ask("event", visit=first["visit"], id=name["id"], event="submit", value="Ann")
    wait_until(lambda: "Good day, Ann." in str(one.told), "the answer", 30)
    assert found(opened(two, second["visit"])["tree"], "text_input")["value"] == ""


def test_a_browser_that_does_not_listen_is_told_one_message_and_later_the_rest_at_once(
    house: House,
) -> None:
    browser = house.browser("one")
    page = opened(browser)
    browser.told.clear()
    browser.hears = False
    amount = found(page["tree"], "number")
    for number in range(50):
        browser.ask("event", visit=page["visit"], id=amount["id"], event="change", value=number)
        wait_until(lambda n=number: f"{n} " in counted(house, page["visit"]), "the callback", 30)
    assert len(browser.told) == 1
    browser.hears = True
    house.visits.heard("one", page["visit"])
    wait_until(lambda: "49 " in str(browser.told), "the rest", 30)
    assert len(browser.told) == 2


def counted(house: House, visit: str) -> str:
    component: Any = house.visits._open[visit].visit._component
    text: str = component.counted.text
    return text


def test_numbers_of_news_grow_and_the_page_says_which_it_holds(house: House) -> None:
    browser = house.browser("one")
    page = opened(browser)
    name = found(page["tree"], "text_input")
    browser.ask("event", visit=page["visit"], id=name["id"], event="submit", value="Ann")
    wait_until(lambda: "Good day" in str(browser.told), "the answer", 30)
    numbers = [message["number"] for message in browser.told]
    assert numbers == sorted(set(numbers))
    assert opened(browser, page["visit"])["number"] >= numbers[-1]


def test_pages_of_browsers_that_left_long_ago_are_shut(house: House) -> None:
    page = opened(house.browser("one"))
    component: Any = house.visits._open[page["visit"]].visit._component
    house.visits.left("one")
    house.now = 29 * 60.0
    opened(house.browser("two"))
    assert page["visit"] in house.visits._open
    house.now = 31 * 60.0
    opened(house.browser("three"))
    assert page["visit"] not in house.visits._open
    wait_until(lambda: component.closed_pages == [""], "the component to hear of it", 30)


def test_too_many_pages_shut_those_that_nobody_looks_at_and_then_refuse(house: House) -> None:
    gone = opened(house.browser("gone"))
    house.visits.left("gone")
    for number in range(MOST_VISITS):
        opened(house.browser(f"b{number}"))
    assert gone["visit"] not in house.visits._open
    answer = house.browser("more").ask("open", page="a-trial")
    assert "Close some" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("event", "asked"),
    [
        ("open", {}),
        ("open", {"page": "nowhere"}),
        ("open", {"page": ["a-trial"]}),
        ("event", {}),
        ("event", {"visit": [], "id": "e1", "event": "click"}),
        ("event", {"visit": "x", "id": 1, "event": "click"}),
        ("cancel", {"visit": None}),
        ("close", {"visit": "x"}),
        ("_open", {}),
        ("handle", {}),
        ("open", None),
        ("open", []),
    ],
)
def test_what_makes_no_sense_is_answered_with_an_error(
    house: House, event: str, asked: Any
) -> None:
    answer = house.visits.handle("one", event, asked)
    assert answer["ok"] is False
    assert answer["error"]["code"] in ("bad_request", "not_found")


def test_a_page_that_can_not_be_built_says_why() -> None:
    class Broken(Component):
        title = "Broken"

        def build(self) -> Element:
            raise ValueError("no data")

    with OpenPage(Broken(), make_bench()) as page:
        assert page.problems == ["ValueError: no data"]


def test_the_key_of_a_page_is_made_of_its_title() -> None:
    class Next(Component):
        title = "Next token: why?"

        def build(self) -> Element:
            return Text()

    assert component_key(Next()) == "next-token-why"
