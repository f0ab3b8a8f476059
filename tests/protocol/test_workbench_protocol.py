"""The workbench over Socket.IO: in a process beside the main server, and as a server of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from raw_client import Websocket

from tests.protocol.bench_client import BenchClient
from tests.server_process import ROOT, ServerProcess, free_port, wait_until

MODULE = """
import json
import os
import time
from storygen.workbench import Component, Workbench
from storygen.workbench.elements import Button, Column, Text, TextInput


class Greeting(Component):
    title = "Greeting"
    sentence = "It greets."

    def build(self):
        self.name = TextInput("Your name", on_submit=self.greet)
        self.answer = Text()
        return Column(self.name, self.answer, Button("Fail", self.fail), Button("Slow", self.slow))

    def greet(self, name):
        self.answer.text = f"Good day, {name} of {os.getpid()}."

    def fail(self):
        raise ValueError("<b>no</b>")

    def slow(self):
        for number in range(6000):
            self.job.progress(number, 6000, "slowly")
            time.sleep(0.01)


bench = Workbench(pages=[Greeting()], title="Mine", data_dir="mine")
app = bench.app if "FLASK_RUN_FROM_CLI" in os.environ else None

if __name__ == "__main__":
    bench.run(port=int(os.environ["PORT"]), open_browser=False)
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("module") / "greeting_bench.py"
    path.write_text(MODULE, "utf-8")
    return path


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def main_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, module: Path
) -> Iterator[ServerProcess]:
    broken = module.with_name("broken_bench.py")
    broken.write_text("import nothing_of_that_name\n", "utf-8")
    options = ("--workbench", str(module), "--workbench", str(broken))
    home = tmp_path_factory.mktemp("main")
    process = ServerProcess(home, async_mode=request.param, options=options)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def client(main_server: ServerProcess) -> Iterator[BenchClient]:
    with BenchClient(main_server.url, main_server.token) as made:
        yield made


def greeted(client: BenchClient, bench: str = "", name: str = "Ann") -> str:
    """Who answered."""
    visit = client.open("greeting", bench)
    client.do(visit, client.find(visit, "text_input"), "submit", name, bench)

    def answer() -> str:
        texts = [c for c in client.trees[visit]["children"][0]["children"] if c["kind"] == "text"]
        return str(texts[0]["text"])

    said: str = client.wait(lambda: answer().startswith(f"Good day, {name}") and answer(), "answer")
    return said.rstrip(".").rsplit(" ", 1)[1]


def test_pages_of_every_workbench_are_told_and_a_broken_module_says_why(
    client: BenchClient, module: Path
) -> None:
    told = client.call("pages")
    assert told["room"] is True
    own, mine, broken = told["benches"]
    assert own["key"] == ""
    assert (mine["key"], mine["title"]) == (str(module), "Mine")
    assert mine["pages"] == [{"key": "greeting", "title": "Greeting", "sentence": "It greets."}]
    assert broken["pages"] == []
    assert "nothing_of_that_name" in broken["problem"]
    assert "broken_bench.py" in broken["trace"]


def test_a_module_runs_in_a_process_of_its_own(
    client: BenchClient, main_server: ServerProcess, module: Path
) -> None:
    answered_by = int(greeted(client, str(module)))
    assert answered_by != main_server.pid
    assert psutil.Process(answered_by).ppid() == main_server.pid


def test_an_error_in_a_callback_comes_with_its_trace(client: BenchClient, module: Path) -> None:
    visit = client.open("greeting", str(module))
    client.do(visit, client.find(visit, "button", text="Fail"), "click", bench=str(module))
    problem = client.wait(lambda: client.problems, "problem")[0]
    assert problem["message"] == "ValueError: <b>no</b>"
    assert "in fail" in problem["trace"]


def test_a_page_that_is_busy_holds_up_neither_another_nor_the_room(
    client: BenchClient, main_server: ServerProcess, module: Path
) -> None:
    visit = client.open("greeting", str(module))
    client.do(visit, client.find(visit, "button", text="Slow"), "click", bench=str(module))
    assert greeted(client, str(module), "Bo")
    assert requests.get(f"{main_server.url}/healthz", timeout=10).ok
    assert client.call("cancel", {"bench": str(module), "visit": visit})["ok"]


