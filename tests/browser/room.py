"""What browser tests hold in their hands: a server process, and the page as a writer uses it."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.forked import Process, start_python

ROOT = Path(__file__).resolve().parents[2]
TEXT_JS = """() => [...document.querySelectorAll('.cm-line')].map((line) => {
  const copy = line.cloneNode(true);
  copy.querySelectorAll('.cm-placeholder').forEach((one) => one.remove());
  return copy.textContent;
}).join('\\n')"""

KEPT_JS = """async () => {
  // What was typed is written after the frame that shows it.
  await new Promise((then) => requestAnimationFrame(() => setTimeout(() => setTimeout(then))));
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith("storygen:")) continue;
    await new Promise((then) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => {
        const transaction = request.result.transaction(["updates"], "readwrite");
        transaction.objectStore("updates").count();
        transaction.oncomplete = () => (request.result.close(), then());
      };
    });
  }
}"""


@dataclass
class Studio:
    """A server process; `kill` and `start` again to see it come back on the same port and data."""

    data_dir: Path
    models_dir: Path
    environ: dict[str, str] = field(default_factory=dict)
    url: str = ""
    port: int = 0
    process: Process | None = None
    module: str = "tests.serve"

    def start(self) -> None:
        """Start it and wait for the URL that it prints."""
        options = ["--port", str(self.port), "--data-dir", str(self.data_dir)]
        options += ["--models-dir", str(self.models_dir), "--no-browser"]
        environment = {**os.environ, "STORYGEN_TOKEN_MS": "15", **self.environ}
        self.process = start_python(self.module, options, ROOT, environment)
        assert self.process.stdout
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/\S*", line.decode()):
                self.url, self.port = found.group(0), int(found.group(1))
                return
        raise AssertionError("The server ended before it was ready.")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        assert self.process and self.process.stdout
        process, self.process = self.process, None
        process.send_signal(how)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("The server did not end when it was asked to.") from None
        finally:
            process.stdout.close()


@dataclass
class Room:
    """The page as a writer uses it."""

    page: Page
    studio: Studio
    broken: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Go to the page and wait until a story is there and saved."""
        self.page.goto(self.studio.url)
        self.ready()

    def ready(self) -> None:
        """Wait until a story is there and saved."""
        self.editor.wait_for()
        expect(self.page.locator("#saved")).to_have_text("Saved")

    @property
    def editor(self) -> Locator:
        """Where the text is written."""
        return self.page.locator(".cm-content")

    @property
    def primary(self) -> Locator:
        """Write, Pause or Resume."""
        return self.page.locator("#primary")

    def text(self) -> str:
        """The whole text (of a story short enough to be drawn whole)."""
        return str(self.page.evaluate(TEXT_JS))

    def write(self, text: str) -> None:
        """Replace the whole text by `text`, typed."""
        self.editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        self.type(text)

    def type(self, text: str) -> None:
        """Type key by key; a line feed is Enter."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self.page.keyboard.press("Enter")
            self.page.keyboard.type(line)

    def kept_here(self) -> None:
        """Wait until this browser has written its own copy: a transaction behind those under way ends."""
        self.page.evaluate(KEPT_JS)

    def forget_local_copies(self) -> None:
        """Remove what this browser keeps of stories, as a new browser would have nothing."""
        self.page.evaluate(
            "indexedDB.databases().then((all) => all.forEach((one) => indexedDB.deleteDatabase(one.name)))"
        )

    def saved(self) -> None:
        """Wait until what was just typed is shown, and shown as saved."""
        self.page.evaluate(
            "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"
        )
        expect(self.page.locator("#saved")).to_have_text("Saved")

    def state(self, label: str) -> None:
        """Wait until the primary control says `label`."""
        expect(self.page.locator("#primary-label")).to_have_text(label)

    def wait_for_text(self, pattern: str) -> None:
        """Wait until the page's text matches."""
        expect(self.editor).to_contain_text(re.compile(pattern))


def make_models(folder: Path) -> Path:
    """A models folder with one entry that looks usable; the scripted worker never reads it."""
    model = folder / "scripted"
    model.mkdir(parents=True)
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
    (model / "config.json").write_text(json.dumps(config), "utf-8")
    (model / "tokenizer.json").write_text("{}", "utf-8")
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (model / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    return folder


def violations(room: Room) -> list[str]:
    """What axe finds wrong with the page as it stands."""
    if not room.page.evaluate("'axe' in window"):
        room.page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))
    found: list[dict[str, Any]] = room.page.evaluate(
        "axe.run({ resultTypes: ['violations'] }).then((result) => result.violations)"
    )
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}" for one in found]


def watch(page: Page, room: Room) -> None:
    """Keep what the page may never do: throw, or break its policy."""

    def heard(message: Any) -> None:
        if message.type == "error" and "ERR_CONNECTION_REFUSED" not in message.text:
            room.broken.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: room.broken.append(str(error)))
    page.on("dialog", lambda dialog: (room.broken.append(dialog.message), dialog.dismiss()))
