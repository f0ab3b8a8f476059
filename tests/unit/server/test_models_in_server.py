"""Models in a running server: switched, unloaded, refused, crashing, hostile; the rest goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from tests.protocol.studio_client import OpenStory, StudioClient
from tests.server_process import ServerProcess, wait_until
from tests.tiny_models import make_tiny_model
from tests.unit.registry.registry_made import model_folder

PATIENCE_S = 120.0  # loading torch takes long while other tests run
ONE, TWO = "found:one", "found:two"

Serve = Callable[..., StudioClient]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., tuple[ServerProcess, StudioClient]]]:
    """Starts a server over the models in `tmp_path/models`, and a browser that leaves at the end."""
    left: list[Callable[[], None]] = []

    def begin(**options: Any) -> tuple[ServerProcess, StudioClient]:
        process = ServerProcess(tmp_path, models_dir=tmp_path / "models", **options).start()
        left.append(process.stop)
        browser = StudioClient(process.url, process.token)
        left.append(browser.close)
        return process, browser

    yield begin
    for leave in reversed(left):
        leave()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Two folders that look like models, for a scripted worker."""
    for name in ("one", "two"):
        model_folder(tmp_path / "models" / name)
    return tmp_path / "models"


# ---------------------------------------------------------------- with scripted workers


def test_a_run_on_another_model_unloads_the_one_that_nothing_needs(
    serve: Any, models: Path
) -> None:
    server, browser = serve()
    story = browser.create("Once")
    write(browser, story, ONE)
    (first,) = server.worker_pids()
    write(browser, story, TWO)
    wait_until(lambda: not psutil.pid_exists(first) or first not in server.worker_pids(), "it went")
    assert (view(browser, ONE)["state"], view(browser, TWO)["state"]) == ("unloaded", "ready")
    wait_until(lambda: len(server.worker_pids()) == 1, "one worker is left")


def test_as_many_idle_models_stay_as_the_server_is_told(serve: Any, models: Path) -> None:
    server, browser = serve(options=("--keep-models", "1"))
    story = browser.create("Once")
    write(browser, story, ONE)
    write(browser, story, TWO)
    assert (view(browser, ONE)["state"], view(browser, TWO)["state"]) == ("ready", "ready")
    assert len(server.worker_pids()) == 2


def test_a_model_that_a_paused_run_needs_stays_and_is_not_unloaded(
    serve: Any, models: Path
) -> None:
    _, browser = serve()
    story = browser.create("Once")
    run = start(browser, story, ONE)
    story.wait_tokens(2, run)
    browser.ok("run_pause", run=run)
    write(browser, browser.create("Other"), TWO)
    assert view(browser, ONE)["state"] == "ready"
    assert browser.refused("model_unload", model=ONE) == "conflict"
    browser.ok("run_resume", run=run)
    before = len(story.tokens)
    story.wait_tokens(before + 2)
    browser.ok("run_stop", run=run)
    wait_until(lambda: view(browser, TWO)["state"] == "unloaded", "what nothing needs now goes")
    assert view(browser, ONE)["state"] == "ready", "but the model last asked for stays"
    assert browser.ok("model_unload", model=ONE)["model"]["state"] == "unloaded"
    assert browser.refused("model_unload", model=ONE) == "not_found"


def test_a_model_that_was_just_unloaded_can_be_written_with_at_once(
    serve: Any, models: Path
) -> None:
    _, browser = serve()
    story = browser.create("Once")
    for _ in range(3):
        write(browser, story, ONE)
        browser.ok("model_unload", model=ONE)
    write(browser, story, ONE)
    assert str(story) == "Once" + " w0 w1 w2" * 4


def test_a_worker_that_keeps_dying_while_it_loads_fails_every_run_that_waits(
    serve: Any, models: Path
) -> None:
    server, browser = serve(load_s=600.0)
    story = browser.create("Once")
    other = browser.create("Other")
    runs = [start(browser, story, ONE), start(browser, other, ONE)]
    killed: set[int] = set()
    for _ in range(3):
        wait_until(lambda: set(server.worker_pids()) - killed, "another worker")
        (pid,) = set(server.worker_pids()) - killed
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)
    view_of = story.wait_state(runs[0], "ended", "failed")
    assert "3 times while loading" in view_of["message"]
    other.wait_state(runs[1], "ended", "failed")
    failed = view(browser, ONE)
    assert (failed["state"], server.worker_pids()) == ("failed", [])
    assert "3 times while loading" in failed["reason"] and "worker.log" in failed["mend"]
    again = start(browser, story, ONE)
    wait_until(lambda: server.worker_pids(), "it is tried again when asked for")
    browser.ok("run_stop", run=again)


# ---------------------------------------------------------------- with real workers


