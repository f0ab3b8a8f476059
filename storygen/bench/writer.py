"""A Socket.IO client that writes as a browser does: a replica of the text, calls, and token times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import engineio
import socketio
from pycrdt import Doc, Text

NAMESPACE = "/studio"
PATIENCE_S = 120.0


class _Transport(engineio.Client):  # type: ignore[misc]
    """Takes packets up one after the other; the library gives each a thread, and some overtake others."""

    def _trigger_event(self, event: str, *args: Any, **options: Any) -> Any:
        return super()._trigger_event(event, *args, **{**options, "run_async": False})


class OrderedClient(socketio.Client):  # type: ignore[misc]
    """A client for threads: keeps the order of what comes, and sends each packet whole, which goes out as
    several messages when it has binary parts."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._whole = threading.Lock()

    def _send_packet(self, packet: Any) -> None:
        with self._whole:
            super()._send_packet(packet)

    def _engineio_client_class(self) -> type[engineio.Client]:
        return _Transport


class Writer:
    """One connection with one open story. `came[i]` is when token `i` of the current run arrived, and
    `cards_came` when each token of a set of candidates did, in order.
    """

    def __init__(self, url: str, token: str) -> None:
        self.doc: Doc[Text] = Doc()
        self.text = self.doc.get("text", type=Text)
        self.came: dict[int, float] = {}
        self.cards_came: list[float] = []
        self.scored: dict[str, Any] = {}
        self._sets: dict[str, dict[str, Any]] = {}
        self._runs: dict[str, dict[str, Any]] = {}
        self._set = self._run = ""
        self.models: list[dict[str, Any]] = []
        self.story = ""
        self._news = threading.Condition()
        self._client = OrderedClient()
        self._client.on("update", self._update, namespace=NAMESPACE)
        self._client.on("scored", self._scored, namespace=NAMESPACE)
        self._client.on("library", self._library, namespace=NAMESPACE)
        self._client.connect(
            url, auth={"token": token}, namespaces=[NAMESPACE], transports=["websocket"]
        )

    @property
    def run(self) -> dict[str, Any]:
        """The run that was started last, as it was last told of."""
        return self._runs[self._run]

    def call(self, event: str, **fields: Any) -> dict[str, Any]:
        """A call's answer. Raises: RuntimeError with the server's message when it is refused."""
        answer: dict[str, Any] = self._client.call(
            event, fields, namespace=NAMESPACE, timeout=PATIENCE_S
        )
        if not answer["ok"]:
            raise RuntimeError(answer["error"]["message"])
        return answer

    def open(self, text: str) -> None:
        """A new story with this text."""
        self.story = self.call("story_create", title="Benchmark", text=text)["story"]["id"]
        self.doc = Doc()
        self.text = self.doc.get("text", type=Text)
        self.doc.apply_update(self.call("story_open", story=self.story)["update"])

    def start(self, model: str, **params: Any) -> None:
        """Start a run at the end."""
        self.came.clear()
        run = self.call(
            "run_start", story=self.story, model=model, at="end", seed=1, params=params
        )["run"]
        with self._news:
            self._run = run["id"]
            self._runs.setdefault(self._run, run)  # an update may have overtaken the answer

    def ask(self, model: str, num: int, num_tokens: int, **params: Any) -> float:
        """Let `num` candidates be written at the end; returns when they were asked for."""
        self.cards_came.clear()
        params = {**params, "limit": "tokens", "max_tokens": num_tokens}
        asked = time.perf_counter()
        found = self.call(
            "candidates_ask", story=self.story, model=model, at="end", num=num, params=params
        )["set"]
        with self._news:
            self._set = found["id"]
            self._sets.setdefault(self._set, found)
        self.wait(lambda: self._sets[self._set]["state"] == "ended")
        return asked

    def look(self, model: str, **params: Any) -> float:
        """Ask for the tokens that could stand at the end; returns how many seconds that took."""
        asked = time.perf_counter()
        self.call("next_tokens", story=self.story, model=model, at="end", seed=1, params=params)
        return time.perf_counter() - asked

    def score(self, model: str, **params: Any) -> int:
        """Have the story scored, to the end; returns of how many tokens it is."""
        name = self.call("score_start", story=self.story, model=model, params=params)["score"]
        self.wait(lambda: self.scored.get("score") == name and self.scored["over"])
        return int(self.scored["total"])

    def command(self, name: str) -> None:
        """`run_pause`, `run_resume` or `run_stop`."""
        self.call(name, run=self._run)

    def type(self, at: int, text: str) -> float:
        """Insert at byte `at` as typing does; returns when it was sent."""
        before = self.doc.get_state()
        self.text.insert(at, text)
        sent = time.perf_counter()
        self.call("doc_update", story=self.story, update=self.doc.get_update(before))
        return sent

    def tokens_from(self, start: int, stop: int) -> list[dict[str, Any]]:
        """Stored tokens `[start, stop)` of the run."""
        found: list[dict[str, Any]] = self.call(
            "token_details", run=self._run, **{"from": start, "to": stop}
        )["tokens"]
        return found

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until news make `condition` true. Raises: TimeoutError."""
        with self._news:
            if not self._news.wait_for(condition, PATIENCE_S):
                raise TimeoutError("The server said nothing more.")

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()

    def _update(self, message: dict[str, Any]) -> bool:
        now = time.perf_counter()
        with self._news:
            if "doc" in message:
                self.doc.apply_update(message["doc"])
            for token in message["tokens"]:
                self.came.setdefault(token[1], now)
            for _, _, tokens in message["cards"]:
                self.cards_came += [now] * len(tokens)
            self._sets |= {found["id"]: found for found in message["sets"]}
            self._runs |= {run["id"]: run for run in message["runs"]}
            self._news.notify_all()
        return True

    def _scored(self, message: dict[str, Any]) -> bool:
        with self._news:
            self.scored = message
            self._news.notify_all()
        return True

    def _library(self, message: dict[str, Any]) -> None:
        with self._news:
            self.models = message.get("models", self.models)
            self._news.notify_all()
