"""The chat page with a real server behind it: added by URL and key, talked with, and failing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai_server
import pytest

from storygen.workbench.elements import Button, Collapsible, Number, Select, Text, TextInput, Turn
from storygen.workbench.models.keys import FILE
from storygen.workbench.pages.chat import Chat
from tests.workbench_page import OpenPage, make_bench


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with openai_server.running() as address:
        yield address


def opened(tmp_path: Path) -> OpenPage:
    return OpenPage(Chat(), make_bench(data_dir=tmp_path))


def look(page: OpenPage, url: str, key: str = "") -> None:
    page.do(page.find(TextInput, "URL of a server"), "change", url)
    page.do(page.find(TextInput, "Key, if it wants one"), "change", key)
    page.click("Look")


def talk(page: OpenPage) -> Turn:
    page.do(page.find(Number, "Most tokens"), "change", 12)
    page.do(page.find(TextInput, "Your turn"), "change", "the cat")
    page.click("Send")
    return [element for element in page.elements() if isinstance(element, Turn)][1]


def told(page: OpenPage) -> str:
    """All that a browser was ever told of the page."""
    return repr([element.to_json() for element in page.elements()])


def test_a_server_is_added_and_talked_with(url: str, tmp_path: Path) -> None:
    with opened(tmp_path) as page:
        look(page, f"{url}/several/v1")
        models = page.find(Select, "Model of the server")
        assert [option.value for option in models.options] == ["red", "green", "blue"]
        page.do(models, "change", "green")
        page.click("Add it")
        name = f"green at {url.removeprefix('http://')}"
        assert page.find(Select, "Model").value == name
        answer = talk(page)
        assert answer.state == ""
        assert answer.text
        assert answer.note.startswith(name)
    with opened(tmp_path) as page:
        assert page.find(Select, "Model").value == name
        page.click("Remove")
        assert page.find(Select, "Model").value == ""
        assert page.find(Button, "Send").disabled


def test_a_key_is_kept_and_never_told(url: str, tmp_path: Path) -> None:
    with opened(tmp_path) as page:
        look(page, f"{url}/keyed/v1")
        assert "asks for a key" in page.problems[-1]
        look(page, f"{url}/keyed/v1", openai_server.KEY)
        assert openai_server.KEY not in told(page)
        page.click("Add it")
        assert page.find(Text, f"words at {url}/keyed/v1, with a key")
        assert talk(page).state == ""
        assert openai_server.KEY not in told(page)
    assert openai_server.KEY in (tmp_path / FILE).read_text()
    with opened(tmp_path) as page:
        assert talk(page).state == ""
        assert openai_server.KEY not in told(page)


@pytest.mark.parametrize(
    ("place", "reason"),
    [("site/v1", "no OpenAI-compatible server"), ("loading/v1", "still loading")],
)
def test_what_is_wrong_with_a_server_is_told_before_it_is_added(
    url: str, tmp_path: Path, place: str, reason: str
) -> None:
    with opened(tmp_path) as page:
        look(page, f"{url}/{place}")
        assert reason in page.problems[-1]
        assert page.find(Select, "Model of the server").options == ()


@pytest.mark.parametrize(
    ("fault", "says", "written"),
    [("drop", "cut off", True), ("nan", "NaN", False), ("broken", "CUDA out of memory", True)],
)
def test_faults_of_a_server_stand_in_the_turn(
    url: str, tmp_path: Path, fault: str, says: str, written: bool
) -> None:
    with opened(tmp_path) as page:
        look(page, f"{url}/{fault}/v1")
        page.click("Add it")
        answer = talk(page)
        assert answer.state == "failed"
        assert says in answer.problem
        assert bool(answer.text) == written
        assert "again" in answer.actions


def test_a_server_that_only_writes_on_is_given_plain_text(url: str, tmp_path: Path) -> None:
    with opened(tmp_path) as page:
        look(page, f"{url}/texts/v1")
        page.click("Add it")
        assert talk(page).state == ""
        [sent] = page.find(Collapsible, "What is sent").children
        assert isinstance(sent, Text)
        assert sent.text == "User: the cat\nAssistant:"


def test_parameters_that_a_server_cannot_take_are_named(url: str, tmp_path: Path) -> None:
    with opened(tmp_path) as page:
        look(page, f"{url}/ollama/v1")
        page.click("Add it")
        page.do(page.find(Number, "Top k"), "change", 40)
        assert "this server does not heed: Repetition penalty, Top k" in talk(page).note