def test_the_memory_that_a_model_may_take_can_be_limited(serve: Any, tmp_path: Path) -> None:
    make_tiny_model("gpt2", tmp_path / "models" / "one")
    _, browser = serve(module="server", options=("--memory-limit", "0.05"))
    story = browser.create("Once")
    run = start(browser, story, ONE)
    wait_until(lambda: view(browser, ONE)["state"] == "failed", "it is refused", PATIENCE_S)
    assert "0 MB are free" in view(browser, ONE)["reason"]
    assert story.wait_state(run, "ended", "failed")["message"] == view(browser, ONE)["reason"]


def test_what_cannot_be_used_is_said_with_its_mend_and_the_rest_works(
    serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody answers there
    folder = tmp_path / "models"
    good = make_tiny_model("gpt2", folder / "good")
    marks = [tmp_path / "pickle-ran", tmp_path / "auto-map-ran", tmp_path / "known-type-ran"]
    for name, made in (
        ("broken", lambda at: (at / "config.json").write_text('{"model_type": "gpt2",\n  oops')),
        ("empty", lambda at: (at / "model.safetensors").unlink()),
        ("unknown", lambda at: change_config(at, model_type="no-such-model")),
        ("pickled", lambda at: poison_pickle(at, marks[0])),
        ("coded", lambda at: poison_code(at, marks[1], model_type=None)),
        ("half-coded", lambda at: poison_code(at, marks[2])),
        ("huge", huge_header),
    ):
        made(Path(shutil.copytree(good, folder / name)))
    _, browser = serve(module="server", options=("nobody/nothing",))
    story = browser.create("Once")

    for name, words in (("broken", "line 2"), ("empty", "weights"), ("coded", "Python code")):
        shown = view(browser, f"found:{name}")
        assert shown["state"] == "unusable" and words in shown["reason"] and shown["mend"], shown
        assert browser.refused("model_load", model=f"found:{name}") == "model"
        assert (
            browser.refused("run_start", story=story.id, model=f"found:{name}", at="end") == "model"
        )
    for key, words in (
        ("found:unknown", "no-such-model"),
        ("found:pickled", "could run any program"),
        ("found:huge", " GB"),
        ("opened:nobody∕nothing", "hub cannot be reached"),
    ):
        run = start(browser, story, key)
        browser.wait(lambda r=run: story.runs[r]["state"] == "ended", key, PATIENCE_S)
        ended = story.runs[run]
        assert (ended["reason"], ended["message"]) == ("failed", view(browser, key)["reason"])
        shown = view(browser, key)
        assert (shown["state"], bool(shown["mend"])) == ("failed", True)
        assert words in shown["reason"]
    for key in ("found:half-coded", "found:good"):
        run = start(browser, story, key, params={"max_tokens": 3})
        browser.wait(lambda r=run: story.runs[r]["state"] == "ended", key, PATIENCE_S)
        assert story.runs[run]["reason"] == "finished", story.runs[run]
    assert not any(mark.exists() for mark in marks)
    (folder / "broken" / "config.json").write_text((good / "config.json").read_text())
    wait_until(lambda: view(browser, "found:broken")["state"] == "unloaded", "it is mended")


def write(browser: StudioClient, story: OpenStory, model: str) -> None:
    """A run of three tokens from its beginning to its end."""
    story.wait_state(start(browser, story, model, params={"max_tokens": 3}), "ended", "finished")


def start(browser: StudioClient, story: OpenStory, model: str, **fields: Any) -> str:
    """Start a run; returns its id."""
    run = browser.ok("run_start", story=story.id, model=model, at="end", **fields)["run"]
    with browser.changed:
        story.runs.setdefault(run["id"], run)
    return str(run["id"])


def view(browser: StudioClient, key: str) -> dict[str, Any]:
    """A model as the page sees it."""
    models: list[dict[str, Any]] = browser.ok("models")["models"]
    return next(model for model in models if model["key"] == key)


def change_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def poison_pickle(folder: Path, mark: Path) -> None:
    """Weights whose unpickling writes `mark`, if anybody lets it."""

    class Poison:
        def __reduce__(self) -> Any:
            return os.system, (f"touch '{mark}'",)

    (folder / "model.safetensors").unlink()
    torch.save({"w": torch.zeros(2), "x": Poison()}, folder / "pytorch_model.bin")


def poison_code(folder: Path, mark: Path, **changes: Any) -> None:
    """A model that wants Python code of its own to be run."""
    code = f"from pathlib import Path\nPath({str(mark)!r}).touch()\n"
    (folder / "modeling_own.py").write_text(code)
    names = {"AutoConfig": "modeling_own.C", "AutoModelForCausalLM": "modeling_own.M"}
    change_config(folder, auto_map=names, **changes)


def huge_header(folder: Path) -> None:
    """Weights of 400 GB that take no room on the disk."""
    path, size = folder / "model.safetensors", 400 * 10**9
    tensor = {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}
    header = json.dumps({"w": tensor}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    os.truncate(path, 8 + len(header) + size)
