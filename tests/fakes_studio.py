"""A scripted `/studio` server: the browser's protocol without a store, a worker or access rules.

It serves `static/` with the real server's Content-Security-Policy and answers every call that the page
makes, so that the page can be looked at and tested in states that a real server reaches rarely. Words
come from a script, one every `pace_s` seconds, each from a thread of its own. Not a model of merging or
storage: `docs/PROTOCOL.md` is, and the real server's tests hold that.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import socketio
from werkzeug.serving import BaseWSGIServer, make_server

from storygen.document.authorship import Authorship
from storygen.document.live import LiveDocument
from storygen.store.records import AliasRecord, TokenRange

STATIC = Path(__file__).parent.parent / "static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}
SCRIPT = (
    " The lamp was still warm when she came down, and the window stood open to the harbour."
    " Nobody in the house would own to having lit it. She put her hand to the glass, and listened;"
    " somewhere below, past the boats, a man was singing a song that her brother had taken with him"
    " to the bottom of the sea.\n\n“You hear it too,” said the girl on the stairs.\n\n"
    "It was not a question, and so she did not answer it."
)
BUILTIN_PRESETS = [
    {
        "name": "Steady",
        "sentence": "Keeps to what is likely; a good start.",
        "params": {"temperature": 0.8, "min_p": 0.05, "repetition_penalty": 1.1},
        "builtin": True,
    },
    {
        "name": "Adventurous",
        "sentence": "Takes unlikely turns more often.",
        "params": {"temperature": 1.2, "min_p": 0.08, "repetition_penalty": 1.05},
        "builtin": True,
    },
    {
        "name": "Exact",
        "sentence": "Always the likeliest word: the same text every time.",
        "params": {"temperature": 0.0},
        "builtin": True,
    },
]


def _number(
    name: str,
    low: float,
    high: float,
    step: float,
    default: float,
    neutral: float | None,
    title: str,
    sentence: str,
) -> dict[str, Any]:
    kind = "integer" if step >= 1 else "number"
    return {
        "name": name,
        "kind": kind,
        "low": low,
        "high": high,
        "step": step,
        "default": default,
        "neutral": neutral,
        "choices": None,
        "title": title,
        "sentence": sentence,
    }


PARAMETERS: list[dict[str, Any]] = [
    _number("temperature", 0, 5, 0.05, 0.8, 1, "Temperature", "Higher takes more risks; 0 always takes the likeliest token."),
    _number("top_k", 0, 1000, 1, 0, 0, "Top k", "Chooses among this many likeliest tokens; 0 switches it off."),
    _number("top_p", 0, 1, 0.01, 1, 1, "Top p", "Chooses among the likeliest tokens that together reach this probability."),
    _number("min_p", 0, 1, 0.01, 0.05, 0, "Min p", "Leaves out tokens less likely than this share of the likeliest one."),
    _number("repetition_penalty", 0.5, 3, 0.01, 1.1, 1, "Repetition penalty", "Above 1 makes words that were used less likely."),
    _number("max_tokens", 0, 100000, 1, 0, 0, "Most tokens", "Ends the run after this many tokens; 0 is endless."),
    {
        "name": "limit", "kind": "choice", "low": None, "high": None, "step": None, "default": "endless",
        "neutral": None, "choices": ["endless", "tokens", "sentence", "paragraph"],
        "title": "Write until", "sentence": "Where a run ends by itself.",
    },
    {
        "name": "stop", "kind": "strings", "low": None, "high": None, "step": None, "default": [],
        "neutral": None, "choices": None, "title": "Stop at",
        "sentence": "The run ends before any of these would be written; one a line.",
    },
]  # fmt: skip


def model(key: str, name: str, state: str = "ready", **more: Any) -> dict[str, Any]:
    """A Model of the protocol."""
    info = {
        "architecture": "LlamaForCausalLM", "parameters": 134515008, "vocabulary": 49152, "context": 2048,
        "precision": "fp32", "threads": 1, "device": "cpu", "format": "chat", "memory_bytes": 612_000_000,
        "seconds": 0.8, "croppable": True, "notes": [],
    }  # fmt: skip
    base: dict[str, Any] = {
        "key": key, "name": name, "modes": ["continue", "prompt"], "source": key, "state": state,
        "reason": "", "mend": "", "progress": None, "info": info if state == "ready" else None, "preset": None,
    }  # fmt: skip
    return base | more


@dataclass
class FakeStory:
    """One story: its live document, its runs and everything that browsers are told about it."""

    id: str
    title: str
    live: LiveDocument
    document: str = field(default_factory=lambda: secrets.token_hex(8))
    created: float = field(default_factory=time.time)
    changed: float = field(default_factory=time.time)
    binned: float | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    tokens: list[list[Any]] = field(default_factory=list)
    aliases: list[list[Any]] = field(default_factory=list)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def shape(self) -> dict[str, Any]:
        text = self.live.text.decode()
        running = any(run["state"] in ("running", "queued") for run in self.runs.values())
        return {
            "id": self.id, "title": self.title, "created": self.created, "changed": self.changed,
            "binned": self.binned, "num_words": len(text.split()), "opening": text[:80], "running": running,
        }  # fmt: skip


class FakeStudio:
    """The server. `start()` gives its URL; `stop()` ends it; attributes script what it does."""

    def __init__(self, port: int = 0, pace_s: float = 0.04, script: str = SCRIPT) -> None:
        self.pace_s, self.script = pace_s, script
        self.port = port
        self.models = [model("smollm2-135m-instruct", "SmolLM2 135M Instruct")]
        self.stories: dict[str, FakeStory] = {}
        self.refuse: dict[str, dict[str, str]] = {}  # event → error to answer with
        self.prefill_steps = 0
        self.lock = threading.RLock()
        self.sio = socketio.Server(async_mode="threading", cors_allowed_origins=None)
        self.sio.on("*", self._call, namespace="/studio")
        self._server: BaseWSGIServer | None = None
        self._opened: dict[str, set[str]] = {}

    # ------------------------------------------------------------ life

    def start(self) -> str:
        self._server = make_server(
            "127.0.0.1", self.port, socketio.WSGIApp(self.sio, self._page), threaded=True
        )
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.port}/"

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def _page(self, environ: Any, start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        target = STATIC / (
            "index.html" if path == "/" else path.removeprefix("/static/").lstrip("/")
        )
        if not target.is_file():
            start_response("404 Not Found", [])
            return [b""]
        body = target.read_bytes()
        nonce = secrets.token_urlsafe(16)
        headers = [
            ("Content-Type", TYPES.get(target.suffix, "application/octet-stream")),
            ("Cache-Control", "no-store"),
        ]
        if path == "/":
            body = body.replace(b"{{ nonce }}", nonce.encode())
            headers.append((
                "Content-Security-Policy",
                f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
                "connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'",
            ))  # fmt: skip
        start_response("200 OK", headers)
        return [body]

    # ------------------------------------------------------------ calls

    def _call(self, event: str, sid: str, data: Any = None) -> dict[str, Any]:
        if event in self.refuse:
            return {"ok": False, "error": self.refuse[event]}
        handler = getattr(self, f"on_{event}", None)
        if handler is None:
            return {"ok": False, "error": {"code": "bad_request", "message": f"No call {event}."}}
        with self.lock:
            return {"ok": True, **handler(sid, data or {})}

    def on_hello(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        shown = [s.shape() for s in self.stories.values() if s.binned is None]
        return {
            "version": "0", "instance": "fake", "models": self.models, "stories": shown,
            "presets": BUILTIN_PRESETS, "parameters": PARAMETERS,
            "default_model": self.models[0]["key"] if self.models else None, "notes": [],
        }  # fmt: skip

    def create(self, title: str = "", text: str = "") -> FakeStory:
        """A new story, as `story_create` makes it."""
        client = secrets.randbits(31)
        live = LiveDocument(client, [], Authorship())
        if text:
            live.insert(0, text)
        story = FakeStory(secrets.token_hex(6), title, live)
        self.stories[story.id] = story
        self._checkpoint(story, "created")
        return story

    def on_story_create(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.create(data.get("title", ""), data.get("text", ""))
        story.settings.update(data.get("settings") or {})
        self._library()
        return {"story": story.shape()}

    def on_story_open(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.stories[data["story"]]
        same = data.get("document") == story.document
        self._opened.setdefault(story.id, set()).add(sid)
        return {
            "story": story.shape(), "settings": story.settings, "document": story.document,
            "update": story.live.update_since(data.get("state") if same else None),
            "state": story.live.state(), "clients": sorted(story.live.server_clients),
            "tokens": story.tokens, "aliases": story.aliases, "runs": list(story.runs.values()),
            "head": story.checkpoints[-1]["id"] if story.checkpoints else None,
        }  # fmt: skip

    def on_story_close(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        self._opened.get(data["story"], set()).discard(sid)
        return {}

    def on_story_rename(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.stories[data["story"]]
        story.title = data["title"]
        self._library()
        return {"story": story.shape()}

    def on_story_duplicate(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        old = self.stories[data["story"]]
        copy = self.create(f"{old.title or 'Story'} (copy)", old.live.text.decode())
        self._library()
        return {"story": copy.shape()}

    def on_story_bin(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        self.stories[data["story"]].binned = time.time()
        self._library()
        return {}

    def on_story_unbin(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        self.stories[data["story"]].binned = None
        self._library()
        return {}

    def on_story_delete(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        del self.stories[data["story"]]
        return {}

    def on_stories(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        wanted = bool(data.get("binned"))
        found = [s.shape() for s in self.stories.values() if (s.binned is not None) == wanted]
        return {"stories": found}

    def on_story_settings(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.stories[data["story"]]
        story.settings |= data["patch"]
        return {"settings": story.settings}

    def on_doc_update(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.stories[data["story"]]
        aliases = [AliasRecord(story.id, *alias) for alias in data.get("aliases") or []]
        for change in story.live.apply_update(bytes(data["update"]), aliases):
            for run, at in story.offsets.items():
                if change.at < at or (change.at == at and change.inserted):
                    gone = min(len(change.deleted.encode()), at - change.at)
                    story.offsets[run] = at - gone + len(change.inserted.encode())
        story.aliases += data.get("aliases") or []
        story.changed = time.time()
        more = {
            "doc": bytes(data["update"]),
            "aliases": data.get("aliases") or [],
            "saved": time.time(),
        }
        self._tell(story, more, skip=sid)
        return {"seq": 1}

    def on_caret(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.stories[data["story"]]
        caret = {"who": sid, "anchor": data["anchor"], "head": data["head"]}
        self._tell(story, {"carets": [caret]}, skip=sid)
        return {}

    def on_models(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"models": self.models}

    def on_model_load(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"model": next(m for m in self.models if m["key"] == data["model"])}

    on_model_unload = on_model_load

    def on_preset_save(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        made = {
            "name": data["name"],
            "sentence": "Yours.",
            "params": data["params"],
            "builtin": False,
        }
        return {"presets": [*BUILTIN_PRESETS, made]}

    def on_preset_delete(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"presets": BUILTIN_PRESETS}

    # ------------------------------------------------------------ history

    def _checkpoint(self, story: FakeStory, kind: str, run: str | None = None) -> dict[str, Any]:
        text = story.live.text.decode()
        parent = story.checkpoints[-1]["id"] if story.checkpoints else None
        made = {
            "id": secrets.token_hex(6), "story": story.id, "parent": parent, "kind": kind,
            "time": time.time(), "run": run, "label": "", "num_words": len(text.split()), "excerpt": text[-80:],
        }  # fmt: skip
        story.checkpoints.append(made)
        story.texts[made["id"]] = text
        return made

    def on_checkpoints(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.stories[data["story"]]
        return {"checkpoints": story.checkpoints, "head": story.checkpoints[-1]["id"]}

    def on_checkpoint_show(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        text = self.stories[data["story"]].texts[data["checkpoint"]]
        return {"text": text, "authors": [[len(text.encode("utf-16-le")) // 2, "human"]]}

    def on_checkpoint_restore(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.stories[data["story"]]
        before = self._checkpoint(story, "before_restore")
        self._replace(story, story.texts[data["checkpoint"]])
        made = self._checkpoint(story, "restored")
        self._tell(story, {"checkpoints": [before, made]})
        return {"checkpoint": before}

    def on_continue_here(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.stories[data["story"]]
        before = self._checkpoint(story, "before_continue")
        at = story.live.locate(tuple(data["at"]) if data["at"] else None) or 0
        if at < len(story.live.text):
            update, _ = story.live.delete(at, len(story.live.text) - at)
            self._tell(story, {"doc": update})
        self._tell(story, {"checkpoints": [before]})
        return {"checkpoint": before}

    def _replace(self, story: FakeStory, text: str) -> None:
        if story.live.text:
            update, _ = story.live.delete(0, len(story.live.text))
            self._tell(story, {"doc": update})
        if text:
            self._tell(story, {"doc": story.live.insert(0, text).update})

    # ------------------------------------------------------------ runs

    def on_run_start(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        story = self.stories[data["story"]]
        at = data["at"]
        end = len(story.live.text)
        offset = end if at == "end" else story.live.locate(tuple(at) if at else None)
        run = {
            "id": secrets.token_hex(6), "story": story.id, "state": "running", "reason": "", "detail": "",
            "message": "", "model": data["model"], "model_name": data["model"], "mode": data.get("mode", "continue"),
            "prompt": data.get("prompt", ""), "params": data.get("params", {}), "seed": data.get("seed") or 7,
            "next_index": 0, "continues": None, "started": time.time(), "ended": None,
            "left": story.live.place(offset or 0), "revision": 0,
            "reading": None, "holding": False, "tokens_per_s": 0.0, "used": end // 4, "window": 2048,
        }  # fmt: skip
        story.runs[run["id"]] = run
        story.offsets[run["id"]] = offset or 0
        made = self._checkpoint(story, "run_started", run["id"])
        self._tell(story, {"runs": [dict(run)], "checkpoints": [made]})
        threading.Thread(target=self._write, args=(story, run), daemon=True).start()
        return {"run": dict(run)}

    def _state(
        self, sid: str, data: dict[str, Any], state: str, reason: str = ""
    ) -> dict[str, Any]:
        for story in self.stories.values():
            if run := story.runs.get(data["run"]):
                run |= {"state": state, "reason": reason}
                if state == "running":
                    threading.Thread(target=self._write, args=(story, run), daemon=True).start()
                self._tell(story, {"runs": [dict(run)]})
                return {"run": dict(run)}
        return {}

    def on_run_pause(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        return self._state(sid, data, "paused")

    def on_run_resume(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        return self._state(sid, data, "running")

    def on_run_stop(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        return self._state(sid, data, "ended", "stopped")

    def _write(self, story: FakeStory, run: dict[str, Any]) -> None:
        for step in range(self.prefill_steps):
            time.sleep(self.pace_s)
            with self.lock:
                run["reading"] = {"done": step * 128, "total": self.prefill_steps * 128}
                self._tell(story, {"runs": [dict(run)]})
        while True:
            time.sleep(self.pace_s)
            with self.lock:
                if run["state"] != "running":
                    return
                self._step(story, run)

    def _step(self, story: FakeStory, run: dict[str, Any]) -> None:
        words = self.script.replace("\n", " \n").split(" ")
        word = words[(run["next_index"]) % len(words)]
        text = word if word.startswith("\n") or run["next_index"] == 0 else " " + word
        if not text:
            text = " "
        made = story.live.insert(story.offsets[run["id"]], text)
        story.offsets[run["id"]] += len(text.encode())
        token = [run["id"], run["next_index"], 1, story.live.client, made.clock, made.units]
        story.live.authorship.add_token(TokenRange(*token))
        story.tokens.append(token)
        run |= {
            "next_index": run["next_index"] + 1, "reading": None, "used": run["used"] + 1,
            "tokens_per_s": round(1 / self.pace_s, 1), "left": story.live.place(story.offsets[run["id"]]),
        }  # fmt: skip
        self._tell(
            story,
            {"doc": made.update, "tokens": [token], "runs": [dict(run)], "saved": time.time()},
        )

    # ------------------------------------------------------------ telling

    def _tell(self, story: FakeStory, news: dict[str, Any], skip: str | None = None) -> None:
        for sid in self._opened.get(story.id, set()) - {skip}:
            self.sio.emit("update", {"story": story.id, **news}, to=sid, namespace="/studio")

    def _library(self) -> None:
        shown = [s.shape() for s in self.stories.values() if s.binned is None]
        self.sio.emit("library", {"stories": shown}, namespace="/studio")

    def tell_models(self) -> None:
        """Send every browser the models as they are now."""
        self.sio.emit("library", {"models": self.models}, namespace="/studio")


if __name__ == "__main__":
    print(FakeStudio(port=5999).start(), flush=True)
    threading.Event().wait()
