"""The original client's protocol with a real server and real, tiny models; then its runs by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Queue
from types import SimpleNamespace
from typing import Any

import pytest
import socketio

from storygen.errors import ModelError, NotFoundError
from storygen.link.messages import (
    Command,
    GrantCredits,
    RunEnded,
    StartRun,
    StopRun,
    TokenWritten,
)
from storygen.server.original.loose_runs import LooseRuns
from tests.protocol.studio_client import StudioClient
from tests.server_process import ServerProcess, wait_until
from tests.tiny_models import WINDOW, make_tiny_model

PATIENCE_S = 120.0  # loading torch takes long while other tests run
KEY = "found:tiny"

# ---------------------------------------------------------------- the whole system


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("original")
    make_tiny_model("gpt2", home / "models" / "tiny")
    process = ServerProcess(home, module="server", models_dir=home / "models").start()
    yield process
    process.stop()
    assert "Traceback" not in process.log()


class Original:
    """The original client: `go_on` says how it acknowledges."""

    def __init__(self, server: ServerProcess) -> None:
        self.texts: Queue[tuple[str, list[str]]] = Queue()
        self.slices: Queue[str] = Queue()
        self.go_on: Any = lambda: True
        self.io = socketio.Client(reconnection=False, handle_sigint=False)
        self.io.on("on_generate_completed", lambda task, texts: self.texts.put((task, texts)))
        self.io.on("on_text", self._on_text)
        self.io.on("on_text_sample_completed", lambda _sampler: self.slices.put(""))
        self.io.connect(server.url, auth={"token": server.token}, transports=["websocket"])

    def generated(self, prefix: str, max_length: int, *more: Any) -> list[str]:
        """The texts that `generate_text` gives."""
        self.io.emit("generate_text", ("task", "tiny", prefix, max_length, *more))
        task, texts = self.texts.get(timeout=PATIENCE_S)
        assert task == "task"
        return texts

    def close(self) -> None:
        """Leave, and close what the library leaves open."""
        connection = self.io.eio.ws
        self.io.disconnect()
        if connection is not None:
            connection.shutdown()

    def _on_text(self, _sampler: str, text: str) -> Any:
        self.slices.put(text)
        return self.go_on()


@pytest.fixture
def original(server: ServerProcess) -> Iterator[Original]:
    client = Original(server)
    yield client
    client.close()


def test_texts_exclude_the_prefix_and_are_as_many_and_as_long_as_asked(original: Original) -> None:
    texts = original.generated("Once upon a time there was", 12, {"min_length": 12}, 3)
    assert len(texts) == 3 and len(set(texts)) == 3
    assert all(text and "Once upon" not in text and "\ufffd" not in text for text in texts)


def test_parameters_are_respected(original: Original) -> None:
    greedy = {"temperature": 0, "min_length": 10}
    first, second = original.generated("The sea", 10, greedy, 2)
    assert first == second
    likeliest = {"temperature": 5, "top_k": 1, "min_length": 10}
    assert original.generated("The sea", 10, likeliest) == [first]
    hot = {"temperature": 5, "top_k": 0, "top_p": 1, "min_length": 10}
    assert original.generated("The sea", 10, hot) != [first]


def test_a_prefix_longer_than_the_window_and_a_text_that_outgrows_it_go_on(
    original: Original,
) -> None:
    (text,) = original.generated("The old woman said hello. " * 200, 20, {"min_length": 20})
    assert text
    original.io.emit("start_new_sampler", ("s", "tiny", "Once", {"min_length": 512}))
    written = ""
    while len(written) < 9 * WINDOW:  # no token has nine letters
        piece = original.slices.get(timeout=PATIENCE_S)
        if not piece:
            break  # the model came to its end, after its 512 tokens at least
        written += piece
    assert "\ufffd" not in written
    original.go_on = lambda: False


def test_one_who_leaves_frees_the_model(server: ServerProcess) -> None:
    with StudioClient(server.url, server.token) as browser:
        client = Original(server)
        held: Queue[bool] = Queue()
        client.go_on = lambda: held.get(timeout=PATIENCE_S)
        for number in range(5):  # a tiny model may end a text at any token
            client.io.emit("start_new_sampler", (f"s{number}", "tiny", "Once", {}))
            client.slices.get(timeout=PATIENCE_S)
            answer = browser.call("model_unload", {"model": KEY})
            if not answer["ok"]:
                break
        assert answer["error"]["code"] == "conflict"
        client.close()
        held.put(True)
        wait_until(lambda: browser.call("model_unload", {"model": KEY})["ok"], "it can be unloaded")
        wait_until(lambda: not server.worker_pids(), "the worker is gone")


# ---------------------------------------------------------------- the runs by themselves


class House:
    """Workers that note what they are sent; the model is ready when a test says so."""

    def __init__(self, form: str = "raw") -> None:
        self.sent: list[Command] = []
        self.ready = False
        self.entry = SimpleNamespace(key=KEY, format="auto")
        self.listeners: dict[str, Any] = {}
        self.registry = SimpleNamespace(
            by_value=lambda value: self.entry if value == "tiny" else None
        )
        self.workers = SimpleNamespace(
            ensure=lambda key: self.ready and self.runs.model_ready(key, WINDOW),
            send=lambda key, command: self.sent.append(command),
            state=lambda key: {"info": {"format": form}},
        )
        self.runs: Any = None

    def model(self, key: str) -> Any:
        return self.entry

    def listen_models(self, listener: Any) -> None:
        self.runs = listener

    def listen(self, run: str, model: str, listener: Any) -> None:
        self.listeners[run] = listener


class Text:
    """One loose run, and what it told."""

    def __init__(self, house: House, prefix: str = "Once", **params: Any) -> None:
        self.house = house
        self.texts: list[str] = []
        self.ends: list[str] = []
        runs = house.runs or LooseRuns(house)  # type: ignore[arg-type]
        self.run = runs.start(
            "tiny", prefix, params, on_text=self.texts.append, on_end=self.ends.append
        )

    def hear(self, event: Any) -> None:
        """An event of the worker about this run."""
        if listener := self.house.listeners[self.run.id]:
            listener(event)

    @property
    def started(self) -> StartRun:
        """How the worker was told to begin."""
        return next(command for command in self.house.sent if isinstance(command, StartRun))


def test_what_was_granted_before_the_model_was_ready_is_granted_at_the_start() -> None:
    house = House()
    text = Text(house)
    text.run.grant(5)
    text.run.grant(2)
    assert house.sent == []
    house.runs.model_ready("found:other", WINDOW)
    assert house.sent == []
    house.runs.model_ready(KEY, WINDOW)
    assert text.started.credits == 7
    text.run.grant(3)
    assert house.sent[1:] == [GrantCredits(text.run.id, 3)]


def test_the_worker_is_given_no_more_than_it_can_read() -> None:
    house = House()
    house.ready = True
    text = Text(house, "a" * 100_000 + "end")
    assert text.started.text.endswith("end")
    assert WINDOW < len(text.started.text) < 100 * WINDOW


def test_parameters_reach_the_worker_and_the_run_stops_at_the_models_end() -> None:
    house = House()
    house.ready = True
    params = Text(house, temperature=0.5, top_k=3, min_tokens=4).started.params
    assert (params["temperature"], params["top_k"], params["min_tokens"]) == (0.5, 3, 4)
    assert (params["at_end_of_text"], params["alternatives"]) == ("stop", 0)


@pytest.mark.parametrize(
    ("form", "mode", "prompt", "text"),
    [
        ("chat", "prompt", "A storm", "It began"),
        ("{prompt}: {story}", "prompt", "A storm", "It began"),
        ("raw", "continue", "", "<|endoftext|>[WP] A storm [RESPONSE] It began"),
        ("wp", "continue", "", "<|endoftext|>[WP] A storm [RESPONSE] It began"),
    ],
)
def test_a_wrapped_prompt_is_unwrapped_for_models_that_want_another_wrapping(
    form: str, mode: str, prompt: str, text: str
) -> None:
    house = House(form)
    house.ready = True
    started = Text(house, "<|endoftext|>[WP] A storm [RESPONSE] It began").started
    assert (started.mode, started.prompt, started.text) == (mode, prompt, text)


def test_a_run_that_is_stopped_is_freed_in_the_worker_and_says_so_once() -> None:
    house = House()
    house.ready = True
    text = Text(house)
    text.run.stop()
    text.run.stop()
    text.hear(TokenWritten(text.run.id, 0, 1, "late", -1.0, (), 1.0, 0, 1, 96))
    assert [command for command in house.sent if isinstance(command, StopRun)] == [
        StopRun(text.run.id)
    ]
    assert (text.texts, text.ends) == ([], ["stopped"])
    assert house.runs.models_in_use() == set()


def test_the_ends_of_runs_and_of_models_are_told() -> None:
    house = House()
    house.ready = True
    done = Text(house)
    done.hear(TokenWritten(done.run.id, 0, 1, " word", -1.0, (), 1.0, 0, 1, 96))
    done.hear(RunEnded(done.run.id, "finished"))
    assert (done.texts, done.ends) == ([" word"], ["finished"])
    writing = Text(house)
    house.ready = False
    waiting = Text(house)
    house.runs.model_gone(KEY, "")  # its worker died: another one comes
    assert (writing.ends, waiting.ends) == (["failed"], [])
    house.runs.model_gone(KEY, "It can't be loaded.")
    assert waiting.ends == ["failed"]


def test_a_model_that_cannot_be_used_leaves_nothing_behind() -> None:
    house = House()
    LooseRuns(house)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError):
        house.runs.start("another", "Once", {}, on_text=print, on_end=print)

    def refuse(_key: str) -> None:
        raise ModelError("No memory.")

    house.workers.ensure = refuse
    with pytest.raises(ModelError):
        Text(house)
    assert house.runs.models_in_use() == set()
