"""The part of a page on which servers are added by URL and key, and forgotten again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..elements import Button, Collapsible, Column, Element, Option, Row, Select, Text, TextInput
from ..jobs import Job
from ..models.remote_address import read_address
from ..models.remote_probe import list_models
from ..models.remote_wire import Wire
from ..models.servers import ServerEntry, Servers

PATIENCE_S = 20.0


class ServersForm:
    """`element` is to be laid on a page. `on_change(name)` is called with the model that was added, or ""."""

    def __init__(
        self, servers: Servers, job: Callable[[], Job], on_change: Callable[[str], Any]
    ) -> None:
        self._servers, self._job, self._on_change = servers, job, on_change
        self._url = TextInput(
            "URL of a server",
            placeholder="http://127.0.0.1:8080/v1",
            on_submit=lambda _: self._look(),
        )
        self._url.hint = "Any server that speaks the OpenAI protocol: vLLM, llama.cpp, Ollama."
        self._key = TextInput("Key, if it wants one", secret=True)
        self._key.hint = "Kept in a file that only you can read, and sent to this server alone."
        self._model = Select("Model of the server", [])
        self._named = TextInput("Model of the server", placeholder="its name there")
        self._add = Button("Add it", self._add_it, tone="primary")
        self._found = Row(self._model, self._named, self._add)
        self._found.hidden = True
        self._said = Text("", "quiet")
        self._said.hidden = True
        self._kept = Column()
        self._show_kept()

    @property
    def element(self) -> Element:
        """What to lay on a page."""
        return Collapsible(
            "Servers",
            Row(self._url, self._key, Button("Look", self._look)),
            self._said,
            self._found,
            self._kept,
        )

    def _look(self) -> None:
        """Which models are there? Raises: StorygenError, for the page to show."""
        self._found.hidden = self._said.hidden = True
        address = read_address(self._url.value)
        key = self._key.value.strip() or self._servers.keys.get(str(address))
        wire = Wire(address, key, silence_s=PATIENCE_S)
        try:
            models, kind = list_models(wire, job=self._job())
        finally:
            wire.close()
        self._model.options = tuple(map(Option, models))
        self._model.value = models[0] if models else ""
        self._model.hidden, self._named.hidden = not models, bool(models)
        number = "1 model" if len(models) == 1 else f"{len(models)} models"
        program = "" if kind == "unknown" else f" ({kind})"
        self._say(f"{address}{program} has {number}." if models else f"{address} lists no models.")
        self._found.hidden = False

    def _add_it(self) -> None:
        name = self._model.value or self._named.value
        entry = self._servers.add(self._url.value, name, self._key.value)
        self._url.value = self._key.value = self._named.value = ""
        self._found.hidden = True
        self._say(f"{entry.name} is there now.")
        self._show_kept()
        self._on_change(entry.name)

    def _remove(self, entry: ServerEntry) -> None:
        self._servers.remove(entry)
        self._show_kept()
        self._on_change("")

    def _say(self, sentence: str) -> None:
        self._said.text, self._said.hidden = sentence, False

    def _show_kept(self) -> None:
        self._kept.children = [self._row(entry) for entry in self._servers.entries()]

    def _row(self, entry: ServerEntry) -> Element:
        key = ", with a key" if self._servers.keys.is_set(entry.url) else ""
        words = Text(f"{entry.model} at {entry.url}{key}")
        return Row(words, Button("Remove", lambda: self._remove(entry), tone="quiet"))