def test_a_process_that_is_killed_is_started_again_when_somebody_asks(
    client: BenchClient, module: Path
) -> None:
    first = int(greeted(client, str(module)))
    psutil.Process(first).kill()
    client.wait(lambda: str(module) in client.gone, "word of it")
    assert int(greeted(client, str(module), "Cy")) != first


@pytest.mark.parametrize("asked", [{"bench": "no such"}, {"bench": 1}, {"bench": ""}, {"page": 1}])
def test_what_makes_no_sense_is_refused(client: BenchClient, asked: dict[str, object]) -> None:
    assert client.call("open", asked)["ok"] is False
    assert client.call("handle", asked)["ok"] is False


def is_refused(url: str, token: str) -> bool:
    """Whether somebody with that token is sent away instead of being answered."""
    wire = Websocket(int(url.rsplit(":", 1)[1]), {})
    wire.send(f"40/workbench,{json.dumps({'token': token})}")
    wire.send('42/workbench,7["pages",{}]')
    packet = ""
    while not packet.startswith(("41/workbench", "44/workbench", "43/workbench,7")):
        packet = wire.receive()
    wire.close()
    return not packet.startswith("43")


def test_nobody_comes_in_without_the_token(main_server: ServerProcess) -> None:
    assert is_refused(main_server.url, "wrong")
    assert not is_refused(main_server.url, main_server.token)
    assert requests.get(f"{main_server.url}/workbench", timeout=10).status_code == 401


def test_the_server_imports_no_torch_whatever_the_workbench_does(
    client: BenchClient, main_server: ServerProcess, module: Path
) -> None:
    greeted(client, str(module))
    mapped = {Path(one.path).name for one in psutil.Process(main_server.pid).memory_maps()}
    assert not [name for name in mapped if "torch" in name]


def test_it_ends_with_the_server(module: Path, tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, options=("--workbench", str(module))).start()
    with BenchClient(server.url, server.token) as client:
        process = psutil.Process(int(greeted(client, str(module))))
        server.stop()
    wait_until(lambda: not process.is_running(), "the end of the workbench", 30)


# ---------------------------------------------------------------- a server of its own


@pytest.fixture(scope="module", params=["script", "flask"])
def own_server(
    request: pytest.FixtureRequest, module: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    home, port = tmp_path_factory.mktemp("own"), free_port()
    commands = {
        "script": [str(module)],
        "flask": ["-m", "flask", "--app", str(module), "run", "--port", str(port)],
    }
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "PORT": str(port)}
    log = (home / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, *commands[request.param]],
        cwd=home,
        env=environment,
        stdout=log,
        stderr=log,
    )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"{url}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    wait_until(answers, "the workbench", 60)
    token = (home / "mine" / "token").read_text("utf-8").strip()
    yield url, token
    process.terminate()
    process.wait(30)
    log.close()
    requested = [line for line in (home / "log").read_text("utf-8").splitlines() if "GET" in line]
    assert not [line for line in requested if token in line]
    assert (home / "mine" / ".gitignore").exists()


def test_a_workbench_of_its_own_answers_over_the_same_protocol(own_server: tuple[str, str]) -> None:
    with BenchClient(*own_server) as client:
        told = client.call("pages")
        assert [page["key"] for page in told["pages"]] == ["greeting"]
        assert "room" not in told
        assert greeted(client)


def test_its_page_is_behind_the_token_too(own_server: tuple[str, str]) -> None:
    url, token = own_server
    assert requests.get(f"{url}/workbench", timeout=10).status_code == 401
    session = requests.Session()
    assert "The workbench" in session.get(f"{url}/workbench?t={token}", timeout=10).text
    assert session.get(f"{url}/", timeout=10).url == f"{url}/workbench"
    assert is_refused(url, "wrong")
    assert not is_refused(url, token)


def test_another_sites_page_may_not_speak_to_it(own_server: tuple[str, str]) -> None:
    url, token = own_server
    headers = {"Origin": "http://evil.example", "Authorization": f"Bearer {token}"}
    address = f"{url}/socket.io/?EIO=4&transport=polling"
    assert requests.get(address, headers=headers, timeout=10).status_code == 403
    assert requests.get(address, headers={"Host": "evil.example"}, timeout=10).status_code == 403
