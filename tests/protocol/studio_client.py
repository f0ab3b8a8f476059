"""A browser in Python: one `/studio` connection with a Yjs replica, that waits for conditions.

Everything that arrives is kept under one lock whose condition is notified, so that `wait` needs no polling.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from pycrdt import Doc, Text
from socketio import exceptions

from storygen.bench.writer import OrderedClient
from storygen.document.live import ROOT

NAMESPACE = "/studio"
WAIT_S = float(os.environ.get("STORYGEN_TESTS_WAIT_S", "20"))


class _SilentClient(OrderedClient):
    """Takes everything in and acknowledges nothing."""

    def _handle_event(self, namespace: str, id: int | None, data: Any) -> None:
        super()._handle_event(namespace, None, data)


class ServerAwayError(Exception):
    """The connection ended before the answer came."""


class StudioClient:
    """`silent` never acknowledges an `update`; `slow_s` is how long it takes for each."""

    def __init__(self, url: str, token: str, *, silent: bool = False, slow_s: float = 0.0) -> None:
        self.changed = threading.Condition()
        self.updates: list[dict[str, Any]] = []
        self.library: list[dict[str, Any]] = []
        self.scored: list[dict[str, Any]] = []
        self.slow_s = slow_s
        self.stories: dict[str, OpenStory] = {}
        self.connected = False
        kind = _SilentClient if silent else OrderedClient
        self._io = kind(reconnection=False, handle_sigint=False)
        self._io.on("update", self._on_update, namespace=NAMESPACE)
        self._io.on("library", self._on_library, namespace=NAMESPACE)
        self._io.on("scored", self._on_scored, namespace=NAMESPACE)
        self._io.on("disconnect", self._on_disconnect, namespace=NAMESPACE)
        self._io.connect(
            url,
            namespaces=[NAMESPACE],
            auth={"token": token},
            transports=["websocket"],
            wait_timeout=WAIT_S,
        )
        self.connected = True
        self._socket = getattr(self._io.eio, "ws", None)

    def __enter__(self) -> StudioClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._io.disconnect()
        if self._socket is not None:
            self._socket.shutdown()  # the library leaves it open where the server hung up

    # ------------------------------------------------------------ calls

    def call(self, event: str, *message: Any, seconds: float = WAIT_S) -> dict[str, Any]:
        """Send a call as it is; returns the whole answer.

        Raises: ServerAwayError when the connection ends before the answer.
        """
        data = message if len(message) != 1 else message[0]
        answers: list[Any] = []

        def answered(*given: Any) -> None:
            with self.changed:
                answers.extend(given or [None])
                self.changed.notify_all()

        try:
            self.send(event, data, answered)
        except exceptions.SocketIOError as error:
            raise ServerAwayError from error
        self.wait(lambda: answers or not self.connected, f"an answer to {event}", seconds)
        if not answers:
            raise ServerAwayError
        assert isinstance(answers[0], dict), answers
        return answers[0]

    def ok(self, event: str, **fields: Any) -> dict[str, Any]:
        """A call that must succeed; returns the answer's fields."""
        answer = self.call(event, fields)
        assert answer.get("ok") is True, (event, answer)
        return answer

    def refused(self, event: str, *message: Any, **fields: Any) -> str:
        """A call that must be answered with an error; returns its code."""
        answer = self.call(event, *(message or (fields,)))
        assert answer.get("ok") is False, (event, answer)
        assert set(answer) == {"ok", "error"} and set(answer["error"]) == {"code", "message"}
        assert isinstance(answer["error"]["message"], str) and answer["error"]["message"]
        return str(answer["error"]["code"])

    def send(self, event: str, fields: Any, answered: Callable[[Any], None]) -> None:
        """Send without waiting; `answered` is called in another thread."""
        self._io.emit(event, fields, namespace=NAMESPACE, callback=answered)

    # ------------------------------------------------------------ stories

    def create(self, text: str = "", **settings: Any) -> OpenStory:
        """A new story, opened."""
        return self.open(self.ok("story_create", text=text, settings=settings)["story"]["id"])

    def open(self, story: str) -> OpenStory:
        """Open a story with an empty copy."""
        opened = OpenStory(self, story)
        self.stories[story] = opened  # before the answer: the first update may overtake us
        opened.take(self.ok("story_open", story=story))
        return opened

    # ------------------------------------------------------------ waiting

    def wait_scored(self, score: str) -> list[dict[str, Any]]:
        """Wait until a scoring is over; returns all that was told of it."""

        def over() -> list[dict[str, Any]]:
            told = [message for message in self.scored if message["score"] == score]
            return told if told and told[-1]["over"] else []

        found: list[dict[str, Any]] = self.wait(over, f"the end of scoring {score}")
        return found

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = WAIT_S) -> Any:
        """Wait for what some arriving message makes true; returns the condition's value."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not (value := condition()):
                left = deadline - time.monotonic()
                assert left > 0, f"waited {seconds:.0f} s in vain: {what}"
                self.changed.wait(left)
            return value

    # ------------------------------------------------------------ what arrives

    def _on_update(self, message: dict[str, Any]) -> bool:
        with self.changed:
            self.updates.append(message)
            if opened := self.stories.get(message["story"]):
                opened.take(message)
            self.changed.notify_all()
        if self.slow_s:
            threading.Event().wait(self.slow_s)
        return True

    def _on_library(self, message: dict[str, Any]) -> None:
        with self.changed:
            self.library.append(message)
            self.changed.notify_all()

    def _on_scored(self, message: dict[str, Any]) -> bool:
        with self.changed:
            self.scored.append(message)
            self.changed.notify_all()
        if self.slow_s:
            threading.Event().wait(self.slow_s)
        return True

    def _on_disconnect(self, *_: object) -> None:
        with self.changed:
            self.connected = False
            self.changed.notify_all()


class OpenStory:
    """A story as one browser has it. Offsets here are code points of the present text."""

    def __init__(self, client: StudioClient, story: str) -> None:
        self.id, self._client = story, client
        self.doc: Doc[Text] = Doc(allow_multithreading=True)
        self.text = self.doc.get(ROOT, type=Text)
        self.runs: dict[str, dict[str, Any]] = {}
        self.tokens: list[list[Any]] = []
        self.aliases: list[list[Any]] = []
        self.clients: list[int] = []
        self.checkpoints: list[dict[str, Any]] = []
        self.sets: dict[str, dict[str, Any]] = {}
        self.cards: dict[str, list[list[Any]]] = {}  # tokens
        self.memory: dict[str, Any] = {}
        self.memory_version = -1
        self.auto: dict[str, Any] | None = None
        self.document = ""
        self._sent: bytes | None = None

    def __str__(self) -> str:
        with self._client.changed:
            return str(self.text)

    def take(self, message: dict[str, Any]) -> None:
        """Take in an answer to `story_open` or an `update`."""
        with self._client.changed:
            if data := message.get("doc", message.get("update")):
                self.doc.apply_update(data)
            self.tokens += message["tokens"]
            self.aliases += message["aliases"]
            self.clients += message["clients"]
            self.runs |= {run["id"]: run for run in message["runs"]}
            self.checkpoints += message.get("checkpoints", [])
            self.sets |= {found["id"]: found for found in message.get("sets", [])}
            for card, index, tokens in message.get("cards", []):
                known = self.cards.setdefault(card, [])
                assert len(known) == index, "tokens of a card come in order, each once"
                known += tokens
            if "memory_version" in message:
                self.memory, self.memory_version = message["memory"], message["memory_version"]
            elif (news := message.get("memory")) and news["version"] > self.memory_version:
                self.memory, self.memory_version = news["memory"], news["version"]
            self.auto = message.get("auto", self.auto)
            self.document = message.get("document", self.document)

    def edit(self, change: Callable[[Text], None]) -> bytes:
        """Change the replica; returns the update, which is not sent."""
        with self._client.changed:
            before = self.doc.get_state()
            change(self.text)
            return bytes(self.doc.get_update(before))

    def insert(self, at: int, text: str) -> dict[str, Any]:
        """Type and send; returns the answer."""
        return self.send(self.edit(lambda root: root.insert(len(str(root)[:at].encode()), text)))

    def append(self, text: str) -> dict[str, Any]:
        """Type at the end and send; returns the answer."""
        return self.send(self.edit(lambda root: root.insert(len(str(root).encode()), text)))

    def delete(self, start: int, end: int) -> dict[str, Any]:
        """Delete and send; returns the answer."""

        def change(root: Text) -> None:
            whole = str(root)
            del root[len(whole[:start].encode()) : len(whole[:end].encode())]

        return self.send(self.edit(change))

    def send(self, update: bytes, **more: Any) -> dict[str, Any]:
        """Send an update and wait for its answer."""
        return self._client.ok("doc_update", story=self.id, update=update, **more)

    def start(self, at: Any = "end", **fields: Any) -> str:
        """Start a run of the scripted model; returns its id."""
        from tests.server_process import MODEL

        answer = self._client.ok("run_start", story=self.id, model=MODEL, at=at, **fields)
        with self._client.changed:
            self.runs.setdefault(answer["run"]["id"], answer["run"])
        return str(answer["run"]["id"])

    def ask(self, at: Any = "end", **fields: Any) -> dict[str, Any]:
        """Ask the scripted model for candidates; returns the set."""
        from tests.server_process import MODEL

        answer = self._client.ok("candidates_ask", story=self.id, model=MODEL, at=at, **fields)
        found: dict[str, Any] = answer["set"]
        return found

    def automate(self, **fields: Any) -> dict[str, Any]:
        """Start the automatic writer with the scripted model; returns how it is."""
        from tests.server_process import MODEL

        warm = {"ranges": {"temperature": {"scale": "uniform", "low": 0.5, "high": 1.5}}}
        fields = {"params": {"max_tokens": 4}, "ranges": warm, "seed": 5, **fields}
        answer = self._client.ok("auto_start", story=self.id, model=MODEL, **fields)
        with self._client.changed:
            self.auto = self.auto or answer["auto"]
        found: dict[str, Any] = answer["auto"]
        return found

    def wait_auto(self, state: str, reason: str = "", step: int = 0) -> dict[str, Any]:
        """Wait until the automatic writer is in a state, at least at that step; returns how it is."""

        def there() -> Any:
            view = self.auto or {}
            same = (view.get("state"), view.get("reason")) == (state, reason)
            return view if same and view["step"] >= step else None

        try:
            found: dict[str, Any] = self._client.wait(there, f"{state} {reason}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.auto} {self}") from None
        return found

    def wait_set(self, set_id: str, seconds: float = WAIT_S) -> dict[str, Any]:
        """Wait until a set is written; returns it."""

        def ended() -> Any:
            found = self.sets.get(set_id)
            return found if found and found["state"] == "ended" else None

        found: dict[str, Any] = self._client.wait(ended, f"the end of set {set_id}", seconds)
        return found

    def card_text(self, card: str) -> str:
        """What was written on a card, as far as it was told."""
        with self._client.changed:
            return "".join(token[1] for token in self.cards.get(card, []))

    def wait_state(self, run: str, state: str, reason: str = "") -> dict[str, Any]:
        """Wait until a run is in a state; returns it."""

        def there() -> dict[str, Any] | None:
            view = self.runs.get(run, {})
            return view if (view.get("state"), view.get("reason")) == (state, reason) else None

        view: dict[str, Any] = self._client.wait(
            there, f"{run} {state} {reason}: {self.runs.get(run)}"
        )
        return view

    def wait_tokens(self, count: int, run: str | None = None) -> None:
        """Wait until this many tokens (of one run) have come."""
        self._client.wait(
            lambda: sum(run in (None, token[0]) for token in self.tokens) >= count,
            f"{count} tokens in {self}",
        )

    def wait_text(self, condition: Callable[[str], bool], what: str) -> str:
        """Wait until the text fulfils a condition; returns it."""
        self._client.wait(lambda: condition(str(self.text)), f"{what}: {self}")
        return str(self)
