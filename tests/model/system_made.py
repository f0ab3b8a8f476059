"""A real server with real workers, its registry and its models, and what the tests ask of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.protocol.studio_client import OpenStory, StudioClient
from tests.server_process import ROOT, ServerProcess, wait_until

MODELS = ROOT / "models"
DEFAULT_FOLDER = "smollm2-135m-instruct"
PATIENCE_S = 120.0  # loading torch takes long while other tests run
GREEDY = {"temperature": 0.0, "repetition_penalty": 1.0, "min_p": 0.0}


def real_server(
    home: Path, models: dict[str, Any], models_dir: Path | None = None
) -> ServerProcess:
    """A server that is not started yet, with `models` (as in config.js) to continue stories.

    `models_dir` defaults to a folder of the test's own.
    """
    config = home / "static" / "config.js"
    config.parent.mkdir(parents=True)
    write_config(home, models)
    own = home / "models"
    own.mkdir()
    return ServerProcess(
        home,
        module="server",
        models_dir=models_dir or own,
        options=("--config", str(config)),
    )


def write_config(home: Path, models: dict[str, Any], prompts: dict[str, Any] | None = None) -> None:
    """Write the server's config.js anew."""
    registry = {"continuationModels": models, "promptModels": prompts or {}}
    text = f"var ModelConfig = {json.dumps(registry)};\n"
    (home / "static" / "config.js").write_text(text, encoding="utf-8")


def in_fp32(folder: str, **settings: Any) -> dict[str, Any]:
    """A value of config.js: the folder's model in fp32 on one thread."""
    return {"source": folder, "precision": "fp32", "threads": 1, **settings}


@dataclass(frozen=True, slots=True)
class Writing:
    """One run in an open story."""

    browser: StudioClient
    story: OpenStory
    run: str

    @property
    def view(self) -> dict[str, Any]:
        """The run as the browser was told last."""
        return self.story.runs[self.run]

    @property
    def num_tokens(self) -> int:
        """How many of its tokens have come."""
        return sum(token[0] == self.run for token in self.story.tokens)

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait for what an update makes true."""
        return self.browser.wait(condition, f"{what}: {self.view}, {self.story}", PATIENCE_S)

    def wait_tokens(self, count: int) -> None:
        """Wait until this many of its tokens have come.

        Raises: AssertionError when it ends before.
        """
        self.wait(lambda: self.num_tokens >= count or self._over(), f"{count} tokens")
        assert self.num_tokens >= count, self.view

    def wait_state(self, state: str, reason: str = "") -> dict[str, Any]:
        """Wait until it is in a state; returns it."""
        self.wait(
            lambda: (self.view["state"], self.view["reason"]) == (state, reason) or self._over(),
            f"{state} {reason}",
        )
        assert (self.view["state"], self.view["reason"]) == (state, reason), self.view
        return self.view

    def wait_revision(self, revision: int, num_tokens: int) -> list[dict[str, Any]]:
        """Wait for tokens computed from a revision; returns every stored token from then on."""
        first = self.num_tokens
        for _ in range(200):
            self.wait_tokens(first + 1)
            found = [t for t in self.details() if t["revision"] >= revision]
            if len(found) >= num_tokens:
                return found
            first = self.num_tokens
        raise AssertionError(f"no tokens of revision {revision}: {self.view}")

    def command(self, name: str) -> dict[str, Any]:
        """`pause`, `resume` or `stop`; returns the run."""
        answer: dict[str, Any] = self.browser.ok(f"run_{name}", run=self.run)["run"]
        return answer

    def continued(self) -> Writing:
        """Resume a run that was interrupted; returns the new one."""
        view = self.command("resume")
        assert view["continues"] == self.run
        self.story.runs.setdefault(view["id"], view)
        return Writing(self.browser, self.story, view["id"])

    def details(self) -> list[dict[str, Any]]:
        """Every stored token, in order."""
        found: list[dict[str, Any]] = []
        while True:
            start = found[-1]["index"] + 1 if found else 0
            more = self.browser.ok(
                "token_details", run=self.run, **{"from": start, "to": start + 500}
            )
            if not more["tokens"]:
                return found
            found += more["tokens"]

    def ids(self) -> list[int]:
        """The ids of every stored token."""
        return [token["id"] for token in self.details()]

    def _over(self) -> bool:
        return bool(self.view["state"] == "ended")


def ids_in_order(parts: Sequence[Writing]) -> list[int]:
    """The ids of runs that continue each other; where one wrote an index again, the later word counts."""
    found: dict[int, int] = {}
    for part in parts:
        found |= {token["index"]: token["id"] for token in part.details()}
    assert sorted(found) == list(range(len(found)))
    return [found[index] for index in sorted(found)]


def start(browser: StudioClient, story: OpenStory, model: str, **fields: Any) -> Writing:
    """Start a run at the end of a story, unless `at` says another place."""
    asked = {"at": "end", **fields}
    answer = browser.ok("run_start", story=story.id, model=model, **asked)["run"]
    with browser.changed:
        story.runs.setdefault(answer["id"], answer)
    return Writing(browser, story, answer["id"])


def write(browser: StudioClient, model: str, text: str, num_tokens: int, **fields: Any) -> Writing:
    """A new story with a run that has written this many tokens and ended."""
    params = {**fields.pop("params", {}), "max_tokens": num_tokens, "limit": "tokens"}
    writing = start(browser, browser.create(text), model, params=params, **fields)
    writing.wait_state("ended", "finished")
    return writing


def model_view(browser: StudioClient, key: str) -> dict[str, Any]:
    """A model as the page sees it now."""
    models: list[dict[str, Any]] = browser.ok("models")["models"]
    return next(model for model in models if model["key"] == key)


def wait_model(browser: StudioClient, key: str, *states: str) -> dict[str, Any]:
    """Wait until a model is in one of the states; returns it."""
    wait_until(
        lambda: model_view(browser, key)["state"] in states,
        f"{key} {states}",
        seconds=PATIENCE_S,
    )
    return model_view(browser, key)


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
