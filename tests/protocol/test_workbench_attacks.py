"""Workbenches that hang, end, fork, or show what can't be sent: the server and the other pages go on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storygen.server.benches import ANSWER_S
from tests.protocol.bench_client import BenchClient
from tests.server_process import ServerProcess

HANGS = "import threading\nthreading.Event().wait()\n"
EXITS = "import sys\nsys.exit('no such option')\n"
ODD = """
import os
import time
from storygen.workbench import Component, Workbench
from storygen.workbench.elements import Button, Column, Text, TextInput


class Odd(Component):
    title = "Odd"

    def build(self):
        self.text = TextInput("Said", on_submit=self.said)
        self.answer = Text()
        return Column(
            self.text, self.answer, Button("Large", self.large), Button("Fork and end", self.fork)
        )

    def said(self, text):
        self.answer.text = f"You said {text}"

    def large(self):
        self.answer.text = "x" * (65 * 2**20)

    def fork(self):
        if os.fork() == 0:
            time.sleep(60)
        os._exit(1)


bench = Workbench(pages=[Odd()], title="Odd", data_dir="odd")
"""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("modules")
    paths = {name: folder / f"{name}_bench.py" for name in ("hangs", "exits", "odd")}
    for path, text in zip(paths.values(), (HANGS, EXITS, ODD), strict=True):
        path.write_text(text, "utf-8")
    return {name: str(path) for name, path in paths.items()}


@pytest.fixture
def bench(modules: dict[str, str]) -> str:
    return modules["odd"]


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    modules: dict[str, str],
) -> Iterator[ServerProcess]:
    options = [word for path in modules.values() for word in ("--workbench", path)]
    home = tmp_path_factory.mktemp("home")
    process = ServerProcess(home, async_mode=request.param, options=tuple(options))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def client(server: ServerProcess) -> Iterator[BenchClient]:
    with BenchClient(server.url, server.token) as made:
        yield made


def says(client: BenchClient, bench: str, visit: str, text: str) -> None:
    client.do(visit, client.find(visit, "text_input"), "submit", text, bench)
    client.find(visit, "text", text=f"You said {text}")


def test_a_module_that_hangs_or_ends_holds_up_no_other(client: BenchClient) -> None:
    started = time.monotonic()
    told = {Path(one["key"]).stem: one for one in client.call("pages")["benches"]}

    assert time.monotonic() - started < ANSWER_S
    assert told["hangs_bench"]["starting"]
    assert told["odd_bench"]["pages"]
    assert told["exits_bench"]["problem"] == "SystemExit: no such option"


def test_half_an_emoji_goes_there_and_back(client: BenchClient, bench: str) -> None:
    says(client, bench, client.open("odd", bench), "\ud83d")


def test_a_page_that_shows_too_much_says_so_and_lives_on(client: BenchClient, bench: str) -> None:
    visit = client.open("odd", bench)
    client.do(visit, client.find(visit, "button", text="Large"), "click", bench=bench)
    problem = client.wait(lambda: client.problems, "problem")[0]
    assert "64 MB" in problem["message"]
    says(client, bench, visit, "a little")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_what_a_process_forked_does_not_hide_that_it_ended(client: BenchClient, bench: str) -> None:
    visit = client.open("odd", bench)
    button = client.find(visit, "button", text="Fork and end")
    client.call("event", {"bench": bench, "visit": visit, "id": button["id"], "event": "click"})
    client.wait(lambda: bench in client.gone, "word of its end")
    says(client, bench, client.open("odd", bench), "again")
