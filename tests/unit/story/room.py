"""A story with a scripted worker, a browser and a clock of its own, all in one place, for tests."""

from __future__ import annotations

import itertools
from collections import deque
from typing import Any

from pycrdt import Doc, Text

from storygen.document.live import ROOT
from storygen.document.updates import parse_state
from storygen.link.messages import Command, Event
from storygen.store.records import AliasRecord, StoredStory, StoryRecord
from storygen.story.card_asking import NewSet
from storygen.story.effects import Effects
from storygen.story.runs import NewRun
from storygen.story.story import Place, Story
from tests.fakes import WINDOW, ScriptedWorker

MODEL = "found:test"


def empty_story(story: str = "s") -> StoredStory:
    record = StoryRecord(story, "", 0.0, 0.0, document="d")
    return StoredStory(record, None, (), (), (), (), (), None)


class Browser:
    """A Yjs replica that edits by code point; `story.human_update` is its only way in."""

    def __init__(self, client: int) -> None:
        self.doc: Doc[Text] = Doc(client_id=client)
        self.text = self.doc.get(ROOT, type=Text)
        self._sent = self.doc.get_state()

    def __str__(self) -> str:
        return str(self.text)

    def insert(self, at: int, text: str) -> None:
        self.text.insert(len(str(self)[:at].encode()), text)

    def delete(self, start: int, end: int) -> None:
        del self.text[len(str(self)[:start].encode()) : len(str(self)[:end].encode())]

    def unsent(self) -> bytes:
        update = self.doc.get_update(self._sent)
        self._sent = self.doc.get_state()
        return update

    def receive(self, update: bytes) -> None:
        self.doc.apply_update(update)


class Room:
    """Commands and events wait in queues, so that a test decides what crosses what."""

    def __init__(
        self,
        text: str = "",
        stored: StoredStory | None = None,
        client: int = 1001,
        script: Any = "count",
    ) -> None:
        ids = itertools.count()
        self.now = 100.0
        self.story = Story(stored or empty_story(), client, lambda: f"id{client}-{next(ids)}")
        self.worker = ScriptedWorker(script)
        self.commands: deque[Command] = deque()
        self.events: deque[Event] = deque()
        self.records: list[Any] = []
        self.browser = Browser(7)
        if not stored:
            self.story.begin(text, self.now)
        self.browser.receive(self.story.page.document.update_since(None))
        self.settle()

    def __str__(self) -> str:
        return self.story.page.document.text.decode()

    def settle(self) -> Effects:
        """Take the effects: commit, tell the browser, queue commands."""
        effects = self.story.take_effects()
        self.records += effects.records
        for update in effects.news.updates:
            self.browser.receive(update)
        self.commands += [command for _, command in effects.commands]
        from storygen.link.messages import GrantCredits

        self.commands += [GrantCredits(run, count) for run, _, count in effects.credits]
        return effects

    def start(self, at: Place | str = "end", **params: Any) -> str:
        view = self.story.start_run(
            NewRun(MODEL, "Test", "continue", "", params, 1, 0), at, self.now
        )
        self.story.model_ready(MODEL, WINDOW, self.now)
        self.settle()
        return str(view["id"])

    def ask(
        self,
        at: Place | str = "end",
        num: int = 3,
        tokens: int = 4,
        beams: int = 1,
        **fields: Any,
    ) -> str:
        """Ask for candidates, of which the worker learns at once."""
        params = {"limit": "tokens", "max_tokens": tokens, "num_beams": beams}
        rows = tuple((seed, params) for seed in range(num))
        new = NewSet(MODEL, "Test", "continue", "", 0, rows, **fields)
        found = self.story.ask_candidates(new, at, self.now)
        self.story.model_ready(MODEL, WINDOW, self.now)
        self.settle()
        return found

    def edit(self, aliases: tuple[AliasRecord, ...] = ()) -> None:
        """Send what the browser typed."""
        self.story.page.human_update(self.browser.unsent(), aliases, self.now)
        self.story.tick(self.now)
        self.settle()

    def own_clock(self) -> int:
        """The clock of what the browser types next."""
        return parse_state(self.browser.doc.get_state()).get(7, 0)

    def type(self, at: int, text: str) -> None:
        self.browser.insert(at, text)
        self.edit()

    def erase(self, start: int, end: int) -> None:
        self.browser.delete(start, end)
        self.edit()

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.story.tick(self.now)
        self.settle()

    def deliver_commands(self) -> None:
        while self.commands:
            self.events += self.worker.handle(self.commands.popleft())

    def write(self) -> None:
        """The worker writes one token of each run; the event waits."""
        self.events += self.worker.step()

    def deliver_events(self) -> None:
        while self.events:
            self.story.worker_said(self.events.popleft(), self.now)
        self.settle()

    def turn(self, times: int = 1) -> None:
        """Whole steps without anything crossing anything."""
        for _ in range(times):
            self.deliver_commands()
            self.write()
            self.deliver_events()
        self.deliver_commands()
        self.deliver_events()

    def agree(self) -> None:
        """Every run's worker text is what stands before its insertion point."""
        for run in self.story.runs.live():
            if run.fed:
                known = self.worker.runs[run.id].text
                stands = self.story.page.document.slice(run.feed.base, run.feed.point)
                assert known == stands, (known, stands)

    def state(self, run: str) -> str:
        return self.story.runs.get(run).state
