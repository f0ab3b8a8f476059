"""Namespace `/studio`: the browser's calls, checked, carried out and answered. See docs/PROTOCOL.md.

Each call has a method `call_<event>` that takes the visitor and the message's fields and returns the
answer's fields. Errors that a user can act on are answered with their code; others are logged.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import request
from flask_socketio import ConnectionRefusedError, Namespace, SocketIO

from .. import __version__
from ..engine.sampling.parameters import PARAMETERS, check_params, sorted_out
from ..errors import BadRequestError, NotFoundError, StorygenError
from ..preferences import ranges
from ..story.runs import NewRun
from ..story.story import Story
from . import library, presets
from .access import AccessRules
from .candidate_calls import CandidateCalls
from .checks import MAX_ID, MAX_PROMPT, MAX_SEED, MAX_STATE_BYTES, MAX_TITLE, Fields
from .house import House
from .memory_calls import MemoryCalls
from .outbox import Outbox, Package
from .pace import Pace
from .room import Room
from .shapes import checkpoint_shape, open_shape, parameter_shape, token_details_shape
from .token_calls import TOKEN_CALLS, Glances, TokenCalls

NAMESPACE = "/studio"
OPEN_AFTER_S = 0.02
HANG_UP_AFTER_S = 0.1
MAX_TOKENS_ASKED = 10_000
log = logging.getLogger(__name__)

Answer = dict[str, Any]


@dataclass(slots=True)
class Visitor:
    """One connected browser."""

    sid: str
    pace: Pace = field(default_factory=Pace)
    stories: set[str] = field(default_factory=set)
    glances: Glances = field(default_factory=Glances)


class Studio(CandidateCalls, TokenCalls, MemoryCalls, Namespace):  # type: ignore[misc]
    """All calls; `_KNOWN` lists each call's fields."""

    _KNOWN: ClassVar[dict[str, tuple[str, ...]]] = {
        "hello": (),
        "story_create": ("title", "text", "settings"),
        "story_open": ("story", "document", "state"),
        "story_close": ("story",),
        "story_rename": ("story", "title"),
        "story_duplicate": ("story",),
        "story_bin": ("story",),
        "story_unbin": ("story",),
        "story_delete": ("story",),
        "stories": ("binned",),
        "story_settings": ("story", "patch"),
        "doc_update": ("story", "update", "aliases"),
        "run_start": ("story", "model", "params", "seed", "at", "mode", "prompt"),
        "run_pause": ("run",),
        "run_resume": ("run",),
        "run_stop": ("run",),
        "run_params": ("run", "params"),
        "run_memory": ("run",),
        "memory_set": ("story", "patch", "removed"),
        "context_show": (
            "story",
            "model",
            "at",
            "mode",
            "prompt",
            "params",
            "patch",
            "removed",
            "run",
        ),
        "continue_here": ("story", "at"),
        "candidates": ("story",),
        "candidates_ask": (
            "story",
            "model",
            "at",
            "num",
            "params",
            "seed",
            "mode",
            "prompt",
            "rows",
            "sets",
            "beams",
            "origin",
            "fate",
        ),
        "candidates_add": ("set", "num", "replaces"),
        "candidates_more": ("candidate", "tokens"),
        "candidates_stop": ("set", "candidate"),
        "candidates_clear": ("story",),
        "candidate_change": ("candidate", "text", "pinned", "dismissed"),
        "candidate_taken": ("candidate", "units", "text", "shown", "seconds"),
        "candidate_story": ("candidate",),
        **TOKEN_CALLS,
        "checkpoints": ("story",),
        "checkpoint_show": ("story", "checkpoint"),
        "checkpoint_restore": ("story", "checkpoint"),
        "models": (),
        "model_load": ("model",),
        "model_unload": ("model",),
        "token_details": ("run", "from", "to"),
        "provenance": ("story",),
        "preset_check": ("params",),
        "preset_save": ("name", "params", "sentence", "was"),
        "preset_delete": ("name",),
        "caret": ("story", "anchor", "head"),
    }

    def __init__(self, socketio: SocketIO, house: House, rules: AccessRules) -> None:
        super().__init__(NAMESPACE)
        self._socketio, self._house, self._rules = socketio, house, rules
        self._visitors: dict[str, Visitor] = {}
        house.send_away = self.send_away

    # ------------------------------------------------------------ connections

    def trigger_event(self, event: str, *args: Any) -> Any:
        """Flask-SocketIO's entry: everything but connect and disconnect is a call to be answered."""
        if self._comes_or_goes(event, args[0]):
            return super().trigger_event(event, *args)
        visitor = self._visitors.get(args[0])
        if visitor is None:
            return _refusal("refused", "This connection is not open.")
        return self._answer(visitor, event, args[1:])

    def _comes_or_goes(self, event: str, sid: str) -> bool:
        """Whether this is Socket.IO's own word; a browser may send calls by the same names."""
        if event == "connect":
            return sid not in self._visitors
        connected: bool = self._socketio.server.manager.is_connected(sid, NAMESPACE)
        return event == "disconnect" and not connected

    def on_connect(self, auth: Any = None) -> None:
        """Let a browser in that has the token."""
        if not self._rules.admits_studio(request.environ, auth):
            raise ConnectionRefusedError("The access token is missing or wrong.")
        self._visitors[_sid()] = Visitor(_sid())

    def on_disconnect(self, reason: Any = None) -> None:
        """Its stories may have nobody left."""
        visitor = self._visitors.pop(_sid(), None)
        if visitor:
            visitor.glances.leave(self._house.requests)
            for story in list(visitor.stories):
                self._leave(visitor, story)

    def tell_library(self, message: Answer) -> None:
        """Send the `library` event to every browser."""
        self._socketio.emit("library", message, namespace=NAMESPACE)

    def send_away(self, browsers: list[str]) -> None:
        """Hang up on them; a browser comes back by itself and opens its story anew."""
        hang_up = self._socketio.server.disconnect
        for sid in browsers:  # a little later: the answers that are on their way go first
            self._house.loop.timer(HANG_UP_AFTER_S, functools.partial(hang_up, sid, NAMESPACE))

    def _answer(self, visitor: Visitor, event: str, args: tuple[Any, ...]) -> Answer:
        try:
            visitor.pace.count(event, time.monotonic())
            if event not in self._KNOWN:
                raise BadRequestError("There is no such call.")
            if len(args) > 1:
                raise BadRequestError("A call carries one message.")
            call: Callable[[Visitor, Fields], Answer] = getattr(self, f"call_{event}")
            return {
                "ok": True,
                **call(visitor, Fields(args[0] if args else None, self._KNOWN[event])),
            }
        except StorygenError as error:
            return _refusal(error.code, error.message)
        except Exception:
            log.exception("The call %s failed.", event[:40])
            return _refusal("internal", "Something went wrong in the server; data/logs says what.")

    # ------------------------------------------------------------ the library

    def call_hello(self, visitor: Visitor, fields: Fields) -> Answer:
        """What a browser shows first."""
        house = self._house
        return {
            "version": __version__,
            "instance": self._rules.instance,
            "models": house.models(),
            "stories": house.stories(),
            "presets": house.presets(),
            "parameters": [parameter_shape(p) for p in PARAMETERS],
            "default_model": house.registry.default_key(),
            "default_preset": presets.DEFAULT.name,
            "fate_ranges": ranges.to_json(ranges.DEFAULTS),
            "notes": [dataclasses.asdict(p) for p in house.registry.problems],
        }

    def call_stories(self, visitor: Visitor, fields: Fields) -> Answer:
        """Stories, or those in the bin."""
        return {"stories": self._house.stories(fields.flag("binned"))}

    def call_story_create(self, visitor: Visitor, fields: Fields) -> Answer:
        """A new story."""
        title = fields.string("title", MAX_TITLE, "")
        settings = library.check_settings(fields.object("settings"))
        return {"story": self._house.create(title, fields.text("text", ""), settings)}

    def call_story_rename(self, visitor: Visitor, fields: Fields) -> Answer:
        """Another title."""
        title = fields.string("title", MAX_TITLE).strip() or library.UNTITLED
        return {"story": self._house.describe(fields.id("story"), title=title)}

    def call_story_duplicate(self, visitor: Visitor, fields: Fields) -> Answer:
        """A copy with its authors."""
        return {"story": self._house.duplicate(fields.id("story"))}

    def call_story_bin(self, visitor: Visitor, fields: Fields) -> Answer:
        """Into the bin; its runs stop."""
        story = fields.id("story")
        self._house.room(story).ask(lambda page, now: page.stop_all(now))
        return {"story": self._house.describe(story, binned=self._house.now())}

    def call_story_unbin(self, visitor: Visitor, fields: Fields) -> Answer:
        """Out of the bin."""
        return {"story": self._house.describe(fields.id("story"), binned=None)}

    def call_story_delete(self, visitor: Visitor, fields: Fields) -> Answer:
        """Out of the bin for good."""
        self._house.delete(fields.id("story"))
        return {}

    def call_story_settings(self, visitor: Visitor, fields: Fields) -> Answer:
        """Merge checked settings."""
        patch = library.check_settings(fields.object("patch"))
        room = self._house.room(fields.id("story"))
        return {"settings": room.ask(lambda story, now: story.change_settings(patch, now))}

    # ------------------------------------------------------------ an open story

    def call_story_open(self, visitor: Visitor, fields: Fields) -> Answer:
        """Everything that the browser lacks; from now on it is told what happens."""
        story_id = fields.id("story")
        room = self._house.room(story_id)
        known = fields.string("document", MAX_ID, "")
        state = fields.blob("state", MAX_STATE_BYTES) if fields.has("state") else None
        outbox = Outbox(
            story_id, lambda message, done: self._tell(visitor.sid, "update", message, done)
        )

        def join(story: Story, now: float) -> Answer:
            same = known == story.page.record.document
            shape = open_shape(story, state if same else None)
            # in the same turn, so that nothing falls between the answer and the first update
            room.outboxes[visitor.sid] = outbox
            return shape

        answer = room.ask(join)
        if visitor.sid not in self._visitors:
            room.outboxes.pop(visitor.sid, None)
            raise NotFoundError("This connection is closed.")
        visitor.stories.add(story_id)
        self._house.loop.timer(OPEN_AFTER_S, outbox.open)
        return answer

    def call_story_close(self, visitor: Visitor, fields: Fields) -> Answer:
        """The browser looks at something else."""
        self._leave(visitor, fields.id("story"))
        return {}

    def call_doc_update(self, visitor: Visitor, fields: Fields) -> Answer:
        """What was typed; answered when it is stored."""
        room = self._joined(visitor, fields.id("story"))
        data, aliases = fields.blob("update"), fields.aliases("aliases", room.id)
        return {"seq": room.ask(lambda story, now: story.page.human_update(data, aliases, now))}

    def call_provenance(self, visitor: Visitor, fields: Fields) -> Answer:
        """Who wrote what over the whole text."""
        written = self._house.room(fields.id("story")).ask(lambda story, now: story.page.written())
        return {"spans": [[w.units, [w.run, w.index] if w.run else "human"] for w in written]}

    def call_caret(self, visitor: Visitor, fields: Fields) -> Answer:
        """Where another window's caret is; not stored."""
        room = self._joined(visitor, fields.id("story"))
        caret = {"who": visitor.sid, "anchor": fields.place("anchor"), "head": fields.place("head")}
        for sid, outbox in list(room.outboxes.items()):
            if sid != visitor.sid:
                outbox.add(Package(carets={visitor.sid: caret}))
        return {}

    # ------------------------------------------------------------ runs

    def call_run_start(self, visitor: Visitor, fields: Fields) -> Answer:
        """Begin to write."""
        room = self._house.room(fields.id("story"))
        entry = self._house.model(fields.string("model", 2 * MAX_ID))
        params = fields.object("params")
        new = NewRun(
            model=entry.key,
            model_name=entry.name,
            mode=fields.choice("mode", ("continue", "prompt"), "continue"),
            prompt=fields.string("prompt", MAX_PROMPT, ""),
            params=check_params(params) if params else presets.default_params(),
            seed=fields.integer("seed", 0, MAX_SEED, default=time.time_ns() % MAX_SEED),
            at=0,
        )
        at = fields.place_or_end("at")
        run = room.ask(lambda story, now: story.start_run(new, at, now))
        self._house.workers.ensure(entry.key)
        return {"run": run}

    def call_run_pause(self, visitor: Visitor, fields: Fields) -> Answer:
        """Rest after the token in hand."""
        return self._run(fields, lambda story, run, now: story.runs.pause(run, now))

    def call_run_stop(self, visitor: Visitor, fields: Fields) -> Answer:
        """End for good."""
        return self._run(fields, lambda story, run, now: story.runs.stop(run, now))

    def call_run_resume(self, visitor: Visitor, fields: Fields) -> Answer:
        """Go on; loads the model if it has gone."""
        before = self._house.tokens_before(fields.id("run"))
        answer = self._run(fields, lambda story, run, now: story.runs.resume(run, now, before))
        self._house.workers.ensure(answer["run"]["model"])
        return answer

    def call_run_params(self, visitor: Visitor, fields: Fields) -> Answer:
        """Other sampling parameters from the next token on."""
        params = check_params(fields.object("params"))
        return self._run(fields, lambda story, run, now: story.runs.change_params(run, params, now))

    def call_token_details(self, visitor: Visitor, fields: Fields) -> Answer:
        """Stored tokens of a run with their alternatives."""
        run = fields.id("run")
        start = fields.integer("from", 0, 1 << 40)
        stop = fields.integer("to", start, start + MAX_TOKENS_ASKED)
        records = self._house.read(lambda store: store.token_details(run, start, stop))
        return {"tokens": [token_details_shape(record) for record in records]}

    def _run(self, fields: Fields, work: Callable[[Story, str, float], Any]) -> Answer:
        run = fields.id("run")
        room = self._house.run_room(run)
        return {"run": room.ask(lambda story, now: work(story, run, now).view(story.id))}

    # ------------------------------------------------------------ history

    def call_continue_here(self, visitor: Visitor, fields: Fields) -> Answer:
        """What follows the place becomes a checkpoint."""
        room, at = self._house.room(fields.id("story")), fields.place("at")
        return {"checkpoint": room.ask(lambda story, now: story.continue_here(at, now))}

    def call_checkpoints(self, visitor: Visitor, fields: Fields) -> Answer:
        """The history tree, oldest first."""
        room = self._house.room(fields.id("story"))
        head = room.ask(lambda story, now: story.page.head)
        heads = self._house.read(lambda store: store.checkpoints(room.id))
        return {"checkpoints": [checkpoint_shape(item) for item in heads], "head": head}

    def call_checkpoint_show(self, visitor: Visitor, fields: Fields) -> Answer:
        """A checkpoint's text and authors."""
        record = self._checkpoint(fields)
        room = self._house.room(record.story)

        def authors(story: Story, now: float) -> list[Any]:
            written = [
                w
                for author in record.authors
                for w in story.page.document.authorship.written(author)
            ]
            return [[w.units, [w.run, w.index] if w.run else "human"] for w in written]

        return {"text": record.text, "authors": room.ask(authors)}

    def call_checkpoint_restore(self, visitor: Visitor, fields: Fields) -> Answer:
        """Bring the text back; the answer names the checkpoint that undoes it."""
        record = self._checkpoint(fields)
        room = self._house.room(record.story)
        return {"checkpoint": room.ask(lambda story, now: story.restore(record, now))}

    def _checkpoint(self, fields: Fields) -> Any:
        story, checkpoint = fields.id("story"), fields.id("checkpoint")
        record = self._house.read(lambda store: store.checkpoint(checkpoint))
        if record is None or record.story != story:
            raise NotFoundError("There is no such checkpoint in this story.")
        return record

    # ------------------------------------------------------------ models and presets

    def call_models(self, visitor: Visitor, fields: Fields) -> Answer:
        """The registry as it is now."""
        return {"models": self._house.models()}

    def call_model_load(self, visitor: Visitor, fields: Fields) -> Answer:
        """Load ahead of the first run."""
        entry = self._house.model(fields.string("model", 2 * MAX_ID))
        self._house.workers.ensure(entry.key)
        return {"model": self._house.model_view(entry.key)}

    def call_model_unload(self, visitor: Visitor, fields: Fields) -> Answer:
        """Free its memory; refused while a run needs it."""
        key = fields.string("model", 2 * MAX_ID)
        view = self._house.model_view(key)
        if key in self._house.models_in_use():
            raise StorygenError(f"{view['name']} is in use; stop its runs first.", code="conflict")
        self._house.workers.unload(key)
        return {"model": self._house.model_view(key)}

    def call_preset_check(self, visitor: Visitor, fields: Fields) -> Answer:
        """Say which parameters of a preset from elsewhere are right; keeps nothing."""
        right, wrong = sorted_out(fields.object("params"))
        return {"params": right, "wrong": wrong}

    def call_preset_save(self, visitor: Visitor, fields: Fields) -> Answer:
        """Keep parameters under a name, or under another name than before."""
        name = fields.string("name", MAX_TITLE).strip()
        params = check_params(fields.object("params"))
        sentence = fields.string("sentence", presets.MAX_SENTENCE, "").strip()
        was = fields.string("was", MAX_TITLE) if fields.has("was") else None
        saved = functools.partial(
            presets.saved, name=name, params=params, sentence=sentence, was=was
        )
        return {"presets": self._house.change_presets(saved)}

    def call_preset_delete(self, visitor: Visitor, fields: Fields) -> Answer:
        """Forget a preset of one's own."""
        name = fields.string("name", MAX_TITLE)
        return {"presets": self._house.change_presets(lambda own: presets.without(own, name))}

    # ------------------------------------------------------------ inside

    def _tell(self, sid: str, event: str, message: Answer, done: Callable[..., None]) -> None:
        # Not through Flask-SocketIO: it hears no acknowledgement once the visitor has gone whose call
        # caused the message.
        server = self._socketio.server
        server.emit(event, message, namespace=NAMESPACE, to=sid, callback=done)

    def _joined(self, visitor: Visitor, story: str) -> Room:
        if story not in visitor.stories:
            raise NotFoundError("Open this story first.", code="not_open")
        return self._house.room(story)

    def _leave(self, visitor: Visitor, story: str) -> None:
        visitor.stories.discard(story)
        visitor.glances.stop_score(self._house.requests, story)
        for room in self._house.open_rooms():
            if room.id == story and visitor.sid in room.outboxes:
                del room.outboxes[visitor.sid]
                gone = Package(
                    carets={
                        visitor.sid: {
                            "who": visitor.sid,
                            "anchor": None,
                            "head": None,
                            "gone": True,
                        }
                    }
                )
                for outbox in list(room.outboxes.values()):
                    outbox.add(gone)
                if not room.outboxes:
                    self._house.left(story)


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]  # set by Flask-SocketIO


def _refusal(code: str, message: str) -> Answer:
    return {"ok": False, "error": {"code": code, "message": message}}
